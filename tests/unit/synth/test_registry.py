"""Ids that are in use, were used, or were stopped before they began."""

from __future__ import annotations

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_scripted.clock import ManualClock
from parlando_synth.order import StopOutcome, StopReport
from parlando_synth.outbox import Outbox
from parlando_synth.registry import MOST_REMEMBERED, REMEMBERED_FOR, Registry
from parlando_synth.shelf import Shelf
from parlando_synth.synthesis import Synthesis


def _synthesis(clock: ManualClock) -> Synthesis:
    return Synthesis(outbox=Outbox(Shelf(60.0), lambda: None), stoppable=True, clock=clock)


def _ended(registry: Registry, synthesis_id: str, clock: ManualClock) -> None:
    synthesis = _synthesis(clock)
    registry.begin(synthesis_id, synthesis)
    synthesis.end()
    registry.end(synthesis_id)


def _refusal(registry: Registry, synthesis_id: str, clock: ManualClock) -> Reason:
    with pytest.raises(ParlandoError) as refused:
        registry.begin(synthesis_id, _synthesis(clock))
    return refused.value.reason


async def test_an_id_is_used_once() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    registry.begin("a", _synthesis(clock))
    assert _refusal(registry, "a", clock) is Reason.ID_IN_USE
    _ended(registry, "b", clock)
    assert _refusal(registry, "b", clock) is Reason.ID_IN_USE


async def test_an_id_that_ended_can_be_used_after_a_minute() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    _ended(registry, "a", clock)
    clock.advance(REMEMBERED_FOR - 0.1)
    assert _refusal(registry, "a", clock) is Reason.ID_IN_USE
    clock.advance(0.2)
    registry.begin("a", _synthesis(clock))


async def test_an_id_that_was_refused_is_free() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    registry.begin("a", _synthesis(clock))
    registry.forget("a")
    registry.begin("a", _synthesis(clock))


async def test_a_stop_that_comes_first_leaves_a_tombstone_for_a_minute() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    assert registry.stop("a") == StopReport(StopOutcome.STOPPED)
    assert _refusal(registry, "a", clock) is Reason.STOPPED
    clock.advance(REMEMBERED_FOR - 0.1)
    assert _refusal(registry, "a", clock) is Reason.STOPPED
    clock.advance(0.2)
    registry.begin("a", _synthesis(clock))


async def test_a_stop_finds_what_is_there_and_what_was() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    synthesis = _synthesis(clock)
    registry.begin("a", synthesis)
    assert registry.stop("a") is synthesis
    assert list(registry.present) == [synthesis]
    _ended(registry, "b", clock)
    assert registry.stop("b") == StopReport(StopOutcome.ALREADY_FINISHED)
    assert list(registry.present) == [synthesis]


async def test_a_flood_of_stops_is_forgotten_oldest_first() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    for number in range(MOST_REMEMBERED + 1):
        registry.stop(str(number))
    registry.begin("0", _synthesis(clock))
    assert _refusal(registry, "1", clock) is Reason.STOPPED
