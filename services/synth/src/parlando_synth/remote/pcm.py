"""Whole samples out of a vendor's bytes: cut anywhere, behind a WAV header, or no sound at all."""

from __future__ import annotations

import struct
from array import array
from itertools import pairwise

from parlando_kit.errors import ParlandoError, Reason

_OPENING = 12  # bytes that tell what a stream is
_LONGEST_HEADER = 64 * 1024
_UNKNOWN_LENGTH = frozenset({0, 0x7FFFFFFF, 0xFFFFFFFF})  # as streaming encoders write it
_CONTAINERS = {b"ID3": "MP3", b"OggS": "Ogg", b"fLaC": "FLAC", b"\x1aE\xdf\xa3": "Matroska"}
_TEXT = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_PCM, _EXTENSIBLE = 1, 0xFFFE  # WAVE format tags
_PROBED = 1_024  # samples: 43 ms at 24 kHz
_LOUD = 0.4 * 32_768  # white noise at full scale has 0.58; speech, 0.05 to 0.2
_ALIKE = 0.2  # what neighbouring samples of speech have in common is 0.8 and more; of noise, nothing


class PcmReader:
    """Reads one stream of sound.

    Args:
        vendor: whose, for messages.
        rate: sample rate expected, in hertz.
    """

    def __init__(self, vendor: str, rate: int) -> None:
        self._vendor = vendor
        self._rate = rate
        self._held = b""
        self._begun = False
        self._left: int | None = None  # bytes of sound that the header still promises

    def feed(self, data: bytes) -> bytes:
        """Return the whole samples that are known now: signed 16-bit little-endian, one channel.

        Raises:
            ParlandoError: ENGINE_FAILED: it is no such sound, or of another rate.
        """
        data = self._held + data if self._held else data
        if not self._begun:
            if len(data) < _OPENING:
                self._held = data
                return b""
            opened = self._open(data)
            if opened is None:
                self._held = data
                return b""
            self._begun = True
            data = opened
            if _is_noise(data):
                raise self._wrong("sends noise where PCM is expected: it may send another format")
        if self._left is not None:
            data = data[: self._left]
        whole = len(data) & ~1
        self._held = data[whole:]
        if self._left is not None:
            self._left -= whole
        return data[:whole]

    def end(self) -> bytes:
        """Return what is still held once the stream has ended; half a sample is dropped.

        Raises:
            ParlandoError: as `feed`.
        """
        if self._begun:
            return b""
        if self._held.startswith(b"RIFF"):
            raise self._wrong("sends a WAV file without sound")
        self._check_kind(self._held)
        return self._held[: len(self._held) & ~1]

    def check_rate(self, rate: int) -> None:
        """Refuse a stream that states another rate.

        Raises:
            ParlandoError: ENGINE_FAILED.
        """
        if rate != self._rate:
            raise self._wrong(f"sends {rate} Hz where {self._rate} Hz are expected: set its sample rate")

    def _open(self, data: bytes) -> bytes | None:
        """Return the sound in the stream's first bytes; None where more of the header is to come."""
        if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
            return self._wav(data)
        self._check_kind(data)
        return data

    def _check_kind(self, data: bytes) -> None:
        for mark, kind in _CONTAINERS.items():
            if data.startswith(mark):
                raise self._wrong(f"sends {kind} where PCM is expected")
        if data and data[:64].translate(None, _TEXT) == b"":
            raise self._wrong("sends text where sound is expected")

    def _wav(self, data: bytes) -> bytes | None:
        at = _OPENING
        while at + 8 <= len(data):
            name, size = struct.unpack_from("<4sI", data, at)
            at += 8
            if name == b"data":
                self._left = None if size in _UNKNOWN_LENGTH else size
                return data[at:]
            if at + size > len(data):
                break
            if name == b"fmt ":
                self._check_format(data[at : at + size])
            at += size + size % 2
        if len(data) > _LONGEST_HEADER:
            raise self._wrong("sends a WAV header without an end")
        return None

    def _check_format(self, chunk: bytes) -> None:
        if len(chunk) < 16:  # noqa: PLR2004  # bytes of a WAVEFORMAT
            raise self._wrong("sends a WAV header that cannot be read")
        tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
        if tag not in {_PCM, _EXTENSIBLE} or channels != 1 or bits != 16:  # noqa: PLR2004  # PCM as we take it
            raise self._wrong(f"sends WAV of {channels} channels and {bits} bits: 16-bit mono is expected")
        self.check_rate(rate)

    def _wrong(self, what: str) -> ParlandoError:
        return ParlandoError(Reason.ENGINE_FAILED, f"{self._vendor} {what}")


def _is_noise(data: bytes) -> bool:
    """Return whether samples are so loud and so unlike their neighbours as no sound of speech is.

    Compressed audio and bytes that are off by one are. What is too short to tell is none.
    """
    samples = array("h", data[: 2 * min(_PROBED, len(data) // 2)])
    if len(samples) < _PROBED // 2:
        return False
    power = sum(value * value for value in samples)
    if power < len(samples) * _LOUD**2:
        return False
    return abs(sum(one * other for one, other in pairwise(samples))) < _ALIKE * power
