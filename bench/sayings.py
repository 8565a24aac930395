"""What users say: recorded and synthesised speech of known onset, in noise. 16,000 Hz, -1 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, cycle, islice
from pathlib import Path

import numpy as np
import soundfile
from sounds import RATE, VOICES, Sound, at_level, brown, onset_of, pink, spoken, white

SPEECH_DB, NOISE_DB = -23.0, -33.0
FIRST_SAMPLES = 320
"""The first 20 ms of speech."""

RECORDED_BELOW_DB, SYNTHESISED_BELOW_DB = 20.0, 40.0
"""How far below its level speech may be to have begun; a recording has a room of its own (tests/data)."""

_DATA = Path(__file__).parents[1] / "tests" / "data"
_LONGEST_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Saying:
    """A few words, at `SPEECH_DB` of full scale; `onset` is the sample with which they begin."""

    name: str
    sound: Sound
    onset: int


def lines(count: int) -> list[tuple[str, str]]:
    """Return pairs of a voice and the beginning of a sentence."""
    said = [line for line in (_DATA / "passages.txt").read_text().splitlines() if line and line[0] != "#"]
    starts = [part.strip()[:60] for line in said for part in line.split("|") if len(part) > 20]
    return [(VOICES[n % len(VOICES)], starts[n % len(starts)]) for n in range(count)]


def synthesised(count: int) -> list[Saying]:
    """Return so many sayings by eight voices of espeak-ng, each another one."""
    said = lines(count)
    sounds = spoken(said)
    return [
        _saying(voice, sound, SYNTHESISED_BELOW_DB) for (voice, _), sound in zip(said, sounds, strict=True)
    ]


def recorded(count: int) -> list[Saying]:
    """Return so many sayings of men and women, by turns; there are 33."""
    files = sorted((_DATA / "speech").glob("*.flac"))
    sounds = [(path.stem, soundfile.read(path, dtype="float32")[0]) for path in files]
    sayings = [_saying(name, np.asarray(sound, np.float32), RECORDED_BELOW_DB) for name, sound in sounds]
    return list(islice(cycle(sayings), count))


def mixed(count: int) -> list[Saying]:
    """Return so many sayings, one recorded and one synthesised by turns."""
    half = (count + 1) // 2
    pairs = zip(recorded(half), synthesised(half), strict=True)
    return list(islice(chain.from_iterable(pairs), count))


def in_noise(saying: Saying, number: int, random: np.random.Generator) -> tuple[Sound, float]:
    """Return it in noise 10 dB below, after a second and a bit, and where its first 20 ms end, in ms."""
    lead = RATE + int(random.integers(0, RATE // 10))
    sound = np.concatenate([np.zeros(lead, np.float32), saying.sound])
    noise = (white, pink, brown)[number % 3](len(sound), random)
    first = (lead + saying.onset + FIRST_SAMPLES) * 1000 / RATE
    return sound + at_level(noise, NOISE_DB), first


def _saying(name: str, sound: Sound, below: float) -> Saying:
    heard = at_level(sound[: _LONGEST_SECONDS * RATE], SPEECH_DB)
    return Saying(name, heard, onset_of(heard, below))
