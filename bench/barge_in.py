"""How soon a user is heard, and what is taken for one who is none.

    .venv/bin/python bench/barge_in.py [--trials 200] [--minutes 10] [--live 200]

A trial is a saying at -23 dB of full scale, in noise 10 dB below it (white, pink or brown in turn), sent in
pieces of 20 ms in Realtime's three formats in turn. There are 200 recorded sayings (33 of men and women, in
tests/data/speech, each in several noises) and 200 synthesised ones, sentences by eight voices of espeak-ng.
The time of a trial runs, on the clock of the audio, from the end of the saying's first 20 ms until the end
of the piece with which speech was known to have begun. A synthesised saying begins with the first 20 ms
that are at most 40 dB below its level, a recorded one, which has a room of its own, with those at most 20
dB below. False starts are counted in noises, in what is like music and in silence, at four levels. Silero's
model, loudness and WebRTC's detector (where webrtcvad is installed) are compared.

With --live, that many sayings, one recorded and one synthesised by turns, are spoken over the real system's
voice, in real time through Envoy, five at a time: from the sending of the piece with those first 20 ms until
`speech_started`, and from there until the last audio and until `response.done`. 200 take about two minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from barge_in_live import interruptions
from mesh import running_mesh
from sayings import Saying, in_noise, mixed, recorded, synthesised
from sounds import NOISES, RATE, Sound, at_level
from talk import PIECE_MS, encoded, pieces

from parlando_edge.barge_in import silero
from parlando_edge.barge_in.detector import SpeechDetector
from parlando_edge.barge_in.ear import Ear
from parlando_edge.barge_in.loudness import LoudnessDetector
from parlando_edge.barge_in.turns import SpeechBegan
from parlando_edge.formats import REALTIME_FORMATS, AudioFormat

BOUND_MS = 150.0
LEVELS_DB = (-50.0, -33.0, -20.0, -12.0)
_FORMATS = tuple(REALTIME_FORMATS.values())
NewDetector = Callable[[], SpeechDetector]


@dataclass(frozen=True, slots=True)
class Trial:
    """One saying in noise: ms from its first 20 ms until it was heard; whether that was before it began."""

    name: str
    latency_ms: float
    early: bool


def starts(new_detector: NewDetector, sound: Sound, audio: AudioFormat, floor: float = 0.0) -> list[float]:
    """Return when speech was known to have begun: ms of the audio that had been sent."""
    ear = Ear(new_detector)
    found = []
    for piece in pieces(encoded(sound, audio), audio, floor):
        found += [piece.at_ms + PIECE_MS for edge in ear.hear(piece) if isinstance(edge, SpeechBegan)]
    return found


def run_trials(new_detector: NewDetector, sayings: Sequence[Saying], seed: int = 1) -> list[Trial]:
    """Return what came of each saying; one that was never heard took for ever."""
    random = np.random.default_rng(seed)
    found = []
    for number, saying in enumerate(sayings):
        sound, first = in_noise(saying, number, random)
        heard = starts(new_detector, sound, _FORMATS[number // 3 % 3])
        at = min(heard, default=float("inf"))
        found.append(Trial(saying.name, at - first, early=at < first - PIECE_MS))
    return found


def false_starts(new_detector: NewDetector, seconds: float, seed: int = 2) -> dict[str, int]:
    """Return how often speech was heard in each sound that has none, together so long, silence included."""
    random = np.random.default_rng(seed)
    count = int(seconds * RATE / (len(NOISES) + 1) / len(LEVELS_DB))
    found = {}
    for name, make in NOISES.items():
        made = make(count, random)
        cries = [starts(new_detector, at_level(made, level), _FORMATS[0]) for level in LEVELS_DB]
        found[name] = sum(map(len, cries))
    silence = np.zeros(count * len(LEVELS_DB), np.float32)
    return {**found, "silence": len(starts(new_detector, silence, _FORMATS[0]))}


def percentile(values: list[float], part: float) -> float:
    """Return the value that such a part of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(np.ceil(part * len(ordered))) - 1)]


class WebRtcDetector:
    """WebRTC's detector in its strictest mode, for comparison: all three of its frames must say so."""

    def __init__(self) -> None:
        import webrtcvad  # noqa: PLC0415  # it need not be installed

        self._vad = webrtcvad.Vad(3)

    def score(self, frame: Sound) -> float:
        """Return 0 or 1."""
        pcm = (frame * 32_767).astype("<i2").tobytes()
        return float(all(self._vad.is_speech(pcm[n : n + 320], RATE) for n in (0, 320, 640)))


def report(name: str, new_detector: NewDetector, kind: str, sayings: Sequence[Saying]) -> None:
    """Print how soon one detector hears sayings of one kind."""
    began = time.process_time()
    trials = run_trials(new_detector, sayings)
    spent = time.process_time() - began
    latencies = [trial.latency_ms for trial in trials]
    late = sorted({trial.name for trial in trials if trial.latency_ms > BOUND_MS})
    seconds = sum(len(saying.sound) / RATE + 1.05 for saying in sayings)
    print(f"{name}, {kind}: {len(trials)} trials, ms until heard: {figures(latencies)}", end="; ")
    print(f"{sum(trial.early for trial in trials)} too early; {spent / seconds * 1000:.1f} ms CPU a second")
    print(f"  {sum(each > BOUND_MS for each in latencies)} later than {BOUND_MS:.0f} ms: {', '.join(late)}")


def figures(values: list[float]) -> str:
    """Return percentiles and the most."""
    told = (f"p{round(part * 100)} {percentile(values, part):.0f}" for part in (0.5, 0.9, 0.95, 0.99))
    return f"{'  '.join(told)}  max {max(values):.0f}"


def live(count: int) -> None:
    """Speak over the system's own voice, and print how soon it is silent."""
    with running_mesh() as mesh:
        began = time.monotonic()
        found = asyncio.run(interruptions(mesh.envoy, mixed(count)))
    print(f"live: {len(found)} trials in {time.monotonic() - began:.0f} s, ms")
    print(f"  until speech_started: {figures([each.heard for each in found])}")
    print(f"  from there until the last audio: {figures([each.audio for each in found])}")
    print(f"  from there until response.done: {figures([each.done for each in found])}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="How soon a user who speaks is heard.")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--live", type=int, default=0)
    options = parser.parse_args()
    if options.trials:
        kinds = {"recorded": recorded(options.trials), "synthesised": synthesised(options.trials)}
        detectors: dict[str, NewDetector] = {
            "silero": partial(silero.SileroDetector, silero.load()),
            "loudness": LoudnessDetector,
        }
        if importlib.util.find_spec("webrtcvad"):
            detectors["webrtc"] = WebRtcDetector
        for name, new_detector in detectors.items():
            for kind, sayings in kinds.items():
                report(name, new_detector, kind, sayings)
            found = false_starts(new_detector, options.minutes * 60)
            print(f"{name}: false starts in {options.minutes:g} minutes: {found}")
    if options.live:
        live(options.live)


if __name__ == "__main__":
    main()
