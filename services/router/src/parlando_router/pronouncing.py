"""How a text would be pronounced, without speaking it: its fragments, as an engine reads them."""

from __future__ import annotations

from dataclasses import dataclass, field

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.spans import Span
from parlando_router.candidate import Candidate
from parlando_router.engines import Engines
from parlando_router.ports import FragmentConfig, Fragmenter
from parlando_router.request import SpeechSettings

LONGEST_TEXT = 3_000
"""Code points of a text that is pronounced at once."""


@dataclass(frozen=True, slots=True)
class Pronounced:
    """How a text would be pronounced, in an engine's own notation.

    Attributes:
        words: where each is written, and its phonemes.
    """

    engine: str
    voice: str
    phonemes: str = field(repr=False)
    words: list[tuple[Span, str]] = field(repr=False)


async def pronounce(
    text: str, settings: SpeechSettings, fragmenter: Fragmenter, engines: Engines
) -> Pronounced:
    """Ask an engine how it would pronounce a text.

    Args:
        text: up to `LONGEST_TEXT` code points.
        settings: how it would be spoken.
        fragmenter: says what of it is spoken.
        engines: one of these is asked.

    Raises:
        ParlandoError: TEXT_TOO_LONG; NOT_SUPPORTED, no engine that could speak it tells; what either answers.
    """
    if len(text) > LONGEST_TEXT:
        raise ParlandoError(
            Reason.TEXT_TOO_LONG,
            f"text has {len(text)} code points: send {LONGEST_TEXT} at most",
            field="text",
        )
    candidate: Candidate | None = None
    voice, phonemes, words = "", [], []
    config = FragmentConfig(
        source_offset=0,
        language=settings.language,
        markup=settings.markup,
        schedule=settings.schedule,
        flush_after=None,
        disabled_rules=settings.disabled_rules,
    )
    for fragment in await fragmenter.cut(config, text):
        if not fragment.spoken_text:
            continue
        language = fragment.language or settings.language
        candidate = candidate or _teller(engines, settings, language)
        asked = candidate.voice
        if language and not settings.language:
            asked, language = candidate.replica.cast_guess(asked, language, asked=bool(settings.voice))
        told = await candidate.worker.phonemize(fragment.spoken_text, asked, language)
        voice = voice or told.voice
        phonemes.append(told.phonemes)
        words += [(fragment.text_map.to_source(spoken), spelled) for spoken, spelled in told.words]
    candidate = candidate or _teller(engines, settings, settings.language)
    return Pronounced(candidate.engine, voice or candidate.voice, " ".join(phonemes), words)


def _teller(engines: Engines, settings: SpeechSettings, language: str) -> Candidate:
    """Return the first candidate that tells how it pronounces."""
    for candidate in engines.candidates(settings, language):
        about = candidate.replica.description
        if about is not None and about.phonemizes:
            return candidate
    raise ParlandoError(
        Reason.NOT_SUPPORTED,
        "no engine that could speak this tells how it pronounces: ask one that phonemizes, as kokoro does",
        field="settings.engine",
    )
