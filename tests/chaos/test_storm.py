"""Processes that die, hang and come back while callers listen. The long form is `make chaos`."""

from __future__ import annotations

import random

from tests.chaos.storm import outage, percentile, storm
from tests.chaos.system import ESPEAK, running


async def test_no_word_is_lost_when_workers_are() -> None:
    report, statistics = await storm(5, callers=8, seed=random.randrange(2**32))
    assert not report.errors
    assert not report.wrong
    assert report.utterances
    assert percentile(report.gaps, 0.5) < 0.3
    assert sum(engine.requests for engine in statistics.engines) > report.utterances


async def test_when_no_engine_lives_one_error_says_so_and_speech_is_back_with_the_engine() -> None:
    async with running([ESPEAK]) as system:
        dead, back = await outage(system)
        assert set(dead.errors) == {"NO_ENGINE_AVAILABLE"}
        assert not dead.wrong
        assert back < 20.0  # 2 s on a machine that does nothing else: `make chaos` measures it
