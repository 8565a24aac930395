"""The sizes in a WAV header, put right once the whole file is there (RIFF, Microsoft 1991)."""

from __future__ import annotations

import struct

_HEAD = 12  # "RIFF", size, "WAVE"
_CHUNK = 8  # a chunk's name and size


def with_exact_sizes(wav: bytes) -> bytes:
    """Return a streamed WAV file with its two unknown sizes filled in; other bytes are left alone.

    Raises:
        ValueError: these bytes are no WAV file.
    """
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise ValueError("no RIFF/WAVE header")
    place = _HEAD
    while wav[place : place + 4] != b"data":
        if place + _CHUNK > len(wav):
            raise ValueError("no data chunk")
        (size,) = struct.unpack_from("<I", wav, place + 4)
        place += _CHUNK + size + size % 2
    exact = bytearray(wav)
    struct.pack_into("<I", exact, 4, len(wav) - 8)
    struct.pack_into("<I", exact, place + 4, len(wav) - place - _CHUNK)
    return bytes(exact)
