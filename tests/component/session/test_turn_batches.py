"""Turns of many sessions in one call, on every kind of store."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from parlando.session.v1 import session_pb2 as pb
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import STATUS, from_status
from parlando_session.ids import mint
from tests.component.session.serving import Served, failure, served
from tests.component.session.test_turns import said

PLANTED = "Xyzzy, the planted word"
_UNEXPECTED = "an unexpected fault; the service has logged it"


async def _made(on: Served) -> str:
    return (await on.stub.CreateSession(pb.CreateSessionRequest())).session.id


async def _put(on: Served, *requests: pb.PutTurnRequest) -> Sequence[ParlandoError | None]:
    """Put turns, and return what each was refused with."""
    answer = await on.stub.BatchPutTurns(pb.BatchPutTurnsRequest(requests=requests))
    return [from_status(status) if status.code else None for status in answer.statuses]


def _request(session_id: str, turn: pb.Turn, previous: str | None = None) -> pb.PutTurnRequest:
    return pb.PutTurnRequest(session_id=session_id, turn=turn, previous_turn_id=previous)


async def _listed(on: Served, session_id: str) -> list[str]:
    request = pb.ListTurnsRequest(session_id=session_id, page_size=1_000)
    return [turn.id for turn in (await on.stub.ListTurns(request)).turns]


async def test_turns_are_stored_as_by_calls_of_their_own(everywhere: Served) -> None:
    on = everywhere
    together, alone = await _made(on), await _made(on)
    assert await _put(on, _request(together, said("a"))) == [None]
    put = await on.stub.PutTurn(_request(alone, said("a")))
    listed = await on.stub.ListTurns(pb.ListTurnsRequest(session_id=together))
    assert list(listed.turns) == [put.turn]


async def test_each_is_told_what_came_of_it_and_none_disturbs_the_others(everywhere: Served) -> None:
    on = everywhere
    mine, other = await _made(on), await _made(on)
    outside = said("outside", "One")
    cases: list[tuple[pb.PutTurnRequest, tuple[Reason, str] | None]] = [
        (_request(mine, said("a")), None),
        (_request(mine, said("long", "x" * 200_001)), (Reason.TEXT_TOO_LONG, "turn.text")),
        (_request(mine, said("b")), None),
        (_request(mine, outside), (Reason.OUT_OF_RANGE, "turn.words[1].source")),
        (_request(mine, said("c"), "x" * 65), (Reason.OUT_OF_RANGE, "previous_turn_id")),
        (_request("", said("a")), (Reason.FIELD_REQUIRED, "session_id")),
        (_request("never minted", said("a")), (Reason.SESSION_NOT_FOUND, "session_id")),
        (_request(mint(), said("a")), (Reason.SESSION_NOT_FOUND, "session_id")),
        (_request(other, pb.Turn()), (Reason.FIELD_REQUIRED, "turn.id")),
        (_request(other, said("z")), None),
    ]
    requests = [request for request, _ in cases]
    answer = await on.stub.BatchPutTurns(pb.BatchPutTurnsRequest(requests=requests))
    for (request, expected), status in zip(cases, answer.statuses, strict=True):
        if expected is None:
            assert status == type(status)()
            continue
        error, alone = from_status(status), await failure(on.stub.PutTurn(request))
        assert (error.reason, error.field) == expected
        assert vars(error) == vars(alone)
        assert status.code == STATUS[error.reason].value[0]
    assert await _listed(on, mine) == ["a", "b"]
    assert await _listed(on, other) == ["z"]


async def test_turns_of_one_session_are_stored_in_their_order(everywhere: Served) -> None:
    on = everywhere
    sessions = [await _made(on) for _ in range(40)]  # more than are worked on at once
    names = [str(number) for number in range(8)]
    requests = [_request(session_id, said(name)) for name in names for session_id in sessions]
    requests.append(_request(sessions[0], said("first"), ""))
    requests.append(_request(sessions[0], said("second"), "first"))
    requests += [_request(sessions[1], said("3", text)) for text in ("One two!", "One two?")]
    assert set(await _put(on, *requests)) == {None}
    assert await _listed(on, sessions[0]) == ["first", "second", *names]
    for session_id in sessions[1:]:
        assert await _listed(on, session_id) == names
    turns = (await on.stub.ListTurns(pb.ListTurnsRequest(session_id=sessions[1]))).turns
    assert turns[3].text == "One two?"


@pytest.mark.parametrize(("count", "reason"), [(0, Reason.FIELD_REQUIRED), (1_001, Reason.OUT_OF_RANGE)])
async def test_a_call_of_none_or_of_too_many_is_refused_whole(count: int, reason: Reason) -> None:
    async with served() as on:
        session_id = await _made(on)
        requests = [_request(session_id, said(str(number))) for number in range(count)]
        error = await failure(on.stub.BatchPutTurns(pb.BatchPutTurnsRequest(requests=requests)))
        assert (error.reason, error.field) == (reason, "requests")
        assert await _listed(on, session_id) == []


async def test_a_call_carries_a_thousand() -> None:
    async with served() as on:
        session_id = await _made(on)
        names = [str(number) for number in range(1_000)]
        assert set(await _put(on, *(_request(session_id, said(name)) for name in names))) == {None}
        assert await _listed(on, session_id) == names


async def test_a_fault_of_ours_is_logged_and_told_to_its_turn_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served() as on:
        store: Any = on.stores.sessions
        broken, sound = await _made(on), await _made(on)
        store._sessions[broken].turns["a"] = (1, b"\xff")  # no turn
        told, kept = await _put(on, _request(broken, said("a")), _request(sound, said("b")))
        assert (repr(told), kept) == (repr(ParlandoError(Reason.INTERNAL, _UNEXPECTED)), None)
        assert await _listed(on, sound) == ["b"]
    assert caplog.text.count("call failed unexpectedly") == 1


async def test_what_is_said_is_in_no_log_and_no_status(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with served() as on:
        session_id = await _made(on)
        beyond = said("b", PLANTED)
        beyond.words[1].source.end = 10**9
        requests = [_request(session_id, said("a", PLANTED)), _request(session_id, beyond)]
        answer = await on.stub.BatchPutTurns(pb.BatchPutTurnsRequest(requests=requests))
        assert [bool(status.code) for status in answer.statuses] == [False, True]
        assert b"Xyzzy" not in answer.SerializeToString()
    assert "Xyzzy" not in caplog.text
