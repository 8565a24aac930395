"""`parlando spending`, and what a client reads of a session's spending."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from click.testing import CliRunner, Result
from google.type import money_pb2

from parlando.session.v1 import session_pb2
from parlando_client import AsyncSessions, EngineSpending, Money, Spending
from parlando_client.cli import main
from tests.component.session.serving import Served, served


@pytest.fixture
async def session() -> AsyncIterator[Served]:
    """A session service."""
    async with served() as place:
        yield place


async def _created(session: Served) -> str:
    answer = await session.stub.CreateSession(session_pb2.CreateSessionRequest())
    return str(answer.session.id)


async def _spend(session: Served, session_id: str, engine: str, model: str, nanos: int) -> None:
    cost = money_pb2.Money(currency_code="USD", nanos=nanos)
    lease = await session.stub.LeaseBudget(
        session_pb2.LeaseBudgetRequest(session_id=session_id, cost=cost, characters=1_200)
    )
    spent = session_pb2.Spending(cost=cost, characters=1_200)
    spent.engines.add(engine=engine, model=model, cost=cost, characters=1_200)
    await session.stub.SettleBudget(session_pb2.SettleBudgetRequest(lease_id=lease.lease_id, spent=spent))


async def _run(session: Served, *arguments: str) -> Result:
    """Run the command; it blocks, and the service is on this very loop."""
    line = ["spending", *arguments, "--address", session.address]
    return await asyncio.to_thread(CliRunner().invoke, main, line)


async def test_what_was_spent_is_a_table_and_an_object(session: Served) -> None:
    session_id = await _created(session)
    await _spend(session, session_id, "openai", "tts-1", 18_000_000)
    await _spend(session, session_id, "google", "", 36_000_000)
    shown = await _run(session, session_id)
    assert shown.exit_code == 0
    assert [line.split() for line in shown.stdout.splitlines()] == [
        ["google", "0.036000", "USD", "1,200", "characters"],
        ["openai", "tts-1", "0.018000", "USD", "1,200", "characters"],
        ["in", "all", "0.054000", "USD", "2,400", "characters"],
    ]
    told = json.loads((await _run(session, session_id, "--json")).stdout)
    assert (told["cost"], told["characters"]) == ({"currency": "USD", "amount": "0.054000000"}, 2_400)
    async with AsyncSessions(session.address) as sessions:
        spent = await sessions.spending(session_id)
    assert spent == Spending(
        Money("USD", Decimal("0.054")),
        2_400,
        (
            EngineSpending("google", "", Money("USD", Decimal("0.036")), 1_200),
            EngineSpending("openai", "tts-1", Money("USD", Decimal("0.018")), 1_200),
        ),
    )


async def test_a_session_that_spent_nothing_says_so(session: Served) -> None:
    shown = await _run(session, await _created(session))
    assert shown.stdout.split() == ["in", "all", "0.000000", "0", "characters"]


async def test_a_session_that_is_not_there_is_one_line(session: Served) -> None:
    shown = await _run(session, "0" * 32)
    assert shown.exit_code != 0
    assert "no session has that id" in shown.output
    assert len(shown.output.splitlines()) == 1
