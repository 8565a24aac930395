"""The way out of an utterance: in order, one frame a message, and nothing of what was cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from parlando_kit.ledger import Ledger, TimingQuality
from parlando_kit.spans import Span
from parlando_router.encoding import open_encoder
from parlando_router.events import (
    AudioSent,
    Cancelled,
    EngineChanged,
    Finished,
    Flushed,
    Frame,
    Progress,
    SpeechEvent,
    Started,
    StopReport,
    WordsTimed,
)
from parlando_router.outbox import LAST_WRITE_SECONDS, Outbox
from parlando_router.playout import Playout
from parlando_router.ports import StopOutcome
from parlando_router.request import CONTAINERS, Codec, Container, OutputFormat, PlayoutMode
from tests.unit.router.virtual_time import LoopClock, run, settled

RATE = 8_000
_STARTED = Started("espeak", "alto", ())
_CHANGED = EngineChanged("kokoro", "alto", 0, 0, "ENGINE_FAILED", TimingQuality.EXACT)
_WORDS = WordsTimed((), 0)
_FINISHED = Finished(0, (), None, {}, 0, None)


def _report(epoch: int) -> StopReport:
    return StopReport(epoch, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, StopOutcome.STOPPED)


def _progress(done: int) -> Progress:
    return Progress(done, 100, 0.0, None, Span(0, 0))


class _Caller:
    """Reads what an outbox sends, one message at a time, while `reads` is set."""

    def __init__(self, output: OutputFormat | None = None) -> None:
        self.messages: list[Sequence[tuple[int, SpeechEvent]]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.ledger = Ledger()
        self.playout = Playout(PlayoutMode.UNPACED, 10.0, RATE, LoopClock())
        encoder = open_encoder(output or OutputFormat(sample_rate_hz=RATE))
        self.outbox = Outbox(RATE, encoder, self.ledger, self.playout, LoopClock())
        self._made = 0

    async def take(self, batch: Sequence[tuple[int, SpeechEvent]]) -> None:
        self.messages.append(batch)
        await self.reads.wait()

    def frame(self, epoch: int, length: int = 240, value: int = 1) -> None:
        """Make a frame and put it in the outbox."""
        samples = np.full(length, value, dtype=np.int16)
        self.outbox.put(epoch, Frame(samples, self._made, 0, "id"))
        self._made += length
        self.ledger.add_samples(length)
        self.playout.made(self._made)

    @property
    def events(self) -> list[SpeechEvent]:
        """All that was sent, in order."""
        return [event for message in self.messages for _, event in message]

    @property
    def frames(self) -> list[tuple[int, int]]:
        """First sample and length of the frames sent."""
        return [
            (event.first_sample, event.sample_count) for event in self.events if isinstance(event, AudioSent)
        ]


def _since(caller: _Caller) -> float | None:
    return caller.outbox.writing_since


async def _drained(caller: _Caller) -> None:
    """Let the outbox run until it has sent all it has."""
    running = asyncio.ensure_future(caller.outbox.run(caller.take, lambda: None))
    await settled()
    assert caller.outbox.idle
    running.cancel()
    await asyncio.wait({running})


def test_all_leaves_in_order_and_one_frame_ends_a_message() -> None:
    async def main() -> None:
        caller = _Caller()
        caller.outbox.put(1, _STARTED)
        caller.outbox.put(1, _WORDS)
        caller.frame(1, 240)
        caller.frame(1, 480)
        caller.outbox.put(1, Flushed(7))
        await _drained(caller)
        assert [[type(event) for _, event in message] for message in caller.messages] == [
            [Started, WordsTimed, AudioSent],
            [AudioSent],
            [Flushed],
        ]
        assert caller.frames == [(0, 240), (240, 480)]
        assert caller.ledger.sent == 720
        assert caller.playout.unheard() == 0

    run(main())


def test_what_is_put_while_it_runs_leaves_at_once() -> None:
    async def main() -> None:
        caller = _Caller()
        running = asyncio.ensure_future(caller.outbox.run(caller.take, lambda: None))
        await settled()
        assert caller.messages == []
        caller.frame(1)
        await settled()
        assert caller.frames == [(0, 240)]
        running.cancel()

    run(main())


# A cancel


def test_a_drop_takes_what_was_said_and_leaves_what_answers() -> None:
    async def main() -> None:
        caller = _Caller()
        for epoch in (1, 2, 3):
            caller.outbox.put(epoch, _STARTED)
            caller.outbox.put(epoch, _CHANGED)
            caller.outbox.put(epoch, _WORDS)
            caller.outbox.put(epoch, Flushed(epoch))
            caller.outbox.put(epoch, _progress(epoch))
            caller.outbox.put(epoch, Cancelled(epoch, 0))
            caller.outbox.put(epoch, _report(epoch))
        caller.outbox.drop(2)
        await _drained(caller)
        kept = [(epoch, type(event)) for message in caller.messages for epoch, event in message]
        assert [kind for epoch, kind in kept if epoch <= 2] == [
            Started,
            EngineChanged,
            Cancelled,
            StopReport,
        ] * 2
        assert [kind for epoch, kind in kept if epoch == 3] == [
            Started,
            EngineChanged,
            WordsTimed,
            Flushed,
            Progress,
            Cancelled,
            StopReport,
        ]

    run(main())


_EVERY_FORMAT = [(codec, container) for codec, containers in CONTAINERS.items() for container in containers]


@pytest.mark.parametrize(("codec", "container"), _EVERY_FORMAT)
@pytest.mark.parametrize("heard", [0, 1, 7])
def test_nothing_follows_what_was_dropped_in_any_format(
    codec: Codec, container: Container, heard: int
) -> None:
    async def main() -> None:
        caller = _Caller(OutputFormat(codec, container, RATE))
        for _ in range(heard):
            caller.frame(1, 300)
            await _drained(caller)
        caller.frame(1, 300)
        caller.outbox.drop(1)
        caller.outbox.put(1, Cancelled(1, caller.ledger.sent))
        await _drained(caller)
        await caller.outbox.send_last(caller.take, 1, _FINISHED)
        assert caller.ledger.sent == heard * 300
        assert caller.events[-2:] == [Cancelled(1, heard * 300), _FINISHED]
        assert len(caller.frames) == heard

    run(main())


def test_a_frame_on_its_way_when_the_cancel_comes_was_sent_and_comes_before_the_answer() -> None:
    async def main() -> None:
        caller = _Caller()
        caller.reads.clear()
        running = asyncio.ensure_future(caller.outbox.run(caller.take, lambda: None))
        caller.frame(1)
        caller.frame(1)
        await settled()  # the first is being written
        caller.outbox.drop(1)
        caller.outbox.put(1, Cancelled(1, caller.ledger.sent))
        caller.reads.set()
        await settled()
        running.cancel()
        assert caller.frames == [(0, 240)]
        assert caller.events[-1] == Cancelled(1, 240)

    run(main())


# Progress


def test_only_the_latest_progress_waits() -> None:
    async def main() -> None:
        caller = _Caller()
        for done in range(1_000):
            caller.outbox.put(1, _progress(done))
        caller.frame(1)
        caller.outbox.put(1, _progress(1_000))
        await _drained(caller)
        assert [event.source_done for event in caller.events if isinstance(event, Progress)] == [1_000]

    run(main())


# What it knows of time


def test_it_knows_since_when_a_write_waits() -> None:
    async def main() -> None:
        caller = _Caller()
        began = LoopClock().now()
        assert _since(caller) is None
        caller.reads.clear()
        running = asyncio.ensure_future(caller.outbox.run(caller.take, lambda: None))
        await asyncio.sleep(1)
        caller.frame(1)
        await asyncio.sleep(30)
        assert not caller.outbox.idle
        assert _since(caller) == began + 1
        assert caller.frames == [(0, 240)]  # on its way, and not taken yet
        caller.reads.set()
        await settled()
        assert _since(caller) is None
        assert caller.outbox.first_audio_at == began + 31
        await asyncio.sleep(2)
        caller.frame(1)
        await settled()
        assert (caller.outbox.first_audio_at, caller.outbox.last_audio_at) == (began + 31, began + 33)
        running.cancel()

    run(main())


# Containers


def test_the_header_is_part_of_the_first_frame() -> None:
    async def main() -> None:
        caller = _Caller(OutputFormat(Codec.MULAW, Container.WAV, RATE))
        caller.frame(1)
        caller.frame(1)
        await _drained(caller)
        await caller.outbox.send_last(caller.take, 1, _FINISHED)
        first, second, _ = caller.events
        assert isinstance(first, AudioSent)
        assert isinstance(second, AudioSent)
        assert first.data.startswith(b"RIFF")
        assert (first.sample_count, len(second.data)) == (240, 240)

    run(main())


# The end


@pytest.mark.parametrize(("reads_after", "ends_after"), [(0.4, 0.4), (1e9, LAST_WRITE_SECONDS)])
@pytest.mark.parametrize("again", [0, 3])
def test_a_message_on_its_way_when_the_call_ends_may_arrive_for_a_while(
    reads_after: float, ends_after: float, again: int
) -> None:
    async def main() -> None:
        caller = _Caller()
        caller.reads.clear()
        running = asyncio.ensure_future(caller.outbox.run(caller.take, lambda: None))
        caller.frame(1)
        await settled()
        began = LoopClock().now()
        asyncio.get_running_loop().call_later(reads_after, caller.reads.set)
        running.cancel()
        for _ in range(again):
            await asyncio.sleep(0.05)
            running.cancel()
        await asyncio.wait({running})
        assert running.cancelled()
        assert LoopClock().now() - began == pytest.approx(ends_after)

    run(main())


def test_a_write_that_fails_ends_it() -> None:
    async def main() -> None:
        async def broken(_: Sequence[tuple[int, SpeechEvent]]) -> None:
            raise ConnectionError("the caller is gone")

        ledger, clock = Ledger(), LoopClock()
        playout = Playout(PlayoutMode.UNPACED, 10.0, RATE, clock)
        outbox = Outbox(RATE, open_encoder(OutputFormat()), ledger, playout, clock)
        outbox.put(1, _STARTED)
        with pytest.raises(ConnectionError):
            await outbox.run(broken, lambda: None)

    run(main())
