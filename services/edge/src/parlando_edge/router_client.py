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
from parlando_edge.ports import Engine, Estimate, SpeechEvent, SpeechSettings, Voice
from parlando_edge.router_messages import engine_from, estimate_from, event_from, settings_to, voice_from
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import from_rpc_error

_ANSWER_SECONDS = 2.0
_LONGEST_TEXT_MESSAGE = 100_000  # code points, as SpeakText has it
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
            yield _Utterance(call, call.cancel)
        finally:
            call.cancel()

    @asynccontextmanager
    async def speak(self, text: str, settings: SpeechSettings) -> AsyncIterator[_Utterance]:
        """Speak a little ahead of playback."""
        requests = _Requests(text, settings)
        call = self._stub.Speak(requests.messages(), metadata=to_router())
        try:
            yield _Utterance(call, requests.cancel)
        finally:
            requests.close()
            call.cancel()

    async def voices(self) -> Sequence[Voice]:
        """Return the voices of all engines that are up."""
        try:
            request = speech_pb2.ListVoicesRequest()
            listed = await self._stub.ListVoices(request, timeout=_ANSWER_SECONDS, metadata=to_router())
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        return [voice_from(voice) for voice in listed.voices]

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
            raise from_rpc_error(error) from None
        return estimate_from(found)

    async def serving(self) -> bool:
        """Return whether the router says that it serves."""
        return await is_serving(self._channel)


class _Requests:
    """What is said to the router on one Speak stream: all of the text at once, later perhaps a cancel."""

    def __init__(self, text: str, settings: SpeechSettings) -> None:
        self._text = text
        self._settings = settings
        self._cancelled = False
        self._over = asyncio.Event()

    def cancel(self) -> None:
        """Send a cancel. Idempotent."""
        self._cancelled = True
        self._over.set()

    def close(self) -> None:
        """Send nothing more."""
        self._over.set()

    async def messages(self) -> AsyncIterator[speech_pb2.SpeakRequest]:
        """Yield the messages of the stream; it is half-closed only when the call is over."""
        opener = speech_pb2.SpeakOpen(settings=settings_to(self._settings))
        yield speech_pb2.SpeakRequest(epoch=_EPOCH, open=opener)
        for start in range(0, len(self._text), _LONGEST_TEXT_MESSAGE):
            part = self._text[start : start + _LONGEST_TEXT_MESSAGE]
            yield speech_pb2.SpeakRequest(epoch=_EPOCH, text=speech_pb2.SpeakText(text=part))
        yield speech_pb2.SpeakRequest(epoch=_EPOCH, end=speech_pb2.SpeakEnd())
        await self._over.wait()
        if self._cancelled:
            yield speech_pb2.SpeakRequest(epoch=_EPOCH, cancel=speech_pb2.SpeakCancel())


class _Utterance:
    """The answers of one call. Not a generator: leaving it half read leaves nothing to close."""

    def __init__(self, call: Any, cancel: Callable[[], object]) -> None:
        self._call = call
        self._cancel = cancel
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
            raise from_rpc_error(error) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # gRPC tells a status of CANCELLED in this way, although nobody cancelled this task.
            raise ParlandoError(Reason.STOPPED, "the router ended the utterance") from None
