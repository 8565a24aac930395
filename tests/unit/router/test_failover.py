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
from parlando_router import events
from parlando_router.equivalence import Traits, VoiceMap
from parlando_router.patience import LEAST_NEXT_SECONDS, UNKNOWN_SECONDS
from parlando_router.ports import SynthesisRequest
from parlando_router.request import PlayoutMode, SpeechSettings
from tests.unit.router.cast import description, voice
from tests.unit.router.score import check, heard, words, written
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import LoopClock, run

TEXT = "Orange lamp stands here. Seven green steps down! There, stone knows?"
SAID = TEXT.split()
EXACT, ESTIMATED = TimingQuality.EXACT, TimingQuality.ESTIMATED
NO = ParlandoError(Reason.ENGINE_FAILED, "no")
GONE = ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "gone")


def _spoken(
    stage: Stage, text: str = TEXT, mode: PlayoutMode = PlayoutMode.UNPACED, *, engine: str = ""
) -> Call:
    call = stage.speak(SpeechSettings(engine=engine), mode=mode)
    call.open(1)
    call.text(1, text)
    call.end()
    return call


def _changes(call: Call) -> list[events.EngineChanged]:
    return [event for event in call.of(events.EngineChanged) if isinstance(event, events.EngineChanged)]


def _once(play: Play) -> ScriptedWorker:
    """Return a worker whose first synthesis goes badly, and no other."""
    return ScriptedWorker(lambda _, number: play if number == 0 else Play())


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
        first, second = _once(replace(play, quality=quality)), ScriptedWorker()
        call = _spoken(Stage({"one": first, "two": second}))
        await call.done()
        check(call)
        assert written(call, TEXT) == SAID
        if quality is EXACT:
            assert heard(call, TEXT) == words(TEXT)
        [change] = _changes(call)
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
        call = _spoken(stage, mode=mode)
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
        plain = _spoken(Stage({"one": ScriptedWorker()}))
        await plain.done()
        broken = _spoken(Stage({"one": _once(Play(fail_after=0.3, failure=NO)), "two": ScriptedWorker()}))
        await broken.done()

        def step(call: Call) -> int:
            return int(np.abs(np.diff(np.frombuffer(call.pcm, dtype="<i2").astype(np.int32))).max())

        assert step(broken) <= step(plain) * 1.1

    run(main())


def test_an_engine_that_hangs_is_left_as_soon_as_it_is_later_than_ever() -> None:
    async def main() -> None:
        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(factor=0.1, hang_after=0.3 if number == 2 else None)

        stage = Stage({"one": ScriptedWorker(direction), "two": ScriptedWorker()})
        call = _spoken(stage)
        await call.until(lambda: _changes(call))
        changed = LoopClock().now()
        audio = [sent.at for sent in call.sent if isinstance(sent.event, events.AudioSent)]
        last = max(at for at in audio if at < changed)
        assert changed - last < LEAST_NEXT_SECONDS + 0.05
        await call.done()
        assert written(call, TEXT) == SAID

    run(main())


def test_an_engine_that_is_alone_is_waited_for() -> None:
    async def main() -> None:
        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(first=8.0 if number else 0.01)

        call = _spoken(Stage({"one": ScriptedWorker(direction)}))
        await call.done()
        assert written(call, TEXT) == SAID

    run(main())


def test_what_an_engine_was_waited_for_while_it_was_alone_is_not_waited_again() -> None:
    async def main() -> None:
        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(first=[25.0, 60.0][number] if number < 2 else 0.0)

        stage = Stage({"one": ScriptedWorker(direction), "two": ScriptedWorker()})
        text = "Orange lamp stands here."
        stage.engines.failed("two", "it is away")
        await _spoken(stage, text).done()
        stage.engines.answered("two", description("two"), (voice("alto"),))
        began = LoopClock().now()
        call = _spoken(stage, text)
        await call.done()
        [started] = [event for event in call.of(events.Started) if isinstance(event, events.Started)]
        assert started.engine == "two"
        assert LoopClock().now() - began <= 2 * UNKNOWN_SECONDS + 1.0
        assert written(call, text) == text.split()

    run(main())


def test_an_engine_too_slow_for_playback_is_left_once_the_listener_has_run_dry() -> None:
    async def main() -> None:
        slow, quick = ScriptedWorker(Play(factor=1.6)), ScriptedWorker(Play(factor=0.2))
        text = "Seven green steps down below where orange lamps stand quite still and nobody knows why."
        call = _spoken(Stage({"one": slow, "two": quick}), text, PlayoutMode.CLOCK)
        await call.done()
        check(call)
        [change] = _changes(call)
        assert change.engine == "two"
        assert written(call, text) == text.split()
        # Where the caller only downloads, nobody waits for playback.
        call = _spoken(Stage({"one": ScriptedWorker(Play(factor=1.6)), "two": quick}), text)
        await call.done()
        assert not _changes(call)

    run(main())


def test_of_two_engines_too_slow_for_playback_one_speaks() -> None:
    async def main() -> None:
        slow = {name: ScriptedWorker(Play(factor=1.6)) for name in ("one", "two")}
        call = _spoken(Stage(dict(slow)), mode=PlayoutMode.CLOCK)
        await call.done()
        assert written(call, TEXT) == SAID

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
        assert (await _spoken(stage, "bad.").refusal()).reason is Reason.BAD_MARKUP
        figures = stage.engines.statistics.engines
        assert set(figures) == {"one"}
        assert not figures["one"].failures
        assert not figures["one"].failovers

    run(main())


def test_what_was_released_is_sent_before_the_call_fails() -> None:
    async def main() -> None:
        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(refusal=NO) if number else Play(fail_after=0.3, failure=NO)

        call = _spoken(Stage({"one": ScriptedWorker(direction)}))
        error = await call.refusal()
        assert error.reason is Reason.ENGINE_FAILED
        assert heard(call, TEXT) == ["Orange", "lamp"]  # the third word ends after 0.36 s

    run(main())


def test_the_next_voice_is_brought_to_the_loudness_of_the_first() -> None:
    async def main() -> None:
        stage = Stage({"one": _once(Play(fail_after=0.3, failure=NO)), "two": ScriptedWorker()})
        stage.engines.voice_map = VoiceMap(
            {"one:alto": Traits(loudness=-29.0), "two:alto": Traits(loudness=-23.0)}
        )
        call = _spoken(stage)
        await call.done()
        [change] = _changes(call)
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
        await _spoken(stage, text).done()  # both are heard once, and known from then on
        await _spoken(stage, text, engine="two").done()
        call = _spoken(stage, text)
        await call.done()
        [change] = _changes(call)
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


def test_an_engine_that_is_full_for_a_moment_goes_on_with_its_utterance() -> None:
    async def main() -> None:
        full = ParlandoError(Reason.OVERLOADED, "no", retry_after=0.2)

        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(refusal=full if number == 1 else None)

        first, second = ScriptedWorker(direction), ScriptedWorker()
        stage = Stage({"one": first, "two": second})
        call = _spoken(stage)
        await call.done()
        assert not _changes(call)
        assert not second.requests
        stage.workers["one"] = first
        call = _spoken(stage)  # a new utterance does not wait
        await call.done()

    run(main())


def test_the_rest_of_a_fragment_is_in_the_language_it_began_in() -> None:
    async def main() -> None:
        first, second = _once(Play(fail_after=0.3, failure=NO)), ScriptedWorker()
        stage = Stage({"one": first, "two": second}, ScriptedFragmenter(language="fr"))
        await _spoken(stage).done()
        assert {request.language for request in first.requests + second.requests} == {"fr"}
        assert {request.voice for request in second.requests} == {"tenor"}  # the one that speaks it

    run(main())


def test_a_cancel_while_another_engine_takes_over_stops_that_one() -> None:
    async def main() -> None:
        first = _once(Play(factor=0.2, fail_after=0.3, failure=NO))
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
        first = _once(Play(fails_at_end=GONE))
        call = _spoken(Stage({"one": first, "two": ScriptedWorker()}))
        await call.done()
        check(call)
        assert written(call, TEXT) == SAID
        assert heard(call, TEXT) == words(TEXT)

    run(main())


def test_when_all_have_failed_for_once_they_are_tried_once_more() -> None:
    async def main() -> None:
        workers = {name: _once(Play(refusal=NO)) for name in ("one", "two")}
        call = _spoken(Stage(dict(workers)))
        await call.done()
        assert written(call, TEXT) == SAID

    run(main())


def test_a_worker_that_stood_still_is_asked_when_nobody_else_is_left() -> None:
    async def main() -> None:
        first, second = _once(Play(hang_after=0.1)), _once(Play(refusal=GONE))
        call = _spoken(Stage({"one": first, "two": second}))
        await call.done()
        assert written(call, TEXT) == SAID
        assert len(second.requests) == 1  # it is gone, and not asked before it answers

    run(main())


def test_an_engine_that_says_nothing_is_left_unblamed() -> None:
    async def main() -> None:
        mute = ScriptedWorker(Play(silent=True))
        stage = Stage({"one": mute, "two": ScriptedWorker()})
        call = _spoken(stage)
        await call.done()
        assert written(call, TEXT) == SAID
        assert not stage.engines.statistics.engines["one"].failures
        alone = _spoken(Stage({"one": ScriptedWorker(Play(silent=True))}))
        await alone.done()  # there may be nothing in it that can be said
        both = _spoken(Stage({name: ScriptedWorker(Play(silent=True)) for name in ("one", "two")}))
        await both.done()
        assert not both.seconds

    run(main())
