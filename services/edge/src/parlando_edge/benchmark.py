"""How soon this system speaks and falls silent, measured on itself for `POST /dev/bench`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ConfigDict, Field

from parlando_edge.answer_models import BenchAnswer, FigureAnswer, MeasuredFigure, MeasuringHop
from parlando_edge.json_models import Body
from parlando_edge.ports import (
    AudioMade,
    Finished,
    GrowingUtterance,
    Speaker,
    SpeechSettings,
    Started,
    Stopped,
)
from parlando_edge.speech_body import LONGEST_NAME
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason

_TEXT = (
    "The last ferry of the evening leaves at ten, and after that the island belongs to those who stayed. "
    "Doors are left open, somebody plays the accordion on the steps of the school, and the dogs lie down in "
    "the middle of the road, where the stones are warm. Later it rains a little. Nobody goes in. By midnight "
    "only the lighthouse is awake, and it counts: one, two, dark, one, two, dark, until the morning."
)
"""More than is sent ahead of playback, so that there is something to cancel."""


class BenchBody(Body):
    """Asks how soon this system speaks and falls silent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"engine": "espeak", "trials": 5}]})

    engine: str = Field(default="", max_length=LONGEST_NAME, description="Left out: the router's choice.")
    voice: str = Field(default="", max_length=LONGEST_NAME, description="Left out: the engine's default.")
    trials: int = Field(default=10, ge=1, le=50, description="Texts that are begun and cancelled.")


@dataclass(slots=True)
class _Taken:
    """Seconds that were measured, by figure and hop."""

    engine: str = ""
    voice: str = ""
    trials: int = 0
    seconds: dict[tuple[MeasuredFigure, MeasuringHop], list[float]] = field(default_factory=dict)

    def note(self, figure: MeasuredFigure, hop: MeasuringHop, seconds: float) -> None:
        self.seconds.setdefault((figure, hop), []).append(seconds)

    def figures(self) -> Iterator[FigureAnswer]:
        for (figure, hop), seconds in self.seconds.items():
            seconds.sort()
            yield FigureAnswer(
                figure=figure,
                hop=hop,
                p50_ms=_percentile(seconds, 0.5),
                p95_ms=_percentile(seconds, 0.95),
                most_ms=_percentile(seconds, 1.0),
                of=len(seconds),
            )


class Benchmark:
    """Begins texts, cancels each at its first audio, and says what that took. One measurement at a time.

    Args:
        speaker: the router.
        clock: measures what this hop sees.
        longest: seconds that one measurement may take; what was measured until then is told.
    """

    def __init__(self, speaker: Speaker, clock: Clock, longest: float = 20.0) -> None:
        self._speaker = speaker
        self._clock = clock
        self._longest = longest
        self._busy = asyncio.Lock()

    async def run(self, asked: BenchBody) -> BenchAnswer:
        """Return the figures.

        Raises:
            ParlandoError: OVERLOADED while another one measures; TOO_LATE where the time was too short for a
                single trial; whatever the router refuses.
        """
        if self._busy.locked():
            why = "another measurement is under way: wait for its end"
            raise ParlandoError(Reason.OVERLOADED, why, retry_after=self._longest)
        settings = SpeechSettings(voice=asked.voice, engine=asked.engine, engine_field="engine")
        taken = _Taken()
        async with self._busy:
            try:
                async with asyncio.timeout(self._longest):
                    for _ in range(asked.trials):
                        async with self._speaker.speak(settings) as utterance:
                            await self._try(utterance, taken)
                        taken.trials += 1
            except TimeoutError:
                if not taken.trials:
                    raise ParlandoError(
                        Reason.TOO_LATE, f"nothing was spoken and stopped within {self._longest:g} s"
                    ) from None
        return BenchAnswer(
            engine=taken.engine, voice=taken.voice, trials=taken.trials, figures=tuple(taken.figures())
        )

    async def _try(self, utterance: GrowingUtterance, taken: _Taken) -> None:
        began = self._clock.now()
        utterance.write(_TEXT)
        utterance.end()
        cancelled_at = last = None
        async for event in utterance:
            now = self._clock.now()
            match event:
                case Started(engine, voice):
                    taken.engine, taken.voice = engine, voice
                case AudioMade(_, count) if count:
                    last = now
                    if cancelled_at is None:
                        taken.note("first_chunk", "edge", now - began)
                        utterance.cancel()
                        cancelled_at = last = self._clock.now()
                case Stopped(last_byte_after, idle_after, engine_time_after) if (
                    cancelled_at is not None and last is not None
                ):
                    taken.note("cancel_last_byte", "edge", last - cancelled_at)
                    taken.note("cancel_last_byte", "router", last_byte_after)
                    taken.note("cancel_engine_idle", "edge", now - cancelled_at)
                    taken.note("cancel_engine_idle", "router", idle_after)
                    taken.note("cancel_engine_time", "worker", engine_time_after)
                case Finished(first_chunk=float(first)):
                    taken.note("first_chunk", "router", first)


def _percentile(ordered: list[float], share: float) -> float:
    """Return the smallest value, in ms, that so large a share of the values does not exceed."""
    return round(ordered[max(math.ceil(share * len(ordered)) - 1, 0)] * 1000, 3)
