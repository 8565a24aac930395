"""A router, its engines and the session service: who pays for what, and what is told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from google.type.money_pb2 import Money
from speech_server import SpeechServer

from parlando.session.v1 import session_pb2
from parlando.speech.v1 import speech_pb2
from parlando_kit.errors import ParlandoError, Reason
from parlando_openai import profiles
from parlando_openai.engine import speech
from parlando_openai.settings import OpenAISettings
from parlando_router.budget_client import GrpcBudgets
from parlando_router.budget_keeper import Amount, Settlement
from parlando_scripted.script import ScriptedSettings
from parlando_synth.remote.service import Fault
from tests.component.router.mesh import (
    Router,
    WorkerProcess,
    cancel,
    failure,
    kinds,
    mesh,
    opened,
    read_until,
    rest,
    said,
    say,
    send,
    text,
    until,
)
from tests.component.session.serving import Served, served

TEXT = "Seven grey lamps were lit, and nobody in the whole town knew who had lit them."
NANOS = 15_000  # a character of tts-1, in dollars
MODEL = "tts-1"


@pytest.fixture
def service() -> Iterator[SpeechServer]:
    """A server with OpenAI's speech interface."""
    server = SpeechServer()
    server.start()
    yield server
    server.stop()


@dataclass(frozen=True)
class _Place:
    """A router with an engine that costs something, and perhaps one that does not."""

    router: Router
    session: Served

    async def created(self, **budget: Any) -> str:
        """Return a session with a budget."""
        asked = session_pb2.Session(budget=session_pb2.Budget(**budget))
        answer = await self.session.stub.CreateSession(session_pb2.CreateSessionRequest(session=asked))
        return str(answer.session.id)

    async def spent(self, session_id: str) -> session_pb2.Spending:
        """Return what a session has spent."""
        answer = await self.session.stub.GetSession(session_pb2.GetSessionRequest(session_id=session_id))
        return answer.session.spent

    async def characters(self, session_id: str) -> int:
        """Return how many characters it has spent."""
        return (await self.spent(session_id)).characters


@asynccontextmanager
async def _place(service: SpeechServer, *, free: bool = False, **settings: Any) -> AsyncIterator[_Place]:
    url = f"http://127.0.0.1:{service.port}/v1"
    told = OpenAISettings.model_validate(
        {"base_url": url, "key": "sk-1", "model": MODEL, "live": 8, **settings}
    )
    workers = [WorkerProcess(engine=lambda: speech(profiles.OPENAI, told), name="openai", max_queued=64)]
    if free:
        workers.append(WorkerProcess(ScriptedSettings(rate=0.0), name="scripted"))
    async with served() as session, mesh(*workers, session=session.channel) as router:
        yield _Place(router, session)


def _engines(events: list[Any]) -> list[str]:
    return [
        event.started.engine if event.HasField("started") else event.engine_changed.engine
        for event in events
        if event.HasField("started") or event.HasField("engine_changed")
    ]


def _dollars(nanos: int) -> Money:
    return Money(currency_code="USD", nanos=nanos)


async def test_a_session_pays_and_tells_what_went_where(service: SpeechServer) -> None:
    async with _place(service) as place:
        session_id = await place.created()
        events = await said(place.router.stub.Say(say(TEXT, session_id=session_id)))
        [usage] = events[-1].finished.usage
        await until(lambda: place.characters(session_id), usage.characters)
        spent = await place.spent(session_id)
        events = await said(place.router.stub.Say(say(TEXT, session_id=session_id)))
        [again] = events[-1].finished.usage  # cut otherwise, once the engine's pace is known
        await until(lambda: place.characters(session_id), usage.characters + again.characters)
    assert spent.cost == usage.cost == _dollars(usage.characters * NANOS)
    [share] = spent.engines
    assert (share.engine, share.model, share.cost) == ("openai", MODEL, usage.cost)


async def test_a_policy_s_own_price_is_estimated_paid_and_told(service: SpeechServer) -> None:
    night = (("x-parlando-policy", "night"),)
    async with _place(service) as place:
        policy = session_pb2.Policy(name="night", prices={"openai": Money(currency_code="USD", units=9)})
        await place.session.stub.SetPolicy(session_pb2.SetPolicyRequest(policy=policy))
        asked = speech_pb2.EstimateCostRequest(text=TEXT)

        async def estimated(*metadata: tuple[str, str]) -> Money:
            return (await place.router.stub.EstimateCost(asked, metadata=metadata)).cost

        await until(lambda: estimated(*night), _dollars(len(TEXT) * 9_000))
        assert await estimated() == _dollars(len(TEXT) * NANOS)
        session_id = await place.created(cost=_dollars(len(TEXT) * 9_000))  # too little at the usual price
        events = await said(place.router.stub.Say(say(TEXT, session_id=session_id), metadata=night))
        [usage] = events[-1].finished.usage
        await until(lambda: place.characters(session_id), usage.characters)
        spent = await place.spent(session_id)
    assert usage.cost == spent.cost == _dollars(usage.characters * 9_000)


async def test_a_budget_that_is_spent_is_named_with_what_to_do(service: SpeechServer) -> None:
    async with _place(service, free=True) as place:
        session_id = await place.created(cost=_dollars(20 * NANOS))
        refused = await failure(said(place.router.stub.Say(say(TEXT, session_id=session_id))))
        assert (refused.reason, refused.field) == (Reason.BUDGET_SPENT, "settings.session_id")
        assert "budget.cost" in refused.message
        assert "downgrade" in refused.message
        free = await said(place.router.stub.Say(say(TEXT, session_id=session_id, engine="scripted")))
        assert _engines(free) == ["scripted"]
        other = await said(place.router.stub.Say(say(TEXT, session_id=await place.created())))
        assert _engines(other) == ["openai"], "the engine is as well as before"


async def test_a_budget_of_characters_counts_them(service: SpeechServer) -> None:
    async with _place(service) as place:
        session_id = await place.created(characters=20)
        refused = await failure(said(place.router.stub.Say(say(TEXT, session_id=session_id))))
    assert refused.reason is Reason.BUDGET_SPENT
    assert "budget.characters" in refused.message


async def test_a_budget_that_says_so_goes_on_with_what_is_free(service: SpeechServer) -> None:
    async with _place(service, free=True) as place:
        session_id = await place.created(cost=_dollars(30 * NANOS), downgrade=True)
        events = await said(place.router.stub.Say(say(TEXT, session_id=session_id)))
        assert _engines(events)[-1] == "scripted"
        assert events[-1].HasField("finished")
        spent = await place.spent(session_id)
    assert spent.cost.nanos <= 30 * NANOS
    changes = [event.engine_changed for event in events if event.HasField("engine_changed")]
    assert [change.reason for change in changes] == ["BUDGET_SPENT"] * len(changes)


async def test_what_a_failover_spent_is_told_by_engine(service: SpeechServer) -> None:
    service.fault = Fault.HANG_MIDDLE
    async with _place(service, free=True, chunk_seconds=0.5) as place:
        session_id = await place.created()
        events = await said(place.router.stub.Say(say(TEXT, session_id=session_id)))
        usage = {each.engine: each for each in events[-1].finished.usage}
        await until(lambda: place.characters(session_id), usage["openai"].characters)
        spent = await place.spent(session_id)
    assert spent.cost == usage["openai"].cost
    assert 0 < spent.cost.nanos <= len(TEXT) * NANOS
    assert [share.engine for share in spent.engines] == ["openai"]


async def test_cancels_are_paid_for_and_leave_nothing_set_aside(service: SpeechServer) -> None:
    service.pause = 0.02
    async with _place(service) as place:
        session_id = await place.created(cost=Money(currency_code="USD", units=1))
        for moment in ("started", "audio", "words"):
            call = place.router.stub.Speak()
            await send(call, opened(session_id=session_id), text(TEXT))
            await read_until(call, moment)
            await send(call, cancel())
            await call.done_writing()
            assert "stop_report" in kinds(await rest(call))
        lease = session_pb2.LeaseBudgetRequest(
            session_id=session_id, cost=Money(currency_code="USD", units=1)
        )

        async def nothing_held() -> bool:
            granted = await place.session.stub.LeaseBudget(lease)
            await place.session.stub.SettleBudget(
                session_pb2.SettleBudgetRequest(lease_id=granted.lease_id, spent=session_pb2.Spending())
            )
            spent = (await place.spent(session_id)).cost
            left = granted.cost.units * 10**9 + granted.cost.nanos
            return bool(spent.nanos and left + spent.nanos == 10**9)

        await until(nothing_held, True)


async def test_a_session_that_is_not_there_is_refused(service: SpeechServer) -> None:
    async with _place(service, free=True) as place:
        gone = "0" * 32
        refused = await failure(said(place.router.stub.Say(say(TEXT, session_id=gone))))
        assert (refused.reason, refused.field) == (Reason.SESSION_NOT_FOUND, "settings.session_id")
        events = await said(place.router.stub.Say(say(TEXT, session_id=gone, engine="scripted")))
    assert _engines(events) == ["scripted"], "where nothing costs, nobody asks"


async def test_a_budget_in_another_currency_is_refused(service: SpeechServer) -> None:
    async with _place(service) as place:
        session_id = await place.created(cost=Money(currency_code="EUR", units=1))
        refused = await failure(said(place.router.stub.Say(say(TEXT, session_id=session_id))))
    assert (refused.reason, refused.field) == (Reason.OUT_OF_RANGE, "settings.session_id")
    assert "USD" in refused.message


async def test_while_the_session_service_is_away_what_is_free_speaks(service: SpeechServer) -> None:
    async with _place(service, free=True) as place:
        session_id = await place.created()
        await place.session.server.stop(0)
        events = await said(place.router.stub.Say(say(TEXT, session_id=session_id)))
        assert _engines(events) == ["scripted"]
        refused: ParlandoError = await failure(
            said(place.router.stub.Say(say(TEXT, session_id=session_id, engine="openai")))
        )
    assert refused.reason is Reason.DEPENDENCY_UNAVAILABLE


async def test_what_has_a_long_name_is_settled_too() -> None:
    async with served() as session:
        asked = session_pb2.CreateSessionRequest(session=session_pb2.Session())
        session_id = (await session.stub.CreateSession(asked)).session.id
        budgets, spent = GrpcBudgets(session.channel), Amount("USD", NANOS, 1)
        lease = await budgets.lease(session_id, spent)
        await budgets.settle(Settlement(lease, "é" * 65, "m" * 129, spent))
        told = await session.stub.GetSession(session_pb2.GetSessionRequest(session_id=session_id))
    [share] = told.session.spent.engines
    assert (share.engine, share.model, share.cost) == ("é" * 64, "m" * 128, _dollars(NANOS))
