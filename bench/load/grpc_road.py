"""`SpeechService.Speak` over a few channels: one stream an order."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import grpc

from load.take import Take
from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando_kit.status import from_rpc_error
from parlando_kit.true_status import with_true_status

if TYPE_CHECKING:
    from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceAsyncStub

_CHANNELS = 8
"""Envoy lets 256 streams share a connection."""

_RATE = 24_000
_PATIENCE_SECONDS = 60.0
_EPOCH = 1


class GrpcRoad:
    """Channels to one address, used in turn.

    Args:
        address: "host:port".
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._stubs: list[SpeechServiceAsyncStub] = []
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Make the channels; they connect when they are used."""
        for _ in range(_CHANNELS):
            channel = grpc.aio.insecure_channel(
                self._address, options=(("grpc.use_local_subchannel_pool", 1),)
            )
            await self._stack.enter_async_context(channel)
            self._stubs.append(SpeechServiceStub(channel))

    async def close(self) -> None:
        """Close them."""
        await self._stack.aclose()

    async def speak(self, take: Take) -> None:
        """Have an order spoken.

        Raises:
            TimeoutError: no end came.
        """
        request = speech_pb2.SpeakRequest
        order = take.order
        settings = speech_pb2.SpeechSettings(engine=order.engine)
        call = with_true_status(self._stubs[order.number % _CHANNELS].Speak())
        cancelling: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS + order.seconds):
                await call.write(request(epoch=_EPOCH, open=speech_pb2.SpeakOpen(settings=settings)))
                await call.write(request(epoch=_EPOCH, text=speech_pb2.SpeakText(text=order.text)))
                take.sent(time.perf_counter())
                if order.cancel_after is None:
                    await call.done_writing()
                else:
                    cancelling = asyncio.create_task(_cancel(call, take, take.due + order.cancel_after))
                async for response in call:
                    _hear(response, take, time.perf_counter())
        except grpc.aio.AioRpcError as error:
            take.ended(time.perf_counter(), from_rpc_error(error).reason.value.lower())
        finally:
            if cancelling is not None:
                cancelling.cancel()
                await asyncio.wait({cancelling})
            call.cancel()
        # A text stays open until its cancel: whatever that comes to, it is no end of its own.
        take.ended(time.perf_counter(), "cancel ignored" if take.cancelled else "completed")


async def _cancel(call: grpc.aio.StreamStreamCall[Any, Any], take: Take, due: float) -> None:
    await asyncio.sleep(max(due - time.perf_counter(), 0.0))
    take.cancel(due)
    await call.write(speech_pb2.SpeakRequest(epoch=_EPOCH, cancel=speech_pb2.SpeakCancel()))
    await call.done_writing()


def _hear(response: speech_pb2.SpeakResponse, take: Take, now: float) -> None:
    for event in response.events:
        if count := event.audio.sample_count:
            take.heard(now, count / _RATE)
        elif event.HasField("cancelled"):
            take.ended(now, "cancelled")
