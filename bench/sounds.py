"""Sounds to tell speech from: espeak-ng's voices, noises, and what is like music. 16,000 Hz, -1 to 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import espeakng_loader
import numpy as np
import soxr
from numpy.typing import NDArray

from parlando_espeak.library import SAMPLE_RATE, Library

Sound = NDArray[np.float32]
RATE = 16_000
VOICES = ("gmw/en-US", "gmw/en", "gmw/en-US+f3", "gmw/en-US+m3", "gmw/en+f2", "gmw/en+m7", "gmw/de", "roa/fr")

_SILENT = 1e-3
"""Power of a frame, in parts of the loudest one's, below which it is a pause."""


def spoken(lines: Sequence[tuple[str, str]]) -> list[Sound]:
    """Return what espeak-ng says for pairs of voice and text, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_speak, lines).result()


def _speak(lines: Sequence[tuple[str, str]]) -> list[Sound]:
    library = Library(str(Path(espeakng_loader.get_library_path())), espeakng_loader.get_data_path())
    sounds = []
    for voice, text in lines:
        pcm = bytearray()

        def take(data: bytes, _events: object, pcm: bytearray = pcm) -> bool:
            pcm.extend(data)
            return False

        library.set_voice(voice)
        library.speak(text, take)
        made = np.frombuffer(bytes(pcm), np.int16).astype(np.float32) / 32_768
        sounds.append(np.asarray(soxr.resample(made, SAMPLE_RATE, RATE), np.float32))
    return sounds


def level_of(sound: Sound) -> float:
    """Return the root mean square of a sound without its pauses."""
    power = (sound[: len(sound) // 320 * 320].reshape(-1, 320) ** 2).mean(1)
    return float(np.sqrt(power[power > power.max() * _SILENT].mean()))


def at_level(sound: Sound, decibels: float) -> Sound:
    """Return a sound at a level, in dB of full scale."""
    return np.asarray(sound * (10 ** (decibels / 20) / level_of(sound)), np.float32)


def onset_of(sound: Sound, below: float = 40.0) -> int:
    """Return where the first 20 ms begin that are no more than so many dB below the sound's level."""
    least = level_of(sound) * 10 ** (-below / 20)
    for start in range(0, len(sound) - 320, 80):
        if np.sqrt((sound[start : start + 320] ** 2).mean()) > least:
            return start
    raise ValueError("this is silence")


def white(count: int, random: np.random.Generator) -> Sound:
    """Return noise that is equally loud at every frequency."""
    return np.asarray(random.normal(0, 1, count), np.float32)


def pink(count: int, random: np.random.Generator) -> Sound:
    """Return noise like rain or a fan: 3 dB less an octave."""
    return _sloped(count, random, 0.5)


def brown(count: int, random: np.random.Generator) -> Sound:
    """Return noise like traffic: 6 dB less an octave, from 20 Hz on."""
    return _sloped(count, random, 1.0)


def gusts(count: int, random: np.random.Generator) -> Sound:
    """Return pink noise that swells and fades within fractions of a second."""
    marks = np.arange(0, count + 4_000, 4_000)
    swell = np.interp(np.arange(count), marks, random.uniform(0, 1, len(marks)))
    return np.asarray(pink(count, random) * swell, np.float32)


def clicks(count: int, random: np.random.Generator) -> Sound:
    """Return four clicks and thuds a second, as of keys and doors."""
    sound = np.zeros(count, np.float32)
    for start in random.integers(0, count - 800, count // RATE * 4):
        fade = np.exp(-np.arange(800) / random.uniform(10, 200))
        sound[start : start + 800] += np.asarray(random.normal(0, 1, 800) * fade, np.float32)
    return sound


def music(count: int, random: np.random.Generator) -> Sound:
    """Return three-part chords of plucked harmonics, with vibrato, and a drum."""
    sound = np.zeros(count + RATE, np.float32)
    scale = [220 * 2 ** (step / 12) for step in (0, 2, 4, 5, 7, 9, 11, 12)]
    start = 0
    while start < count:
        length = int(RATE * random.choice([0.25, 0.5, 1.0]))
        time = np.arange(length) / RATE
        for pitch in random.choice(scale, 3, replace=False):
            fade = np.exp(-time * random.uniform(1, 5)) * np.minimum(1, time / 0.01)
            phase = 2 * np.pi * pitch * time + random.uniform(0, 2) * np.sin(2 * np.pi * 5.5 * time)
            steep = random.uniform(1, 2)
            parts = [np.sin(n * phase) / n**steep for n in range(1, random.integers(4, 10))]
            sound[start : start + length] += np.asarray(np.sum(parts, axis=0) * fade, np.float32)
        drum = random.normal(0, 1, 1_600) * np.exp(-np.arange(1_600) / 300)
        sound[start : start + 1_600] += np.asarray(drum * (random.random() < 0.7), np.float32)
        start += length
    return sound[:count]


NOISES: dict[str, Callable[[int, np.random.Generator], Sound]] = {
    "white": white,
    "pink": pink,
    "brown": brown,
    "gusts": gusts,
    "clicks": clicks,
    "music": music,
}


def _sloped(count: int, random: np.random.Generator, power: float) -> Sound:
    spectrum = np.fft.rfft(random.normal(0, 1, count))
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[frequency < 20] = 0
    spectrum[1:] /= frequency[1:] ** power
    return np.asarray(np.fft.irfft(spectrum, count), np.float32)
