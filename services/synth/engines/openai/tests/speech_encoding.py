"""Sound as a speech server encodes it while it makes it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import av
import numpy as np

# By format: FFmpeg's names of its container and of its encoder, and what makes them let go of what they have.
ENCODED = {
    "mp3": ("mp3", "libmp3lame", {"write_xing": "0", "id3v2_version": "0"}),
    "opus": ("ogg", "libopus", {"page_duration": "20000"}),
    "aac": ("adts", "aac", {}),
    "flac": ("flac", "flac", {}),
}


async def encoded(sound: AsyncIterator[bytes], form: str, rate: int) -> AsyncIterator[bytes]:
    """Yield PCM of 16 bits and one channel, in pieces cut anywhere, as `form`."""
    container, codec, options = ENCODED[form]
    sink, held = _Sink(), b""
    with av.open(sink, "w", format=container, options={"flush_packets": "1", **options}) as muxer:
        stream = muxer.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        at = 0
        async for piece in sound:
            held += piece
            whole = len(held) & ~1
            samples, held = np.frombuffer(held[:whole], "<i2"), held[whole:]
            frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = rate, at
            at += len(samples)
            muxer.mux(stream.encode(frame))
            if data := sink.take():
                yield data
        if at:
            muxer.mux(stream.encode(None))
    if at and (data := sink.take()):
        yield data


class _Sink:
    """What the muxer writes to; it cannot be sought in, as an answer cannot."""

    def __init__(self) -> None:
        self._written = b""

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken, self._written = self._written, b""
        return taken
