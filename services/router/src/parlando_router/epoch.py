"""One epoch of an utterance: its text to fragments, its fragments to syntheses, one after another."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.queues import BoundedQueue, QueueClosed
from parlando_router.events import Flushed
from parlando_router.failover import FragmentSpeaker
from parlando_router.first_audio import FirstAudio
from parlando_router.owed import Owed
from parlando_router.ports import (
    FlushDone,
    Fragment,
    FragmentConfig,
    Fragmenter,
    FragmentStream,
    StopResult,
)
from parlando_router.request import SpeechSettings
from parlando_router.retelling import Retelling
from parlando_router.speak_protocol import Append, FlushEpoch
from parlando_router.stand import Stand
from parlando_router.track import Put
from parlando_router.whole import LONGEST_TEXT, fitted

SETTLE_SECONDS = 0.030
"""How long the end of a fragment waits for the next one to be joined to, before it is given out alone."""

FRAGMENTER_SECONDS = 5.0
"""How long the fragmenter may be away before that is an error: long enough to be started again.

One that takes what it is told for so long and owes an answer is left for another one.
"""

_AWAY = (Reason.DEPENDENCY_UNAVAILABLE, Reason.DRAINING)
_SILENT = "the fragmenter does not answer: try again"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.2
_LEAST_COST = 20
"""What a message of less text costs the queue: a flood of flushes is bounded as one of text is."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the epochs of one utterance share."""

    fragmenter: Fragmenter
    stand: Stand
    put: Put
    first_audio: FirstAudio


@dataclass(frozen=True, slots=True)
class _Hint:
    """How playback stands, for the fragmenter; see `FragmentStream.send_hint`."""

    audio_queued: float
    real_time_factor: float


class _LostError(Exception):
    """The fragmenter is away; `why` is what a caller would be told of it."""

    def __init__(self, why: ParlandoError) -> None:
        super().__init__()
        self.why = why


def _cost(item: Append | FlushEpoch | _Hint) -> int:
    return 0 if isinstance(item, _Hint) else max(len(getattr(item, "text", "")), _LEAST_COST)


class Epoch:
    """Speaks the text appended to it, in order, until it ends or its task is cancelled.

    When `run` is cancelled, the synthesis under way is stopped, and confirmed stopped, before it returns;
    then `stopped` is what the worker said of it, `idle_at` when it had said so, `unread_seconds` the audio it
    had made that nobody read, and `received` the fragments it had been given.

    Args:
        number: the epoch's number.
        settings: how to speak.
        source_offset: offset of its first code point in the utterance.
        line: what it shares with the utterance's other epochs.
    """

    def __init__(self, number: int, settings: SpeechSettings, source_offset: int, line: Line) -> None:
        self.number = number
        self.received = 0
        self._settings = settings
        self._line = line
        self._config = FragmentConfig(
            source_offset=source_offset,
            language=settings.language,
            markup=settings.markup,
            schedule=settings.schedule,
            flush_after=settings.flush_after,
            disabled_rules=settings.disabled_rules,
        )
        self._text: BoundedQueue[Append | FlushEpoch | _Hint] = BoundedQueue(
            unit="code points of text",
            high=200_000,
            low=100_000,
            cost=_cost,
        )
        self._retelling = Retelling(source_offset)
        self._lost_at: float | None = (
            None  # when the fragmenter was lost; None once it has said something new
        )
        self._there_since = math.inf  # when a fragmenter had answered what it was told again
        self._speaker = FragmentSpeaker(number, settings, line.stand)

    @property
    def stopped(self) -> StopResult:
        """What the worker said of the stop."""
        return self._speaker.stopped

    @property
    def idle_at(self) -> float | None:
        """When the worker had said so; None where no engine was at work."""
        return self._speaker.idle_at

    @property
    def unread_seconds(self) -> float:
        """Seconds of audio that were made and not read."""
        return self._speaker.unread_seconds

    async def append(self, item: Append | FlushEpoch) -> None:
        """Take text or a flush; waits while far more text has arrived than was spoken."""
        await self._text.put(item)

    def end(self) -> None:
        """Take no more text. Idempotent."""
        self._text.close()

    async def run(self) -> None:
        """Speak until the text has ended and all of it is on the track.

        A fragmenter that is lost is begun again, and told all that was told before.

        Raises:
            ParlandoError: what no engine could be found to make good; DEPENDENCY_UNAVAILABLE where there
                was no fragmenter for `FRAGMENTER_SECONDS`.
        """
        stand = self._line.stand
        # Names that nobody has are refused at once, before any text has come.
        first, *_ = stand.engines.candidates(self._settings, self._settings.language)
        config, text = self._config, None
        if self._text.closed:
            config = replace(config, schedule=fitted(config.schedule, first.replica), whole=True)
            text = self._short_text()
        pause = _FIRST_PAUSE
        while True:
            # A slow engine is to be known as one before it runs dry.
            factor = stand.tally.real_time_factor or first.replica.real_time_factor
            try:
                if text is None:
                    await self._speak_as_it_comes(config, factor)
                else:
                    await self._speak_at_once(config, text, factor)
                break
            except _LostError as lost:
                now = stand.clock.now()
                if self._lost_at is None or now - self._there_since > FRAGMENTER_SECONDS:
                    self._lost_at, pause = now, _FIRST_PAUSE
                self._there_since = math.inf
                if now - self._lost_at > FRAGMENTER_SECONDS:
                    raise lost.why from None
            await stand.clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        stand.track.settle()

    def _short_text(self) -> str | None:
        """Return all of the text, where there is no more of it and it is short."""
        if self._text.level > LONGEST_TEXT:
            return None
        items = self._text.waiting
        texts = [item.text for item in items if isinstance(item, Append)]
        return "".join(texts) if len(texts) == len(items) else None

    async def _speak_at_once(self, config: FragmentConfig, text: str, factor: float) -> None:
        """Speak all of a text whose fragments are asked for at once.

        Raises:
            _LostError: none came.
        """
        queued = self._line.stand.playout.queued()
        with _losing():
            fragments = await self._line.fragmenter.cut(
                config, text, audio_queued=queued, real_time_factor=factor
            )
        for number, fragment in enumerate(fragments, 1):
            await self._speak(fragment, last=number == len(fragments))

    async def _speak_as_it_comes(self, config: FragmentConfig, factor: float) -> None:
        """Speak what a stream gives, to its end.

        Raises:
            _LostError: it broke off, or did not take its first messages.
        """
        stream: FragmentStream | None = None
        try:
            with _losing():
                async with asyncio.timeout(FRAGMENTER_SECONDS):
                    stream = await self._line.fragmenter.open(config)
                    if factor:
                        await stream.send_hint(self._line.stand.playout.queued(), factor)
            await self._speak_all(stream)
        finally:
            if stream is not None:
                stream.close()

    async def _speak_all(self, stream: FragmentStream) -> None:
        failure: ParlandoError | _LostError | None = None  # raised alone, and not in a group
        owed = Owed(FRAGMENTER_SECONDS)
        async with asyncio.TaskGroup() as tasks:
            passed = not self._retelling.passes
            feeding = tasks.create_task(self._feed(stream, owed))
            try:
                while (item := await self._next(stream, owed)) is not None:
                    if isinstance(item, FlushDone):
                        owed.less()
                    if not passed:  # it was spoken before
                        if isinstance(item, FlushDone):
                            passed, self._there_since = True, self._line.stand.clock.now()
                        continue
                    self._lost_at = None
                    self._retelling.came(item)
                    if isinstance(item, FlushDone):
                        self._line.stand.track.settle()
                        self._line.put(self.number, Flushed(item.flush_id))
                    else:
                        await self._speak(item)
            except (ParlandoError, _LostError) as error:
                failure = error
                feeding.cancel()
        if failure is not None:
            raise failure

    async def _feed(self, stream: FragmentStream, owed: Owed) -> None:
        for item in self._retelling.again():
            await _send(stream, item, owed)
        while True:
            try:
                new = await self._text.get()
            except QueueClosed:
                owed.more()
                await stream.send_end()
                return
            if not isinstance(new, _Hint):
                self._retelling.told(new)
            await _send(stream, new, owed)

    def _hint(self) -> None:
        """Tell the fragmenter how playback stands, behind the text that waits: one task sends."""
        with suppress(QueueClosed):  # no more text, and nothing to be told
            self._text.put_nowait(
                _Hint(self._line.stand.playout.queued(), self._line.stand.tally.real_time_factor)
            )

    async def _next(self, stream: FragmentStream, owed: Owed) -> Fragment | FlushDone | None:
        """Return what the fragmenter gives; while it keeps us waiting, let out the end of the last one.

        Raises:
            ParlandoError: what it refuses.
            _LostError: it is away, or says nothing of what it owes.
        """
        following = asyncio.ensure_future(stream.next())
        try:
            await asyncio.wait({following}, timeout=SETTLE_SECONDS)
            if not following.done():
                self._line.stand.track.settle()
            with _losing():
                async with owed.awaited():
                    return await following
        finally:
            following.cancel()

    async def _speak(self, fragment: Fragment, *, last: bool = False) -> None:
        line = self._line
        if not fragment.spoken_text:
            line.stand.track.skip(self.number, fragment, fragment.pause_after / self._settings.speed)
            return
        line.first_audio.due()
        self.received += 1
        await line.stand.playout.room()
        await self._speaker.speak(fragment, last=last)
        if not line.stand.track.next_sample:
            line.first_audio.leave()  # there was nothing to hear
        self._hint()


@contextmanager
def _losing() -> Iterator[None]:
    """Raise _LostError where the fragmenter is away."""
    try:
        yield
    except TimeoutError:
        silent = ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, _SILENT, retry_after=1.0)
        raise _LostError(silent) from None
    except ParlandoError as error:
        if error.reason in _AWAY:
            raise _LostError(error) from error
        raise


async def _send(stream: FragmentStream, item: Append | FlushEpoch | _Hint, owed: Owed) -> None:
    owed.more()
    if isinstance(item, FlushEpoch):
        await stream.send_flush(item.flush_id)
        return  # it is answered
    if isinstance(item, Append):
        await stream.send_text(item.text)
    else:
        await stream.send_hint(item.audio_queued, item.real_time_factor)
    owed.less()  # whether text makes a fragment, nobody can say
