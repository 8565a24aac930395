"""Sound as Google sends it, decoded to PCM as it comes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import av
import numpy as np

from parlando_google.settings import Encoding
from parlando_synth.remote.g711 import from_a_law, from_mu_law

_OPUS_RATE = 48_000  # Opus decodes to this, whatever was encoded
_PAGE = 27  # bytes of an Ogg page's header before its table (RFC 3533)
_HEADERS = 2  # packets that open an Opus stream: OpusHead, OpusTags (RFC 7845)
_WHOLE = 255  # a lacing value that says the packet goes on


class Decoder(ABC):
    """Decodes one answer.

    Attributes:
        fixed_rate: sample rate of what comes out, in hertz; None where it is the one that was asked for.
    """

    fixed_rate: int | None = None

    @abstractmethod
    def feed(self, data: bytes) -> bytes:
        """Return the sound that is known now: signed 16-bit little-endian PCM of one channel."""

    def end(self) -> bytes:
        """Return what is left once the answer has ended."""
        return b""


class _Plain(Decoder):
    """PCM already."""

    def feed(self, data: bytes) -> bytes:
        return data


class _Companded(Decoder):
    """G.711."""

    def __init__(self, expand: Callable[[bytes], bytes]) -> None:
        self._expand = expand

    def feed(self, data: bytes) -> bytes:
        return self._expand(data)


class OggOpus(Decoder):
    """Opus in Ogg pages cut anywhere: the packets are taken out here, and decoded by FFmpeg."""

    fixed_rate = _OPUS_RATE

    def __init__(self) -> None:
        self._held = b""
        self._packet = b""
        self._packets = 0
        self._codec: av.AudioCodecContext | None = None

    def feed(self, data: bytes) -> bytes:
        """Return the sound of the pages that are whole now.

        Raises:
            ValueError: it is no Opus in Ogg.
        """
        self._held += data
        sound = b""
        while (size := self._page_size()) is not None:
            sound += self._page(self._held[:size])
            self._held = self._held[size:]
        return sound

    def end(self) -> bytes:
        """Return what the decoder still holds."""
        return b"" if self._codec is None else self._trimmed(self._codec.decode(None))

    def _page_size(self) -> int | None:
        """Return the size of the first page; None where it is not there whole.

        Raises:
            ValueError: it is none.
        """
        head = self._held[:4]
        if head != b"OggS"[: len(head)]:
            raise ValueError("no Ogg page")
        if len(self._held) < _PAGE or len(self._held) < _PAGE + self._held[26]:
            return None
        size = _PAGE + self._held[26] + sum(self._held[_PAGE : _PAGE + self._held[26]])
        return size if len(self._held) >= size else None

    def _page(self, page: bytes) -> bytes:
        lacing = page[_PAGE : _PAGE + page[26]]
        at, sound = _PAGE + len(lacing), b""
        for size in lacing:
            self._packet += page[at : at + size]
            at += size
            if size < _WHOLE:
                packet, self._packet = self._packet, b""
                sound += self._decoded(packet)
        return sound

    def _decoded(self, packet: bytes) -> bytes:
        self._packets += 1
        if self._packets == 1:
            self._open(packet)
        if self._packets <= _HEADERS or self._codec is None:
            return b""
        return self._trimmed(self._codec.decode(av.Packet(packet)))

    def _open(self, head: bytes) -> None:
        if not head.startswith(b"OpusHead"):
            raise ValueError("no Opus stream")
        codec = av.CodecContext.create("opus", "r")
        assert isinstance(codec, av.AudioCodecContext)  # noqa: S101  # the library's type is wider
        codec.extradata = head
        self._codec = codec

    def _trimmed(self, frames: list[av.AudioFrame]) -> bytes:
        """Return frames as PCM. FFmpeg leaves out what the head says to skip."""
        sound = b""
        for frame in frames:
            samples = frame.to_ndarray()
            if samples.dtype != np.int16:
                samples = np.clip(samples * 32_767, -32_768, 32_767).astype("<i2")
            sound += samples[0].tobytes()
        return sound


def decoder(encoding: Encoding) -> Decoder:
    """Return what decodes an answer of an encoding."""
    match encoding:
        case Encoding.PCM:
            return _Plain()
        case Encoding.MULAW:
            return _Companded(from_mu_law)
        case Encoding.ALAW:
            return _Companded(from_a_law)
        case Encoding.OGG_OPUS:
            return OggOpus()
