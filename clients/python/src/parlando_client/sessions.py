"""What was said, kept in a session: a caller of gRPC owns its turns, and stores them itself.

    with Client() as client, Sessions() as sessions:
        utterance = client.say("Hello there.")
        play(utterance)
        turn_id = sessions.keep("session-1", utterance)
        heard = sessions.truncate("session-1", turn_id, seconds=0.4)

The session service makes sessions (`SessionService.CreateSession`). The edge keeps the turns of its own
clients.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

import grpc

from parlando.session.v1 import session_pb2, session_service_pb2_grpc
from parlando_client.aio_utterance import AsyncUtterance
from parlando_client.channel import CHANNEL_OPTIONS
from parlando_client.errors import from_rpc_error
from parlando_client.events import TimingQuality
from parlando_client.spending import Spending, spending_from
from parlando_client.transcript import Heard
from parlando_client.utterance import Utterance

DEFAULT_ADDRESS = "127.0.0.1:50053"


class Sessions:
    """Keeps utterances as turns of sessions.

    Every method raises SpeechError when the service refuses, as for a session that it does not know.

    Args:
        address: "host:port" of the session service, or any gRPC target.
        timeout: seconds a call may take.
    """

    def __init__(self, address: str = DEFAULT_ADDRESS, *, timeout: float = 10.0) -> None:
        self._address = address
        self._timeout = timeout
        self._channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._stub = session_service_pb2_grpc.SessionServiceStub(self._channel)

    def keep(self, session_id: str, utterance: Utterance) -> str:
        """Store an utterance that was read to its end, and return its turn's id, which is its own.

        Raises:
            ValueError: as `Utterance.turn`.
        """
        request = _put(session_id, utterance)
        try:
            self._stub.PutTurn(request, timeout=self._timeout)
        except grpc.RpcError as error:
            raise from_rpc_error(error, self._address) from None
        return request.turn.id

    def truncate(self, session_id: str, turn_id: str, seconds: float) -> Heard:
        """Say how long the turn was listened to; return what was heard of it, as stored."""
        request = _truncate(session_id, turn_id, seconds)
        try:
            return _heard(self._stub.TruncateTurn(request, timeout=self._timeout))
        except grpc.RpcError as error:
            raise from_rpc_error(error, self._address) from None

    def spending(self, session_id: str) -> Spending:
        """Return what a session has spent, in all and by engine."""
        request = session_pb2.GetSessionRequest(session_id=session_id)
        try:
            return spending_from(self._stub.GetSession(request, timeout=self._timeout).session.spent)
        except grpc.RpcError as error:
            raise from_rpc_error(error, self._address) from None

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncSessions:
    """`Sessions` on asyncio, for `AsyncClient`. Arguments and errors are the same."""

    def __init__(self, address: str = DEFAULT_ADDRESS, *, timeout: float = 10.0) -> None:  # of each call
        self._address = address
        self._timeout = timeout
        self._channel = grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._stub = session_service_pb2_grpc.SessionServiceStub(self._channel)

    async def keep(self, session_id: str, utterance: AsyncUtterance) -> str:
        """Store an utterance that was read to its end, and return its turn's id; see `Sessions.keep`."""
        request = _put(session_id, utterance)
        try:
            await self._stub.PutTurn(request, timeout=self._timeout)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, self._address) from None
        return request.turn.id

    async def truncate(self, session_id: str, turn_id: str, seconds: float) -> Heard:
        """Say where listening stopped, and return what was heard; see `Sessions.truncate`."""
        request = _truncate(session_id, turn_id, seconds)
        try:
            return _heard(await self._stub.TruncateTurn(request, timeout=self._timeout))
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, self._address) from None

    async def spending(self, session_id: str) -> Spending:
        """Return what a session has spent, in all and by engine."""
        request = session_pb2.GetSessionRequest(session_id=session_id)
        try:
            answer = await self._stub.GetSession(request, timeout=self._timeout)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, self._address) from None
        return spending_from(answer.session.spent)

    async def close(self) -> None:
        """Close the connection. Idempotent."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _put(session_id: str, utterance: Utterance | AsyncUtterance) -> session_pb2.PutTurnRequest:
    return session_pb2.PutTurnRequest(session_id=session_id, turn=utterance.turn())


def _truncate(session_id: str, turn_id: str, seconds: float) -> session_pb2.TruncateTurnRequest:
    request = session_pb2.TruncateTurnRequest(session_id=session_id, turn_id=turn_id)
    request.audio_end.FromNanoseconds(round(seconds * 1e9))
    return request


def _heard(answer: session_pb2.TruncateTurnResponse) -> Heard:
    heard = answer.heard
    return Heard(heard.heard_text, heard.unheard_text, TimingQuality(heard.quality))
