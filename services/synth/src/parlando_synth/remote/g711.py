"""G.711, as telephony and some vendors send sound: a byte a sample. ITU-T G.711, tables 1 and 2."""

from __future__ import annotations

from array import array
from functools import cache


def from_mu_law(data: bytes) -> bytes:
    """Return signed 16-bit little-endian PCM of mu-law bytes."""
    return _expanded(data, _mu_law())


def from_a_law(data: bytes) -> bytes:
    """Return signed 16-bit little-endian PCM of A-law bytes."""
    return _expanded(data, _a_law())


def _expanded(data: bytes, table: tuple[int, ...]) -> bytes:
    return array("h", map(table.__getitem__, data)).tobytes()


@cache
def _mu_law() -> tuple[int, ...]:
    def sample(code: int) -> int:
        code = ~code & 0xFF
        magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
        return -magnitude if code & 0x80 else magnitude

    return tuple(map(sample, range(256)))


@cache
def _a_law() -> tuple[int, ...]:
    def sample(code: int) -> int:
        code ^= 0x55
        exponent, mantissa = (code & 0x70) >> 4, (code & 0x0F) << 4
        magnitude = (mantissa + 0x108) << (exponent - 1) if exponent else mantissa + 8
        return magnitude if code & 0x80 else -magnitude

    return tuple(map(sample, range(256)))
