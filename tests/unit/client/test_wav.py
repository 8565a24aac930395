from __future__ import annotations

import struct
import wave
from pathlib import Path

import pytest

from parlando_client.cli.wav import WavFile, header

SAMPLES = struct.pack("<5h", 0, 1, -1, 32767, -32768)


def test_a_closed_file_has_an_exact_header(tmp_path: Path) -> None:
    path = tmp_path / "speech.wav"
    file = WavFile(path, 22_050)
    file.write(SAMPLES[:4])
    file.write(SAMPLES[4:])
    file.close()
    file.close()
    with wave.open(str(path)) as read:
        assert (read.getframerate(), read.getnchannels(), read.getsampwidth()) == (22_050, 1, 2)
        assert read.readframes(read.getnframes()) == SAMPLES
    assert path.stat().st_size == 44 + len(SAMPLES)


@pytest.mark.parametrize("data_bytes", [None, 2**32 - 36])
def test_an_unknown_length_and_one_beyond_4_gib_go_on_until_the_end(data_bytes: int | None) -> None:
    made = header(8_000, data_bytes)
    assert len(made) == 44
    assert made[4:8] == made[40:44] == b"\xff\xff\xff\xff"


def test_the_longest_length_that_fits_is_told() -> None:
    made = header(8_000, 2**32 - 37)
    assert made[4:8] == b"\xff\xff\xff\xff"
    assert struct.unpack("<I", made[40:44]) == (2**32 - 37,)
