"""`parlando.session.v1.SessionService`: requests to the domain, and its answers back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeAlias

import grpc
from google.rpc.status_pb2 import Status

from parlando.session.v1 import session_pb2 as pb
from parlando.session.v1 import session_service_pb2, session_service_pb2_grpc
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.interceptors import told
from parlando_kit.server import Service
from parlando_kit.status import to_status
from parlando_session.budgets import Budgets
from parlando_session.export import export
from parlando_session.money import money
from parlando_session.policies import PolicyBook
from parlando_session.ranges import out_of_range
from parlando_session.sessions import Sessions
from parlando_session.side_by_side import side_by_side
from parlando_session.times import Now, stamp
from parlando_session.turns import Turns

_NAME = session_service_pb2.DESCRIPTOR.services_by_name["SessionService"].full_name

_MOST_TURNS = 1_000
"""In one call."""

_SESSIONS_AT_ONCE = 32
"""Whose turns of one call are stored at the same time: as many as there are connections to Redis."""

_Context: TypeAlias = "grpc.aio.ServicerContext[object, object]"


class SessionServicer(session_service_pb2_grpc.SessionServiceServicer):
    """Serves the four areas of the domain."""

    def __init__(
        self, sessions: Sessions, turns: Turns, policies: PolicyBook, budgets: Budgets, now: Now
    ) -> None:
        self._sessions = sessions
        self._turns = turns
        self._policies = policies
        self._budgets = budgets
        self._now = now

    async def CreateSession(  # noqa: N802  # gRPC's name
        self, request: pb.CreateSessionRequest, _context: _Context
    ) -> pb.CreateSessionResponse:
        """Make a session."""
        return pb.CreateSessionResponse(session=await self._sessions.create(request.session))

    async def GetSession(  # noqa: N802  # gRPC's name
        self, request: pb.GetSessionRequest, _context: _Context
    ) -> pb.GetSessionResponse:
        """Read a session."""
        return pb.GetSessionResponse(session=await self._sessions.get(request.session_id))

    async def UpdateSession(  # noqa: N802  # gRPC's name
        self, request: pb.UpdateSessionRequest, _context: _Context
    ) -> pb.UpdateSessionResponse:
        """Change a session."""
        return pb.UpdateSessionResponse(
            session=await self._sessions.update(request.session, request.update_mask.paths)
        )

    async def DeleteSession(  # noqa: N802  # gRPC's name
        self, request: pb.DeleteSessionRequest, _context: _Context
    ) -> pb.DeleteSessionResponse:
        """Forget a session."""
        await self._sessions.delete(request.session_id)
        return pb.DeleteSessionResponse()

    async def PutTurn(  # noqa: N802  # gRPC's name
        self, request: pb.PutTurnRequest, _context: _Context
    ) -> pb.PutTurnResponse:
        """Store a turn."""
        return pb.PutTurnResponse(turn=await self._put(request))

    async def BatchPutTurns(  # noqa: N802  # gRPC's name
        self, request: pb.BatchPutTurnsRequest, _context: _Context
    ) -> pb.BatchPutTurnsResponse:
        """Store turns of many sessions, and tell what came of each."""
        if not request.requests:
            raise ParlandoError(Reason.FIELD_REQUIRED, "requests is empty: send a turn", field="requests")
        if len(request.requests) > _MOST_TURNS:
            raise out_of_range(
                "requests", f"has {len(request.requests):,} turns: send at most {_MOST_TURNS:,}"
            )
        statuses = await side_by_side(
            request.requests, lambda each: each.session_id, self._came_of, _SESSIONS_AT_ONCE
        )
        return pb.BatchPutTurnsResponse(statuses=statuses)

    async def ListTurns(  # noqa: N802  # gRPC's name
        self, request: pb.ListTurnsRequest, _context: _Context
    ) -> pb.ListTurnsResponse:
        """List turns."""
        turns, token = await self._turns.page(request.session_id, request.page_size, request.page_token)
        return pb.ListTurnsResponse(turns=turns, next_page_token=token)

    async def DeleteTurn(  # noqa: N802  # gRPC's name
        self, request: pb.DeleteTurnRequest, _context: _Context
    ) -> pb.DeleteTurnResponse:
        """Forget a turn."""
        await self._turns.delete(request.session_id, request.turn_id)
        return pb.DeleteTurnResponse()

    async def TruncateTurn(  # noqa: N802  # gRPC's name
        self, request: pb.TruncateTurnRequest, _context: _Context
    ) -> pb.TruncateTurnResponse:
        """Say what was heard of a turn."""
        if not request.HasField("audio_end"):
            raise ParlandoError(
                Reason.FIELD_REQUIRED, "audio_end is not set: say how much was heard", field="audio_end"
            )
        heard = await self._turns.truncate(request.session_id, request.turn_id, request.audio_end)
        return pb.TruncateTurnResponse(heard=heard)

    async def ExportConversation(  # noqa: N802  # gRPC's name
        self, request: pb.ExportConversationRequest, _context: _Context
    ) -> pb.ExportConversationResponse:
        """A conversation as JSON."""
        document = await export(self._sessions, self._turns, request.session_id, self._now)
        return pb.ExportConversationResponse(json=document)

    async def GetPolicy(  # noqa: N802  # gRPC's name
        self, request: pb.GetPolicyRequest, _context: _Context
    ) -> pb.GetPolicyResponse:
        """Read a policy."""
        return pb.GetPolicyResponse(policy=await self._policies.get(request.name))

    async def SetPolicy(  # noqa: N802  # gRPC's name
        self, request: pb.SetPolicyRequest, _context: _Context
    ) -> pb.SetPolicyResponse:
        """Replace a policy."""
        return pb.SetPolicyResponse(policy=await self._policies.set(request.policy))

    async def WatchPolicy(  # noqa: N802  # gRPC's name
        self, request: pb.WatchPolicyRequest, _context: _Context
    ) -> AsyncGenerator[pb.WatchPolicyResponse, None]:
        """Tell policies, and their changes until the caller leaves or the service drains."""
        async with aclosing(self._policies.watch(request.name)) as changes:
            async for change in changes:
                yield pb.WatchPolicyResponse(policy=change.policy, deleted=change.deleted)

    async def LeaseBudget(  # noqa: N802  # gRPC's name
        self, request: pb.LeaseBudgetRequest, _context: _Context
    ) -> pb.LeaseBudgetResponse:
        """Set part of a budget aside."""
        granted = await self._budgets.lease(request.session_id, request.cost, request.characters)
        return pb.LeaseBudgetResponse(
            lease_id=granted.lease_id,
            cost=money(granted.currency, granted.amount.nanos),
            characters=granted.amount.characters,
            expire_time=stamp(granted.expires_at),
            downgrade=granted.downgrade,
        )

    async def SettleBudget(  # noqa: N802  # gRPC's name
        self, request: pb.SettleBudgetRequest, _context: _Context
    ) -> pb.SettleBudgetResponse:
        """End a lease."""
        return pb.SettleBudgetResponse(spent=await self._budgets.settle(request.lease_id, request.spent))

    async def _put(self, request: pb.PutTurnRequest) -> pb.Turn:
        previous = request.previous_turn_id if request.HasField("previous_turn_id") else None
        return await self._turns.put(request.session_id, request.turn, previous)

    async def _came_of(self, request: pb.PutTurnRequest) -> Status:
        try:
            await self._put(request)
        except Exception as error:  # noqa: BLE001  # whatever it is, the other turns are none of its business
            return to_status(told(error))
        return Status()


def session_service(servicer: SessionServicer) -> Service:
    """Return the service as a server takes it."""
    return Service(
        _NAME,
        lambda server: session_service_pb2_grpc.add_SessionServiceServicer_to_server(servicer, server),
    )
