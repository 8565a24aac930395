from __future__ import annotations

import io
import struct
import wave

import pytest

from parlando_edge.wav import with_exact_sizes

_UNKNOWN = 0xFFFFFFFF


def _streamed(pcm: bytes, extra: bytes = b"") -> bytes:
    """Return a WAV file as it is streamed: both sizes unknown."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 24_000, 48_000, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", _UNKNOWN, b"WAVE")
        + fmt
        + extra
        + struct.pack("<4sI", b"data", _UNKNOWN)
        + pcm
    )


@pytest.mark.parametrize("extra", [b"", b"LIST\x03\0\0\0abc\0"])
def test_sizes_are_put_right(extra: bytes) -> None:
    pcm = b"\1\2" * 500
    exact = with_exact_sizes(_streamed(pcm, extra))
    assert struct.unpack_from("<I", exact, 4) == (len(exact) - 8,)
    with wave.open(io.BytesIO(exact)) as read:
        assert (read.getnframes(), read.getframerate(), read.readframes(500)) == (500, 24_000, pcm)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", _streamed(b"")[:36], b"x" * 60])
def test_what_is_no_wav_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no "):
        with_exact_sizes(data)
