"""A long text in windows, with the prosody of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from tiny import write_network_in_layers

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.cutting import halves
from parlando_kokoro.engine import KokoroEngine
from parlando_kokoro.model import Model
from parlando_kokoro.network import Run
from parlando_kokoro.settings import KokoroSettings
from parlando_kokoro.windowed import FRAME, WindowedModel
from parlando_synth.events import Audio, EngineEvent, Words
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag

Statistics = Sequence[NDArray[np.float32]]

STYLE = np.full((1, 256), 0.1, np.float32)
SHORT = [20, 30, 40]
LONG = [20 + number * 7 % 100 for number in range(90)]


@pytest.fixture(scope="module")
def path(folder: Path) -> Path:
    return write_network_in_layers(folder / "layers.onnx")


def speak(model: Model, symbols: list[int], stop: StopFlag | None = None) -> Run:
    run = model.run(symbols, STYLE, 1.0, stop or StopFlag())
    assert run is not None
    return run


def decibels(whole: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return how far below a signal its difference from another is."""
    return float(10 * np.log10(np.square(whole).sum() / np.square(whole - other).sum()))


def test_what_fits_in_a_window_is_what_the_whole_network_says(path: Path) -> None:
    whole, windowed = speak(Model(path, threads=1), SHORT), speak(WindowedModel(path, threads=1), SHORT)
    assert whole.edges is not None
    assert windowed.edges is not None
    assert np.array_equal(whole.edges, windowed.edges)
    (window,) = windowed.windows
    assert len(window) == windowed.length == whole.length
    assert decibels(next(whole.windows), window) > 90


def test_windows_follow_one_another_and_stay_near_the_whole(path: Path) -> None:
    whole, windowed = speak(Model(path, threads=1), LONG), speak(WindowedModel(path, threads=1), LONG)
    windows = list(windowed.windows)
    assert [len(window) // FRAME for window in windows] == [20, 30, 45, 67, 100, 106]
    assert sum(map(len, windows)) == windowed.length == whole.length
    assert decibels(next(whole.windows), np.concatenate(windows)) > 20


def test_with_the_statistics_of_the_whole_windows_are_the_whole(path: Path) -> None:
    cut = halves(onnx.load(path))
    prosody, decoder = (ort.InferenceSession(half.SerializeToString()) for half in (cut.prosody, cut.decoder))
    symbols = np.array([[0, *LONG, 0]])
    asr, pitch, energy, source, _ = prosody.run(
        None, {"input_ids": symbols, "style": STYLE, "speed": np.ones(1, np.float32)}
    )

    def decode(start: int, end: int, statistics: Statistics, weight: float) -> Statistics:
        inputs = {
            cut.points["asr"]: asr[:, :, start:end],
            cut.points["pitch"]: pitch[:, :, 2 * start : 2 * end],
            cut.points["energy"]: energy[:, :, 2 * start : 2 * end],
            cut.points["source"]: source[:, :, 120 * start : 120 * end + 1],
            "style": STYLE,
            "mean": statistics[0],
            "variance": statistics[1],
            "weight": np.array([weight], np.float32),
        }
        made: Statistics = decoder.run(None, inputs)
        return made

    frames = asr.shape[2]
    unknown = np.zeros((1, cut.norms, 1), np.float32)
    whole, *statistics = decode(0, frames, (unknown, unknown), 1.0)
    middle, *_ = decode(94, 206, (statistics[0], statistics[1]), 0.0)
    assert decibels(whole[100 * FRAME : 200 * FRAME], middle[6 * FRAME : -6 * FRAME]) > 80


def test_a_window_is_made_when_it_is_asked_for_and_a_stop_ends_them(path: Path) -> None:
    stop = StopFlag()
    run = speak(WindowedModel(path, threads=1), LONG, stop)
    assert len(next(run.windows)) == 20 * FRAME
    stop.set()
    assert list(run.windows) == []
    assert WindowedModel(path, threads=1).run(LONG, STYLE, 1.0, stop) is None


def test_a_sentence_is_heard_before_it_is_made(path: Path, folder: Path) -> None:
    engine = KokoroEngine(
        KokoroSettings(model=path, voices=folder / "voices.bin", threads=1, live=1, windowed=True)
    )
    instance = engine.open()
    text = "Every evening the old keeper climbed the hundred steps to light the great lamp. It shone."
    events: list[EngineEvent] = []
    instance.synthesize(Job(text, "af_heart"), StopFlag(), events.append)
    audio = [len(event.pcm) // 2 for event in events if isinstance(event, Audio)]
    assert len(audio) >= 5  # windows of the first sentence, and the second
    words = [word for event in events if isinstance(event, Words) for word in event.words]
    assert [text[word.spoken.start : word.spoken.end] for word in words] == text.replace(".", "").split()
    assert all(one.end_sample <= two.first_sample for one, two in pairwise(words))
    # A word comes with the window that it ends in.
    made = 0
    for event in events:
        made += len(event.pcm) // 2 if isinstance(event, Audio) else 0
        if isinstance(event, Words):
            assert all(word.end_sample <= made for word in event.words)
    instance.close()


def test_a_network_without_the_layers_is_refused(folder: Path) -> None:
    with pytest.raises(ParlandoError, match="KOKORO_WINDOWED") as refused:
        WindowedModel(folder / "tiny.onnx", threads=1)
    assert refused.value.reason is Reason.ENGINE_FAILED
