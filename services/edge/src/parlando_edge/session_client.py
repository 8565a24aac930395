"""The session service, by gRPC."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from parlando.session.v1 import session_pb2, session_service_pb2_grpc
from parlando_edge.dependency import is_serving
from parlando_edge.ports import SpeechSettings
from parlando_edge.router_messages import (
    quality_to,
    settings_from,
    settings_to,
    usage_from,
    usage_to,
    word_to,
    words_from,
)
from parlando_edge.session_ports import KeptSettings, Turn, TurnRole, TurnStatus
from parlando_edge.turn_batches import TurnBatches
from parlando_kit.clock import Clock
from parlando_kit.retries import refused_elsewhere
from parlando_kit.status import from_rpc_error
from parlando_kit.tracing import outgoing

_T = TypeVar("_T")

_ANSWER_SECONDS = 1.0
_MOST_TURNS = 1_000
"""All that a session holds, so that none comes between two pages of them."""

_SETTINGS = FieldMask(
    paths=[
        "settings.voice",
        "settings.engine",
        "settings.language",
        "settings.prosody.speed",
        "settings.format",
        "protocol_settings",
    ]
)
_ROLES = {
    TurnRole.ASSISTANT: session_pb2.TURN_ROLE_ASSISTANT,
    TurnRole.USER: session_pb2.TURN_ROLE_USER,
    TurnRole.SYSTEM: session_pb2.TURN_ROLE_SYSTEM,
}
_STATUSES = {
    TurnStatus.COMPLETED: session_pb2.TURN_STATUS_COMPLETED,
    TurnStatus.INTERRUPTED: session_pb2.TURN_STATUS_INTERRUPTED,
    TurnStatus.FAILED: session_pb2.TURN_STATUS_FAILED,
}

_ROLE_OF = {number: role for role, number in _ROLES.items()}
_STATUS_OF = {number: status for status, number in _STATUSES.items()}


class GrpcSessionStore:
    """Keeps sessions through a channel to the session service. To be closed before its channel.

    Args:
        channel: to the session service.
        clock: says for how long turns gather.
    """

    def __init__(self, channel: grpc.aio.Channel, clock: Clock) -> None:
        self._channel = channel
        self._stub = stub = session_service_pb2_grpc.SessionServiceStub(channel)
        self._turns = TurnBatches(
            lambda request, metadata: _answer(
                stub.BatchPutTurns(request, timeout=_ANSWER_SECONDS, metadata=metadata)
            ),
            clock,
        )

    async def create(self, settings: SpeechSettings, metadata: Mapping[str, str]) -> str:
        """Make a session and return its id."""
        session = session_pb2.Session(settings=settings_to(settings), metadata=metadata)
        request = session_pb2.CreateSessionRequest(session=session)
        made = await refused_elsewhere(
            lambda: self._stub.CreateSession(request, timeout=_ANSWER_SECONDS, metadata=outgoing())
        )
        return made.session.id

    async def read(self, session_id: str) -> KeptSettings:
        """Return a session's settings."""
        request = session_pb2.GetSessionRequest(session_id=session_id)
        found = await _answer(self._stub.GetSession(request, timeout=_ANSWER_SECONDS, metadata=outgoing()))
        return KeptSettings(settings_from(found.session.settings), found.session.protocol_settings)

    async def keep_settings(self, session_id: str, kept: KeptSettings) -> None:
        """Replace a session's settings."""
        session = session_pb2.Session(
            id=session_id, settings=settings_to(kept.settings), protocol_settings=kept.document
        )
        request = session_pb2.UpdateSessionRequest(session=session, update_mask=_SETTINGS)
        await _answer(self._stub.UpdateSession(request, timeout=_ANSWER_SECONDS, metadata=outgoing()))

    async def turns(self, session_id: str) -> Sequence[Turn]:
        """Return a session's turns, in their order."""
        turns: list[Turn] = []
        token = ""
        while True:
            request = session_pb2.ListTurnsRequest(
                session_id=session_id, page_size=_MOST_TURNS, page_token=token
            )
            page = await _answer(self._stub.ListTurns(request, timeout=_ANSWER_SECONDS, metadata=outgoing()))
            turns += map(_turn_from, page.turns)
            token = page.next_page_token
            if not token:
                return turns

    async def keep_turn(self, session_id: str, turn: Turn, previous: str | None = None) -> None:
        """Store a turn, or replace the one with its id, by one call with the turns of others."""
        message = session_pb2.Turn(
            id=turn.id,
            role=_ROLES[turn.role],
            status=_STATUSES[turn.status],
            text=turn.text,
            words=map(word_to, turn.words),
            sample_rate_hz=turn.rate,
            sample_count=turn.sample_count,
            heard=_heard_to(turn),
            engine=turn.engine,
            voice=turn.voice,
            usage=map(usage_to, turn.usage),
        )
        request = session_pb2.PutTurnRequest(session_id=session_id, turn=message, previous_turn_id=previous)
        await self._turns.put(request)

    async def forget_turn(self, session_id: str, turn_id: str) -> None:
        """Forget a turn."""
        request = session_pb2.DeleteTurnRequest(session_id=session_id, turn_id=turn_id)
        await _answer(self._stub.DeleteTurn(request, timeout=_ANSWER_SECONDS, metadata=outgoing()))

    async def close(self) -> None:
        """Keep nothing more."""
        await self._turns.close()

    async def serving(self) -> bool:
        """Return whether the session service says that it serves."""
        return await is_serving(self._channel)


def _heard_to(turn: Turn) -> session_pb2.Heard | None:
    heard = turn.heard
    if heard is None:
        return None
    return session_pb2.Heard(
        source_offset=heard.source_offset,
        heard_text=turn.text[: heard.source_offset],
        unheard_text=turn.text[heard.source_offset :],
        samples_played=turn.played,
        quality=quality_to(heard.quality),
    )


def _turn_from(message: session_pb2.Turn) -> Turn:
    """Return a turn as it is remembered."""
    return Turn(
        id=message.id,
        role=_ROLE_OF.get(message.role, TurnRole.USER),
        status=_STATUS_OF.get(message.status, TurnStatus.INTERRUPTED),
        text=message.text,
        words=words_from(message.words),
        rate=message.sample_rate_hz,
        sample_count=message.sample_count,
        played=message.heard.samples_played if message.HasField("heard") else None,
        engine=message.engine,
        voice=message.voice,
        usage=tuple(map(usage_from, message.usage)),
    )


async def _answer(call: Awaitable[_T]) -> _T:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from None
