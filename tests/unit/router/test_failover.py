"""Engines that fail within a fragment: the next one goes on at the first word that was not said."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_router.ports import SynthesisRequest
from parlando_router.request import PlayoutMode
from tests.unit.router.score import check, heard, words, written
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter
from tests.unit.router.scripted_worker import Play, ScriptedWorker, once
from tests.unit.router.stage import TEXT, Call, Stage, changes, spoken
from tests.unit.router.virtual_time import run

SAID = TEXT.split()
EXACT, ESTIMATED = TimingQuality.EXACT, TimingQuality.ESTIMATED
NO = ParlandoError(Reason.ENGINE_FAILED, "no")
GONE = ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "gone")


_BAD = {
    "fails": Play(fail_after=0.3, failure=NO),
    "dies": Play(fail_after=0.3, failure=GONE),
    "hangs": Play(hang_after=0.3),
    "odd bytes": Play(odd=True),
    "words out of order": Play(disorder=True),
    "no end": Play(finishes=False),
}


@pytest.mark.parametrize("play", _BAD.values(), ids=_BAD)
@pytest.mark.parametrize("quality", [EXACT, ESTIMATED])
def test_every_word_is_said_once_whatever_happens_to_the_first_engine(
    play: Play, quality: TimingQuality
) -> None:
    async def main() -> None:
        first, second = once(replace(play, quality=quality)), ScriptedWorker()
        call = spoken(Stage({"one": first, "two": second}))
        await call.done()
        check(call)
        assert written(call, TEXT) == SAID
        if quality is EXACT:
            assert heard(call, TEXT) == words(TEXT)
        [change] = changes(call)
        assert (change.engine, change.reason) == (
            "two",
            "DEPENDENCY_UNAVAILABLE" if play.failure is GONE else "ENGINE_FAILED",
        )
        assert change.seam_quality is quality
        assert not first.live
        assert not first.stops  # nobody waits for one that has failed

    run(main())


@st.composite
def _direction(draw: st.DrawFn) -> list[Play]:
    """How a worker's first syntheses go; the later ones go well."""
    seconds = st.floats(0, 1.5)
    bad = st.one_of(
        st.builds(Play, fail_after=seconds, failure=st.sampled_from([NO, GONE])),
        st.builds(Play, hang_after=seconds),
        st.builds(Play, odd=st.just(value=True)),
        st.builds(Play, disorder=st.just(value=True)),
        st.builds(Play, finishes=st.just(value=False)),
        st.builds(Play, refusal=st.sampled_from([NO, GONE])),
        st.just(Play()),
    )
    chunk, rate = draw(st.sampled_from([0.01, 0.04, 0.3])), draw(st.sampled_from([8_000, 22_050]))
    factor = draw(st.sampled_from([0.0, 0.1]))
    quality = draw(st.sampled_from([EXACT, ESTIMATED]))
    plays = draw(st.lists(bad, max_size=4))
    return [replace(play, chunk=chunk, rate=rate, factor=factor, quality=quality) for play in plays]


@settings(max_examples=120, deadline=None)
@given(one=_direction(), two=_direction(), mode=st.sampled_from([PlayoutMode.UNPACED, PlayoutMode.CLOCK]))
def test_no_word_is_missing_and_none_is_said_twice_while_an_engine_lives(
    one: list[Play], two: list[Play], mode: PlayoutMode
) -> None:
    async def main() -> None:
        def directed(plays: list[Play]) -> ScriptedWorker:
            return ScriptedWorker(lambda _, number: plays[number] if number < len(plays) else Play())

        stage = Stage({"one": directed(one), "two": directed(two), "three": ScriptedWorker()})
        call = spoken(stage, mode=mode)
        await call.done()
        check(call)
        assert written(call, TEXT) == SAID
        for earlier, later in pairwise(call.finished.words):
            assert earlier.source.end <= later.source.start
        if all(play.quality is EXACT for play in one + two):
            assert heard(call, TEXT) == words(TEXT)
        assert not any(worker.live for worker in stage.workers.values())  # type: ignore[attr-defined]  # scripted

    run(main())


def test_a_seam_has_no_click() -> None:
    async def main() -> None:
        plain = spoken(Stage({"one": ScriptedWorker()}))
        await plain.done()
        broken = spoken(Stage({"one": once(Play(fail_after=0.3, failure=NO)), "two": ScriptedWorker()}))
        await broken.done()

        def step(call: Call) -> int:
            return int(np.abs(np.diff(np.frombuffer(call.pcm, dtype="<i2").astype(np.int32))).max())

        assert step(broken) <= step(plain) * 1.1

    run(main())


def test_a_cancel_an_empty_fragment_and_a_bad_request_are_no_failures() -> None:
    async def main() -> None:
        bad = Play(refusal=ParlandoError(Reason.BAD_MARKUP, "no"))
        first = ScriptedWorker(lambda request, _: bad if "bad" in request.text else Play(factor=1.0))
        stage = Stage({"one": first, "two": ScriptedWorker()})
        call = stage.speak()
        call.open(1)
        call.text(1, "... ! Orange lamp stands here.")
        await call.until(lambda: call.frames)
        call.cancel(1)
        call.end()
        await call.done()
        assert (await spoken(stage, "bad.").refusal()).reason is Reason.BAD_MARKUP
        figures = stage.engines.statistics.engines
        assert set(figures) == {"one"}
        assert not figures["one"].failures
        assert not figures["one"].failovers

    run(main())


def test_what_was_released_is_sent_before_the_call_fails() -> None:
    async def main() -> None:
        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(refusal=NO) if number else Play(fail_after=0.3, failure=NO)

        call = spoken(Stage({"one": ScriptedWorker(direction)}))
        error = await call.refusal()
        assert error.reason is Reason.ENGINE_FAILED
        assert heard(call, TEXT) == ["Orange", "lamp"]  # the third word ends after 0.36 s

    run(main())


def test_an_engine_that_is_full_for_a_moment_goes_on_with_its_utterance() -> None:
    async def main() -> None:
        full = ParlandoError(Reason.OVERLOADED, "no", retry_after=0.2)

        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(refusal=full if number == 1 else None)

        first, second = ScriptedWorker(direction), ScriptedWorker()
        stage = Stage({"one": first, "two": second})
        call = spoken(stage)
        await call.done()
        assert not changes(call)
        assert not second.requests
        stage.workers["one"] = first
        call = spoken(stage)  # a new utterance does not wait
        await call.done()

    run(main())


def test_the_rest_of_a_fragment_is_in_the_language_it_began_in() -> None:
    async def main() -> None:
        first, second = once(Play(fail_after=0.3, failure=NO)), ScriptedWorker()
        stage = Stage({"one": first, "two": second}, ScriptedFragmenter(language="fr"))
        await spoken(stage).done()
        assert {request.language for request in first.requests + second.requests} == {"fr"}
        assert {request.voice for request in second.requests} == {"tenor"}  # the one that speaks it

    run(main())


def test_a_cancel_while_another_engine_takes_over_stops_that_one() -> None:
    async def main() -> None:
        first = once(Play(factor=0.2, fail_after=0.3, failure=NO))
        second = ScriptedWorker(Play(factor=1.0, first=0.3, stop_time=0.1))
        call = Stage({"one": first, "two": second}).speak()
        call.open(1)
        call.text(1, TEXT)
        await call.until(lambda: second.live)
        await asyncio.sleep(0.1)
        call.cancel(1)
        call.end()
        await call.done()
        check(call)
        assert not second.live
        assert len(second.stops) == 1

    run(main())


def test_an_error_behind_the_end_of_a_synthesis_says_nothing_twice() -> None:
    async def main() -> None:
        first = once(Play(fails_at_end=GONE))
        call = spoken(Stage({"one": first, "two": ScriptedWorker()}))
        await call.done()
        check(call)
        assert written(call, TEXT) == SAID
        assert heard(call, TEXT) == words(TEXT)

    run(main())


def test_when_all_have_failed_for_once_they_are_tried_once_more() -> None:
    async def main() -> None:
        workers = {name: once(Play(refusal=NO)) for name in ("one", "two")}
        call = spoken(Stage(dict(workers)))
        await call.done()
        assert written(call, TEXT) == SAID

    run(main())


def test_a_worker_that_stood_still_is_asked_when_nobody_else_is_left() -> None:
    async def main() -> None:
        first, second = once(Play(hang_after=0.1)), once(Play(refusal=GONE))
        call = spoken(Stage({"one": first, "two": second}))
        await call.done()
        assert written(call, TEXT) == SAID
        assert len(second.requests) == 1  # it is gone, and not asked before it answers

    run(main())


def test_an_engine_that_says_nothing_is_left_unblamed() -> None:
    async def main() -> None:
        mute = ScriptedWorker(Play(silent=True))
        stage = Stage({"one": mute, "two": ScriptedWorker()})
        call = spoken(stage)
        await call.done()
        assert written(call, TEXT) == SAID
        assert not stage.engines.statistics.engines["one"].failures
        alone = spoken(Stage({"one": ScriptedWorker(Play(silent=True))}))
        await alone.done()  # there may be nothing in it that can be said
        both = spoken(Stage({name: ScriptedWorker(Play(silent=True)) for name in ("one", "two")}))
        await both.done()
        assert not both.seconds

    run(main())
