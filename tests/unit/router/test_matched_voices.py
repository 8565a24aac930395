"""Voices that follow one another within an utterance are as loud as each other."""

from __future__ import annotations

import numpy as np
import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.equivalence import Traits, VoiceMap
from parlando_router.ports import SynthesisRequest
from tests.unit.router.scripted_worker import Play, ScriptedWorker, once
from tests.unit.router.stage import Stage, changes, spoken
from tests.unit.router.virtual_time import run

NO = ParlandoError(Reason.ENGINE_FAILED, "no")


def test_the_next_voice_is_brought_to_the_loudness_of_the_first() -> None:
    async def main() -> None:
        stage = Stage({"one": once(Play(fail_after=0.3, failure=NO)), "two": ScriptedWorker()})
        stage.engines.voice_map = VoiceMap(
            {"one:alto": Traits(loudness=-29.0), "two:alto": Traits(loudness=-23.0)}
        )
        call = spoken(stage)
        await call.done()
        [change] = changes(call)
        samples = np.frombuffer(call.pcm, dtype="<i2").astype(np.float64)
        before, after = samples[: change.first_sample], samples[change.first_sample :]
        ratio = float(np.abs(after).max() / np.abs(before).max())
        assert 20 * np.log10(ratio) == pytest.approx(-6.0, abs=0.1)

    run(main())


def test_voices_that_no_map_knows_are_matched_by_what_was_heard_of_them() -> None:
    async def main() -> None:
        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(character=0.06, fail_after=1.9 if number == 1 else None, failure=NO)

        quiet = Play(character=0.06, gain_db=-10.0)
        stage = Stage({"one": ScriptedWorker(direction), "two": ScriptedWorker(quiet)})
        text = "Orange lamp stands here while seven green steps go down to where stone knows."
        await spoken(stage, text).done()  # both are heard once, and known from then on
        await spoken(stage, text, engine="two").done()
        call = spoken(stage, text)
        await call.done()
        [change] = changes(call)
        samples = np.frombuffer(call.pcm, dtype="<i2").astype(np.float64)
        before, after = samples[: change.first_sample], samples[change.first_sample :]
        ratio = float(np.abs(after).max() / np.abs(before).max())
        assert 20 * np.log10(ratio) == pytest.approx(0.0, abs=1.0)

    run(main())


def test_the_gain_is_bounded_and_none_where_either_is_not_known() -> None:
    engines = Stage({}).engines
    known = {"a:1": Traits(loudness=-20.0), "b:1": Traits(loudness=-26.0), "c:1": Traits(loudness=-50.0)}
    engines.voice_map = VoiceMap(known | {"d:1": Traits()})
    assert engines.gain_db("a:1", "b:1") == 6.0
    assert engines.gain_db("b:1", "a:1") == -6.0
    assert engines.gain_db("a:1", "c:1") == 12.0
    assert (
        engines.gain_db("a:1", "a:1") == engines.gain_db("a:1", "d:1") == engines.gain_db("x:1", "a:1") == 0
    )
