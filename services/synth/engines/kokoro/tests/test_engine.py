"""What Kokoro does beyond the contract."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto
from slowing import slow_down
from tiny import write_network

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_kokoro.engine import KokoroEngine, KokoroInstance
from parlando_kokoro.model import Model
from parlando_kokoro.network import SAMPLE_RATE
from parlando_kokoro.settings import KokoroSettings
from parlando_synth.events import Audio, EngineEvent, Progress, Started, Words
from parlando_synth.job import Job, TextKind
from parlando_synth.networks import session
from parlando_synth.spelling import SpellingProcess
from parlando_synth.stop_flag import StopFlag

_LONG = "Every evening the old keeper climbed the hundred steps to light the great lamp. " * 12


@pytest.fixture
def instance(folder: Path) -> Iterator[KokoroInstance]:
    engine = KokoroEngine(
        KokoroSettings(model=folder / "tiny.onnx", voices=folder / "voices.bin", threads=1, live=1)
    )
    instance = engine.open()
    yield instance
    instance.close()


def test_it_may_be_silent_for_as_long_as_a_first_run_may_take(folder: Path) -> None:
    settings = KokoroSettings(
        model=folder / "tiny.onnx", voices=folder / "voices.bin", threads=1, first_run_seconds=3, runs=2
    )
    engine = KokoroEngine(settings)
    instance = engine.open()
    assert engine.describe().longest_silence >= 6.0
    instance.close()


def speak(instance: KokoroInstance, job: Job) -> list[EngineEvent]:
    events: list[EngineEvent] = []
    instance.synthesize(job, StopFlag(), events.append)
    return events


def samples(events: list[EngineEvent]) -> np.ndarray:
    return np.frombuffer(b"".join(event.pcm for event in events if isinstance(event, Audio)), "<i2")


@pytest.mark.parametrize(("asked", "done"), [(0.5, 1.0), (0.75, 1.0), (1.25, 1.0), (1.75, 2.0), (2.0, 2.0)])
def test_a_network_of_whole_speeds_takes_the_nearest_that_is_one(
    folder: Path, tmp_path: Path, asked: float, done: float
) -> None:
    network = write_network(tmp_path / "whole.onnx", speed=TensorProto.INT32)
    engine = KokoroEngine(KokoroSettings(model=network, voices=folder / "voices.bin", threads=1, live=1))
    instance = engine.open()
    events = speak(instance, Job("Orange lamps.", "af_heart", speed=asked))
    assert isinstance(events[0], Started)
    assert events[0].ignored == (("prosody.speed",) if asked != done else ())
    plain = speak(instance, Job("Orange lamps.", "af_heart", speed=done))
    assert len(samples(events)) == len(samples(plain))
    instance.close()


def test_a_long_text_is_spoken_in_runs(instance: KokoroInstance) -> None:
    events = speak(instance, Job(_LONG, "af_heart"))
    assert sum(isinstance(event, Audio) for event in events) > 3
    words = [word for event in events if isinstance(event, Words) for word in event.words]
    assert [_LONG[word.spoken.start : word.spoken.end] for word in words] == [
        word.strip(".") for word in _LONG.split()
    ]
    assert {word.quality for word in words} == {TimingQuality.EXACT}
    assert words[-1].end_sample <= len(samples(events))


def test_a_word_is_where_its_sound_is(instance: KokoroInstance) -> None:
    events = speak(instance, Job("one, two, three.", "af_heart"))
    heard = np.abs(samples(events).astype(np.int32)) > 500
    words = [word for event in events if isinstance(event, Words) for word in event.words]
    assert len(words) == 3
    inside = np.zeros(len(heard), dtype=bool)
    for word in words:
        inside[word.first_sample : word.end_sample] = True
    assert heard[inside].mean() > 0.8
    assert heard[~inside].mean() < 0.1


def test_no_run_begins_or_ends_with_a_click(instance: KokoroInstance) -> None:
    events = speak(instance, Job(_LONG, "af_heart"))
    for event in events:
        if isinstance(event, Audio):
            run = np.frombuffer(event.pcm, "<i2")
            assert run[0] == 0
            assert abs(int(run[-1])) < 500


def test_a_stop_ends_a_run_that_is_under_way(folder: Path) -> None:
    model = Model(folder / "tiny.onnx", threads=1)
    stop = StopFlag()
    stop.set()
    style = np.zeros((1, 256), np.float32)
    assert model.run([1] * 20, style, 1.0, stop) is None
    run = model.run([20, 21], style, 1.0, StopFlag())
    assert run is not None
    assert run.edges is not None
    assert (run.edges[0], run.edges[-1]) == (0, run.length)


def test_a_stop_ends_a_run_between_two_of_its_nodes(tmp_path: Path) -> None:
    path = write_network(tmp_path / "slow.onnx")
    slow_down(path, steps=600)  # many seconds, if nothing ends it
    model, stop = Model(path, threads=1), StopFlag()
    runs: list[object] = []
    style = np.zeros((1, 256), np.float32)
    running = threading.Thread(target=lambda: runs.append(model.run([20] * 160, style, 1.0, stop)))
    running.start()
    running.join(0.2)
    assert running.is_alive()
    stop.set()
    running.join()
    assert runs == [None]


def test_threads_stay_as_many_as_they_are_told_to_be_and_do_not_spin(folder: Path) -> None:
    options = session(folder / "tiny.onnx", threads=3).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (3, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_what_a_network_was_made_of_is_not_kept(folder: Path) -> None:
    content = (folder / "tiny.onnx").read_bytes()
    assert content not in vars(session(content, threads=1)).values()


def test_every_language_of_the_voices_is_spoken(folder: Path, tmp_path: Path) -> None:
    names = [f"{language}f_{language * 3}" for language in "abefhijpz"]
    with (tmp_path / "voices.bin").open("wb") as file:
        styles = {name: np.zeros((510, 1, 256), np.float32) for name in names}
        np.savez_compressed(file, allow_pickle=False, **styles)
    voices = tmp_path / "voices.bin"
    engine = KokoroEngine(KokoroSettings(model=folder / "tiny.onnx", voices=voices, threads=1, live=1))
    instance = engine.open()
    assert [voice.id for voice in engine.voices()] == names
    for name in names:
        told = engine.phonemize(Job("Alma, 2.", name))
        assert [bool(word.phonemes) for word in told.words] == [True, True], name
        assert len(samples(speak(instance, Job("Alma, 2.", name)))) > SAMPLE_RATE / 4
    spoken = {engine.phonemize(Job("2", name)).phonemes for name in names}
    assert len(spoken) > 6  # a number is read in the language of the voice
    instance.close()


def test_it_tells_how_far_it_is(instance: KokoroInstance) -> None:
    progress = [
        event.fraction for event in speak(instance, Job(_LONG, "af_heart")) if isinstance(event, Progress)
    ]
    assert len(progress) > 3
    assert progress == sorted(progress)
    assert progress[-1] == 1


def test_mixtures_and_phonemes_are_spoken(instance: KokoroInstance) -> None:
    job = Job("həlˈO wˈɜɹld", "af_heart(1)+am_adam(1)", text_kind=TextKind.PHONEMES)
    events = speak(instance, job)
    assert isinstance(events[0], Started)
    assert events[0].voice == "af_heart(1)+am_adam(1)"
    assert len(samples(events)) > SAMPLE_RATE / 2


def test_phonemes_that_are_told_are_spoken_as_the_text_is(folder: Path) -> None:
    engine = KokoroEngine(KokoroSettings(model=folder / "tiny.onnx", voices=folder / "voices.bin", threads=1))
    instance = engine.open()
    text = 'The 21 lamps of the "old" house, [Kokoro](/kˈOkəɹO/): all were lit.'
    told = engine.phonemize(Job(text, "bf_emma"))
    assert told.voice == "bf_emma"
    written = {text[word.spoken.start : word.spoken.end]: word.phonemes for word in told.words}
    assert written["Kokoro"] == "kˈOkəɹO"
    assert written["21"] == "twˈɛnti wˈɒn"
    again = engine.phonemize(Job(told.phonemes, "bf_emma", text_kind=TextKind.PHONEMES))
    assert again.phonemes == told.phonemes
    assert len(again.words) == len(told.words) + 1  # twenty-one
    instance.close()


def test_phonemes_that_the_network_does_not_know_are_named(instance: KokoroInstance) -> None:
    for given, ignored in (("kˈOkəɹO", ()), ("k2kəɹO", ("text",))):
        events = speak(instance, Job(f"I like [Kokoro](/{given}/).", "af_heart"))
        assert isinstance(events[0], Started)
        assert events[0].ignored == ignored


def test_the_speller_is_started_anew_when_it_is_lost() -> None:
    speller = SpellingProcess("parlando_kokoro.speller")
    running = speller._running
    assert running is not None
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    assert speller.spell("en-us", ["ready"]) == speller.spell("en-us", ["ready"])
    speller.close()
    assert not Path(f"/proc/{running.process.pid}").exists()


def test_many_may_spell_at_once() -> None:
    speller = SpellingProcess("parlando_kokoro.speller")
    spelled: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: spelled.append(speller.spell("en-us", ["one", "two"])))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(spelled) == 8
    assert all(each == spelled[0] for each in spelled)
    speller.close()


@pytest.mark.parametrize("content", [None, b"", b"not a network"])
def test_what_is_no_network_is_refused(folder: Path, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "kokoro.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ParlandoError) as refused:
        KokoroEngine(KokoroSettings(model=path, voices=folder / "voices.bin")).open()
    assert refused.value.reason is (Reason.MODEL_NOT_FOUND if content is None else Reason.ENGINE_FAILED)
    assert "parlando models fetch kokoro" in refused.value.message
