"""What goes on where a part does not come back, and who is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from load.plan import Order, Plan, Road

from tests.chaos import parts
from tests.chaos.callers import calling
from tests.chaos.calls import Account, Call
from tests.chaos.experiment import LOAD, Outcome, Undisturbed
from tests.chaos.faults import Fault, Kind
from tests.chaos.wired import AwayError, Wired
from tests.ports import free_port

_ROWS = [[Fault("synth", Kind.KILL)], [Fault("router", Kind.HANG)], [Fault("edge", Kind.SLOW)]]


async def test_where_a_part_is_away_for_good_the_rest_is_disturbed_in_a_fresh_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    systems: list[Wired] = []
    seen: list[tuple[int, str]] = []  # which system, and what was disturbed in it

    @asynccontextmanager
    async def started(_log: Path, _engine: str) -> AsyncIterator[Wired]:
        systems.append(Wired({}, "", 0))
        yield systems[-1]

    async def seen_undisturbed(_wired: Wired) -> Undisturbed:
        return Undisturbed({}, {})

    async def seen_disturbed(
        wired: Wired, faults: Sequence[Fault], _before: Undisturbed, *, plan: Plan
    ) -> Outcome:
        assert (wired, plan) == (systems[-1], busy)
        seen.append((len(systems), str(faults[0])))
        if faults[0].part == "router":
            raise AwayError("router does not run")
        return Outcome(Account([], 0.0), {faults[0].part: 1}, 0, 0, [], [])

    monkeypatch.setattr(parts, "running_wired", started)
    monkeypatch.setattr(parts, "undisturbed", seen_undisturbed)
    monkeypatch.setattr(parts, "disturbed", seen_disturbed)
    busy = replace(LOAD, rate=10.0)
    rows = await parts._run(parts.Trial("A trial", _ROWS, plan=busy), only=(), repeats=2)
    assert seen == [
        (1, "synth killed"),
        (1, "synth killed"),
        (1, "router hangs"),
        (2, "router hangs"),
        (3, "edge is slow"),
        (3, "edge is slow"),
    ]
    assert [row.broken for row in rows] == [[], ["router does not run"] * 2, []]


async def test_nobody_calls_any_more_and_all_who_did_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async with calling(f"127.0.0.1:{free_port()}", {}) as callers:
        ended: list[int] = []

        async def one(order: Order, due: float) -> Call:
            callers.calls.append(Call(order, due))
            await asyncio.sleep(0.3)
            ended.append(order.number)
            return callers.calls[-1]

        monkeypatch.setattr(callers, "one", one)
        load = asyncio.create_task(callers.call(Plan(rate=100, seconds=60, roads={Road.HTTP: 1.0})))
        await asyncio.sleep(0.2)
        load.cancel()
        await asyncio.wait({load})
        load.result()
        begun = len(callers.calls)
        assert begun > 3
        assert sorted(ended) == [call.order.number for call in callers.calls]
        await asyncio.sleep(0.05)
        assert len(callers.calls) == begun
