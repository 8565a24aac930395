"""A primary that fails one request in three, by chance, for five minutes of ten."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_router import events
from parlando_router.breaker import BreakerRules
from parlando_router.ports import SynthesisRequest
from tests.unit.router.score import written
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Stage
from tests.unit.router.virtual_time import LoopClock, run

_TEXT = "Orange lamp stands here."
_EVERY_SECONDS = 0.5
_BAD_SECONDS, _SECONDS = 300.0, 600.0
_NO = ParlandoError(Reason.ENGINE_FAILED, "no")


@dataclass
class _Minutes:
    """What ten minutes were like.

    Attributes:
        asked: when the primary was asked, and whether it failed.
        lost: utterances of which a word was missing or there twice.
        last: the engine of the last utterance.
    """

    asked: list[tuple[float, bool]] = field(default_factory=list)
    lost: int = 0
    last: str = ""

    @property
    def rests(self) -> list[tuple[float, float]]:
        """When the primary was left alone, and for how many seconds, where a breaker waits as long."""
        times = [now for now, _ in self.asked]
        gaps = [(earlier, later - earlier) for earlier, later in pairwise(times)]
        return [(at, gap) for at, gap in gaps if gap >= BreakerRules().first_wait]


async def _ten_minutes(chance: Random) -> _Minutes:
    clock, minutes = LoopClock(), _Minutes()
    began = clock.now()

    def direction(_: SynthesisRequest, _number: int) -> Play:
        now = clock.now() - began
        fails = now < _BAD_SECONDS and chance.random() < 1 / 3
        minutes.asked.append((now, fails))
        return Play(fail_after=0.1, failure=_NO) if fails else Play()

    stage = Stage({"one": ScriptedWorker(direction), "two": ScriptedWorker()})
    while (now := clock.now() - began) < _SECONDS:
        call = stage.speak()
        call.open(1)
        call.text(1, _TEXT)
        call.end()
        await call.done()
        minutes.lost += written(call, _TEXT) != _TEXT.split()
        minutes.last = next(
            event.engine for event in call.of(events.Started) if isinstance(event, events.Started)
        )
        await asyncio.sleep(max(now + _EVERY_SECONDS - (clock.now() - began), 0.0))
    return minutes


@pytest.mark.parametrize("seed", range(2))
def test_it_is_left_alone_tried_less_and_less_and_taken_back_for_good(seed: int) -> None:
    minutes, rules = run(_ten_minutes(Random(seed))), BreakerRules()
    assert minutes.lost == 0
    # 2 + 4 + 8 + 16 + 32 + 60 + 60 ... s: with each opening it is left for longer.
    assert 5 <= len(minutes.rests) <= 12
    assert max(gap for _, gap in minutes.rests) <= rules.longest_wait + 1
    bad = [fails for now, fails in minutes.asked if now < _BAD_SECONDS]
    assert len(bad) < 0.2 * _BAD_SECONDS / _EVERY_SECONDS
    assert 0 < sum(bad) < 0.06 * _BAD_SECONDS / _EVERY_SECONDS
    assert max(at for at, _ in minutes.rests) < _BAD_SECONDS
    after = [now for now, _ in minutes.asked if now >= _BAD_SECONDS]
    assert after[0] <= _BAD_SECONDS + rules.longest_wait + 1
    # From then on it speaks, all of it.
    assert len(after) >= (_SECONDS - after[0]) / _EVERY_SECONDS - 1
    assert minutes.last == "one"
