"""Callers that cancel at random moments, and look at all they are told."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando.synth.v1 import synth_pb2
from parlando_kit.status import from_rpc_error
from parlando_kit.true_status import with_true_status

if TYPE_CHECKING:
    from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceAsyncStub
    from tests.component.router.mesh import Speak

_LONG = "Seven green steps lead down to the old garden, where nobody has been for a year. " * 30
"""Far more than can be said before its cancel comes, even to one who takes all at once."""

_SHORT = "Orange lamp."
_DEADLINE_SECONDS = 0.3


@dataclass
class Figures:
    """What cancels took, in seconds, by the caller's own clock and by the reports.

    Attributes:
        last_byte: from the caller's send until its last audio came; 0 where none came after it.
        answered: from the caller's send until it was told that nothing follows.
        idle: from the cancel's arrival at the router until the engine was idle.
        engine_time: engine time spent after the stop, of all together.
        moments: how many of each kind there were.
        outcomes: how the stops ended.
        refused: calls that were told when to come back, and nothing else.
        faults: what should not have been, in words.
    """

    last_byte: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    engine_time: float = 0.0
    discarded: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Manner:
    """How callers behave.

    Attributes:
        playout_mode: of their calls.
        rest: most seconds that a caller is silent before each call.
        codec: what they hear, in its own container.
    """

    playout_mode: speech_pb2.PlayoutMode
    rest: float
    codec: audio_pb2.AudioCodec = audio_pb2.AUDIO_CODEC_PCM_S16LE


CONVERSATION = Manner(speech_pb2.PLAYOUT_MODE_CLOCK, rest=4.0)
"""Speech is made a little ahead of playback, and callers speak, too."""

HASTE = Manner(speech_pb2.PLAYOUT_MODE_UNPACED, rest=0.0)
"""Callers take all they can get, and call again at once."""


class Caller:
    """One call that is cancelled.

    Args:
        stub: whom it calls.
        manner: how it listens.
        chance: decides what is left to chance.
        deadline: seconds the call may take, or None.
    """

    def __init__(
        self,
        stub: SpeechServiceAsyncStub,
        manner: Manner,
        chance: random.Random,
        deadline: float | None = None,
    ) -> None:
        self.chance = chance
        self._settings = speech_pb2.SpeechSettings(
            playout_mode=manner.playout_mode, format=audio_pb2.AudioFormat(codec=manner.codec)
        )
        self.events: list[speech_pb2.SpeechEvent] = []
        self.audio_at: list[float] = []
        self.answered_at: float | None = None
        self.call: Speak = with_true_status(stub.Speak(timeout=deadline))

    async def say(self, epoch: int = 1, **said: object) -> None:
        """Send a message, unless the call is over already."""
        if not self.call.done():
            await self.call.write(speech_pb2.SpeakRequest(epoch=epoch, **said))  # type: ignore[arg-type]  # by name

    async def begin(self, text: str) -> None:
        """Open an epoch, and send text."""
        await self.say(open=speech_pb2.SpeakOpen(settings=self._settings))
        await self.say(text=speech_pb2.SpeakText(text=text))

    async def read(self) -> bool:
        """Read a message; return whether there was one."""
        response = await self.call.read()
        if not isinstance(response, speech_pb2.SpeakResponse):
            return False
        now = time.perf_counter()
        for event in response.events:
            self.events.append(event)
            if event.HasField("audio"):
                self.audio_at.append(now)
            elif event.HasField("cancelled") and self.answered_at is None:
                self.answered_at = now
        return True

    async def read_until(self, happened: Callable[[], bool]) -> None:
        """Read until something has happened, or the call is over."""
        while not happened() and await self.read():
            pass

    def has(self, kind: str) -> bool:
        """Return whether an event of a kind came."""
        return any(event.WhichOneof("event") == kind for event in self.events)


async def _before_the_first_chunk(caller: Caller) -> None:
    await caller.begin(_LONG)
    await asyncio.sleep(caller.chance.uniform(0, 0.004))


async def _between_fragments(caller: Caller) -> None:
    await caller.begin(_LONG)
    await caller.read_until(lambda: sum(event.HasField("fragment") for event in caller.events) > 1)


async def _in_mid_word(caller: Caller) -> None:
    await caller.begin(_LONG)
    await caller.read_until(lambda: bool(caller.audio_at))
    await asyncio.sleep(caller.chance.uniform(0, 0.05))


async def _after_the_last_frame(caller: Caller) -> None:
    await caller.begin(_SHORT)
    await caller.say(flush=speech_pb2.SpeakFlush(id=1))
    await caller.read_until(lambda: caller.has("flushed"))


async def _racing_with_flush(caller: Caller) -> None:
    await caller.begin(_LONG)
    await caller.say(flush=speech_pb2.SpeakFlush(id=1))


async def _racing_with_text(caller: Caller) -> None:
    await caller.begin(_LONG)
    await caller.read_until(lambda: bool(caller.audio_at))
    await caller.say(text=speech_pb2.SpeakText(text=_LONG))


async def _racing_with_end(caller: Caller) -> None:
    await caller.begin(_LONG)
    await caller.read_until(lambda: bool(caller.audio_at))
    await caller.say(end=speech_pb2.SpeakEnd())


MOMENTS: dict[str, Callable[[Caller], Awaitable[None]]] = {
    "before the first chunk": _before_the_first_chunk,
    "between fragments": _between_fragments,
    "in mid-word": _in_mid_word,
    "after the last frame": _after_the_last_frame,
    "twice": _in_mid_word,
    "racing with flush": _racing_with_flush,
    "racing with text": _racing_with_text,
    "racing with end": _racing_with_end,
    "reset": _in_mid_word,
    "deadline": _in_mid_word,
}
"""What a caller does before it cancels. The last two do so without a word."""


_ENDS = {"reset": grpc.StatusCode.CANCELLED, "deadline": grpc.StatusCode.DEADLINE_EXCEEDED}


async def cancel_once(
    stub: SpeechServiceAsyncStub, moment: str, manner: Manner, chance: random.Random, figures: Figures
) -> None:
    """Call, cancel, and note what came of it."""
    figures.moments[moment] += 1
    await asyncio.sleep(chance.uniform(0, manner.rest))
    caller = Caller(stub, manner, chance, _DEADLINE_SECONDS if moment == "deadline" else None)
    expected = _ENDS.get(moment, grpc.StatusCode.OK)
    try:
        await MOMENTS[moment](caller)
        if moment == "reset":
            caller.call.cancel()
        elif moment != "deadline":
            await _cancel(caller, moment, figures)
        await caller.read_until(lambda: False)
    except grpc.aio.AioRpcError:
        pass
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None and task.cancelling():  # and not the call
            caller.call.cancel()
            raise
    code = await caller.call.code()
    if await _refused(caller):
        figures.refused += 1
        return
    if code is not expected:
        details = await caller.call.details()
        figures.faults.append(f"{moment}: ended with {code.name} ({details}), not {expected.name}")
    _check(caller, moment, expected, figures)


async def _refused(caller: Caller) -> bool:
    """Return whether too many waited for a call to be let in: it was told when to come back, and no more."""
    call = caller.call
    code = await call.code()
    if caller.events or code is not grpc.StatusCode.RESOURCE_EXHAUSTED:
        return False
    told = grpc.aio.AioRpcError(
        code, await call.initial_metadata(), await call.trailing_metadata(), await call.details()
    )
    return from_rpc_error(told).retry_after is not None


async def _cancel(caller: Caller, moment: str, figures: Figures) -> None:
    """Cancel by message, have something else said after it, and end."""
    sent = time.perf_counter()
    await caller.say(cancel=speech_pb2.SpeakCancel())
    if moment == "twice":
        await caller.say(cancel=speech_pb2.SpeakCancel())
    if moment != "racing with end":  # to which nothing can be added: the call may be over by now
        again = caller.chance.random() < 0.5
        if again:
            await caller.say(2, open=speech_pb2.SpeakOpen())
            await caller.say(2, text=speech_pb2.SpeakText(text=_SHORT))
        await caller.say(2 if again else 1, end=speech_pb2.SpeakEnd())
    await caller.read_until(lambda: False)
    if caller.answered_at is None:
        return
    old = sum(event.HasField("audio") and event.epoch == 1 for event in caller.events)
    last = caller.audio_at[old - 1] if old else sent
    figures.last_byte.append(max(last - sent, 0.0))
    figures.answered.append(caller.answered_at - sent)


def _check(caller: Caller, moment: str, expected: grpc.StatusCode, figures: Figures) -> None:
    """Note what is not as it must be: stale frames, samples, answers and reports."""
    wrong = figures.faults.append
    at = cancelled = answers = reports = 0
    for event in caller.events:
        if event.HasField("cancelled"):
            cancelled, answers = event.cancelled.epoch, answers + 1
        elif event.HasField("stop_report"):
            reports += 1
            figures.idle.append(event.stop_report.idle_after.ToTimedelta().total_seconds())
            figures.engine_time += event.stop_report.engine_time_after_stop.ToTimedelta().total_seconds()
            figures.discarded += event.stop_report.samples_discarded
            figures.outcomes[synth_pb2.StopOutcome.Name(event.stop_report.outcome)] += 1
        elif event.HasField("audio"):
            if event.epoch <= cancelled:
                wrong(f"{moment}: a stale frame")
            if event.audio.first_sample != at:
                wrong(f"{moment}: sample {event.audio.first_sample} follows on {at}")
            at = event.audio.first_sample + event.audio.sample_count
    if expected is grpc.StatusCode.OK:
        if (answers, reports) != (1 + (moment == "twice"), 1):
            wrong(f"{moment}: {answers} answers and {reports} reports")
        if not caller.events or not caller.events[-1].HasField("finished"):
            wrong(f"{moment}: no end")


async def cancel_at_random(
    channels: list[grpc.aio.Channel], cancels: int, clients: int, manner: Manner, seed: int
) -> Figures:
    """Have so many clients cancel so many calls between them, each as soon as its last one is over."""
    figures, chance = Figures(), random.Random(seed)
    moments = [name for _, name in zip(range(cancels), [*MOMENTS] * cancels, strict=False)]
    chance.shuffle(moments)

    async def client(number: int) -> None:
        stub = SpeechServiceStub(channels[number % len(channels)])
        own = random.Random(seed + number)
        while moments:
            await cancel_once(stub, moments.pop(), manner, own, figures)

    async with asyncio.TaskGroup() as tasks:
        for number in range(clients):
            tasks.create_task(client(number))
    return figures
