"""Processes that die, hang and come back while callers listen. The long form is `make chaos`."""

from __future__ import annotations

import random

from tests.chaos.storm import outage, storm
from tests.chaos.system import ESPEAK, running


async def test_no_word_is_lost_when_workers_are() -> None:
    seed = random.randrange(2**32)
    report, statistics = await storm(5, callers=8, seed=seed)
    again = f"python -m tests.chaos.storm --disturbances 5 --callers 8 --seed {seed}"
    assert not report.errors, again
    assert not report.wrong, again
    assert report.utterances, again
    assert sum(engine.failovers + sum(engine.failures.values()) for engine in statistics.engines), again


async def test_when_no_engine_lives_one_error_says_so_and_speech_is_back_with_the_engine() -> None:
    async with running([ESPEAK]) as system:
        dead, _ = await outage(system)
        assert set(dead.errors) == {"NO_ENGINE_AVAILABLE"}
        assert not dead.wrong
