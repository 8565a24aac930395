"""Too many who wait for their first audio."""

from __future__ import annotations

import asyncio

from parlando_kit.errors import ParlandoError, Reason
from parlando_router import events
from tests.unit.router.score import check
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import run, settled

TEXT = "Orange lamp stands here. Seven green steps down!"


def _begun(stage: Stage, text: str = TEXT) -> Call:
    call = stage.speak()
    call.open(1)
    if text:
        call.text(1, text)
    return call


async def _refused(stage: Stage) -> ParlandoError:
    call = _begun(stage)
    call.end()
    error = await call.refusal()
    assert not call.frames
    return error


def test_one_too_many_is_refused_and_no_engine_is_asked() -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(first=5.0))
        stage = Stage({"one": worker}, most_waiting=2)
        calls = [_begun(stage) for _ in range(2)]
        await settled()
        asked = len(worker.requests)
        error = await _refused(stage)
        assert error.reason is Reason.OVERLOADED
        assert error.retry_after is not None
        assert len(worker.requests) == asked
        for call in calls:
            call.end()
            await call.done()
            check(call)
        later = _begun(stage)
        later.end()
        await later.done()
        assert later.of(events.Finished)

    run(main())


def test_who_has_written_nothing_yet_does_not_wait() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker()}, most_waiting=1)
        silent = [_begun(stage, "") for _ in range(3)]
        await settled()
        for call in silent:
            call.text(1, TEXT)
            call.end()
            await call.done()
            check(call)

    run(main())


def test_who_leaves_before_the_first_audio_makes_room() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker(Play(first=5.0))}, most_waiting=1)
        leaving = _begun(stage)
        await asyncio.sleep(1.0)
        assert (await _refused(stage)).reason is Reason.OVERLOADED
        assert leaving.task is not None
        leaving.task.cancel()
        await asyncio.wait({leaving.task})
        call = _begun(stage)
        call.end()
        await call.done()
        check(call)

    run(main())


def test_who_cancels_before_the_first_audio_makes_room_and_waits_again_with_new_text() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker(Play(first=5.0))}, most_waiting=1)
        call = _begun(stage)
        await asyncio.sleep(1.0)
        assert (await _refused(stage)).reason is Reason.OVERLOADED
        call.cancel(1)
        await call.until(lambda: call.of(events.Cancelled))
        other = _begun(stage)
        other.end()
        await other.done()
        check(other)
        call.open(2)
        call.text(2, TEXT)
        await asyncio.sleep(1.0)
        assert (await _refused(stage)).reason is Reason.OVERLOADED
        call.end()
        await call.done()
        check(call)

    run(main())


async def _heard(call: Call) -> None:
    call.end()
    await call.done()
    check(call)
    assert call.frames


def test_a_text_with_nothing_to_be_spoken_yet_keeps_nobody_out() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker()}, most_waiting=1)
        writing = [_begun(stage, "Oran") for _ in range(3)]
        await asyncio.sleep(10.0)
        await _heard(_begun(stage))
        for call in writing:
            call.text(1, "ge lamp stands here.")
            await _heard(call)

    run(main())


def test_who_has_something_to_be_spoken_only_once_too_many_wait_is_refused_and_no_engine_is_asked() -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(first=5.0))
        stage = Stage({"one": worker}, most_waiting=1)
        writing = _begun(stage, "Oran")
        waiting = _begun(stage)
        await asyncio.sleep(1.0)
        asked = len(worker.requests)
        writing.text(1, "ge lamp stands here.")
        error = await writing.refusal()
        assert error.reason is Reason.OVERLOADED
        assert error.retry_after is not None
        assert not writing.sent
        assert len(worker.requests) == asked
        await _heard(waiting)

    run(main())


def test_a_whole_text_waits_before_any_of_it_is_cut() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker()}, ScriptedFragmenter(delay=2.0), most_waiting=1)
        call = _begun(stage)
        call.end()
        await asyncio.sleep(1.0)
        assert (await _refused(stage)).reason is Reason.OVERLOADED
        await call.done()
        check(call)

    run(main())


def test_who_was_let_in_is_not_refused_after_a_cancel_and_counts_among_those_who_wait() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker(Play(first=5.0))}, most_waiting=1)
        call = _begun(stage)
        await asyncio.sleep(1.0)
        call.cancel(1)
        await call.until(lambda: call.of(events.StopReport))
        other = _begun(stage)
        await asyncio.sleep(1.0)
        call.open(2)
        call.text(2, TEXT)
        other.cancel(1)
        await other.until(lambda: other.of(events.StopReport))
        assert (await _refused(stage)).reason is Reason.OVERLOADED
        await _heard(call)
        other.end()
        await other.done()

    run(main())


def test_who_cancels_before_anything_could_be_spoken_is_not_refused_either() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker(Play(first=5.0))}, most_waiting=1)
        call = _begun(stage, "Oran")
        await settled()
        call.cancel(1)
        other = _begun(stage)
        await asyncio.sleep(1.0)
        call.open(2)
        call.text(2, TEXT)
        await _heard(call)
        assert len(call.of(events.Cancelled)) == len(call.of(events.StopReport)) == 1
        await _heard(other)

    run(main())


def test_an_opener_that_cancels_makes_room_until_its_text_comes() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker(Play(first=5.0))}, most_waiting=1)
        call = _begun(stage)
        await asyncio.sleep(1.0)
        assert (await _refused(stage)).reason is Reason.OVERLOADED
        call.open(2)
        await settled()
        await _heard(_begun(stage))
        call.text(2, TEXT)
        await _heard(call)

    run(main())


def test_who_was_given_nothing_to_hear_waits_no_more() -> None:
    async def main() -> None:
        worker = ScriptedWorker(lambda _, number: Play(silent=number < 2))
        stage = Stage({"one": worker}, most_waiting=1)
        silent = _begun(stage)
        await asyncio.sleep(1.0)
        assert worker.finished == 2
        await _heard(_begun(stage))
        silent.text(1, TEXT)
        await _heard(silent)

    run(main())
