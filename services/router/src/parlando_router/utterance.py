"""One utterance: its epochs, its cancels, its end."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from parlando_kit.calls import is_drained
from parlando_kit.clock import Clock
from parlando_kit.errors import CallerGoneError, ParlandoError, Reason
from parlando_kit.ledger import Ledger
from parlando_kit.tasks import letting_go
from parlando_kit.waiting import WaitingRoom
from parlando_router.budgets import Budgets
from parlando_router.encoding import open_encoder
from parlando_router.engines import Engines
from parlando_router.epoch import Epoch, Line
from parlando_router.events import AudioSent, Cancelled, Finished, SpeechEvent, StopReport, together
from parlando_router.first_audio import FirstAudio
from parlando_router.instruments import CALLER_GONE, DRAINED, Instruments
from parlando_router.outbox import Outbox, Send
from parlando_router.playout import Playout
from parlando_router.ports import Fragmenter
from parlando_router.progress import Watch
from parlando_router.request import PlayoutMode, SpeechSettings
from parlando_router.speak_protocol import (
    AnswerCancel,
    Append,
    BeginEpoch,
    CancelEpoch,
    Command,
    EndText,
    FlushEpoch,
    Played,
)
from parlando_router.stand import Stand
from parlando_router.tally import Tally
from parlando_router.track import Track

LAST_WORDS_SECONDS = 5.0
"""How long a caller may take to read what was spoken before an error, until it is told of that."""

MOST_STOPS = 32
"""Cancelled epochs whose engines are not idle yet, before nothing more is done for their caller."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What every utterance needs of the service."""

    fragmenter: Fragmenter
    engines: Engines
    clock: Clock
    instruments: Instruments
    waiting: WaitingRoom
    budgets: Budgets


def _why_left(error: BaseException) -> str | None:
    """Return why nobody can be told how a call ends: a caller that left, or is deaf, or a drain.

    None where the caller is told.
    """
    if isinstance(error, ExceptionGroup):
        gone = error.subgroup(
            lambda each: (
                isinstance(each, CallerGoneError)
                or (isinstance(each, ParlandoError) and each.reason is Reason.SLOW_READER)
            )
        )
        return CALLER_GONE if gone is not None else None
    if not isinstance(error, asyncio.CancelledError):
        return None
    return DRAINED if is_drained(error) else CALLER_GONE


@dataclass(frozen=True, slots=True)
class _Live:
    """An epoch being spoken, and the fragments that had been sent before it began."""

    epoch: Epoch
    task: asyncio.Task[None]
    sent_before: int


@dataclass(frozen=True, slots=True)
class _Stop:
    """An epoch that was stopped, when that was, and what that cost."""

    live: _Live
    at: float
    fragments_dropped: int
    samples_discarded: int
    samples_sent: int

    def report(self, rate: int, since: float | None = None) -> StopReport:
        """Return what is known by now; the time to idle runs from `since`, or from the stop."""
        epoch = self.live.epoch
        since = self.at if since is None else since
        return StopReport(
            epoch=epoch.number,
            samples_sent=self.samples_sent,
            fragments_dropped=self.fragments_dropped,
            samples_discarded=self.samples_discarded + round(epoch.unread_seconds * rate),
            cancelled_at=self.at,
            last_byte_after=0.0,
            idle_after=0.0 if epoch.idle_at is None else max(epoch.idle_at - since, 0.0),
            engine_time_after_stop=epoch.stopped.engine_time_after_stop,
            outcome=epoch.stopped.outcome,
        )


class Utterance:
    """Speaks what it is commanded to, and tells the caller by `send`.

    Args:
        settings: of the first opener; format and playout mode hold for the whole utterance.
        mode: the playout mode where the settings leave it out.
        studio: the service's own.
        send: writes an event to the caller.
        seconds_left: returns how long the caller's deadline leaves; infinite without one.
    """

    def __init__(
        self,
        settings: SpeechSettings,
        mode: PlayoutMode,
        studio: Studio,
        send: Send,
        seconds_left: Callable[[], float] = lambda: math.inf,
    ) -> None:
        rate = settings.output.sample_rate_hz
        self._settings = settings
        self._clock = studio.clock
        self._instruments = studio.instruments
        self._first_audio = FirstAudio(studio.waiting)
        self._send = send
        self._rate = rate
        self._ledger = Ledger()
        self._tally = Tally()
        self._playout = Playout(settings.playout_mode or mode, settings.playout_budget, rate, studio.clock)
        encoder = open_encoder(settings.output)
        self._outbox = Outbox(rate, encoder, self._ledger, self._playout, studio.clock)
        self._track = Track(rate, self._ledger, self._playout, self._outbox.put)
        stand = Stand(
            engines=studio.engines,
            clock=studio.clock,
            track=self._track,
            playout=self._playout,
            tally=self._tally,
            budgets=studio.budgets,
            seconds_left=seconds_left,
        )
        self._line = Line(studio.fragmenter, stand, self._outbox.put, self._first_audio)
        self._epoch = 0
        self._live: _Live | None = None
        self._ended = False
        self._stirred = asyncio.Event()  # something has ended: it may be all
        self._cancels: dict[int, Cancelled] = {}
        self._reports: set[asyncio.Task[None]] = set()
        self._quiet_since: dict[int, float | None] = {}
        self._first_chunk: float | None = None
        self._gone_at: float | None = None
        self._untold: dict[int, _Stop] = {}  # by epoch: stops whose report has not left

    async def run(self, commands: AsyncIterator[Command]) -> None:
        """Carry out commands until the text has ended and all is sent. The iterator's end is EndText.

        Raises:
            ParlandoError: what ended the utterance, alone or in an ExceptionGroup.
        """
        watch = Watch(self._ledger, self._tally, self._outbox, self._clock)
        with (
            self._instruments.utterance(self._playout.unheard),
            self._forgetting(),
            self._abandonment(),
            self._first_audio,
        ):
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(watch.run(lambda: self._epoch, lambda: self._ended))
                attendants = [
                    tasks.create_task(self._outbox.run(self._deliver, self._stirred.set)),
                    tasks.create_task(self._obey(commands, tasks)),
                ]
                if self._settings.first_chunk_limit is not None:
                    limit = watch.first_chunk(self._settings.first_chunk_limit)
                    attendants.append(tasks.create_task(limit))
                while not self._over():
                    await self._stir()
                for attendant in attendants:
                    attendant.cancel()
                await self._outbox.send_last(self._deliver, self._epoch, self._finished())
                watching.cancel()

    async def _stir(self) -> None:
        """Return once something has ended, noting when the call itself is ended instead."""
        self._stirred.clear()
        try:
            await self._stirred.wait()
        except asyncio.CancelledError:
            self._gone_at = self._clock.now()
            raise

    async def _obey(self, commands: AsyncIterator[Command], tasks: asyncio.TaskGroup) -> None:
        async for command in commands:
            await self._outbox.room()
            while len(self._reports) >= MOST_STOPS:
                await asyncio.wait(self._reports, return_when=asyncio.FIRST_COMPLETED)
            match command:
                case BeginEpoch(number, settings, cancels):
                    if cancels is not None:
                        self._cancel(cancels, tasks)
                    self._begin(number, settings, tasks)
                case Append() | FlushEpoch():
                    await self._append(command)
                case CancelEpoch(number):
                    self._cancel(number, tasks)
                case AnswerCancel(number):
                    # Of one that never spoke it is known when the answer leaves.
                    self._outbox.put(number, self._cancels.get(number) or Cancelled(number, 0))
                case Played(samples):
                    self._playout.played(samples)
                case EndText():
                    self._end()
        self._end()

    async def _append(self, item: Append | FlushEpoch) -> None:
        if isinstance(item, Append):
            self._first_audio.text_came()
            self._tally.text_arrived(len(item.text), self._clock.now())
        if self._live is not None:
            await self._live.epoch.append(item)

    def _begin(self, number: int, settings: SpeechSettings, tasks: asyncio.TaskGroup) -> None:
        self._epoch = number
        epoch = Epoch(number, settings, self._tally.received, self._line)
        task = tasks.create_task(self._speak(epoch))
        task.add_done_callback(lambda _: self._stirred.set())
        self._live = _Live(epoch, task, self._ledger.fragments_sent())

    async def _speak(self, epoch: Epoch) -> None:
        """Let an epoch speak. When it fails, what it had to send goes ahead of the error."""
        try:
            with letting_go():
                await epoch.run()
        except ParlandoError:
            self._track.settle()
            await self._told(within=LAST_WORDS_SECONDS)
            raise

    async def _told(self, within: float) -> None:
        """Return once the caller was told all, how stops ended included, or the time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not self._outbox.idle or self._reports:
                    self._stirred.clear()
                    await self._stirred.wait()

    def _end(self) -> None:
        self._ended = True
        self._first_audio.text_ended()
        if self._live is not None:
            self._live.epoch.end()
        self._stirred.set()

    def _over(self) -> bool:
        """Whether the text has ended, nothing is spoken or stopped any more, and all was sent."""
        if self._live is not None:
            task = self._live.task
            # One that failed has yet to end the whole group: this is not the end of what was asked.
            if not task.done() or (not task.cancelled() and task.exception() is not None):
                return False
        return self._ended and not self._reports and self._outbox.idle

    def _cancel(self, number: int, tasks: asyncio.TaskGroup) -> None:
        """Discard the epoch. From here on no frame of it is sent, and its task does no more than stop."""
        live, self._live = self._live, None
        if live is None:
            return
        self._first_audio.cancelled()
        stop = self._stop(live)
        self._cancels[number] = Cancelled(number, stop.samples_sent)
        self._outbox.put(number, self._cancels[number])
        live.task.cancel()
        report = tasks.create_task(self._report_stop(stop))
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)
        report.add_done_callback(lambda _: self._stirred.set())

    def _stop(self, live: _Live) -> _Stop:
        """Drop what an epoch has not sent; return what that was."""
        now, number = self._clock.now(), live.epoch.number
        dropped = live.epoch.received - (self._ledger.fragments_sent() - live.sent_before)
        self._outbox.drop(number)
        discarded = self._track.discard()
        stop = self._untold[number] = _Stop(live, now, dropped, discarded, self._ledger.sent)
        return stop

    async def _report_stop(self, stop: _Stop) -> None:
        await asyncio.wait({stop.live.task})
        self._outbox.put(stop.live.epoch.number, stop.report(self._rate))

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """Forget at the end what was not sent, and who spoke: a cancelled task refers to all of this."""
        try:
            yield
        finally:
            self._track.discard()
            self._outbox.clear()
            self._live = None
            self._untold.clear()

    @contextmanager
    def _abandonment(self) -> Iterator[None]:
        """Where nobody can be told of stops, record them: those asked for, and that of what was spoken."""
        try:
            yield
        except BaseException as error:
            why = _why_left(error)
            if why is not None and self._gone_at is not None:
                unheard = self._playout.unheard()
                if self._live is not None:
                    self._stop(self._live)
                reports = [stop.report(self._rate, self._gone_at) for stop in self._untold.values()]
                if reports:
                    self._instruments.abandoned(why, together(reports), self._engine, self._rate, unheard)
            raise

    async def _deliver(self, batch: Sequence[tuple[int, SpeechEvent]]) -> None:
        """Send events, completing what is known only once all before them has left."""
        last = batch[-1][1]
        next_sample = last.first_sample if isinstance(last, AudioSent) else self._ledger.sent
        await self._send([(epoch, self._completed(epoch, event, next_sample)) for epoch, event in batch])
        if self._first_chunk is None and isinstance(last, AudioSent) and self._tally.text_at is not None:
            self._first_chunk = self._clock.now() - self._tally.text_at
            self._first_audio.came()
            self._instruments.first_chunk(self._first_chunk, self._engine)

    def _completed(self, epoch: int, event: SpeechEvent, next_sample: int) -> SpeechEvent:
        if isinstance(event, Cancelled):
            self._quiet_since.setdefault(epoch, self._outbox.last_audio_at)
            if epoch not in self._cancels:
                event = replace(event, samples_sent=next_sample)
        elif isinstance(event, StopReport):
            last = self._quiet_since.get(epoch)
            if last is not None:
                event = replace(event, last_byte_after=max(last - event.cancelled_at, 0.0))
            self._untold.pop(epoch, None)
            self._instruments.cancelled(event, self._engine, self._rate)
        return event

    @property
    def _engine(self) -> str:
        return self._tally.speaker.engine if self._tally.speaker is not None else ""

    def _finished(self) -> Finished:
        paced = self._playout.mode is not PlayoutMode.UNPACED
        return Finished(
            sample_count=self._ledger.sent,
            words=tuple(self._ledger.words),
            first_chunk=self._first_chunk,
            usage=dict(self._tally.usage),
            source_length=self._tally.received,
            most_unheard=self._playout.most_unheard if paced else None,
        )
