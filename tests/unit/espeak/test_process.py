"""The process that holds the library: stopped, lost, hung, closed, left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import espeakng_loader
import psutil
import pytest

from parlando_espeak.engine import EspeakEngine, EspeakInstance
from parlando_espeak.process import ProcessLost, SpeakingProcess, TextRefused
from parlando_espeak.wire import Frame, Utterance
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.events import Audio, EngineEvent
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag
from tests.unit.espeak.conftest import Speak
from tests.unit.espeak.sound import RATE

PATHS = (espeakng_loader.get_library_path(), espeakng_loader.get_data_path())
VOICE = "gmw/en-US"
SENTENCE = "The quick brown fox jumps over the lazy dog, and then it runs away. "


def _never() -> bool:
    return False


@pytest.fixture
def process() -> Iterator[SpeakingProcess]:
    process = SpeakingProcess(*PATHS)
    yield process
    process.close()


def _samples(process: SpeakingProcess, text: str) -> list[int]:
    """Speak a text, and return the length of each frame."""
    frames: list[Frame] = []
    process.speak(Utterance(text, VOICE), frames.append, _never)
    return [len(frame.pcm) // 2 for frame in frames]


def test_the_library_says_what_it_is(process: SpeakingProcess) -> None:
    assert process.greeting.version == "1.52.0"
    assert (len(process.greeting.voices), len(process.greeting.variants)) == (141, 104)


def test_it_pushes_nobody_off_a_core_though_its_worker_may(process: SpeakingProcess) -> None:
    assert process.pid is not None
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
    assert os.sched_getscheduler(process.pid) == os.SCHED_BATCH


def test_chunks_are_small_at_first_and_never_large(process: SpeakingProcess) -> None:
    sizes = _samples(process, SENTENCE * 5)
    assert sizes[0] <= 0.31 * RATE  # it ends with the first word: nothing of that leaves the router before
    assert sizes[1] > sizes[0]
    assert max(sizes) < 1.1 * RATE
    assert sum(sizes) / len(sizes) > 0.2 * RATE


def test_a_stop_ends_the_text_and_the_next_is_whole(process: SpeakingProcess) -> None:
    whole = sum(_samples(process, SENTENCE))
    frames: list[Frame] = []
    process.speak(Utterance(SENTENCE * 40, VOICE), frames.append, lambda: bool(frames))
    assert len(frames) == 1
    assert sum(_samples(process, SENTENCE)) == pytest.approx(whole, rel=0.02)


def test_a_stop_that_comes_too_late_does_not_stop_the_next_text(process: SpeakingProcess) -> None:
    for text in ("a", "no", "yes") * 10:
        frames: list[Frame] = []

        def stopped(frames: list[Frame] = frames) -> bool:
            return len(frames) > 1  # about when the process is done anyway

        process.speak(Utterance(text, VOICE), frames.append, stopped)
        assert sum(_samples(process, SENTENCE)) > RATE


def test_a_text_that_brings_the_library_down_is_spoken_without_its_symbols(speak: Speak) -> None:
    # U+28FE alone ends the library while it speaks Arabic.
    spoken = speak("مرحبا بالعالم. \u28fe كيف حالك؟ طيب.", "sem/ar")
    assert spoken.said == ["مرحبا", "بالعالم.", "كيف", "حالك؟", "طيب."]
    whole = speak("مرحبا بالعالم. كيف حالك؟ طيب.", "sem/ar")
    assert spoken.samples == pytest.approx(whole.samples, rel=0.05)


def test_a_process_that_was_killed_is_replaced_and_its_text_spoken(process: SpeakingProcess) -> None:
    whole = sum(_samples(process, SENTENCE))
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    psutil.Process(first).wait()
    with pytest.raises(ProcessLost):
        _samples(process, SENTENCE)
    assert sum(_samples(process, SENTENCE)) == pytest.approx(whole, rel=0.02)
    assert process.pid != first


def test_a_process_lost_within_a_clause_fails_the_job_and_not_the_next(
    instance: EspeakInstance, speak: Speak
) -> None:
    long = Job(text="word " * 400, voice=VOICE)

    def kill(event: EngineEvent) -> None:
        pid = instance._process.pid
        if isinstance(event, Audio) and pid is not None:
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(ParlandoError) as failed:
        instance.synthesize(long, StopFlag(), kill)
    assert failed.value.reason is Reason.ENGINE_FAILED
    assert speak("one two").said == ["one", "two"]


def test_a_process_that_hangs_is_given_up() -> None:
    process = SpeakingProcess(*PATHS, stalled_after=0.2)
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(ProcessLost):
        _samples(process, SENTENCE)
    assert not psutil.pid_exists(first)
    process.close()


def test_a_stop_is_seen_while_no_frame_comes(process: SpeakingProcess) -> None:
    looks = 0

    def stopped() -> bool:
        nonlocal looks
        looks += 1
        if looks > 3:
            os.kill(pid, signal.SIGCONT)
        return looks > 3

    assert process.pid is not None
    pid = process.pid
    os.kill(pid, signal.SIGSTOP)
    process.speak(Utterance(SENTENCE, VOICE), lambda _: None, stopped)
    assert looks == 4


def test_a_reader_that_fails_does_not_spoil_the_next_text(process: SpeakingProcess) -> None:
    def fail(_: Frame) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        process.speak(Utterance(SENTENCE * 20, VOICE), fail, _never)
    assert sum(_samples(process, "yes")) < RATE


def test_a_voice_that_is_not_there_is_refused(process: SpeakingProcess) -> None:
    with pytest.raises(TextRefused):
        process.speak(Utterance("a", "no/such"), lambda _: None, _never)
    assert sum(_samples(process, "yes")) > 0


def test_a_library_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path: os.PathLike[str]) -> None:
    for library, data in ((PATHS[1], PATHS[1]), (PATHS[0], os.fspath(tmp_path))):
        with pytest.raises(ProcessLost):
            SpeakingProcess(library, data)


def test_signals_to_the_group_leave_the_work_to_the_worker(process: SpeakingProcess) -> None:
    assert process.pid is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(process.pid, number)
    assert sum(_samples(process, "yes")) > 0


def test_closing_ends_the_process() -> None:
    instance = EspeakEngine(instances=1).open()
    pid = instance._process.pid
    assert pid is not None
    instance.close()
    instance.close()
    assert not psutil.pid_exists(pid)


_OWNER = """
import sys
from parlando_espeak.engine import EspeakEngine
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag
instance = EspeakEngine(instances=1).open()
print(instance._process.pid, flush=True)
while True:
    instance.synthesize(Job(text="word " * 500, voice="gmw/en-US"), StopFlag(), lambda event: None)
"""


def test_the_process_goes_with_its_owner_even_when_that_is_killed() -> None:
    owner = subprocess.Popen([sys.executable, "-c", _OWNER], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    child = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.wait()
    owner.stdout.close()
    child.wait(timeout=10)


def test_instances_speak_at_the_same_time_and_do_not_mix() -> None:
    engine = EspeakEngine(instances=2)
    voices = ("gmw/en-US", "roa/fr")
    instances = [engine.open() for _ in voices]
    alone = [_length(instance, voice) for instance, voice in zip(instances, voices, strict=True)]
    together: list[list[int]] = [[], []]

    def run(number: int) -> None:
        for _ in range(10):
            together[number].append(_length(instances[number], voices[number]))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for instance in instances:
        instance.close()
    for number in range(2):
        assert together[number] == [pytest.approx(alone[number], rel=0.02)] * 10


def test_many_texts_do_not_grow_the_process(instance: EspeakInstance) -> None:
    voices = ("gmw/en-US", "roa/fr", "gmw/de+f3", "sit/cmn")
    speak: Callable[[str], int] = lambda voice: _length(instance, voice)  # noqa: E731  # short for the loops
    for voice in voices * 3:
        speak(voice)
    assert instance._process.pid is not None
    process = psutil.Process(instance._process.pid)
    before = process.memory_info().rss
    for number in range(500):
        speak(voices[number % 4])
    assert process.memory_info().rss - before < 1_000_000
    assert process.memory_info().rss < 40_000_000


def _length(instance: EspeakInstance, voice: str) -> int:
    made: list[int] = []
    instance.synthesize(
        Job(text="One fox, two birds.", voice=voice),
        StopFlag(),
        lambda event: made.append(len(event.pcm) // 2) if isinstance(event, Audio) else None,
    )
    return sum(made)
