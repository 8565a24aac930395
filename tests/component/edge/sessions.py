"""A session service of a few lines on the real wire, which keeps all that it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc.status_pb2 import Status

from parlando.session.v1 import session_pb2, session_service_pb2_grpc
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.server import Server, Service
from parlando_kit.settings import ServerSettings
from parlando_kit.status import to_status

Context = grpc.aio.ServicerContext[Any, Any]


@dataclass
class FakeSessions(session_service_pb2_grpc.SessionServiceServicer):
    """Sessions by id, with their turns, what was put behind which, and how many turns each call put."""

    sessions: dict[str, session_pb2.Session] = field(default_factory=dict)
    masks: list[list[str]] = field(default_factory=list)
    turns: dict[str, dict[str, session_pb2.Turn]] = field(default_factory=dict)
    behind: dict[str, str | None] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_turns(self, session_id: str, count: int) -> list[session_pb2.Turn]:
        """Return a session's turns, once there are so many."""
        while len(self.turns.get(session_id, {})) != count:
            self._changed.clear()
            await self._changed.wait()
        return list(self.turns[session_id].values())

    def _find(self, session_id: str) -> session_pb2.Session:
        if session_id not in self.sessions:
            raise ParlandoError(Reason.SESSION_NOT_FOUND, "no session has that id", field="session_id")
        return self.sessions[session_id]

    async def CreateSession(  # noqa: N802  # gRPC's name
        self, request: session_pb2.CreateSessionRequest, _: Context
    ) -> session_pb2.CreateSessionResponse:
        """Make a session."""
        session = request.session
        session.id = f"s{len(self.sessions) + 1}"
        self.sessions[session.id] = session
        self.turns[session.id] = {}
        return session_pb2.CreateSessionResponse(session=session)

    async def GetSession(  # noqa: N802  # gRPC's name
        self, request: session_pb2.GetSessionRequest, _: Context
    ) -> session_pb2.GetSessionResponse:
        """Read a session."""
        return session_pb2.GetSessionResponse(session=self._find(request.session_id))

    async def UpdateSession(  # noqa: N802  # gRPC's name
        self, request: session_pb2.UpdateSessionRequest, _: Context
    ) -> session_pb2.UpdateSessionResponse:
        """Change a session."""
        session = self._find(request.session.id)
        self.masks.append(list(request.update_mask.paths))
        request.update_mask.MergeMessage(request.session, session, replace_message_field=True)
        self._changed.set()
        return session_pb2.UpdateSessionResponse(session=session)

    async def BatchPutTurns(  # noqa: N802  # gRPC's name
        self, request: session_pb2.BatchPutTurnsRequest, _: Context
    ) -> session_pb2.BatchPutTurnsResponse:
        """Store turns."""
        self.batches.append(len(request.requests))
        return session_pb2.BatchPutTurnsResponse(statuses=map(self._put, request.requests))

    def _put(self, request: session_pb2.PutTurnRequest) -> Status:
        try:
            self._find(request.session_id)
        except ParlandoError as error:
            return to_status(error)
        self.turns[request.session_id][request.turn.id] = request.turn
        placed = request.HasField("previous_turn_id")
        self.behind[request.turn.id] = request.previous_turn_id if placed else None
        self._changed.set()
        return Status()

    async def ListTurns(  # noqa: N802  # gRPC's name
        self, request: session_pb2.ListTurnsRequest, _: Context
    ) -> session_pb2.ListTurnsResponse:
        """Read turns, one a page."""
        self._find(request.session_id)
        turns = list(self.turns[request.session_id].values())
        number = int(request.page_token or 0)
        following = str(number + 1) if number + 1 < len(turns) else ""
        return session_pb2.ListTurnsResponse(turns=turns[number : number + 1], next_page_token=following)

    async def DeleteTurn(  # noqa: N802  # gRPC's name
        self, request: session_pb2.DeleteTurnRequest, _: Context
    ) -> session_pb2.DeleteTurnResponse:
        """Forget a turn."""
        self.turns[request.session_id].pop(request.turn_id, None)
        self._changed.set()
        return session_pb2.DeleteTurnResponse()


def new_sessions() -> FakeSessions:
    """Return a session service; what it leaves out of the contract is answered with UNIMPLEMENTED."""
    return FakeSessions()  # type: ignore[abstract]  # as said


@asynccontextmanager
async def serving_sessions(sessions: FakeSessions) -> AsyncIterator[str]:
    """Serve a session service; yields its address."""

    def register(server: grpc.aio.Server) -> None:
        session_service_pb2_grpc.add_SessionServiceServicer_to_server(sessions, server)

    server = Server(ServerSettings(), [Service("parlando.session.v1.SessionService", register)])
    port = await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)
