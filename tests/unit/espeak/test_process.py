"""The process that holds the library: stopped, lost, hung, closed, left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import espeakng_loader
import psutil
import pytest

from parlando_espeak.engine import EspeakEngine
from parlando_espeak.process import ProcessLost, SpeakingProcess, TextRefused
from parlando_espeak.wire import Frame, Utterance
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.events import Audio
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag
from tests.unit.espeak.conftest import Perform, Speak
from tests.unit.espeak.sound import RATE

PATHS = (espeakng_loader.get_library_path(), espeakng_loader.get_data_path())
VOICE = "gmw/en-US"
SENTENCE = "The quick brown fox jumps over the lazy dog, and then it runs away. "


@pytest.fixture
async def process() -> AsyncIterator[SpeakingProcess]:
    process = SpeakingProcess(*PATHS)
    await process.start()
    yield process
    process.close()


@pytest.fixture
async def own() -> AsyncIterator[EspeakEngine]:
    """An engine of two instances on the test's own loop."""
    engine = EspeakEngine(instances=2)
    await engine.load()
    yield engine
    await engine.close()


async def _samples(process: SpeakingProcess, text: str, stop: StopFlag | None = None) -> list[int]:
    """Speak a text, and return the length of each frame."""
    return [len(frame.body) // 2 async for frame in process.speak(Utterance(text, VOICE), stop or StopFlag())]


def _pid(process: SpeakingProcess) -> int:
    assert process.pid is not None
    return process.pid


def _pids(engine: EspeakEngine) -> list[int]:
    return [_pid(speaker.process) for speaker in engine._pool._held]


async def test_the_library_says_what_it_is() -> None:
    process = SpeakingProcess(*PATHS)
    greeting = await process.start()
    process.close()
    assert greeting.version == "1.52.0"
    assert (len(greeting.voices), len(greeting.variants)) == (141, 104)


async def test_it_pushes_nobody_off_a_core_though_its_worker_may(process: SpeakingProcess) -> None:
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
    assert os.sched_getscheduler(_pid(process)) == os.SCHED_BATCH


async def test_chunks_are_small_at_first_and_never_large(process: SpeakingProcess) -> None:
    sizes = await _samples(process, SENTENCE * 5)
    assert sizes[0] <= 0.31 * RATE  # it ends with the first word: nothing of that leaves the router before
    assert sizes[1] > sizes[0]
    assert max(sizes) < 1.1 * RATE
    assert sum(sizes) / len(sizes) > 0.2 * RATE


async def test_a_stop_ends_the_text_and_the_next_is_whole(process: SpeakingProcess) -> None:
    whole = sum(await _samples(process, SENTENCE))
    frames: list[Frame] = []
    stop = StopFlag()
    async for frame in process.speak(Utterance(SENTENCE * 40, VOICE), stop):
        frames.append(frame)
        stop.set()
    assert len(frames) == 1
    assert sum(await _samples(process, SENTENCE)) == pytest.approx(whole, rel=0.02)


async def test_a_stop_that_comes_too_late_does_not_stop_the_next_text(process: SpeakingProcess) -> None:
    for text in ("a", "no", "yes") * 10:
        stop, late = StopFlag(), StopFlag()
        async for _ in process.speak(Utterance(text, VOICE), stop):
            asyncio.get_running_loop().call_soon(stop.set)  # about when the process is done anyway
        await _samples(process, text, late)
        following = asyncio.create_task(_samples(process, SENTENCE))
        await asyncio.sleep(0)
        late.set()  # the process speaks the next one by now
        assert sum(await following) > RATE


async def test_what_is_left_unread_is_not_taken_for_the_next_text(process: SpeakingProcess) -> None:
    whole = sum(await _samples(process, SENTENCE))
    async with aclosing(process.speak(Utterance(SENTENCE * 20, VOICE), StopFlag())) as frames:
        await anext(frames)
    assert sum(await _samples(process, SENTENCE)) == pytest.approx(whole, rel=0.02)


async def test_who_is_cancelled_leaves_the_process_ready(process: SpeakingProcess) -> None:
    whole = sum(await _samples(process, SENTENCE))
    for _ in range(20):
        speaking = asyncio.create_task(_samples(process, SENTENCE * 20))
        await asyncio.sleep(0.002)
        speaking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await speaking
    assert sum(await _samples(process, SENTENCE)) == pytest.approx(whole, rel=0.02)


def test_a_text_that_brings_the_library_down_is_spoken_without_its_symbols(speak: Speak) -> None:
    # U+28FE alone ends the library while it speaks Arabic.
    spoken = speak("مرحبا بالعالم. \u28fe كيف حالك؟ طيب.", "sem/ar")
    assert spoken.said == ["مرحبا", "بالعالم.", "كيف", "حالك؟", "طيب."]
    whole = speak("مرحبا بالعالم. كيف حالك؟ طيب.", "sem/ar")
    assert spoken.samples == pytest.approx(whole.samples, rel=0.05)


async def test_a_process_that_was_killed_while_it_waits_is_replaced(process: SpeakingProcess) -> None:
    whole = sum(await _samples(process, SENTENCE))
    first = _pid(process)
    os.kill(first, signal.SIGKILL)
    while psutil.Process(first).status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110  # nobody tells
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)  # its pipe's end is seen
    assert sum(await _samples(process, SENTENCE)) == pytest.approx(whole, rel=0.02)
    assert process.pid != first
    assert not psutil.pid_exists(first)


async def test_a_process_that_is_killed_while_it_speaks_is_lost_and_then_replaced(
    process: SpeakingProcess,
) -> None:
    first = _pid(process)

    async def killed() -> None:
        async for _ in process.speak(Utterance(SENTENCE * 40, VOICE), StopFlag()):
            os.kill(first, signal.SIGKILL)

    with pytest.raises(ProcessLost):
        await killed()
    assert not psutil.pid_exists(first)
    assert sum(await _samples(process, "yes")) > 0


async def test_a_process_lost_within_a_clause_fails_the_job_and_not_the_next(own: EspeakEngine) -> None:
    async def broken_off() -> None:
        async for event in own.synthesize(Job(text="word " * 400, voice=VOICE), StopFlag()):
            if isinstance(event, Audio):
                for pid in _pids(own):
                    os.kill(pid, signal.SIGKILL)

    with pytest.raises(ParlandoError) as failed:
        await broken_off()
    assert failed.value.reason is Reason.ENGINE_FAILED
    assert await _length(own, VOICE) > 0


async def test_a_process_that_hangs_is_given_up() -> None:
    process = SpeakingProcess(*PATHS, stalled_after=0.2)
    await process.start()
    first = _pid(process)
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(ProcessLost):
        await _samples(process, SENTENCE)
    assert not psutil.pid_exists(first)
    process.close()


async def test_a_process_that_pauses_for_less_is_waited_for() -> None:
    process = SpeakingProcess(*PATHS, stalled_after=0.3)
    await process.start()
    whole = sum(await _samples(process, SENTENCE))
    for _ in range(3):
        os.kill(_pid(process), signal.SIGSTOP)
        speaking = asyncio.create_task(_samples(process, SENTENCE))
        await asyncio.sleep(0.15)
        os.kill(_pid(process), signal.SIGCONT)
        assert sum(await speaking) == pytest.approx(whole, rel=0.02)
    process.close()


async def test_a_stop_is_sent_while_no_frame_comes(process: SpeakingProcess) -> None:
    pid, stop = _pid(process), StopFlag()
    os.kill(pid, signal.SIGSTOP)
    speaking = asyncio.create_task(_samples(process, SENTENCE * 20, stop))
    await asyncio.sleep(0.02)
    stop.set()
    os.kill(pid, signal.SIGCONT)
    assert await speaking == []


async def test_a_voice_that_is_not_there_is_refused(process: SpeakingProcess) -> None:
    with pytest.raises(TextRefused):
        await anext(process.speak(Utterance("a", "no/such"), StopFlag()))
    assert sum(await _samples(process, "yes")) > 0


async def test_a_library_that_is_not_there_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library, data in ((PATHS[1], PATHS[1]), (PATHS[0], os.fspath(tmp_path))):
        with pytest.raises(ProcessLost):
            await SpeakingProcess(library, data).start()
    for library, reason, told in (
        (PATHS[1], Reason.ENGINE_FAILED, "this says why: python -m parlando_espeak.voicebox"),
        (str(tmp_path / "none.so"), Reason.MODEL_NOT_FOUND, "install espeakng-loader again"),
    ):
        monkeypatch.setattr(espeakng_loader, "get_library_path", lambda library=library: library)
        engine = EspeakEngine(instances=2)
        with pytest.raises(ParlandoError, match=told) as refused:
            await engine.load()
        assert refused.value.reason is reason
        assert engine.held == 0


async def test_signals_to_the_group_leave_the_work_to_the_worker(process: SpeakingProcess) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(_pid(process), number)
    assert sum(await _samples(process, "yes")) > 0


async def test_closing_ends_the_processes_and_what_they_speak() -> None:
    engine = EspeakEngine(instances=2)
    await engine.load()
    pids = _pids(engine)
    made = 0
    async for event in engine.synthesize(Job(text="word " * 500, voice=VOICE), StopFlag()):
        made += isinstance(event, Audio)
        if made == 1:
            await engine.close()
            await engine.close()
    assert made == 1
    assert not any(map(psutil.pid_exists, pids))


_OWNER = """
import asyncio
from parlando_espeak.engine import EspeakEngine
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag

async def main():
    engine = EspeakEngine(instances=1)
    await engine.load()
    print(engine._pool._held[0].process.pid, flush=True)
    while True:
        async for _ in engine.synthesize(Job(text="word " * 500, voice="gmw/en-US"), StopFlag()):
            pass

asyncio.run(main())
"""


def test_the_process_goes_with_its_owner_even_when_that_is_killed() -> None:
    owner = subprocess.Popen([sys.executable, "-c", _OWNER], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    child = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.wait()
    owner.stdout.close()
    child.wait(timeout=10)


async def test_instances_speak_at_the_same_time_and_do_not_mix(own: EspeakEngine) -> None:
    voices = (VOICE, "roa/fr")
    alone = [await _length(own, voice) for voice in voices]

    async def several(voice: str) -> list[int]:
        return [await _length(own, voice) for _ in range(10)]

    together = await asyncio.gather(*map(several, voices))
    for number in range(2):
        assert together[number] == [pytest.approx(alone[number], rel=0.02)] * 10


def test_many_texts_do_not_grow_the_process(engine: EspeakEngine, perform: Perform) -> None:
    voices = (VOICE, "roa/fr", "gmw/de+f3", "sit/cmn")
    speak: Callable[[str], object] = lambda voice: perform(_job(voice))  # noqa: E731  # short for the loops
    for voice in voices * 3:
        speak(voice)
    process = psutil.Process(_pids(engine)[0])
    before = process.memory_info().rss
    for number in range(500):
        speak(voices[number % 4])
    assert process.memory_info().rss - before < 1_000_000
    assert process.memory_info().rss < 40_000_000


def _job(voice: str) -> Job:
    return Job(text="One fox, two birds.", voice=voice)


async def _length(engine: EspeakEngine, voice: str) -> int:
    events = [event async for event in engine.synthesize(_job(voice), StopFlag())]
    return sum(len(event.pcm) // 2 for event in events if isinstance(event, Audio))
