"""The service over gRPC: every method, and what it answers to bad input."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.money_pb2 import Money

from parlando.session.v1 import session_pb2 as pb
from parlando.speech.v1.speech_pb2 import SpeechSettings
from parlando_kit.errors import Reason
from parlando_kit.status import STATUS
from parlando_session.ids import mint
from tests.component.session.places import LEASE_SECONDS
from tests.component.session.serving import Served, failure, served
from tests.component.session.test_turns import said

PLANTED = "Xyzzy, the planted word"


async def _made(on: Served, session: pb.Session | None = None) -> pb.Session:
    return (await on.stub.CreateSession(pb.CreateSessionRequest(session=session))).session


async def test_a_sessions_life() -> None:
    async with served() as on:
        made = await _made(on, pb.Session(settings=SpeechSettings(voice="af_bella")))
        got = await on.stub.GetSession(pb.GetSessionRequest(session_id=made.id))
        assert got.session == made
        made.settings.prosody.speed = 1.5
        made.settings.voice = "am_adam"
        mask = FieldMask(paths=["tts.speed"])
        changed = await on.stub.UpdateSession(pb.UpdateSessionRequest(session=made, update_mask=mask))
        assert changed.session.settings.prosody.speed == 1.5
        assert changed.session.settings.voice == "af_bella"
        for _ in range(2):
            await on.stub.DeleteSession(pb.DeleteSessionRequest(session_id=made.id))
        gone = await failure(on.stub.GetSession(pb.GetSessionRequest(session_id=made.id)))
        assert gone.reason is Reason.SESSION_NOT_FOUND


async def test_a_conversation() -> None:
    async with served() as on:
        session_id = (await _made(on)).id
        for name in ("a", "b"):
            put = await on.stub.PutTurn(pb.PutTurnRequest(session_id=session_id, turn=said(name)))
            assert put.turn.id == name
        first = await on.stub.ListTurns(pb.ListTurnsRequest(session_id=session_id, page_size=1))
        second = await on.stub.ListTurns(
            pb.ListTurnsRequest(session_id=session_id, page_token=first.next_page_token)
        )
        assert [turn.id for turn in (*first.turns, *second.turns)] == ["a", "b"]
        assert second.next_page_token == ""
        position = Duration(nanos=300_000_000)
        truncated = await on.stub.TruncateTurn(
            pb.TruncateTurnRequest(session_id=session_id, turn_id="b", audio_end=position)
        )
        assert (truncated.heard.heard_text, truncated.heard.unheard_text) == ("One ", "two.")
        await on.stub.DeleteTurn(pb.DeleteTurnRequest(session_id=session_id, turn_id="a"))
        exported = await on.stub.ExportConversation(pb.ExportConversationRequest(session_id=session_id))
        document = json.loads(exported.json)
        assert [turn["id"] for turn in document["turns"]] == ["b"]
        assert document["exportTime"].startswith("2027-01-15T")


async def test_a_budget() -> None:
    async with served() as on:
        session_id = (await _made(on, pb.Session(budget=pb.Budget(characters=100)))).id
        request = pb.LeaseBudgetRequest(
            session_id=session_id, cost=Money(currency_code="USD", units=1, nanos=5), characters=300
        )
        lease = await on.stub.LeaseBudget(request)
        assert (lease.cost, lease.characters) == (request.cost, 100)
        assert lease.expire_time.seconds == on.now() + LEASE_SECONDS
        spent = pb.Spending(cost=Money(currency_code="USD", nanos=7), characters=40)
        settled = await on.stub.SettleBudget(pb.SettleBudgetRequest(lease_id=lease.lease_id, spent=spent))
        assert settled.spent == spent
        session = await on.stub.GetSession(pb.GetSessionRequest(session_id=session_id))
        assert session.session.spent == spent


async def test_policies_are_watched_until_the_service_drains() -> None:
    async with served() as on:
        watch = on.stub.WatchPolicy(pb.WatchPolicyRequest())
        answers = aiter(watch)
        assert (await anext(answers)).policy == pb.Policy(name="default")
        policy = pb.Policy(name="default", fallback=pb.Route(engines=[pb.EngineChoice(engine="espeak")]))
        kept = await on.stub.SetPolicy(pb.SetPolicyRequest(policy=policy))
        assert (await on.stub.GetPolicy(pb.GetPolicyRequest())).policy == kept.policy
        change = await anext(answers)
        assert (change.policy, change.deleted) == (kept.policy, False)
        await on.server.stop(60)  # returns at once only because the watch ends by itself
        ended = await failure(anext(answers))
        assert ended.reason is Reason.DRAINING


async def test_a_policy_names_engines_that_exist() -> None:
    async with served() as on:
        policy = pb.Policy(name="default")
        policy.languages["hi"].engines.add(engine="espeak")
        policy.languages["hi"].engines.add(engine="kokro")
        error = await failure(on.stub.SetPolicy(pb.SetPolicyRequest(policy=policy)))
        assert error.reason is Reason.BAD_POLICY
        assert error.field == 'policy.languages["hi"].engines[1]'
        known = "espeak, kokoro, openai"
        assert error.message == f'{error.field}: engine "kokro" is not known; there are {known}'


Ask = Callable[[Served, str], Awaitable[object]]


def _update(path: str, changed: pb.Session) -> Ask:
    def ask(on: Served, session_id: str) -> Awaitable[object]:
        changed.id = session_id
        return on.stub.UpdateSession(
            pb.UpdateSessionRequest(session=changed, update_mask=FieldMask(paths=[path]))
        )

    return ask


def _put(text: str) -> Ask:
    turn = said(text=text)
    return lambda on, session_id: on.stub.PutTurn(pb.PutTurnRequest(session_id=session_id, turn=turn))


_FAST = SpeechSettings()
_FAST.prosody.speed = 99

BAD: dict[str, tuple[Ask, Reason, str]] = {
    "speed 99": (
        lambda on, _: on.stub.CreateSession(pb.CreateSessionRequest(session=pb.Session(settings=_FAST))),
        Reason.OUT_OF_RANGE,
        "session.settings.prosody.speed",
    ),
    "no mask": (
        lambda on, session_id: on.stub.UpdateSession(
            pb.UpdateSessionRequest(session=pb.Session(id=session_id))
        ),
        Reason.FIELD_REQUIRED,
        "update_mask",
    ),
    "a mask that names no field": (
        _update("settings.voise", pb.Session()),
        Reason.BAD_FIELD_MASK,
        "update_mask",
    ),
    "a mask of 10 MB": (_update("x" * 10_000_000, pb.Session()), Reason.BAD_FIELD_MASK, "update_mask"),
    "a stale etag": (_update("policy", pb.Session(etag="old")), Reason.CONFLICT, "session.etag"),
    "a voice of 10 MB": (
        _update("settings", pb.Session(settings=SpeechSettings(voice="x" * 10_000_000))),
        Reason.OUT_OF_RANGE,
        "session.settings",
    ),
    "a text of 10 MB": (_put("x" * 10_000_000), Reason.TEXT_TOO_LONG, "turn.text"),
    "words outside the text": (_put("One"), Reason.OUT_OF_RANGE, "turn.words[1].source"),
    "no session": (
        lambda on, _: on.stub.GetSession(pb.GetSessionRequest()),
        Reason.FIELD_REQUIRED,
        "session_id",
    ),
    "another's session": (
        lambda on, _: on.stub.GetSession(pb.GetSessionRequest(session_id=mint())),
        Reason.SESSION_NOT_FOUND,
        "session_id",
    ),
    "no position": (
        lambda on, session_id: on.stub.TruncateTurn(
            pb.TruncateTurnRequest(session_id=session_id, turn_id="a")
        ),
        Reason.FIELD_REQUIRED,
        "audio_end",
    ),
    "a page of 9,999": (
        lambda on, session_id: on.stub.ListTurns(pb.ListTurnsRequest(session_id=session_id, page_size=9_999)),
        Reason.OUT_OF_RANGE,
        "page_size",
    ),
    "a lease of nothing": (
        lambda on, session_id: on.stub.LeaseBudget(pb.LeaseBudgetRequest(session_id=session_id)),
        Reason.FIELD_REQUIRED,
        "cost",
    ),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_told_by_its_field(case: str) -> None:
    ask, reason, field = BAD[case]
    async with served() as on:
        session_id = (await _made(on)).id
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await ask(on, session_id)
        assert failed.value.code() is STATUS[reason]
        error = await failure(ask(on, session_id))
        assert (error.reason, error.field) == (reason, field)
        assert len(error.message) < 1_000
        assert (await on.stub.GetSession(pb.GetSessionRequest(session_id=session_id))).session.id


async def test_a_message_that_is_none_is_told() -> None:
    async with served() as on:
        raw: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = on.channel.unary_unary(
            "/parlando.session.v1.SessionService/PutTurn"
        )
        for data in (b"\xff\xff", b"\x0a\x03\xed\xa0\x80"):  # no message; a lone surrogate
            assert (await failure(raw(data))).reason is Reason.MALFORMED_MESSAGE


async def test_watchers_that_vanish_leave_nothing_behind() -> None:
    async with served() as on:
        before = len(asyncio.all_tasks())
        for _ in range(20):
            watch = on.stub.WatchPolicy(pb.WatchPolicyRequest())
            await anext(aiter(watch))
            watch.cancel()
        kept = await on.stub.SetPolicy(pb.SetPolicyRequest(policy=pb.Policy(name="default")))
        assert kept.policy.revision == 1
        while len(asyncio.all_tasks()) > before:  # noqa: ASYNC110  # tasks that end tell nobody
            await asyncio.sleep(0.001)  # tasks that end tell nobody


async def test_what_is_said_is_in_no_log_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with served() as on:
        noted = pb.Session(metadata={"note": PLANTED}, settings=SpeechSettings(voice=PLANTED))
        session_id = (await _made(on, noted)).id
        await on.stub.PutTurn(pb.PutTurnRequest(session_id=session_id, turn=said("a", PLANTED)))
        for text in (PLANTED, PLANTED * 10_000):
            turn = said("b", text)
            turn.words[1].source.end = 10**9
            error = await failure(on.stub.PutTurn(pb.PutTurnRequest(session_id=session_id, turn=turn)))
            assert "Xyzzy" not in error.message
        position = Duration(seconds=99)
        request = pb.TruncateTurnRequest(session_id=session_id, turn_id="a", audio_end=position)
        assert "Xyzzy" not in (await failure(on.stub.TruncateTurn(request))).message
    assert "Xyzzy" not in caplog.text
