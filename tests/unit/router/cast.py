"""Engines as a test states them: who is there, with which voices, and in which state."""

from __future__ import annotations

from parlando_router.ports import Cost, Pronunciation, Synthesis, SynthesisRequest
from parlando_router.price import Price
from parlando_router.replica import Description, KnownVoice


class _IdleWorker:
    """A worker that is never asked to speak."""

    def synthesize(self, request: SynthesisRequest) -> Synthesis:
        """Refuse: the test asked for something it did not mean to."""
        raise AssertionError(f"nobody was to speak, and synthesis {request.synthesis_id} was begun")

    async def phonemize(self, text: str, voice: str, language: str) -> Pronunciation:
        """Refuse, likewise."""
        raise AssertionError(f"{len(text)} code points in {language} were to be pronounced by {voice}")


def idle_worker() -> _IdleWorker:
    """Return a worker for tests of the choice alone."""
    return _IdleWorker()


def voice(name: str, *languages: str, aliases: tuple[str, ...] = ()) -> KnownVoice:
    """Return a voice as its engine lists it."""
    names = frozenset(each.casefold() for each in (name, *aliases))
    return KnownVoice(name, names, languages or ("en",), said=name)


def description(
    engine: str,
    *,
    ready: bool = True,
    detail: str = "",
    load: int = 0,
    first_chunk: float | None = None,
    price_nanos: float = 0.0,
) -> Description:
    """Return what a worker says of itself; a price is of a character, in billionths of a dollar."""
    return Description(
        engine=engine,
        default_voice="default",
        ready=ready,
        detail=detail,
        load=load,
        first_chunk=first_chunk,
        price=Price(Cost("USD", round(price_nanos * 1_000_000))),
        said=engine,
    )
