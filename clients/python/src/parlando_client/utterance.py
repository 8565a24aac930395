"""Utterances of the synchronous client."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

import grpc

from parlando.session.v1 import session_pb2
from parlando.speech.v1 import speech_pb2
from parlando_client.errors import SpeechError, from_rpc_error
from parlando_client.events import Event
from parlando_client.outgoing import Outgoing
from parlando_client.speak_protocol import SpeakProtocol
from parlando_client.transcript import Heard


class Reader(Protocol):
    """What makes events of an utterance's messages: a Transcript, or the protocol of a Speak stream."""

    def read(self, message: speech_pb2.SpeechEvent) -> Event | None:
        """Return the event to hand on, or None."""

    def heard(self, samples_played: int) -> Heard:
        """Return what was heard."""

    def turn(self, turn_id: str) -> session_pb2.Turn:
        """Return what was said."""


class _Call(Protocol):
    """What is used of a gRPC call that answers with a stream."""

    def __next__(self) -> speech_pb2.SayResponse | speech_pb2.SpeakResponse: ...
    def cancel(self) -> bool: ...
    def add_callback(self, callback: Callable[[], None], /) -> bool: ...


class Utterance(Iterator[Event]):
    """The events of one utterance, in order.

    A call that is broken off is cancelled: by `close`, by leaving a `with` block or a `for` loop early,
    or by letting go of the object. Iteration raises SpeechError when the call fails.

    Attributes:
        utterance_id: the utterance's id; "" before the first event.
    """

    def __init__(self, call: _Call, reader: Reader, address: str) -> None:
        self._call = call
        self._reader = reader
        self._address = address
        # Read one by one, for what arrived together may be cancelled in between.
        self._arrived: deque[speech_pb2.SpeechEvent] = deque()
        self._closed = False
        self.utterance_id = ""

    def __iter__(self) -> Iterator[Event]:  # noqa: PYI034  # an early exit of the loop is to end the call
        try:
            yield from iter(self._next, None)
        finally:
            self.close()

    def __next__(self) -> Event:
        event = self._next()
        if event is None:
            raise StopIteration
        return event

    def _next(self) -> Event | None:
        """Return the next event; None at the end."""
        try:
            while not self._closed:
                if not self._arrived:
                    response = next(self._call)
                    self.utterance_id = response.utterance_id
                    self._arrived.extend(response.events)
                elif (event := self._reader.read(self._arrived.popleft())) is not None:
                    return event
        except StopIteration:
            pass
        except grpc.RpcError as error:
            if not self._closed:
                raise from_rpc_error(error, self._address, begun=bool(self.utterance_id)) from None
        return None

    def heard(self, samples_played: int) -> Heard:
        """Return the caller's text, heard and not heard, after so many samples of the utterance."""
        return self._reader.heard(samples_played)

    def turn(self) -> session_pb2.Turn:
        """Return the utterance as a turn of a session, its id the utterance's: for `Sessions.keep`.

        Raises:
            ValueError: it was not read to its end (`Finished`), or text was sent after a cancel.
        """
        return self._reader.turn(self.utterance_id)

    def close(self) -> None:
        """End the call; what is left of it is cancelled. Idempotent."""
        self._closed = True
        self._call.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class LiveUtterance(Utterance):
    """An utterance whose text is still being written.

    Text may be sent from one thread while another reads the events. `send` never waits. Leaving a `for`
    loop early does not end the call, so that reading can go on after more was sent: use it in a `with`
    block, or `close` it.
    """

    def __init__(self, call: _Call, protocol: SpeakProtocol, outgoing: Outgoing, address: str) -> None:
        super().__init__(call, protocol, address)
        self._protocol = protocol
        self._outgoing = outgoing
        if not call.add_callback(outgoing.close):  # it is over already
            outgoing.close()

    def __iter__(self) -> Self:
        return self

    def send(self, text: str) -> None:
        """Append text; it may end in the middle of a word. After a cancel it begins anew.

        Raises:
            ValueError: a lone surrogate.
            SpeechError: OUT_OF_ORDER after `end` or once the call is over; SLOW_READER when too much text
                waits to be sent because the events are not read.
        """
        self._put(self._protocol.send(text))

    def flush(self) -> int:
        """Have everything spoken that was sent; returns the id that `Flushed` will carry.

        Raises:
            SpeechError: OUT_OF_ORDER after `end` or once the call is over.
        """
        flush_id, requests = self._protocol.flush()
        self._put(requests)
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

    def _put(self, requests: Sequence[speech_pb2.SpeakRequest]) -> None:
        if not self._outgoing.put(requests):
            raise SpeechError("OUT_OF_ORDER", "the utterance is over: speak in another one")
