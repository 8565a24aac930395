"""MP3, Opus, AAC and FLAC by PyAV, as they stream. Imported once a caller asks for one: it costs 30 MB."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import av
import numpy as np
from av.audio import AudioStream

from parlando_router.events import Samples
from parlando_router.request import ENCODER_DELAY, Codec, OutputFormat


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How FFmpeg makes a format.

    Attributes:
        muxer: its name for the container.
        encoder: its name for the codec.
        sample_format: samples as the encoder takes them.
        bit_rate: for speech, where the caller does not say; 0 for lossless.
        muxing: options of the muxer. Each makes it let go of what it has at once.
        encoding: options of the encoder.
    """

    muxer: str
    encoder: str
    sample_format: str
    bit_rate: int
    muxing: dict[str, str] = field(default_factory=dict)
    encoding: dict[str, str] = field(default_factory=dict)


_RECIPES = {
    # Without a Xing header or an ID3 tag: both are about the whole file, and there is none yet.
    Codec.MP3: _Recipe("mp3", "libmp3lame", "s16p", 64_000, {"write_xing": "0", "id3v2_version": "0"}),
    # Ogg would hold two seconds back for a page.
    Codec.OPUS: _Recipe(
        "ogg",
        "libopus",
        "s16",
        32_000,
        {"page_duration": "20000"},
        {"application": "voip", "frame_duration": "20"},
    ),
    Codec.AAC: _Recipe("adts", "aac", "fltp", 64_000),
    # Level 2 is the highest with blocks of 27 ms; above it they last 105 ms.
    Codec.FLAC: _Recipe("flac", "flac", "s16", 0, {}, {"compression_level": "2"}),
}


_OPUS_LOOKAHEAD = 312
"""Samples at 48 kHz, the look-ahead of libopus, that Ogg has decoders drop (RFC 7845, section 4.2)."""


class _Sink:
    """What the muxer writes to: bytes to be taken away. It cannot be sought in, like the way to a caller."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        """Append bytes."""
        self._written += data
        return len(data)

    def take(self) -> bytes:
        """Return and forget what was written."""
        taken = bytes(self._written)
        self._written.clear()
        return taken


class CompressedEncoder:
    """One stream through FFmpeg's encoder and muxer."""

    def __init__(self, output: OutputFormat) -> None:
        self._output = output
        self._codec = output.codec
        self._rate = output.sample_rate_hz
        self._silence = 0  # samples, ahead of what is given next
        self._headed = False
        self._open()

    def _open(self) -> None:
        recipe = _RECIPES[self._codec]
        self._sink = _Sink()
        self._muxer = av.open(
            self._sink, "w", format=recipe.muxer, options={"flush_packets": "1", **recipe.muxing}
        )
        stream = self._muxer.add_stream(recipe.encoder, rate=self._rate, options=dict(recipe.encoding))
        self._stream = cast("AudioStream", stream)  # each recipe's encoder is one of audio
        context = self._stream.codec_context
        context.layout, context.format = "mono", recipe.sample_format
        if recipe.bit_rate:
            context.bit_rate = self._output.bit_rate_bps or recipe.bit_rate
        self._position = 0
        self._packets = 0
        self._dropped = False

    def encode(self, samples: Samples) -> bytes:
        """Return what can be sent of everything given so far."""
        if self._dropped:
            self._begin_anew()
            samples, self._silence = np.concatenate((np.zeros(self._silence, np.int16), samples)), 0
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = self._rate
        frame.pts = self._position
        self._position += len(samples)
        self._mux(frame)
        return self._sink.take()

    def drop(self) -> None:
        """Forget what was given and not returned yet. Silence takes its place, so that none later shifts.

        Ogg goes on with a chained stream, since its muxer holds a page back (RFC 3533, section 4); in the
        other formats frames follow on frames.
        """
        if self._position:
            self._silence = max(self._position - self._returned, 0)
            self._position = self._packets = 0
            self._dropped = True

    def finish(self) -> bytes:
        """Return the rest and the container's trailer, unless nothing was given since a drop."""
        if self._dropped:
            return b""
        if self._position:
            self._mux(None)
        self._muxer.close()
        return self._sink.take()

    def _begin_anew(self) -> None:
        self._open()
        if self._headed and self._codec is not Codec.OPUS:
            self._muxer.start_encoding()
            self._sink.take()  # the header

    def _mux(self, frame: av.AudioFrame | None) -> None:
        for packet in self._stream.encode(frame):
            covered = self._packets * self._stream.codec_context.frame_size
            if self._codec is not Codec.MP3 or covered < self._decoded:  # LAME may end with mere padding
                self._muxer.mux(packet)
                self._packets += 1
                self._headed = True

    @property
    def _decoded(self) -> int:
        """Samples that a decoder makes of everything given so far."""
        return self._position + ENCODER_DELAY.get(self._codec, 0)

    @property
    def _returned(self) -> int:
        """Samples given that a decoder makes of what was returned."""
        packets, size = self._packets, self._stream.codec_context.frame_size
        if self._codec is not Codec.OPUS:
            return packets * size
        return max((packets - 1) * size - self._rate * _OPUS_LOOKAHEAD // 48_000, 0)
