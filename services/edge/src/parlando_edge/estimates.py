"""What a text would take, without speaking it, for `POST /v1/audio/speech/estimate`."""

from __future__ import annotations

from collections.abc import Sequence

from parlando_edge.answer_models import CostAnswer, EstimateAnswer
from parlando_edge.catalogue import Catalogue
from parlando_edge.ports import Engine, Estimate, Speaker
from parlando_edge.speech_body import EstimateBody
from parlando_edge.speech_request import format_of, settings_of

_NANOS = 1_000_000_000


class Estimates:
    """Answers what a text would take.

    Args:
        speaker: the router.
        catalogue: resolves stock names of voices.
    """

    def __init__(self, speaker: Speaker, catalogue: Catalogue) -> None:
        self._speaker = speaker
        self._catalogue = catalogue

    async def of(self, asked: EstimateBody) -> EstimateAnswer:
        """Return the estimate.

        Raises:
            ParlandoError: a field is wrong, or the router does not answer.
        """
        settings = await self._catalogue.resolve(settings_of(asked, format_of(asked, "")))
        found = await self._speaker.estimate(asked.input, settings)
        first = first_chunk_of(found.engine, await self._speaker.engines())
        return EstimateAnswer(
            engine=found.engine,
            voice=found.voice,
            characters=found.characters,
            audio_duration_ms=round(found.audio * 1000, 1),
            first_chunk_ms=None if first is None else round(first * 1000, 1),
            cost=cost_of(found),
        )


def first_chunk_of(name: str, engines: Sequence[Engine]) -> float | None:
    """Return the shortest first chunk, in seconds, that a worker of an engine is said to have now."""
    found = (
        worker.first_chunk
        for engine in engines
        if engine.name == name
        for worker in engine.workers
        if worker.serving and worker.first_chunk is not None
    )
    return min(found, default=None)


def cost_of(found: Estimate) -> CostAnswer | None:
    """Return what it would cost, to the billionth; None for an engine without a price."""
    if not found.currency:
        return None
    units, nanos = divmod(found.nanos, _NANOS)
    return CostAnswer(currency=found.currency, amount=f"{units}.{nanos:09}".rstrip("0").rstrip("."))
