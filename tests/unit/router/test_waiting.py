"""Too many who wait for their first audio."""

from __future__ import annotations

import asyncio

from parlando_kit.errors import ParlandoError, Reason
from parlando_router import events
from tests.unit.router.score import check
from tests.unit.router.stage import Call, Play, ScriptedWorker, Stage
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
