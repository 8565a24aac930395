"""What a system is told that it takes to speak and to fall silent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parlando_edge.benchmark import BenchBody, Benchmark
from parlando_edge.ports import AudioMade, Finished, SpeechSettings, Started, Stopped
from tests.unit.edge.speakers import HandClock, Recital, Reciter


class _Stopping(Recital):
    """Says what it took to stop, once it is to."""

    def cancel(self) -> None:
        self._events = iter([Stopped(0.001, 0.002, 0.003), Finished(240, 6, ())])


class _Speaker(Reciter):
    """Speaks without end, until it is stopped."""

    @asynccontextmanager
    async def speak(self, settings: SpeechSettings) -> AsyncIterator[Recital]:
        self.asked.append(("", settings))
        yield _Stopping([Started("espeak", "en"), *[AudioMade(b"\1\0" * 240, 240)] * 99])


async def test_what_a_cancel_took_is_told_at_any_time_of_the_clock() -> None:
    clock = HandClock()  # it says 0, as a machine's may
    answer = await Benchmark(_Speaker(), clock).run(BenchBody(trials=2))
    assert [(each.figure, each.hop, each.most_ms, each.of) for each in answer.figures] == [
        ("first_chunk", "edge", 0.0, 2),
        ("cancel_last_byte", "edge", 0.0, 2),
        ("cancel_last_byte", "router", 1.0, 2),
        ("cancel_engine_idle", "edge", 0.0, 2),
        ("cancel_engine_idle", "router", 2.0, 2),
        ("cancel_engine_time", "worker", 3.0, 2),
    ]
