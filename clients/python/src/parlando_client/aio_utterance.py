"""Utterances of the asynchronous client."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import grpc

from parlando.session.v1 import session_pb2
from parlando.speech.v1 import speech_pb2
from parlando_client.aio_outgoing import AsyncOutgoing
from parlando_client.errors import SpeechError, from_rpc_error
from parlando_client.events import Event
from parlando_client.speak_protocol import SpeakProtocol
from parlando_client.transcript import Heard
from parlando_client.utterance import Reader

_SayCall = grpc.aio.UnaryStreamCall[speech_pb2.SayRequest, speech_pb2.SayResponse]
_SpeakCall = grpc.aio.StreamStreamCall[speech_pb2.SpeakRequest, speech_pb2.SpeakResponse]


class AsyncUtterance(AsyncIterator[Event]):
    """The events of one utterance, in order.

    A call that is broken off is cancelled: by `close`, by leaving an `async with` block or an `async for`
    loop early, or by letting go of the object. So is one whose reader is cancelled while it waits.
    Iteration raises SpeechError when the call fails.

    Attributes:
        utterance_id: the utterance's id; "" before the first event.
    """

    def __init__(self, call: _SayCall | _SpeakCall, reader: Reader, address: str) -> None:
        self._call = call
        self._responses: AsyncIterator[speech_pb2.SayResponse | speech_pb2.SpeakResponse] = aiter(call)
        self._reader = reader
        self._address = address
        # Read one by one, for what arrived together may be cancelled in between.
        self._arrived: deque[speech_pb2.SpeechEvent] = deque()
        self._closed = False
        self.utterance_id = ""

    async def _events(self) -> AsyncIterator[Event]:
        try:
            while (event := await self._next()) is not None:
                yield event
        finally:
            self.close()

    def __aiter__(self) -> AsyncIterator[Event]:  # noqa: PYI034  # an early exit of the loop is to end the call
        return self._events()

    async def __anext__(self) -> Event:
        event = await self._next()
        if event is None:
            raise StopAsyncIteration
        return event

    async def _next(self) -> Event | None:
        """Return the next event; None at the end."""
        try:
            while not self._closed:
                if not self._arrived:
                    response = await anext(self._responses)
                    self.utterance_id = response.utterance_id
                    self._arrived.extend(response.events)
                elif (event := self._reader.read(self._arrived.popleft())) is not None:
                    return event
        except StopAsyncIteration:
            pass
        except grpc.aio.AioRpcError as error:
            if not self._closed:
                raise from_rpc_error(error, self._address, begun=bool(self.utterance_id)) from None
        except asyncio.CancelledError:
            if not self._closed:  # else it is the call that was cancelled, by `close`, not this task
                raise
        return None

    def heard(self, samples_played: int) -> Heard:
        """Return the caller's text, heard and not heard, after so many samples of the utterance."""
        return self._reader.heard(samples_played)

    def turn(self) -> session_pb2.Turn:
        """Return the utterance as a turn of a session, its id the utterance's: for `AsyncSessions.keep`.

        Raises:
            ValueError: it was not read to its end (`Finished`), or text was sent after a cancel.
        """
        return self._reader.turn(self.utterance_id)

    def close(self) -> None:
        """End the call; what is left of it is cancelled. Idempotent."""
        self._closed = True
        self._call.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class AsyncLiveUtterance(AsyncUtterance):
    """An utterance whose text is still being written.

    Text may be sent from one task while another reads the events. Leaving an `async for` loop early does
    not end the call, so that reading can go on after more was sent: use it in an `async with` block, or
    `close` it.
    """

    def __init__(
        self,
        call: _SpeakCall,
        protocol: SpeakProtocol,
        outgoing: AsyncOutgoing,
        address: str,
    ) -> None:
        super().__init__(call, protocol, address)
        self._protocol = protocol
        self._outgoing = outgoing
        call.add_done_callback(lambda _: outgoing.close())

    def __aiter__(self) -> Self:
        return self

    async def send(self, text: str) -> None:
        """Append text; it may end in the middle of a word. After a cancel it begins anew.

        Waits while much text is still to be sent; a cancelled wait sends nothing.

        Raises:
            ValueError: a lone surrogate.
            SpeechError: OUT_OF_ORDER after `end` or once the call is over.
        """
        await self._outgoing.wait_for_room()
        self._refuse_when_over()
        self._outgoing.put(self._protocol.send(text))

    def flush(self) -> int:
        """Have everything spoken that was sent; returns the id that `Flushed` will carry.

        Raises:
            SpeechError: OUT_OF_ORDER after `end` or once the call is over.
        """
        self._refuse_when_over()
        flush_id, requests = self._protocol.flush()
        self._outgoing.put(requests)
        return flush_id

    def cancel(self) -> None:
        """Discard everything sent so far. `Cancelled` and, once the engines are idle, `StopReport` follow.

        No audio, words or fragments of what was cancelled are returned after this. Idempotent.
        """
        self._outgoing.put(self._protocol.cancel())

    def played(self, samples: int) -> None:
        """Say how many samples of the utterance were heard so far."""
        self._outgoing.put(self._protocol.played(samples))

    def end(self) -> None:
        """Say that no more text follows. `cancel` and `played` still may."""
        self._outgoing.put(self._protocol.end())

    def close(self) -> None:
        """End the call; what is left of it is cancelled. Idempotent."""
        super().close()
        self._outgoing.close()

    def _refuse_when_over(self) -> None:
        if self._outgoing.closed:
            raise SpeechError("OUT_OF_ORDER", "the utterance is over: speak in another one")
