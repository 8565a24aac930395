"""What Piper does beyond the contract."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from piper import PiperVoice, SynthesisConfig
from tiny import HOP, RATE, write_voice

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_piper.engine import PiperEngine, PiperInstance
from parlando_piper.network import Network, Run
from parlando_piper.scales import scales
from parlando_piper.settings import PiperSettings
from parlando_piper.shelf import Shelf
from parlando_piper.voices import VoiceFolder
from parlando_synth.events import Audio, EngineEvent, Started, Words
from parlando_synth.job import Job, TextKind
from parlando_synth.spelling import SpellingProcess
from parlando_synth.stop_flag import StopFlag

TINY, CHOIR = "en_US-tiny-low", "en_GB-choir-medium"
FOUR = "The first is short. The second one is longer, I think! Is the third? The fourth ends it."


def speak(instance: PiperInstance, job: Job) -> list[EngineEvent]:
    events: list[EngineEvent] = []
    instance.synthesize(job, StopFlag(), events.append)
    return events


def samples(events: Iterable[EngineEvent]) -> NDArray[np.int16]:
    return np.frombuffer(b"".join(event.pcm for event in events if isinstance(event, Audio)), "<i2")


def words(events: Iterable[EngineEvent]) -> list[SpokenWord]:
    return [word for event in events if isinstance(event, Words) for word in event.words]


@pytest.mark.parametrize(
    "text", [FOUR, "Dr. Smith paid 1,000 at 10:45; all of it, twice: yes! Every evening the old man read."]
)
def test_it_says_what_piper_says(instance: PiperInstance, folder: Path, text: str) -> None:
    bare = PiperVoice.load(folder / f"{TINY}.onnx")
    expected = [
        chunk.audio_int16_array for chunk in bare.synthesize(text, SynthesisConfig(normalize_audio=False))
    ]
    events = speak(instance, Job(text, TINY))
    made = [np.frombuffer(event.pcm, "<i2") for event in events if isinstance(event, Audio)]
    assert [len(each) for each in made] == [len(each) for each in expected]
    assert all(np.abs(a - b).max() <= 1 for a, b in zip(made, expected, strict=True))


@dataclass
class Counted:
    """A network that notes which runs were begun."""

    network: Network
    begun: list[str] = field(default_factory=list)

    @property
    def timed(self) -> bool:
        return self.network.timed

    def run(self, symbols: str, scales: SynthesisConfig, stop: StopFlag) -> Run | None:
        self.begun.append(symbols)
        return self.network.run(symbols, scales, stop)


def test_a_sentence_is_heard_before_the_next_is_made(instance: PiperInstance, folder: Path) -> None:
    shelf = instance._loaded.shelf
    counted = Counted(shelf._networks[folder / f"{TINY}.onnx"].result())
    shelf._networks[folder / f"{TINY}.onnx"] = Future()
    shelf._networks[folder / f"{TINY}.onnx"].set_result(counted)  # type: ignore[arg-type]  # as good as one
    begun: list[int] = []
    stop = StopFlag()

    def hear(event: EngineEvent) -> None:
        if isinstance(event, Audio):
            begun.append(len(counted.begun))
            if len(begun) == 3:
                stop.set()

    instance.synthesize(Job(FOUR, TINY), stop, hear)
    assert begun == [1, 2, 3]
    assert len(counted.begun) == 3


def test_a_stop_ends_a_run_that_is_under_way(folder: Path) -> None:
    speaker = VoiceFolder(folder).speaker(TINY)
    assert speaker is not None
    network = Network(speaker.path, speaker.config, threads=1)
    stop = StopFlag()
    stop.set()
    assert network.run("abc" * 50, SynthesisConfig(), stop) is None
    assert network.run("abc", SynthesisConfig(), StopFlag()) is not None


def test_a_word_is_where_its_sound_is(instance: PiperInstance) -> None:
    text = "of the house, two 21 three."
    events = speak(instance, Job(text, TINY))
    timed = words(events)
    assert [text[word.spoken.start : word.spoken.end] for word in timed] == [
        "of",
        "the",
        "house",
        "two",
        "21",
        "three",
    ]
    assert {word.quality for word in timed} == {TimingQuality.EXACT}
    inside = np.zeros(len(samples(events)), dtype=bool)
    for word in timed:
        inside[word.first_sample : word.end_sample] = True
    # All that sounds is in a word, but for the step of the sine that a symbol ends with.
    assert np.count_nonzero(samples(events)[~inside]) <= 2
    assert all(word.sample_count >= HOP for word in timed)


def test_estimated_times_lie_in_what_is_heard(tmp_path: Path) -> None:
    write_voice(tmp_path, timed=False)
    instance = PiperEngine(PiperSettings(voices=tmp_path, threads=1, live=1)).open()
    events = speak(instance, Job("one two three.", TINY))
    started = events[0]
    assert isinstance(started, Started)
    assert started.timing_quality is TimingQuality.ESTIMATED
    loud = np.flatnonzero(samples(events))
    assert (words(events)[0].first_sample, words(events)[-1].end_sample <= loud[-1] + 1) == (loud[0], True)
    instance.close()


def test_vowels_that_a_voice_knows_as_one_are_one(tmp_path: Path) -> None:
    path = write_voice(tmp_path)
    about = path.with_name(f"{path.name}.json")
    about.write_text(json.dumps(json.loads(about.read_text()) | {"vowel_clusters": [["a", "ɪ"]]}))
    instance = PiperEngine(PiperSettings(voices=tmp_path, threads=1, live=1)).open()
    merged = speak(instance, Job("I like it.", TINY))
    bare = PiperVoice.load(path)
    expected = [
        each.audio_int16_array
        for each in bare.synthesize("I like it.", SynthesisConfig(normalize_audio=False))
    ]
    assert len(samples(merged)) == sum(map(len, expected))
    assert len(words(merged)) == 3
    instance.close()


def test_speakers_speak_with_their_own_voices(instance: PiperInstance) -> None:
    amy, cleo = (samples(speak(instance, Job(FOUR, f"{CHOIR}#{name}"))) for name in ("amy", "cleo"))
    assert len(amy) == len(cleo)
    assert np.abs(amy.astype(np.int32) - cleo).max() > 1000


def test_options_change_the_length(instance: PiperInstance) -> None:
    usual, slow, both = (
        len(samples(speak(instance, Job(FOUR, TINY, speed=speed, options=options))))
        for speed, options in ((1, {}), (1, {"length_scale": "2"}), (2, {"length_scale": "2"}))
    )
    assert usual == both
    assert slow > 1.5 * usual


@dataclass
class Noted:
    """A session that notes the scales it is run with."""

    session: Any
    scales: list[float] = field(default_factory=list)

    def run(self, names: Any, inputs: Any, options: Any) -> Any:
        self.scales = inputs["scales"].tolist()
        return self.session.run(names, inputs, options)


@pytest.mark.parametrize(
    ("speed", "options", "expected"),
    [
        (1.0, {}, [0.667, 1.0, 0.8]),
        (2.0, {"length_scale": "3", "noise_scale": "0.25", "noise_w_scale": "0.5"}, [0.25, 1.5, 0.5]),
    ],
)
def test_the_network_is_told_of_length_and_noise(
    folder: Path, speed: float, options: dict[str, str], expected: list[float]
) -> None:
    speaker = VoiceFolder(folder).speaker(TINY)
    assert speaker is not None
    network = Network(speaker.path, speaker.config, threads=1)
    noted = network._session = Noted(network._session)
    assert network.run("abc", scales(speaker.config, None, speed, options), StopFlag()) is not None
    assert noted.scales == pytest.approx(expected)


def test_threads_are_as_many_as_it_was_told_and_spin_within_runs_alone(folder: Path) -> None:
    speaker = VoiceFolder(folder).speaker(TINY)
    assert speaker is not None
    told = Shelf(most=1, threads=3).network(speaker)._session.get_session_options()
    assert (told.intra_op_num_threads, told.inter_op_num_threads) == (3, 1)
    assert told.get_session_config_entry("session.intra_op.spin_duration_us") == "300"
    assert told.get_session_config_entry("session.force_spinning_stop") == "1"


@pytest.mark.parametrize("value", ["", "fast", "nan", "-1", "99"])
@pytest.mark.parametrize("name", ["length_scale", "noise_scale", "noise_w_scale"])
def test_options_out_of_range_are_refused(instance: PiperInstance, name: str, value: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        speak(instance, Job("one", TINY, options={name: value}))
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, f"engine_options.{name}")


def test_phonemes_are_spoken(instance: PiperInstance) -> None:
    events = speak(instance, Job("həlˈoʊ, wˈɜːld!", TINY, text_kind=TextKind.PHONEMES))
    assert len(words(events)) == 2
    assert len(samples(events)) > RATE / 4


def test_a_voice_of_letters_needs_no_speller(tmp_path: Path) -> None:
    path = write_voice(tmp_path)
    about = path.with_name(f"{path.name}.json")
    about.write_text(json.dumps(json.loads(about.read_text()) | {"phoneme_type": "text"}))
    instance = PiperEngine(PiperSettings(voices=tmp_path, threads=1, live=1)).open()
    expected = next(iter(PiperVoice.load(path).synthesize("né, so", SynthesisConfig(normalize_audio=False))))
    assert len(samples(speak(instance, Job("né, so", TINY)))) == len(expected.audio_int16_array)
    instance.close()


def test_a_text_that_brings_the_library_down_costs_nobody_else(instance: PiperInstance) -> None:
    deadly = "A.B.C.D." * 100  # mostly ends the embedded espeak-ng by a segmentation fault
    speller = instance._loaded.speller
    for _ in range(20):
        assert len(words(speak(instance, Job(FOUR, TINY)))) == 18
        spelling = speller._running
        assert spelling is not None
        timed = words(speak(instance, Job(deadly, TINY)))  # without its dots it can be spoken
        assert [word.spoken.start for word in timed] == [0]
        if speller._running is not spelling:
            break
        speller.close()  # what it wrote over was nothing that counts: the next one's memory lies elsewhere
    assert spelling.process.returncode == -signal.SIGSEGV
    assert len(words(speak(instance, Job(FOUR, TINY)))) == 18


def test_arabic_is_spelled_with_its_vowels() -> None:
    speller = SpellingProcess("parlando_piper.speller")
    (bare,) = speller.spell("ar", ["كتب"])
    assert "u" in bare
    speller.close()


def test_networks_are_let_go_of_and_loaded_once(folder: Path) -> None:
    voices, shelf = VoiceFolder(folder), Shelf(most=1, threads=1)
    tiny, amy = voices.speaker(TINY), voices.speaker(f"{CHOIR}#amy")
    assert tiny is not None
    assert amy is not None
    loaded: list[Network] = []
    threads = [threading.Thread(target=lambda: loaded.append(shelf.network(tiny))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {id(network) for network in loaded} == {id(shelf.network(tiny))}
    shelf.network(amy)
    assert list(shelf._networks) == [amy.path]
    assert shelf.network(tiny) is not loaded[0]
    assert shelf.longest_silence > 0


def test_slow_speech_is_cut_so_that_no_run_takes_longer(instance: PiperInstance) -> None:
    text = "one two three four five " * 20
    usual, slow = (speak(instance, Job(text, TINY, speed=speed)) for speed in (1.0, 0.5))

    def longest(events: list[EngineEvent]) -> int:
        return max(len(event.pcm) for event in events if isinstance(event, Audio))

    assert longest(slow) < longest(usual) * 1.2


@pytest.mark.parametrize("content", [b"", b"not a network"])
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    write_voice(tmp_path).write_bytes(content)
    for _ in range(2):  # and is not remembered
        with pytest.raises(ParlandoError) as refused:
            PiperEngine(PiperSettings(voices=tmp_path)).open()
        assert refused.value.reason is Reason.ENGINE_FAILED
        assert f"parlando models fetch piper:{TINY}" in refused.value.message
