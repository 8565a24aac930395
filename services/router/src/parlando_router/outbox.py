"""What waits to be sent to the caller, in order, and the one task that sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from parlando_kit.clock import Clock
from parlando_kit.ledger import Ledger
from parlando_kit.queues import BoundedQueue
from parlando_kit.tasks import finish
from parlando_router.encoding import Encoder
from parlando_router.events import (
    AudioSent,
    Cancelled,
    EngineChanged,
    Finished,
    Frame,
    Progress,
    SpeechEvent,
    Started,
    StopReport,
)
from parlando_router.playout import Playout

Send = Callable[[Sequence[tuple[int, SpeechEvent]]], Awaitable[None]]
"""Writes events, each with its epoch, to the caller in one message; returns when the transport has it."""

LAST_WRITE_SECONDS = 1.0
"""How long a message that is on its way may take when the call is about to end."""

_SURVIVES_CANCEL = (Started, EngineChanged, Cancelled, StopReport)
"""Who speaks is told once, and holds for the epochs that follow."""

MOST_WAITING = 1_000
"""Events that may wait for a caller that does not read, before nothing more is done for it."""


@dataclass(frozen=True, slots=True)
class _Item:
    epoch: int
    event: Frame | SpeechEvent


class Outbox:
    """The way out of one utterance.

    Putting never waits: the playout's budget holds production back before each fragment, so the queue
    holds at most the budget and one fragment.

    Args:
        rate: samples a second.
        encoder: turns frames into bytes as they leave, so that dropped frames never enter it.
        ledger: is told what was sent.
        playout: is told what was sent.
        clock: dates what was sent.
    """

    def __init__(self, rate: int, encoder: Encoder, ledger: Ledger, playout: Playout, clock: Clock) -> None:
        self._encoder = encoder
        self._ledger = ledger
        self._playout = playout
        self._clock = clock
        self._queue: BoundedQueue[_Item] = BoundedQueue(
            unit="ms of audio",
            high=120_000,
            low=60_000,
            cost=lambda item: len(item.event.samples) * 1000 / rate if isinstance(item.event, Frame) else 0,
        )
        self.first_audio_at: float | None = None
        self.last_audio_at: float | None = None
        self.writing_since: float | None = None
        self._taken = asyncio.Event()
        self._dropped = 0

    async def room(self) -> None:
        """Return once few enough events wait that their caller may ask for more."""
        while len(self._queue) >= MOST_WAITING:
            self._taken.clear()
            await self._taken.wait()

    def put(self, epoch: int, event: Frame | SpeechEvent) -> None:
        """Append an event. A newer progress replaces one that still waits."""
        if isinstance(event, Progress):
            self._queue.discard(lambda item: isinstance(item.event, Progress))
        self._queue.put_nowait(_Item(epoch, event))

    def drop(self, epoch: int) -> None:
        """Drop what waits of this epoch and earlier ones, in the queue and in the encoder.

        Who speaks stays, and what answers a cancel.
        """
        self._queue.discard(lambda item: item.epoch <= epoch and not isinstance(item.event, _SURVIVES_CANCEL))
        self._encoder.drop()
        self._dropped = epoch
        self._taken.set()

    def clear(self) -> None:
        """Drop all that waits: nobody is there any more."""
        self._queue.discard(lambda _: True)

    @property
    def idle(self) -> bool:
        """Whether all that was put has been taken by the transport."""
        return self.writing_since is None and not len(self._queue)

    async def run(self, send: Send, written: Callable[[], None]) -> None:
        """Send until cancelled; `written` is called after each message."""
        while True:
            item = await self._queue.get()
            # What waits goes along, up to a frame: each message costs, and only sound is urgent.
            batch: list[tuple[int, SpeechEvent]] = []
            while not isinstance(item.event, Frame) and len(self._queue):
                batch.append((item.epoch, item.event))
                item = await self._queue.get()
            epoch, event = item.epoch, item.event
            del item  # a frame's samples are not held beside its bytes for as long as nobody takes those
            if isinstance(event, Frame):
                event = self._encoded(event)
            await self._write(send, [*batch, (epoch, event)])
            if isinstance(event, AudioSent):
                self._audio_left(event)
            self._taken.set()
            written()

    async def send_last(self, send: Send, epoch: int, finished: Finished) -> None:
        """Send what the encoder still has, and the end. Nothing else may be on its way.

        An epoch that was dropped gets no more audio, and so no trailer.
        """
        if epoch > self._dropped and (trailer := self._encoder.finish()):
            await self._write(send, [(epoch, AudioSent(trailer, self._ledger.sent, 0, 0, ""))])
        await self._write(send, [(epoch, finished)])

    async def _write(self, send: Send, batch: Sequence[tuple[int, SpeechEvent]]) -> None:
        self.writing_since = self._clock.now()
        sending = asyncio.ensure_future(send(batch))
        try:
            await asyncio.wait({sending})  # leaves it alone when this task is cancelled
        except asyncio.CancelledError:
            # gRPC cannot tell the caller why a call ends while a message is on its way.
            await finish(_arrived_or_given_up(sending))
            raise
        sending.result()
        self.writing_since = None

    def _encoded(self, frame: Frame) -> AudioSent:
        # Sent from the moment it is taken up: a cancel in between finds it on its way.
        self._ledger.mark_sent(frame.end_sample)
        data = self._encoder.encode(frame.samples)
        return AudioSent(
            data, frame.first_sample, len(frame.samples), frame.fragment_index, frame.synthesis_id
        )

    def _audio_left(self, sent: AudioSent) -> None:
        self._playout.sent(sent.first_sample + sent.sample_count)
        self.last_audio_at = self._clock.now()
        if self.first_audio_at is None:
            self.first_audio_at = self.last_audio_at


async def _arrived_or_given_up(sending: asyncio.Future[None]) -> None:
    await asyncio.wait({sending}, timeout=LAST_WRITE_SECONDS)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
