"""Workers, fragmenters and callers that fail: who speaks instead, what is told, and that nothing goes on."""

from __future__ import annotations

import asyncio

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_router import events
from parlando_router.ports import StopOutcome, SynthesisRequest
from parlando_router.request import PlayoutMode, SpeechSettings
from tests.unit.router.cast import description, voice
from tests.unit.router.score import check, heard, words
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import LoopClock, run

TEXT = "Orange lamp stands here. Seven green steps down! There, stone knows?"

_LATER = [Reason.DEPENDENCY_UNAVAILABLE, Reason.DRAINING, Reason.OVERLOADED, Reason.ENGINE_FAILED]
_LATER += [Reason.NO_ENGINE_AVAILABLE]


def _fails(reason: Reason) -> Play:
    return Play(refusal=ParlandoError(reason, "no", retry_after=3.0))


def _spoken(stage: Stage, text: str = TEXT, settings: SpeechSettings | None = None) -> Call:
    call = stage.speak(settings)
    call.open(1)
    call.text(1, text)
    call.end()
    return call


# Before the first sound of a fragment


@pytest.mark.parametrize("reason", _LATER)
def test_where_one_worker_fails_at_once_the_next_one_speaks(reason: Reason) -> None:
    async def main() -> None:
        first, second = ScriptedWorker(_fails(reason)), ScriptedWorker()
        call = _spoken(Stage({"one": first, "two": second}))
        await call.done()
        check(call)
        assert heard(call, TEXT) == words(TEXT)
        [started] = call.of(events.Started)
        assert isinstance(started, events.Started)
        assert started.engine == "two"
        assert call.of(events.EngineChanged) == []  # nobody spoke before
        assert not first.live
        assert not second.live
        assert len(first.requests) == 1  # who took over goes on

    run(main())


@pytest.mark.parametrize("after", ["refused", "started", "ended"])
def test_a_change_of_engine_is_told_with_its_reason_and_place(after: str) -> None:
    async def main() -> None:
        def direction(_: SynthesisRequest, number: int) -> Play:
            failure = ParlandoError(Reason.ENGINE_FAILED, "no")
            failing = {
                "refused": Play(refusal=failure),
                "started": Play(first=0.3, fail_after=0.0, failure=failure),
                "ended": Play(starts=False, finishes=False, fail_after=0.0, failure=failure),
            }
            return failing[after] if number == 1 else Play()

        first, second = ScriptedWorker(direction), ScriptedWorker()
        call = _spoken(Stage({"one": first, "two": second}))
        await call.done()
        check(call)
        assert heard(call, TEXT) == words(TEXT)
        [to_two] = call.of(events.EngineChanged)
        assert isinstance(to_two, events.EngineChanged)
        assert (to_two.engine, to_two.reason) == ("two", "ENGINE_FAILED")
        assert to_two.source_offset == TEXT.index(" Seven")
        begun = next(
            event
            for event in call.of(events.FragmentBegun)
            if isinstance(event, events.FragmentBegun) and event.source.start == to_two.source_offset
        )
        assert to_two.first_sample == begun.first_sample
        assert to_two.seam_quality is TimingQuality.EXACT
        assert len(second.requests) == 2  # it goes on: a voice that changes back would change twice
        assert set(call.finished.usage) == {"one", "two"}

    run(main())


def test_where_all_are_full_the_caller_is_told_when_to_try_again() -> None:
    async def main() -> None:
        workers = {name: ScriptedWorker(_fails(Reason.OVERLOADED)) for name in ("one", "two")}
        error = await _spoken(Stage(dict(workers))).refusal()
        assert (error.reason, error.retry_after) == (Reason.OVERLOADED, 3.0)
        assert all(len(worker.requests) == 1 for worker in workers.values())

    run(main())


def test_where_all_are_gone_the_next_call_is_told_at_once() -> None:
    async def main() -> None:
        worker = ScriptedWorker(_fails(Reason.DEPENDENCY_UNAVAILABLE))
        stage = Stage({"one": worker})
        assert (await _spoken(stage).refusal()).reason is Reason.DEPENDENCY_UNAVAILABLE
        error = await _spoken(stage).refusal()
        assert error.reason is Reason.NO_ENGINE_AVAILABLE
        assert error.retry_after is not None
        assert len(worker.requests) == 1

    run(main())


@pytest.mark.parametrize(
    "reason", [Reason.BAD_MARKUP, Reason.NOT_SUPPORTED, Reason.TEXT_REFUSED, Reason.TOO_LATE]
)
def test_what_another_worker_would_not_do_either_is_told_at_once(reason: Reason) -> None:
    async def main() -> None:
        second = ScriptedWorker()
        error = await _spoken(Stage({"one": ScriptedWorker(_fails(reason)), "two": second})).refusal()
        assert error.reason is reason
        assert second.requests == []

    run(main())


def test_an_engine_that_speaks_before_it_starts_is_passed_over() -> None:
    async def main() -> None:
        first, second = ScriptedWorker(Play(starts=False)), ScriptedWorker()
        call = _spoken(Stage({"one": first, "two": second}))
        await call.done()
        check(call)
        assert heard(call, TEXT) == words(TEXT)
        assert not first.live

    run(main())


# After it


@pytest.mark.parametrize(
    "play",
    [
        Play(fail_after=0.05, failure=ParlandoError(Reason.ENGINE_FAILED, "no")),
        Play(odd=True),
        Play(disorder=True),
        Play(finishes=False),
    ],
    ids=["fails", "odd bytes", "words out of order", "ends without finishing"],
)
def test_a_failure_in_the_middle_of_a_fragment_that_nobody_makes_good_ends_the_call(play: Play) -> None:
    async def main() -> None:
        workers = {name: ScriptedWorker(play) for name in ("one", "two")}
        call = _spoken(Stage(dict(workers)))
        error = await call.refusal()
        assert error.reason is Reason.ENGINE_FAILED
        assert not any(worker.live for worker in workers.values())
        assert TEXT[:6] not in error.message

    run(main())


@pytest.mark.parametrize("ended", [True, False])
def test_what_was_spoken_before_an_error_is_sent_before_it(ended: bool) -> None:  # noqa: FBT001  # a case
    async def main() -> None:
        def direction(request: SynthesisRequest, _: int) -> Play:
            return _fails(Reason.TEXT_REFUSED) if request.text.startswith("Seven") else Play()

        call = Stage({"one": ScriptedWorker(direction)}).speak()
        call.open(1)
        call.text(1, TEXT)
        if ended:
            call.end()
        call.reading.clear()  # it reads on later than the error comes
        asyncio.get_running_loop().call_later(2.0, call.reading.set)
        assert (await call.refusal()).reason is Reason.TEXT_REFUSED
        assert heard(call, TEXT) == words(TEXT)[:4]

    run(main())


def test_a_call_that_fails_disturbs_no_other() -> None:
    async def main() -> None:
        def direction(request: SynthesisRequest, _: int) -> Play:
            odd = request.text.startswith("Seven")
            return Play(factor=0.3, odd=odd)

        stage = Stage({"one": ScriptedWorker(direction)})
        good = [_spoken(stage, "Orange lamp stands here. There, stone knows?") for _ in range(3)]
        bad = [_spoken(stage, TEXT) for _ in range(3)]
        assert {(await call.refusal()).reason for call in bad} == {Reason.ENGINE_FAILED}
        for call in good:
            await call.done()
            check(call)

    run(main())


def test_a_cancel_does_not_report_the_stop_of_a_worker_that_failed_before() -> None:
    async def main() -> None:
        gone = ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "gone")
        first, second = ScriptedWorker(Play(refusal=gone)), ScriptedWorker()
        call = Stage({"one": first, "two": second}).speak()
        call.open(1)
        call.text(1, "Orange lamp.")
        await call.until(lambda: second.finished)
        await asyncio.sleep(1)
        call.cancel(1)
        call.end()
        await call.done()
        check(call)
        [report] = call.of(events.StopReport)
        assert isinstance(report, events.StopReport)
        assert report.outcome is StopOutcome.ALREADY_FINISHED

    run(main())


# The choice


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (SpeechSettings(voice="bass"), Reason.VOICE_NOT_FOUND),
        (SpeechSettings(engine="three"), Reason.ENGINE_NOT_FOUND),
        (SpeechSettings(language="xx"), Reason.LANGUAGE_NOT_FOUND),
    ],
)
def test_what_nobody_has_is_refused_before_any_text_comes(settings: SpeechSettings, reason: Reason) -> None:
    async def main() -> None:
        call = Stage({"one": ScriptedWorker()}).speak(settings)
        call.open(1)
        assert (await call.refusal()).reason is reason

    run(main())


def test_a_language_is_spoken_by_who_speaks_it() -> None:
    async def main() -> None:
        english, french = ScriptedWorker(), ScriptedWorker()
        stage = Stage({"english": english, "french": french}, ScriptedFragmenter(language="fr"))
        stage.engines.answered("english", description("english"), (voice("alto", "en"),))
        call = _spoken(stage)
        await call.done()
        check(call)
        assert english.requests == []
        assert {request.language for request in french.requests} == {"fr"}

    run(main())


def test_a_language_that_was_guessed_and_that_nobody_speaks_is_spoken_all_the_same() -> None:
    async def main() -> None:
        worker = ScriptedWorker()
        call = _spoken(Stage({"one": worker}, ScriptedFragmenter(language="tlh")))
        await call.done()
        check(call)
        assert {request.language for request in worker.requests} == {""}

    run(main())


# The caller


def test_a_caller_that_breaks_the_rules_stops_its_synthesis() -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(factor=1.0, stop_time=0.5))
        call = Stage({"one": worker}).speak()
        call.open(1)
        call.text(1, TEXT)
        await call.until(lambda: worker.live)
        began = LoopClock().now()
        call.text(7, "never opened")
        assert (await call.refusal()).reason is Reason.OUT_OF_ORDER
        assert not worker.live
        assert LoopClock().now() - began == pytest.approx(0.5, abs=0.01)

    run(main())


@pytest.mark.parametrize("again", [0, 3])
@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3, 0.5])
def test_a_caller_that_vanishes_leaves_no_synthesis_running(seconds: float, again: int) -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(factor=0.5, stop_time=1.0))
        stage = Stage({"one": worker})
        call = stage.speak(mode=PlayoutMode.CLOCK)
        call.open(1)
        call.text(1, TEXT)
        await call.until(lambda: worker.live)
        await asyncio.sleep(seconds)
        assert worker.live
        assert call.task is not None
        call.task.cancel()
        for _ in range(again):  # however often
            await asyncio.sleep(0.1)
            call.task.cancel()
        await asyncio.wait({call.task})
        assert call.task.cancelled()
        assert not worker.live
        assert len(worker.stops) == 1
        assert all(stream.closed for stream in stage.fragmenter.streams)

    run(main())


def test_a_caller_that_vanishes_after_a_cancel_has_its_stop_awaited() -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(factor=0.5, stop_time=1.0))
        call = Stage({"one": worker}).speak(mode=PlayoutMode.CLOCK)
        call.open(1)
        call.text(1, TEXT)
        await call.until(lambda: worker.live)
        call.cancel(1)
        await call.until(lambda: call.of(events.Cancelled))
        assert worker.live
        assert call.task is not None
        call.task.cancel()
        await asyncio.wait({call.task})
        assert not worker.live

    run(main())


def test_a_write_that_fails_stops_the_synthesis() -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(factor=0.5))
        call = Stage({"one": worker}).speak()
        call.open(1)
        call.text(1, TEXT)
        call.broken = ConnectionError("the caller is gone")
        assert call.task is not None
        await asyncio.wait({call.task})
        assert call.task.exception() is not None
        assert not worker.live

    run(main())
