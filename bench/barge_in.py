"""How soon a user is heard, and what is taken for one who is none.

    .venv/bin/python bench/barge_in.py [--trials 200] [--minutes 10] [--live 20]

A trial is a sentence by one of eight voices of espeak-ng, at -23 dB of full scale, in noise 10 dB below it
(white, pink or brown in turn), sent in pieces of 20 ms in Realtime's three formats in turn. Its time runs, on
the clock of the audio, from the end of the first 20 ms that are at most 40 dB below the sentence's level
until the end of the piece with which speech was known to have begun. False starts are counted in noises, in
what is like music and in silence, at four levels. Silero's model, loudness and WebRTC's detector (where
webrtcvad is installed) are compared.

With --live, as many sentences are spoken over the real system's voice, in real time through Envoy: from the
sending of the piece with those first 20 ms until `speech_started`, and from there until the last audio.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from mesh import running_mesh
from sounds import NOISES, RATE, VOICES, Sound, at_level, brown, onset_of, pink, spoken, white
from websockets.asyncio.client import ClientConnection, connect

from parlando_edge.barge_in import silero
from parlando_edge.barge_in.detector import SpeechDetector
from parlando_edge.barge_in.ear import Ear
from parlando_edge.barge_in.loudness import LoudnessDetector
from parlando_edge.barge_in.samples import decode
from parlando_edge.barge_in.sound import Sound as Piece
from parlando_edge.barge_in.turns import Detection, SpeechBegan
from parlando_edge.formats import REALTIME_FORMATS, AudioFormat, Codec

SPEECH_DB, NOISE_DB = -23.0, -33.0
PIECE_MS = 20
LEVELS_DB = (-50.0, -33.0, -20.0, -12.0)
_FORMATS = tuple(REALTIME_FORMATS.values())
_PASSAGES = Path(__file__).parents[1] / "tests" / "data" / "passages.txt"
_DETECTION = Detection()
NewDetector = Callable[[], SpeechDetector]


@dataclass(frozen=True, slots=True)
class Trial:
    """One sentence in noise: ms from its first 20 ms until it was heard; whether that was before it began."""

    latency_ms: float
    early: bool


def lines(count: int) -> list[tuple[str, str]]:
    """Return pairs of a voice and the beginning of a sentence."""
    said = [line for line in _PASSAGES.read_text().splitlines() if line and not line.startswith("#")]
    starts = [part.strip()[:60] for line in said for part in line.split("|") if len(part) > 20]
    return [(VOICES[n % len(VOICES)], starts[n % len(starts)]) for n in range(count)]


def encoded(sound: Sound, audio: AudioFormat) -> bytes:
    """Return a sound at 16,000 Hz as a client would send it."""
    made = soxr.resample(sound, RATE, audio.rate)
    pcm = np.clip(np.round(made * 32_767), -32_768, 32_767).astype(np.int32)
    if audio.codec is Codec.PCM:
        return bytes(pcm.astype("<i2").tobytes())
    table = decode(bytes(range(256)), audio)  # the nearest of its 256 steps
    order = np.argsort(table)
    steps = (table[order][1:] + table[order][:-1]) / 2
    return bytes(order[np.searchsorted(steps, pcm / 32_768)].astype(np.uint8).tobytes())


def pieces(data: bytes, audio: AudioFormat, floor: float = 0.0) -> Iterator[Piece]:
    """Return sound in pieces of 20 ms."""
    size = (2 if audio.codec is Codec.PCM else 1) * audio.rate * PIECE_MS // 1000
    for number, start in enumerate(range(0, len(data) - size + 1, size)):
        yield Piece(data[start : start + size], audio, number * PIECE_MS, _DETECTION, floor)


def starts(new_detector: NewDetector, sound: Sound, audio: AudioFormat, floor: float = 0.0) -> list[float]:
    """Return when speech was known to have begun: ms of the audio that had been sent."""
    ear = Ear(new_detector)
    found = []
    for piece in pieces(encoded(sound, audio), audio, floor):
        found += [piece.at_ms + PIECE_MS for edge in ear.hear(piece) if isinstance(edge, SpeechBegan)]
    return found


def in_noise(speech: Sound, number: int, random: np.random.Generator) -> tuple[Sound, float]:
    """Return a sentence in noise, after a second and a bit, and where its first 20 ms end, in ms."""
    lead = RATE + int(random.integers(0, RATE // 10))
    voice = at_level(speech[: 2 * RATE], SPEECH_DB)
    sound = np.concatenate([np.zeros(lead, np.float32), voice])
    noise = (white, pink, brown)[number % 3](len(sound), random)
    return sound + at_level(noise, NOISE_DB), (lead + onset_of(voice) + 320) * 1000 / RATE


def run_trials(new_detector: NewDetector, sentences: list[Sound], seed: int = 1) -> list[Trial]:
    """Return what came of each sentence; one that was never heard took for ever."""
    random = np.random.default_rng(seed)
    found = []
    for number, speech in enumerate(sentences):
        sound, first = in_noise(speech, number, random)
        heard = starts(new_detector, sound, _FORMATS[number // 3 % 3])
        at = min(heard, default=float("inf"))
        found.append(Trial(at - first, early=at < first - PIECE_MS))
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


def report(name: str, new_detector: NewDetector, sentences: list[Sound], minutes: float) -> None:
    """Print what one detector does."""
    began = time.process_time()
    trials = run_trials(new_detector, sentences)
    spent = time.process_time() - began
    latencies = [trial.latency_ms for trial in trials]
    seconds = sum(min(len(sentence) / RATE, 2) + 1.05 for sentence in sentences)
    figures = "  ".join(
        f"p{round(part * 100)} {percentile(latencies, part):.0f}" for part in (0.5, 0.9, 0.99)
    )
    print(f"{name}: {len(trials)} trials, ms until heard: {figures}  max {max(latencies):.0f}", end="; ")
    print(f"{sum(trial.early for trial in trials)} too early; {spent / seconds * 1000:.1f} ms CPU a second")
    print(f"{name}: false starts in {minutes:g} minutes: {false_starts(new_detector, minutes * 60)}")


async def live(address: str, sentences: list[Sound]) -> None:
    """Speak over the system's own voice, and print how soon it is silent."""
    heard, silent = [], []
    for number, speech in enumerate(sentences):
        async with connect(f"ws://{address}/v1/realtime", max_size=None) as socket:
            started, after = await _interrupt(socket, speech, number)
        heard.append(started)
        silent.append(after)
    for name, values in (("until heard", heard), ("from there until the last audio", silent)):
        print(
            f"live: {len(values)} trials, ms {name}: p50 {percentile(values, 0.5):.0f}  max {max(values):.0f}"
        )


async def _interrupt(socket: ClientConnection, speech: Sound, number: int) -> tuple[float, float]:
    """Return ms until `speech_started`, and from there until the last audio of ours."""
    content = [{"type": "input_text", "text": "It goes on and on, and nobody knows when it will end. " * 40}]
    item = {"type": "message", "role": "user", "content": content}
    await _send(socket, "conversation.item.create", item=item)
    await _send(socket, "response.create")
    sound, first = in_noise(speech, number, np.random.default_rng(number))
    sound = np.concatenate([sound, at_level(white(RATE, np.random.default_rng(1)), NOISE_DB)])
    audible = asyncio.get_running_loop().create_future()
    sending = asyncio.create_task(_talk(socket, encoded(sound, _FORMATS[0]), first, audible))
    started = last = 0.0
    kind = ""
    while not started or kind != "input_audio_buffer.speech_stopped":
        event = json.loads(await asyncio.wait_for(socket.recv(), 20))
        kind = event["type"]
        if kind == "input_audio_buffer.speech_started" and not started:
            started = time.perf_counter()
        elif kind == "response.output_audio.delta":
            last = time.perf_counter()
        elif kind == "response.done":
            assert event["response"]["status_details"]["reason"] == "turn_detected", event  # noqa: S101
    sending.cancel()
    await asyncio.wait({sending})
    return (started - await audible) * 1000, max(0.0, last - started) * 1000


async def _talk(socket: ClientConnection, data: bytes, first: float, audible: asyncio.Future[float]) -> None:
    began = time.perf_counter()
    for piece in pieces(data, _FORMATS[0]):
        due = began + (piece.at_ms + PIECE_MS) / 1000
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await _send(socket, "input_audio_buffer.append", audio=base64.b64encode(piece.data).decode())
        if piece.at_ms + PIECE_MS >= first and not audible.done():
            audible.set_result(time.perf_counter())


async def _send(socket: ClientConnection, kind: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="How soon a user who speaks is heard.")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--live", type=int, default=0)
    options = parser.parse_args()
    sentences = spoken(lines(max(options.trials, options.live)))
    if options.trials:
        detectors: dict[str, NewDetector] = {
            "silero": partial(silero.SileroDetector, silero.load()),
            "loudness": LoudnessDetector,
        }
        if importlib.util.find_spec("webrtcvad"):
            detectors["webrtc"] = WebRtcDetector
        for name, new_detector in detectors.items():
            report(name, new_detector, sentences[: options.trials], options.minutes)
    if options.live:
        with running_mesh() as mesh:
            asyncio.run(live(mesh.envoy, sentences[: options.live]))


if __name__ == "__main__":
    main()
