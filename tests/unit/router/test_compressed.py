"""The compressed formats, decoded again by FFmpeg: every sample where it should be, no click at a seam."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from parlando_router.encoding import open_encoder
from parlando_router.events import Samples
from parlando_router.joiner import Joiner
from parlando_router.request import CONTAINERS, ENCODER_DELAY, Codec, OutputFormat
from tests.unit.router.sound import bursts, speech

_COMPRESSED = [Codec.MP3, Codec.OPUS, Codec.AAC, Codec.FLAC]
_SCORE = [("quiet", 0.1), ("loud", 0.15), ("quiet", 0.25), ("loud", 0.2), ("quiet", 0.3)]


def _decoded(stream: bytes, rate: int) -> Samples:
    """Decode a whole stream, nothing being cut off at its ends, at the rate asked for."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    pieces: list[Samples] = []
    with av.open(io.BytesIO(stream), "r") as container:
        for frame in container.decode(audio=0):
            pieces += [each.to_ndarray()[0].astype(np.int16) for each in resampler.resample(frame)]
    pieces += [each.to_ndarray()[0].astype(np.int16) for each in resampler.resample(None)]
    return np.concatenate(pieces)


@pytest.mark.parametrize("rate", [24_000, 48_000])
@pytest.mark.parametrize("codec", _COMPRESSED)
def test_sound_is_found_again_behind_the_stated_delay(codec: Codec, rate: int) -> None:
    sound = speech(_SCORE, rate)
    encoder = open_encoder(OutputFormat(codec, CONTAINERS[codec][0], rate))
    stream = bytearray()
    for at in range(0, len(sound), 1_777):
        stream += encoder.encode(sound[at : at + 1_777])
    stream += encoder.finish()
    heard = bursts(_decoded(bytes(stream), rate), rate, apart=0.05)
    # A demuxer that knows the delay from the container has left it out: Ogg says so for Opus.
    delay = 0 if codec is Codec.OPUS else ENCODER_DELAY.get(codec, 0)
    expected = bursts(sound, rate, apart=0.05)
    assert len(heard) == len(expected) == 2
    for (first, end), (true_first, true_end) in zip(heard, expected, strict=True):
        assert first - delay == pytest.approx(true_first, abs=0.012 * rate)
        assert end - delay == pytest.approx(true_end, abs=0.012 * rate)


@pytest.mark.parametrize("codec", _COMPRESSED)
def test_bytes_leave_while_sound_still_comes(codec: Codec) -> None:
    rate = 24_000
    encoder = open_encoder(OutputFormat(codec, CONTAINERS[codec][0], rate))
    sound = speech([("loud", 0.5)], rate)
    pieces = [encoder.encode(sound[at : at + 720]) for at in range(0, len(sound), 720)]
    encoder.finish()
    assert b"".join(pieces[:7])  # 210 ms in
    assert b"".join(pieces[7:])


@pytest.mark.parametrize("codec", _COMPRESSED)
def test_an_encoder_that_is_given_nothing_ends(codec: Codec) -> None:
    encoder = open_encoder(OutputFormat(codec, CONTAINERS[codec][0], 24_000))
    encoder.finish()


# A cancel


@pytest.mark.parametrize("given", [0.01, 0.03, 0.25, 0.31])
@pytest.mark.parametrize("rate", [24_000, 48_000])
@pytest.mark.parametrize("codec", _COMPRESSED)
def test_what_follows_a_drop_begins_clean_and_in_its_place(codec: Codec, rate: int, given: float) -> None:
    encoder = open_encoder(OutputFormat(codec, CONTAINERS[codec][0], rate))
    cancelled = speech([("loud", given)], rate)
    pieces = [encoder.encode(cancelled[at : at + 720]) for at in range(0, len(cancelled), 720)]
    before = b"".join(pieces)
    encoder.drop()
    following = speech([("quiet", 0.2), ("loud", 0.2), ("quiet", 0.2)], rate)
    after = b"".join(encoder.encode(following[at : at + 720]) for at in range(0, len(following), 720))
    whole = _decoded(before + after + encoder.finish(), rate)
    delay = 0 if codec is Codec.OPUS else ENCODER_DELAY.get(codec, 0)
    end = len(cancelled) + delay
    assert (
        np.abs(whole[end - rate // 500 : end]).max() < np.abs(cancelled).max() / 100
    )  # it was in the encoder
    (found,) = bursts(whole[end + rate // 10 :], rate, apart=0.05)
    assert found[0] == pytest.approx(0.1 * rate, abs=0.012 * rate)
    assert found[1] == pytest.approx(0.3 * rate, abs=0.012 * rate)


@pytest.mark.parametrize("codec", _COMPRESSED)
def test_an_encoder_that_is_given_nothing_after_a_drop_returns_no_sound(codec: Codec) -> None:
    rate = 24_000
    encoder = open_encoder(OutputFormat(codec, CONTAINERS[codec][0], rate))
    sent = encoder.encode(speech([("loud", 0.5)], rate))
    encoder.drop()
    encoder.drop()
    assert len(_decoded(sent + encoder.finish(), rate)) <= 0.5 * rate


# Seams


def _heard(codec: Codec, sound: Samples) -> Samples:
    """Return what is heard of a sound that was sent in frames."""
    rate = 24_000
    encoder = open_encoder(OutputFormat(codec, CONTAINERS[codec][0], rate))
    pieces = [encoder.encode(sound[at : at + 720]) for at in range(0, len(sound), 720)]
    return _decoded(b"".join([*pieces, encoder.finish()]), rate)


def _tone(seconds: float) -> Samples:
    """Return a tone of 440 Hz that begins and ends in the middle of a swing: to cut it is to click."""
    turns = np.arange(round(seconds * 24_000)) * 440 / 24_000
    wave: Samples = (10_000 * np.cos(2 * np.pi * turns)).astype(np.int16)
    return wave


def _roughness(samples: Samples) -> int:
    """Return the sharpest bend of a wave, away from the ends of the utterance: that of a click is large."""
    inner = samples[3_000:-3_000].astype(np.int32)
    return int(np.abs(np.diff(inner, 2)).max())


@pytest.mark.parametrize("codec", _COMPRESSED)
@pytest.mark.parametrize("pause", [0.0, 0.2])
def test_a_seam_between_fragments_does_not_click(codec: Codec, pause: float) -> None:
    first, second = _tone(0.4), -_tone(0.4)
    joiner = Joiner(24_000)
    pieces = [joiner.begin(24_000), joiner.feed(first.tobytes()), joiner.end(pause)]
    pieces += [joiner.begin(24_000), joiner.feed(second.tobytes()), joiner.end(0), joiner.settle()]
    undisturbed = _roughness(_heard(codec, _tone(0.8)))
    assert _roughness(_heard(codec, np.concatenate(pieces))) < 1.5 * undisturbed
    cut = np.concatenate((first, np.zeros(round(pause * 24_000), np.int16), second))
    assert _roughness(_heard(codec, cut)) > 50 * undisturbed  # as it would be without a joiner
