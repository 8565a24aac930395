"""Whole samples come out of any bytes of sound, and no samples of anything else."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.remote.pcm import PcmReader
from tests.unit.synth.remote.vendors import RATE, tone


def _wav(
    pcm: bytes, *, rate: int = RATE, bits: int = 16, channels: int = 1, size: int | None = None
) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * 2, 2, bits)
    note = b"LIST" + struct.pack("<I", 5) + b"hello\0"  # an odd chunk, padded
    length = len(pcm) if size is None else size
    return (
        b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<I", 16) + form + note
        + b"data" + struct.pack("<I", length) + pcm
    )  # fmt: skip


def _read(pieces: Sequence[bytes]) -> bytes:
    reader = PcmReader("acme", RATE)
    return b"".join([*(reader.feed(piece) for piece in pieces), reader.end()])


def _cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(st.integers(0, 3_000), st.lists(st.integers(0, 10_000), max_size=12))
def test_raw_sound_survives_any_cut(samples: int, places: list[int]) -> None:
    sound = tone(samples)
    assert _read(_cut(sound, places)) == sound


@given(
    st.integers(1, 3_000),
    st.sampled_from([None, 0, 0xFFFFFFFF]),
    st.lists(st.integers(0, 10_000), max_size=12),
)
def test_a_wav_header_is_read_whatever_its_cuts(samples: int, size: int | None, places: list[int]) -> None:
    sound = tone(samples)
    assert _read(_cut(_wav(sound, size=size), places)) == sound


def test_what_follows_the_sound_of_a_wav_file_is_left_out() -> None:
    assert _read([_wav(tone(600)) + b"LIST" + struct.pack("<I", 4) + b"info"]) == tone(600)


def test_half_a_sample_at_the_end_is_dropped() -> None:
    assert _read([tone(600) + b"\x01"]) == tone(600)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (_wav(tone(600), rate=16_000), "16000 Hz where 24000 Hz"),
        (_wav(tone(600), bits=24), "24 bits"),
        (_wav(tone(600), channels=2), "2 channels"),
        (b"RIFF\xff\xff\xff\xffWAVE" + b"junk" + struct.pack("<I", 8) + bytes(8), "without sound"),
        (b"RIFF\xff\xff\xff\xffWAVEjunk" + struct.pack("<I", 1 << 30) + bytes(70_000), "without an end"),
        (b"ID3\x04" + bytes(600), "MP3"),
        (b"OggS" + bytes(600), "Ogg"),
        (b"fLaC" + bytes(600), "FLAC"),
        (b'{"error": {"message": "no"}}', "text"),
        (b"<html><body>Bad Gateway</body></html>", "text"),
        (b"busy", "text"),
        (random.Random(1).randbytes(4_000), "noise"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_such_sound_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        _read([data])
    assert refused.value.reason is Reason.ENGINE_FAILED
    assert told in refused.value.message


def test_loud_and_quiet_sound_is_no_noise() -> None:
    square = struct.pack("<h", 30_720) * 40 + struct.pack("<h", -30_720) * 40
    hiss = random.Random(2)
    quiet = b"".join(struct.pack("<h", hiss.randint(-3_000, 3_000)) for _ in range(2_000))
    for sound in (square * 20, quiet, bytes(4_000)):
        assert _read([sound]) == sound
