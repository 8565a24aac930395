"""The router, by gRPC."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc

from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_edge.caller import to_router
from parlando_edge.dependency import is_serving
from parlando_edge.ports import (
    ALL_VOICES,
    Engine,
    Estimate,
    SpeechEvent,
    SpeechSettings,
    Voice,
    WantedVoices,
)
from parlando_edge.router_messages import (
    engine_from,
    estimate_from,
    event_from,
    settings_to,
    voice_from,
    wanted_to,
)
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import from_rpc_error
from parlando_kit.true_status import with_true_status

_ANSWER_SECONDS = 2.0
_PREVIEW_SECONDS = 60.0  # it may have to be spoken first, after others
_LONGEST_TEXT_MESSAGE = 100_000  # code points, as SpeakText has it
_ENGINE = "settings.engine"
_EPOCH = 1  # one stream is one utterance, and here one epoch


class GrpcSpeaker:
    """Speaks through a channel to the router."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._stub = speech_service_pb2_grpc.SpeechServiceStub(channel)

    @asynccontextmanager
    async def say(self, text: str, settings: SpeechSettings) -> AsyncIterator[_Utterance]:
        """Speak as fast as it is read."""
        request = speech_pb2.SayRequest(text=text, settings=settings_to(settings))
        call = self._stub.Say(request, metadata=to_router())
        try:
            yield _Utterance(call, call.cancel, settings)
        finally:
            call.cancel()

    @asynccontextmanager
    async def speak(self, settings: SpeechSettings) -> AsyncIterator[_Growing]:
        """Speak what is written to it, a little ahead of playback."""
        requests = _Requests(settings)
        call = with_true_status(self._stub.Speak(requests.messages(), metadata=to_router()))
        try:
            yield _Growing(call, requests, settings)
        finally:
            requests.close()
            call.cancel()

    async def voices(self, wanted: WantedVoices = ALL_VOICES) -> Sequence[Voice]:
        """Return the voices of all engines that are up."""
        try:
            request = wanted_to(wanted)
            listed = await self._stub.ListVoices(request, timeout=_ANSWER_SECONDS, metadata=to_router())
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        return [voice_from(voice) for voice in listed.voices]

    async def preview(self, engine: str, voice: str) -> bytes:
        """Return a short sentence by a voice, as a WAV file."""
        request = speech_pb2.PreviewVoiceRequest(engine=engine, voice=voice)
        try:
            said = await self._stub.PreviewVoice(request, timeout=_PREVIEW_SECONDS, metadata=to_router())
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        return said.wav

    async def engines(self) -> Sequence[Engine]:
        """Return the engines, the first choice first."""
        try:
            listed = await self._stub.ListEngines(speech_pb2.ListEnginesRequest(), timeout=_ANSWER_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        return [engine_from(engine) for engine in listed.engines]

    async def estimate(self, text: str, settings: SpeechSettings) -> Estimate:
        """Return what a text would take."""
        request = speech_pb2.EstimateCostRequest(text=text, settings=settings_to(settings))
        try:
            found = await self._stub.EstimateCost(request, timeout=_ANSWER_SECONDS, metadata=to_router())
        except grpc.aio.AioRpcError as error:
            raise _as_asked(from_rpc_error(error), settings) from None
        return estimate_from(found)

    async def serving(self) -> bool:
        """Return whether the router says that it serves."""
        return await is_serving(self._channel)


class _Requests:
    """What is said to the router on one Speak stream: text, all at once or bit by bit, and perhaps a cancel.

    What waits to be sent is bounded by who writes it. Text that is there before anything was sent goes with
    the opener: one message in place of three, and the router knows at once that it is all.
    """

    def __init__(self, settings: SpeechSettings) -> None:
        opener = speech_pb2.SpeakOpen(settings=settings_to(settings))
        self._waiting = deque([speech_pb2.SpeakRequest(epoch=_EPOCH, open=opener)])
        self._filled = asyncio.Event()
        self._over = False

    def write(self, text: str) -> None:
        """Send text."""
        for start in range(0, len(text), _LONGEST_TEXT_MESSAGE):
            part = text[start : start + _LONGEST_TEXT_MESSAGE]
            opener = self._unsent_opener()
            if opener is not None and not opener.text:
                opener.text = part
            else:
                self._put(speech_pb2.SpeakRequest(epoch=_EPOCH, text=speech_pb2.SpeakText(text=part)))

    def flush(self, number: int) -> None:
        """Send a flush."""
        self._put(speech_pb2.SpeakRequest(epoch=_EPOCH, flush=speech_pb2.SpeakFlush(id=number)))

    def end(self) -> None:
        """Say that no text follows."""
        opener = self._unsent_opener()
        if opener is not None:
            opener.complete = True
        else:
            self._put(speech_pb2.SpeakRequest(epoch=_EPOCH, end=speech_pb2.SpeakEnd()))

    def cancel(self) -> None:
        """Send a cancel, and nothing after it. Idempotent."""
        self._put(speech_pb2.SpeakRequest(epoch=_EPOCH, cancel=speech_pb2.SpeakCancel()))
        self.close()

    def close(self) -> None:
        """Send nothing more than what waits."""
        self._over = True
        self._filled.set()

    def _unsent_opener(self) -> speech_pb2.SpeakOpen | None:
        """Return the opener, while it is all that waits."""
        if len(self._waiting) == 1 and self._waiting[0].HasField("open"):
            return self._waiting[0].open
        return None

    def _put(self, message: speech_pb2.SpeakRequest) -> None:
        if not self._over:
            self._waiting.append(message)
            self._filled.set()

    async def messages(self) -> AsyncIterator[speech_pb2.SpeakRequest]:
        """Yield the messages of the stream; it is half-closed only when the call is over."""
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._over:
                return
            self._filled.clear()
            await self._filled.wait()


class _Utterance:
    """The answers of one call. Not a generator: leaving it half read leaves nothing to close."""

    def __init__(self, call: Any, cancel: Callable[[], object], settings: SpeechSettings) -> None:
        self._call = call
        self._cancel = cancel
        self._settings = settings
        self._waiting: deque[SpeechEvent] = deque()  # the rest of the last message

    def cancel(self) -> None:
        """Have the engines stop."""
        self._cancel()

    def __aiter__(self) -> _Utterance:
        return self

    async def __anext__(self) -> SpeechEvent:
        while not self._waiting:
            message = await self._read()
            if message is grpc.aio.EOF:
                raise StopAsyncIteration
            self._waiting.extend(filter(None, map(event_from, message.events)))
        return self._waiting.popleft()

    async def _read(self) -> Any:
        try:
            return await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise _as_asked(from_rpc_error(error), self._settings) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # gRPC tells a status of CANCELLED in this way, although nobody cancelled this task.
            raise ParlandoError(Reason.STOPPED, "the router ended the utterance") from None


class _Growing(_Utterance):
    """One call of Speak, to which text is written."""

    def __init__(self, call: Any, requests: _Requests, settings: SpeechSettings) -> None:
        super().__init__(call, requests.cancel, settings)
        self.write, self.flush, self.end = requests.write, requests.flush, requests.end


def _as_asked(error: ParlandoError, settings: SpeechSettings) -> ParlandoError:
    """Return an error that calls the engine's field what the caller did: a model may name one, too."""
    if error.field == _ENGINE:
        error.field = settings.engine_field
        if error.message.startswith(_ENGINE):
            error.message = error.field + error.message.removeprefix(_ENGINE)
    return error
