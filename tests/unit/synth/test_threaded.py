"""Blocking engines on threads: isolation, stops, failures and ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.engine import Instance
from parlando_synth.events import Audio, EngineEvent, Progress, Started
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag
from parlando_synth.threaded import ThreadedEngine

TEXT = "one two three four"
HANGS = {"hang_after_ms": "0"}


def _job(**options: str) -> Job:
    return Job(text=TEXT, voice="alto", options=options)


@asynccontextmanager
async def _loaded(
    instances: int, make: Callable[[ScriptedSettings], ScriptedEngine] = ScriptedEngine
) -> AsyncIterator[ThreadedEngine]:
    engine = ThreadedEngine(make(ScriptedSettings()), instances=instances)
    await engine.load()
    try:
        yield engine
    finally:
        await engine.close()


async def _events(engine: ThreadedEngine, job: Job, stop: StopFlag | None = None) -> list[EngineEvent]:
    return [event async for event in engine.synthesize(job, stop or StopFlag())]


async def _hanging(engine: ThreadedEngine, stop: StopFlag) -> asyncio.Task[list[EngineEvent]]:
    """Return a job that has begun and stands still until it is stopped."""
    begun = asyncio.Event()
    events: list[EngineEvent] = []

    async def read() -> list[EngineEvent]:
        async for event in engine.synthesize(_job(**HANGS), stop):
            events.append(event)
            begun.set()
        return events

    task = asyncio.create_task(read())
    await begun.wait()
    return task


class _Recording(ScriptedEngine):
    """Notes which threads open, use and close its instances."""

    def __init__(self, settings: ScriptedSettings) -> None:
        super().__init__(settings)
        self.calls: list[tuple[str, int]] = []

    def open(self) -> Instance:
        self.calls.append(("open", threading.get_ident()))
        return _RecordingInstance(super().open(), self.calls)


class _RecordingInstance(Instance):
    def __init__(self, instance: Instance, calls: list[tuple[str, int]]) -> None:
        self._instance = instance
        self._calls = calls

    def synthesize(self, job: Job, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        self._calls.append(("synthesize", threading.get_ident()))
        self._instance.synthesize(job, stop, emit)

    def close(self) -> None:
        self._calls.append(("close", threading.get_ident()))


async def test_an_instance_is_opened_used_and_closed_on_one_thread_of_its_own() -> None:
    recording = _Recording(ScriptedSettings())
    engine = ThreadedEngine(recording, instances=2)
    await engine.load()
    await asyncio.gather(*(_events(engine, _job()) for _ in range(2)))
    await engine.close()
    by_thread: dict[int, list[str]] = {}
    for call, thread in recording.calls:
        by_thread.setdefault(thread, []).append(call)
    assert sorted(by_thread.values()) == [["open", "synthesize", "close"]] * 2
    assert threading.get_ident() not in by_thread


async def test_max_live_is_the_number_of_instances() -> None:
    async with _loaded(3) as engine:
        assert engine.describe().max_live == 3
    with pytest.raises(ValueError, match="1 or more"):
        ThreadedEngine(ScriptedEngine(ScriptedSettings()), instances=0)


async def test_a_job_waits_for_a_free_instance() -> None:
    async with _loaded(1) as engine:
        stop = StopFlag()
        first = await _hanging(engine, stop)
        second = asyncio.create_task(_events(engine, _job()))
        await asyncio.sleep(0)
        stop.set()
        assert [type(event) for event in await first] == [Started]
        assert any(isinstance(event, Audio) for event in await second)


async def test_a_job_that_waits_can_be_stopped() -> None:
    async with _loaded(1) as engine:
        running, waiting = StopFlag(), StopFlag()
        first = await _hanging(engine, running)
        second = asyncio.create_task(_events(engine, _job(), waiting))
        await asyncio.sleep(0)
        waiting.set()
        assert await second == []
        assert not first.done()
        running.set()
        await first


async def test_a_job_that_waits_can_be_cancelled() -> None:
    async with _loaded(1) as engine:
        stop = StopFlag()
        first = await _hanging(engine, stop)
        second = asyncio.create_task(_events(engine, _job()))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        stop.set()
        await first
        assert len(await _events(engine, _job())) > 1


async def test_a_cancelled_reader_leaves_an_idle_engine() -> None:
    async with _loaded(1) as engine:
        stop = StopFlag()
        reading = await _hanging(engine, stop)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert stop.requested
        assert len(await _events(engine, _job())) > 1


async def test_a_domain_error_is_passed_on_and_the_instance_kept() -> None:
    recording = _Recording(ScriptedSettings())
    engine = ThreadedEngine(recording, instances=1)
    await engine.load()
    with pytest.raises(ParlandoError) as failed:
        await _events(engine, _job(fail_after_ms="100", fail_with="TEXT_REFUSED"))
    assert failed.value.reason is Reason.TEXT_REFUSED
    assert len(await _events(engine, _job())) > 1
    await engine.close()
    assert [call for call, _ in recording.calls] == ["open", "synthesize", "synthesize", "close"]


async def test_an_unexpected_error_costs_the_instance_and_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recording = _Recording(ScriptedSettings())
    engine = ThreadedEngine(recording, instances=2)
    await engine.load()
    stop = StopFlag()
    other = await _hanging(engine, stop)
    with pytest.raises(ParlandoError) as failed:
        await _events(engine, _job(fail_after_ms="0", fail_with=""))
    assert failed.value.reason is Reason.ENGINE_FAILED
    assert "RuntimeError" in failed.value.message
    assert len(await _events(engine, _job())) > 1
    assert not other.done()
    stop.set()
    await other
    await engine.close()
    calls = [call for call, _ in recording.calls]
    assert (calls.count("open"), calls.count("close")) == (3, 3)
    assert "the script says so" not in caplog.text  # an engine's message may hold spoken text
    assert "in _perform" in caplog.text


class _Reluctant(ScriptedEngine):
    """Opens once, fails to open once, then opens again."""

    opened = 0

    def open(self) -> Instance:
        self.opened += 1
        if self.opened == 2:
            raise OSError("not now")
        return super().open()


async def test_an_instance_that_cannot_be_opened_anew_is_tried_again_by_the_next_job() -> None:
    async with _loaded(1, _Reluctant) as engine:
        with pytest.raises(ParlandoError, match="RuntimeError"):
            await _events(engine, _job(fail_after_ms="0", fail_with=""))
        assert len(await _events(engine, _job())) > 1


class _SlowToReopen(ScriptedEngine):
    """Opens at once the first time, and then not before it is released."""

    def __init__(self, settings: ScriptedSettings) -> None:
        super().__init__(settings)
        self.released = threading.Event()
        self.opened = False

    def open(self) -> Instance:
        if self.opened:
            self.released.wait()
        self.opened = True
        return super().open()


async def test_a_failure_is_told_before_the_instance_is_opened_anew() -> None:
    slow = _SlowToReopen(ScriptedSettings())
    engine = ThreadedEngine(slow, instances=1)
    await engine.load()
    with pytest.raises(ParlandoError, match="RuntimeError"):
        await _events(engine, _job(fail_after_ms="0", fail_with=""))
    following = asyncio.create_task(_events(engine, _job()))
    slow.released.set()
    assert len(await following) > 1
    await engine.close()


async def test_what_cannot_be_opened_fails_to_load_and_leaves_no_thread() -> None:
    engine = ThreadedEngine(ScriptedEngine(ScriptedSettings(open_fails=True)), instances=2)
    with pytest.raises(ParlandoError) as failed:
        await engine.load()
    assert failed.value.reason is Reason.MODEL_NOT_FOUND
    with pytest.raises(ParlandoError, match="not loaded"):
        await _events(engine, _job())
    for thread in threading.enumerate():
        if thread.name.startswith("engine-"):
            await asyncio.to_thread(thread.join, 10.0)
            assert not thread.is_alive()


async def test_closing_ends_what_runs_and_what_waits() -> None:
    async with _loaded(1) as engine:
        running = await _hanging(engine, StopFlag())
        waiting = asyncio.create_task(_events(engine, _job()))
        await asyncio.sleep(0)
        await engine.close()
        assert [type(event) for event in await running] == [Started]
        assert await waiting == []


class _Deaf(ScriptedEngine):
    """Hears no stop until it is released."""

    def __init__(self, settings: ScriptedSettings) -> None:
        super().__init__(settings)
        self.released = threading.Event()

    def open(self) -> Instance:
        return _DeafInstance(self.released)


class _DeafInstance(Instance):
    def __init__(self, released: threading.Event) -> None:
        self._released = released

    def synthesize(self, job: Job, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        emit(Started(job.voice, 24_000, TimingQuality.EXACT))
        self._released.wait()
        emit(Progress(1.0 if stop.requested else 0.0))

    def close(self) -> None:
        pass


async def test_a_thread_that_does_not_return_is_left_behind() -> None:
    deaf = _Deaf(ScriptedSettings())
    engine = ThreadedEngine(deaf, instances=1, close_within=0.05)
    await engine.load()
    reading = await _hanging(engine, StopFlag())
    await engine.close()
    with pytest.raises(ParlandoError, match="did not stop in time"):
        await reading
    deaf.released.set()


async def test_an_early_reader_gets_the_first_audio_before_the_rest_is_made() -> None:
    async with (
        _loaded(1) as engine,
        aclosing(engine.synthesize(_job(hang_after_ms="40"), StopFlag())) as events,
    ):
        assert isinstance(await anext(events), Started)
        assert isinstance(await anext(events), Audio)
