"""Samples to bytes: G.711 against its published values, and WAV headers as others read them."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest

from parlando_router.encoding import open_encoder
from parlando_router.events import Samples
from parlando_router.request import Codec, Container, OutputFormat

_EVERY_SAMPLE = np.arange(-32_768, 32_768, dtype=np.int16)


def _encoded(
    samples: Samples, codec: Codec, container: Container = Container.RAW, rate: int = 8_000
) -> bytes:
    encoder = open_encoder(OutputFormat(codec, container, rate))
    return encoder.encode(samples) + encoder.finish()


# G.711. The codes are those of the tables in ITU-T G.711 (1988), for 16-bit samples.


@pytest.mark.parametrize(
    ("sample", "mulaw", "alaw"),
    [
        (0, 0xFF, 0xD5),
        (8, 0xFE, 0xD5),
        (-8, 0x7E, 0x55),
        (100, 0xF2, 0xD3),
        (-100, 0x72, 0x53),
        (1_000, 0xCE, 0xFA),
        (-1_000, 0x4E, 0x7A),
        (8_000, 0xA0, 0x8A),
        (-8_000, 0x20, 0x0A),
        (20_000, 0x8C, 0xA6),
        (32_124, 0x80, 0xAA),
        (32_767, 0x80, 0xAA),
        (-32_768, 0x00, 0x2A),
    ],
)
def test_g711_codes_are_the_published_ones(sample: int, mulaw: int, alaw: int) -> None:
    samples = np.array([sample], dtype=np.int16)
    assert _encoded(samples, Codec.MULAW) == bytes([mulaw])
    assert _encoded(samples, Codec.ALAW) == bytes([alaw])


def _mulaw_decoded(code: int) -> tuple[int, int]:
    """Return the sample a mu-law code stands for, and the width of its interval."""
    code = ~code & 0xFF
    segment = (code >> 4) & 7
    magnitude = ((((code & 0x0F) << 3) + 0x84) << segment) - 0x84
    return (-magnitude if code & 0x80 else magnitude), 8 << segment


def _alaw_decoded(code: int) -> tuple[int, int]:
    """Return the sample an A-law code stands for, and the width of its interval."""
    code ^= 0x55
    segment, mantissa = (code >> 4) & 7, code & 0x0F
    magnitude = (mantissa << 4) + 8 if segment == 0 else ((mantissa << 4) + 0x108) << (segment - 1)
    return (magnitude if code & 0x80 else -magnitude), 16 << max(segment - 1, 0)


def test_every_sample_survives_mulaw_within_its_interval() -> None:
    for sample, code in zip(_EVERY_SAMPLE.tolist(), _encoded(_EVERY_SAMPLE, Codec.MULAW), strict=True):
        decoded, width = _mulaw_decoded(code)
        clipped = max(min(sample, 32_635), -32_635)
        assert abs(decoded - clipped) <= width // 2 + 3  # 14 bits are coded, so 3 are below its notice


def test_every_sample_survives_alaw_within_its_interval() -> None:
    for sample, code in zip(_EVERY_SAMPLE.tolist(), _encoded(_EVERY_SAMPLE, Codec.ALAW), strict=True):
        decoded, width = _alaw_decoded(code)
        assert abs(decoded - sample) <= width // 2


@pytest.mark.parametrize("codec", [Codec.MULAW, Codec.ALAW])
def test_every_code_is_the_code_of_what_it_stands_for(codec: Codec) -> None:
    decoded = _mulaw_decoded if codec is Codec.MULAW else _alaw_decoded
    codes = [code for code in range(256) if (codec, code) != (Codec.MULAW, 0x7F)]  # the other zero
    samples = np.array([decoded(code)[0] for code in codes], dtype=np.int16)
    assert list(_encoded(samples, codec)) == codes


def test_pcm_is_little_endian() -> None:
    assert _encoded(np.array([1, -2, 0x1234], dtype=np.int16), Codec.PCM) == b"\x01\x00\xfe\xff\x34\x12"


# WAV


@pytest.mark.parametrize("rate", [8_000, 24_000, 48_000])
def test_pcm_in_wav_is_read_once_its_sizes_are_filled_in(rate: int) -> None:
    stream = bytearray(_encoded(_EVERY_SAMPLE, Codec.PCM, Container.WAV, rate))
    assert stream[4:8] == stream[40:44] == b"\xff\xff\xff\xff"
    struct.pack_into("<I", stream, 4, len(stream) - 8)
    struct.pack_into("<I", stream, 40, len(stream) - 44)
    with wave.open(io.BytesIO(stream)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate)
        assert file.readframes(100_000) == _EVERY_SAMPLE.tobytes()


@pytest.mark.parametrize(("codec", "number"), [(Codec.ALAW, 6), (Codec.MULAW, 7)])
def test_g711_in_wav_states_its_format(codec: Codec, number: int) -> None:
    stream = _encoded(_EVERY_SAMPLE[:100], codec, Container.WAV)
    riff, _, kind, fmt, size = struct.unpack_from("<4sI4s4sI", stream)
    assert (riff, kind, fmt) == (b"RIFF", b"WAVE", b"fmt ")
    fields = struct.unpack_from("<HHIIHHH", stream, 20)
    assert fields == (number, 1, 8_000, 8_000, 1, 8, 0)
    data, length = struct.unpack_from("<4sI", stream, 20 + size)
    assert (data, length) == (b"data", 0xFFFFFFFF)
    assert stream[28 + size :] == _encoded(_EVERY_SAMPLE[:100], codec)


@pytest.mark.parametrize("codec", [Codec.PCM, Codec.MULAW, Codec.ALAW])
def test_a_wav_header_comes_once_and_comes_even_without_sound(codec: Codec) -> None:
    encoder = open_encoder(OutputFormat(codec, Container.WAV, 8_000))
    assert encoder.encode(_EVERY_SAMPLE[:10]).startswith(b"RIFF")
    assert not encoder.encode(_EVERY_SAMPLE[:10]).startswith(b"RIFF")
    assert encoder.finish() == b""
    silent = open_encoder(OutputFormat(codec, Container.WAV, 8_000))
    assert silent.finish().startswith(b"RIFF")
    assert silent.finish() == b""
