"""Both detectors by the same tests, on the clock of the audio; the short form of `bench/barge_in.py`."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from barge_in import false_starts, percentile, run_trials, starts
from sayings import recorded, synthesised
from sounds import RATE, Sound, at_level, pink, white
from talk import encoded, pieces

from parlando_edge.barge_in import silero
from parlando_edge.barge_in.detector import Samples, SpeechDetector
from parlando_edge.barge_in.ear import Ear
from parlando_edge.barge_in.loudness import LoudnessDetector
from parlando_edge.barge_in.samples import Resampler, decode
from parlando_edge.barge_in.sound import Sound as Piece
from parlando_edge.barge_in.turns import FRAME_MS, Detection, SpeechBegan, SpeechEnded, TurnDetector
from parlando_edge.formats import REALTIME_FORMATS

NewDetector = Callable[[], SpeechDetector]
PCM = REALTIME_FORMATS["audio/pcm"]


@pytest.fixture(scope="module")
def sentences() -> list[Sound]:
    return [saying.sound for saying in synthesised(1)]


@pytest.fixture(scope="module", params=["silero", "loudness"])
def detector(request: pytest.FixtureRequest) -> NewDetector:
    return LoudnessDetector if request.param == "loudness" else by_silero()


def by_silero() -> NewDetector:
    return partial(silero.SileroDetector, silero.load())


def after_silence(speech: Sound, seconds: float = 1.0) -> Sound:
    """Return speech between two silences of a quiet room."""
    room = white(int(seconds * RATE), np.random.default_rng(5)) * np.float32(3e-4)
    return np.concatenate([room, at_level(speech, -23), room])


def test_clear_speech_begins_and_ends_once_each(detector: NewDetector, sentences: list[Sound]) -> None:
    for audio in REALTIME_FORMATS.values():
        ear = Ear(detector)
        speech = sentences[0]
        told = [
            edge for piece in pieces(encoded(after_silence(speech), audio), audio) for edge in ear.hear(piece)
        ]
        began, ended = told
        assert isinstance(began, SpeechBegan)
        assert isinstance(ended, SpeechEnded)
        assert 700 <= began.at_ms <= 900  # it begins at 1,000, less 300 of padding
        assert ended.at_ms >= 1_000 + 500


def test_steady_noise_and_silence_are_no_speech(detector: NewDetector) -> None:
    random = np.random.default_rng(3)
    for make in (white, pink):
        for level in (-60, -33, -15):
            assert starts(detector, at_level(make(4 * RATE, random), level), PCM) == []
    assert starts(detector, np.zeros(4 * RATE, np.float32), PCM) == []


def test_a_synthesised_user_is_heard_in_noise_within_150_ms() -> None:
    trials = run_trials(by_silero(), synthesised(24))
    assert not any(trial.early for trial in trials)
    assert max(trial.latency_ms for trial in trials) <= 150


def test_a_recorded_user_is_heard_in_noise_and_most_within_150_ms() -> None:
    trials = run_trials(by_silero(), recorded(33 * 3))  # each in all three noises
    latencies = [trial.latency_ms for trial in trials]
    assert not any(trial.early for trial in trials)
    assert len({trial.name for trial in trials}) == 33
    assert percentile(latencies, 0.95) <= 150
    assert max(latencies) <= 250, "first sounds that are no louder than the noise"


def test_noises_music_and_silence_are_no_false_start() -> None:
    assert set(false_starts(by_silero(), seconds=40).values()) == {0}


def test_below_the_floor_nothing_is_speech(detector: NewDetector, sentences: list[Sound]) -> None:
    quiet = after_silence(sentences[0]) * np.float32(10 ** (-30 / 20))  # what is left of an echo: -53 dB
    assert starts(detector, quiet, PCM, floor=10 ** (-45 / 20)) == []
    assert starts(detector, after_silence(sentences[0]), PCM, floor=10 ** (-45 / 20)) != []
    assert starts(detector, after_silence(sentences[0]), PCM, floor=float("inf")) == []


def test_where_audio_was_left_out_hearing_begins_anew(sentences: list[Sound]) -> None:
    ear = Ear(by_silero())
    sound = list(pieces(encoded(after_silence(sentences[0]), PCM), PCM))
    began = [edge for piece in sound[:80] for edge in ear.hear(piece)]
    assert [type(edge) for edge in began] == [SpeechBegan]
    rest = [edge for piece in sound[-40:] for edge in ear.hear(piece)]  # silence, long after
    assert rest == [SpeechEnded(round(80 * 20 // FRAME_MS * FRAME_MS))]  # where hearing broke off


class Steady:
    """Gives every frame one score."""

    def __init__(self, score: float) -> None:
        self._score = score

    def score(self, frame: Samples) -> float:
        """Return it."""
        del frame
        return self._score


def test_speech_that_goes_on_in_another_format_ends_and_begins_again() -> None:
    ear = Ear(partial(Steady, 0.9))
    mulaw = REALTIME_FORMATS["audio/pcmu"]
    first = ear.hear(Piece(bytes(4_800), PCM, 0, Detection()))
    second = ear.hear(Piece(bytes(800), mulaw, 100, Detection()))
    assert [type(edge) for edge in first] == [SpeechBegan]
    assert [type(edge) for edge in second] == [SpeechEnded, SpeechBegan]


@pytest.mark.parametrize("threshold", [0.0, 0.005, 0.1, 0.15])
def test_however_low_the_threshold_speech_ends_in_silence(threshold: float) -> None:
    turns, detection = TurnDetector(), Detection(threshold, prefix_ms=0, silence_ms=64)
    scores = [0.0, 0.9, 0.9, 0.002, 0.0, 0.0]
    edges = [edge for score in scores if (edge := turns.hear(score, detection))]
    assert edges == [SpeechBegan(32), SpeechEnded(5 * 32)]


def test_below_the_floor_nothing_begins_even_where_the_threshold_is_0() -> None:
    ear = Ear(partial(Steady, 0.9))
    loud = (np.ones(2_400) * 9_000).astype("<i2").tobytes()
    heard = Piece(loud, PCM, 0, Detection(threshold=0))
    assert ear.hear(replace(heard, floor=float("inf"))) == []
    assert [type(edge) for edge in ear.hear(replace(heard, at_ms=100))] == [SpeechBegan]


def test_speech_begins_with_padding_that_reaches_no_further_than_the_end_before() -> None:
    turns = TurnDetector()
    detection = Detection(0.5, prefix_ms=300, silence_ms=64)
    scores = [0.0] * 20 + [0.9, 0.4, 0.3, 0.2, 0.9]
    edges = [edge for score in scores if (edge := turns.hear(score, detection))]
    first = round(20 * FRAME_MS)
    assert edges == [
        SpeechBegan(first - 300),
        SpeechEnded(first + 4 * 32),
        SpeechBegan(first + 4 * 32),
    ]


@pytest.mark.parametrize("rate", [8_000, 24_000])
def test_the_resampler_keeps_what_is_heard_however_it_is_cut(rate: int) -> None:
    time = np.arange(rate) / rate
    tone = np.asarray(0.5 * np.sin(2 * np.pi * 440 * time), np.float32)
    whole = Resampler(rate).resample(tone)
    cut, stream = Resampler(rate), itertools.pairwise([0, 7, 8, 8, 500, 501, 5_000, rate])
    parts = np.concatenate([cut.resample(tone[start:end]) for start, end in stream])
    assert np.allclose(whole, parts, atol=1e-6)
    assert abs(len(whole) - RATE) <= 1
    delay = 24 / 48_000 if rate == 24_000 else 24 / 16_000
    expected = 0.5 * np.sin(2 * np.pi * 440 * (np.arange(len(whole)) / RATE - delay))
    assert np.abs(whole - expected)[200:].max() < 0.01


def test_the_resampler_lets_nothing_through_that_would_be_heard_as_something_else() -> None:
    tone = np.asarray(np.sin(2 * np.pi * 10_500 * np.arange(24_000) / 24_000), np.float32)
    assert np.abs(Resampler(24_000).resample(tone))[200:].max() < 0.05


def test_g711_is_decoded_as_its_tables_say() -> None:
    mulaw, alaw = REALTIME_FORMATS["audio/pcmu"], REALTIME_FORMATS["audio/pcma"]
    decoded = decode(bytes([0x00, 0x80, 0xFF, 0x7F, 0xE7]), mulaw) * 32_768
    assert decoded.tolist() == [-32_124, 32_124, 0, 0, 260]
    decoded = decode(bytes([0x2A, 0xAA, 0xD5, 0x55]), alaw) * 32_768
    assert decoded.tolist() == [-32_256, 32_256, 8, -8]


def test_the_room_costs_nothing_until_somebody_is_heard() -> None:
    program = (
        "import sys, threading, parlando_edge.__main__;"
        "from parlando_edge.barge_in.room import Room, offered;"
        "room = Room(offered('silero')); listener = room.listener();"
        "print(room.detector, threading.active_count(),"
        " *sorted({'numpy', 'onnxruntime', 'silero_vad', 'torch'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["silero", "1"]
