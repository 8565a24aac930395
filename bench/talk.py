"""Sound as a client of Realtime sends it: encoded, in pieces of 20 ms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr
from sounds import RATE, Sound

from parlando_edge.barge_in.samples import decode
from parlando_edge.barge_in.sound import Sound as Piece
from parlando_edge.barge_in.turns import Detection
from parlando_edge.formats import AudioFormat, Codec

PIECE_MS = 20
_DETECTION = Detection()


def encoded(sound: Sound, audio: AudioFormat) -> bytes:
    """Return a sound at 16,000 Hz as a client would send it."""
    made = soxr.resample(sound, RATE, audio.rate)
    pcm = np.clip(np.round(made * 32_767), -32_768, 32_767).astype(np.int32)
    if audio.codec is Codec.PCM:
        return bytes(pcm.astype("<i2").tobytes())
    table = decode(bytes(range(256)), audio)  # the nearest of its 256 steps
    order = np.argsort(table)
    steps = (table[order][1:] + table[order][:-1]) / 2
    return bytes(order[np.searchsorted(steps, pcm / 32_768)].astype(np.uint8).tobytes())


def pieces(data: bytes, audio: AudioFormat, floor: float = 0.0) -> Iterator[Piece]:
    """Return sound in pieces of 20 ms."""
    size = (2 if audio.codec is Codec.PCM else 1) * audio.rate * PIECE_MS // 1000
    for number, start in enumerate(range(0, len(data) - size + 1, size)):
        yield Piece(data[start : start + size], audio, number * PIECE_MS, _DETECTION, floor)
