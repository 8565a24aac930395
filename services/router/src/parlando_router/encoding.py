"""Samples to bytes, as they stream. One encoder serves one utterance, so that no seam is its seam."""

from __future__ import annotations

import struct
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from parlando_router.events import Samples
from parlando_router.request import Codec, Container, OutputFormat

_UNKNOWN_SIZE = 0xFFFFFFFF
_WAVE_PCM, _WAVE_ALAW, _WAVE_MULAW = 1, 6, 7


class Encoder(Protocol):
    """Encodes one stream."""

    def encode(self, samples: Samples) -> bytes:
        """Return what can be sent of everything given so far, the container's header first."""
        ...

    def drop(self) -> None:
        """Forget what was given and not returned yet: what follows begins anew, in its place."""
        ...

    def finish(self) -> bytes:
        """Return the rest and the container's trailer."""
        ...


def _mulaw_table() -> NDArray[np.uint8]:
    """G.711 mu-law of every 16-bit sample, indexed by its bits (ITU-T G.711, table 2a)."""
    linear = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32) >> 2  # 14 bits
    sign = np.where(linear < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(linear), 8_158) + 33
    segment = np.floor(np.log2(magnitude)).astype(np.int32) - 5
    mantissa = (magnitude >> (segment + 1)) & 0x0F
    table: NDArray[np.uint8] = (~(sign | (segment << 4) | mantissa) & 0xFF).astype(np.uint8)
    return table


def _alaw_table() -> NDArray[np.uint8]:
    """G.711 A-law of every 16-bit sample, indexed by its bits (ITU-T G.711, table 1a)."""
    linear = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32) >> 4  # 12 bits
    sign = np.where(linear < 0, 0, 0x80)
    magnitude = np.where(linear < 0, ~linear, linear)
    segment = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 3, 0)
    mantissa = (magnitude >> np.maximum(segment - 1, 0)) & 0x0F
    table: NDArray[np.uint8] = ((sign | (segment << 4) | mantissa) ^ 0x55).astype(np.uint8)
    return table


class PcmEncoder:
    """Linear samples, as they are."""

    def encode(self, samples: Samples) -> bytes:
        """Return the samples, 16-bit little-endian."""
        return samples.astype("<i2", copy=False).tobytes()

    def drop(self) -> None:
        """Do nothing: all that was given was returned."""

    def finish(self) -> bytes:
        """Return nothing: there is no trailer."""
        return b""


class TableEncoder:
    """One byte a sample, by table."""

    def __init__(self, table: NDArray[np.uint8]) -> None:
        self._table = table

    def encode(self, samples: Samples) -> bytes:
        """Return a byte a sample."""
        return self._table[samples.view(np.uint16)].tobytes()

    def drop(self) -> None:
        """Do nothing: all that was given was returned."""

    def finish(self) -> bytes:
        """Return nothing: there is no trailer."""
        return b""


class WavEncoder:
    """A RIFF/WAVE header of unknown length before what another encoder makes."""

    def __init__(self, inner: Encoder, header: bytes) -> None:
        self._inner = inner
        self._header = header

    def encode(self, samples: Samples) -> bytes:
        """Return the header, once, and the samples."""
        header, self._header = self._header, b""
        return header + self._inner.encode(samples)

    def drop(self) -> None:
        """Have the other encoder forget what it holds."""
        self._inner.drop()

    def finish(self) -> bytes:
        """Return the header where no sample was sent."""
        header, self._header = self._header, b""
        return header


def _wav_header(wave_format: int, rate: int, bytes_per_sample: int) -> bytes:
    """A streaming WAVE header: both sizes unknown (RFC 2361 and Microsoft's RIFF; one channel)."""
    fields = struct.pack(
        "<HHIIHH", wave_format, 1, rate, rate * bytes_per_sample, bytes_per_sample, 8 * bytes_per_sample
    )
    if wave_format != _WAVE_PCM:
        fields += struct.pack("<H", 0)  # formats other than PCM state the size of an extension: none
    chunk = struct.pack("<4sI", b"fmt ", len(fields)) + fields
    return (
        struct.pack("<4sI4s", b"RIFF", _UNKNOWN_SIZE, b"WAVE")
        + chunk
        + struct.pack("<4sI", b"data", _UNKNOWN_SIZE)
    )


def open_encoder(output: OutputFormat) -> Encoder:
    """Return an encoder for a new stream."""
    if output.codec in (Codec.MP3, Codec.OPUS, Codec.AAC, Codec.FLAC):
        from parlando_router.compressed import CompressedEncoder  # noqa: PLC0415  # 30 MB, for who asks

        return CompressedEncoder(output)
    if output.codec is Codec.PCM:
        inner: Encoder = PcmEncoder()
        wave_format, size = _WAVE_PCM, 2
    elif output.codec is Codec.MULAW:
        inner, wave_format, size = TableEncoder(_mulaw_table()), _WAVE_MULAW, 1
    else:
        inner, wave_format, size = TableEncoder(_alaw_table()), _WAVE_ALAW, 1
    if output.container is Container.WAV:
        return WavEncoder(inner, _wav_header(wave_format, output.sample_rate_hz, size))
    return inner
