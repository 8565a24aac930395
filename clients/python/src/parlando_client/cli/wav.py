"""WAV files of signed 16-bit samples, one channel, whose length is not known until they end.

The format: RIFF/WAVE with a 16-byte `fmt ` chunk, as in Microsoft's "Multimedia Programming Interface and
Data Specifications 1.0". Sizes of 0xFFFFFFFF say that the file goes on until it ends.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_UNKNOWN = 0xFFFFFFFF
_HEADER_BYTES = 44
_PCM = 1
_SAMPLE_BYTES = 2


def header(sample_rate_hz: int, data_bytes: int | None = None) -> bytes:
    """Return the 44 bytes before the samples; `data_bytes` None or beyond 4 GiB: of unknown length."""
    if data_bytes is None or data_bytes + _HEADER_BYTES - 8 > _UNKNOWN:
        riff, data = _UNKNOWN, _UNKNOWN
    else:
        riff, data = data_bytes + _HEADER_BYTES - 8, data_bytes
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", riff, b"WAVE"),
        *(b"fmt ", 16, _PCM, 1, sample_rate_hz, sample_rate_hz * _SAMPLE_BYTES, _SAMPLE_BYTES, 16),
        *(b"data", data),
    )


class WavFile:
    """A WAV file that is complete at every moment as far as players are concerned, and exact once closed."""

    def __init__(self, path: Path, sample_rate_hz: int) -> None:
        self._rate = sample_rate_hz
        self._data_bytes = 0
        self._file: BinaryIO = path.open("wb")
        self._file.write(header(sample_rate_hz))

    def write(self, pcm: bytes) -> None:
        """Append samples."""
        self._file.write(pcm)
        self._data_bytes += len(pcm)

    def close(self) -> None:
        """Write the exact header and close. Idempotent."""
        if not self._file.closed:
            self._file.seek(0)
            self._file.write(header(self._rate, self._data_bytes))
            self._file.close()
