"""Which clips a voice can be cloned from, and what is said of those it cannot."""

from __future__ import annotations

import io
import struct
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.reference_clip import LONGEST, MAX_BYTES, reference_clip

Samples = NDArray[np.float32]


def speech(seconds: float, rate: int = 24_000, *, hertz: float = 120.0, loud: float = 0.3) -> Samples:
    """Return syllables of a hum, four a second, with a pause after every second."""
    time = np.arange(round(seconds * rate)) / rate
    hum = sum(np.sin(2 * np.pi * hertz * order * time) / order for order in range(1, 8))
    syllables = np.clip(np.sin(2 * np.pi * 2 * time), 0, 1) * (time % 2 < 1.5)
    said: Samples = (loud * np.asarray(hum) / 2 * syllables).astype(np.float32)
    return said


def encoded(samples: Samples, rate: int = 24_000, form: str = "WAV", subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def wav_that_claims(samples: Samples, frames: int) -> bytes:
    """Return a WAV file whose header states another length than it has."""
    data = bytearray(encoded(samples))
    place = data.index(b"data") + 4
    data[place : place + 4] = struct.pack("<I", frames * 2)
    return bytes(data)


def two_speakers() -> Samples:
    turns = (np.arange(24_000 * 10) // 24_000) % 2
    one, other = speech(10), speech(10, hertz=210)
    return np.stack([one * (turns == 0), other * (turns == 1)], axis=1)


@dataclass(frozen=True)
class Bad:
    make: Callable[[], bytes]
    reason: Reason
    said: str


BAD = {
    "empty": Bad(lambda: b"", Reason.FIELD_REQUIRED, "is empty"),
    "two seconds": Bad(lambda: encoded(speech(2)), Reason.OUT_OF_RANGE, "lasts 2.0 s"),
    "ten minutes": Bad(lambda: encoded(speech(600, 16_000), 16_000), Reason.OUT_OF_RANGE, "more than 30 s"),
    "a byte more than 30 s": Bad(
        lambda: encoded(speech(LONGEST + 1 / 16_000, 16_000), 16_000), Reason.OUT_OF_RANGE, "more than 30 s"
    ),
    "8 kHz": Bad(lambda: encoded(speech(10, 8_000), 8_000), Reason.OUT_OF_RANGE, "8,000 samples a second"),
    "clipped": Bad(lambda: encoded(np.clip(speech(10) * 12, -1, 1)), Reason.BAD_CLIP, "is clipped"),
    "clipped, then made quieter": Bad(
        lambda: encoded(np.clip(speech(10) * 12, -1, 1) * 0.4), Reason.BAD_CLIP, "is clipped"
    ),
    "silence": Bad(lambda: encoded(np.zeros(240_000, np.float32)), Reason.BAD_CLIP, "0.0 s of sound"),
    "almost silence": Bad(
        lambda: encoded(np.concatenate([speech(2), np.zeros(240_000, np.float32)])),
        Reason.BAD_CLIP,
        "is silence",
    ),
    "noise of a converter": Bad(lambda: encoded(speech(10, loud=0.001)), Reason.BAD_CLIP, "0.0 s of sound"),
    "a speaker in each channel": Bad(
        lambda: encoded(two_speakers()), Reason.BAD_CLIP, "speaker in each channel"
    ),
    "MP3 named .wav": Bad(
        lambda: encoded(speech(10), form="MP3", subtype="MPEG_LAYER_III"), Reason.UNSUPPORTED_FORMAT, "is MP3"
    ),
    "MP3 with a title": Bad(
        lambda: b"ID3\x04\0\0\0\0\0\0" + encoded(speech(10), form="MP3", subtype="MPEG_LAYER_III"),
        Reason.UNSUPPORTED_FORMAT,
        "is MP3",
    ),
    "Ogg": Bad(
        lambda: encoded(speech(10), form="OGG", subtype="VORBIS"), Reason.UNSUPPORTED_FORMAT, "is Ogg"
    ),
    "a text": Bad(lambda: b"a voice, they said", Reason.UNSUPPORTED_FORMAT, "neither WAV nor FLAC"),
    "WAV with ADPCM": Bad(
        lambda: encoded(speech(10), subtype="IMA_ADPCM"), Reason.UNSUPPORTED_FORMAT, "holds IMA_ADPCM"
    ),
    "three channels": Bad(
        lambda: encoded(np.stack([speech(6)] * 3, axis=1)), Reason.OUT_OF_RANGE, "has 3 channels"
    ),
    "a head without a body": Bad(lambda: encoded(speech(10))[:20], Reason.UNSUPPORTED_FORMAT, "is damaged"),
    "a FLAC head alone": Bad(lambda: b"fLaC" + bytes(60), Reason.UNSUPPORTED_FORMAT, "is damaged"),
    "WAV cut short": Bad(lambda: encoded(speech(10))[:90_000], Reason.OUT_OF_RANGE, "lasts 1.9 s"),
    "WAV that claims to be an hour": Bad(
        lambda: wav_that_claims(speech(3), 24_000 * 3_600), Reason.OUT_OF_RANGE, "lasts 3.0 s"
    ),
    "no numbers": Bad(
        lambda: encoded(np.full(240_000, np.nan, np.float32), subtype="FLOAT"),
        Reason.UNSUPPORTED_FORMAT,
        "no numbers",
    ),
    "too many bytes": Bad(lambda: b"RIFF" + bytes(MAX_BYTES), Reason.OUT_OF_RANGE, "use at most"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_clip_is_told_what_is_wrong_with_it(name: str) -> None:
    bad = BAD[name]
    with pytest.raises(ParlandoError) as refused:
        reference_clip(bad.make())
    assert (refused.value.reason, refused.value.field) == (bad.reason, "clip")
    assert bad.said in refused.value.message


def test_what_is_said_of_two_bad_clips_differs() -> None:
    said = set()
    for bad in BAD.values():
        with pytest.raises(ParlandoError) as refused:
            reference_clip(bad.make())
        said.add(refused.value.message)
    assert len(said) == len(BAD) - 5  # twice too long, twice clipped, twice MP3, twice damaged, twice silent


@pytest.mark.parametrize(
    ("rate", "form", "subtype", "channels"),
    [
        (16_000, "WAV", "PCM_16", 1),
        (24_000, "WAV", "FLOAT", 1),
        (44_100, "WAV", "PCM_24", 2),
        (48_000, "FLAC", "PCM_16", 1),
        (96_000, "FLAC", "PCM_24", 2),
    ],
)
def test_a_good_clip_is_read_at_one_rate(rate: int, form: str, subtype: str, channels: int) -> None:
    said = speech(8, rate)
    clip = reference_clip(encoded(np.stack([said] * channels, axis=1), rate, form, subtype))
    expected = speech(8)
    assert clip.seconds == pytest.approx(8, abs=0.001)
    assert np.corrcoef(clip.samples, expected)[0, 1] > 0.999
    stored = reference_clip(clip.wav())
    assert np.abs(stored.samples - clip.samples).max() <= 1 / 32_767
    assert stored.wav() == clip.wav()


@pytest.mark.parametrize("silent", [0, 1])
def test_a_channel_that_is_not_in_use_is_left_out(silent: int) -> None:
    channels = np.stack([speech(8), speech(8)], axis=1)
    channels[:, silent] = 0
    clip = reference_clip(encoded(channels))
    assert np.abs(clip.samples - speech(8)).max() < 0.001


def test_a_flac_that_unpacks_to_half_an_hour_costs_no_more_than_thirty_seconds() -> None:
    bomb = flac_bomb()
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    with pytest.raises(ParlandoError) as refused:
        reference_clip(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.reason is Reason.OUT_OF_RANGE
    assert refused.value.message == (
        f"the clip is a FLAC file of {len(bomb):,} bytes that unpacks to more than 30 s, and was read no "
        "further: use 5 to 30 s"
    )
    assert most < 4 * (LONGEST * 48_000 * 4) + len(bomb)


def flac_bomb(minutes: int = 30) -> bytes:
    """Return a FLAC file of silence, which says that its length is not known."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 48_000, 1, format="FLAC", subtype="PCM_16") as flac:
        minute = np.zeros(48_000 * 60, np.int16)
        for _ in range(minutes):
            flac.write(minute)
    data = bytearray(file.getvalue())
    data[21] &= 0xF0  # of STREAMINFO: 36 bits that say how many samples there are, 0 being unknown
    data[22:26] = bytes(4)
    return bytes(data)
