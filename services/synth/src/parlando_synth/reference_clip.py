"""Reference clips: the recording of a voice that is to be cloned, checked before anything is made of it.

What a stranger sends is read in blocks, and no further than the longest clip allowed: a file that claims to
be short, or that unpacks to days of silence, costs no more than one of 30 s. Needs the extra "cloning".
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from parlando_kit.errors import ParlandoError, Reason

RATE = 24_000
"""Samples a second of a clip that was read."""

SHORTEST, LONGEST = 5.0, 30.0
"""Seconds that a clip may last."""

MAX_BYTES = 24 * 1024 * 1024
"""Longest file: 30 s of stereo with 32 bits at 96 kHz."""

LOWEST_RATE, HIGHEST_RATE = 16_000, 192_000
"""Samples a second of a file."""

FIELD = "clip"
"""The field that errors name."""

_BLOCK = 65_536  # frames read at a time
_FRAME = 0.03  # seconds over which loudness is measured
_AUDIBLE = 10 ** (-50 / 20)  # RMS of full scale: below is silence
_LEAST_SOUND = 3.0  # seconds of a clip that are not silence
_FULL = 0.999  # of full scale, or of the file's own loudest sample: what is cut off stays there
_CUT_OFF = 4  # samples on end at the top: no voice stays there for so long
_MOST_CUT_OFF = 0.001  # share of the samples
_APART = 4.0  # one channel is that much louder than the other, 12 dB, where its speaker speaks
_EACH_SPEAKS = 0.15  # share of the sound in which a speaker of two is alone

_WHOLE = frozenset({"PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"})
_OTHERS = (
    (0, b"ID3", "MP3"),
    (0, b"OggS", "Ogg"),
    (4, b"ftyp", "MP4"),
    (0, b"FORM", "AIFF"),
    (0, b"\x1aE\xdf\xa3", "WebM"),
    (0, b"PK\x03\x04", "a ZIP archive"),
)
_MP3_FRAME = re.compile(rb"\xff[\xe0-\xff]")


@dataclass(frozen=True, slots=True)
class ReferenceClip:
    """A clip that may be cloned.

    Attributes:
        samples: float32 in [-1, 1], one channel, at `RATE`.
    """

    samples: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / RATE

    def wav(self) -> bytes:
        """Return it as a WAV file of 16 bits: what is stored, whatever was sent."""
        file = io.BytesIO()
        soundfile.write(file, self.samples, RATE, format="WAV", subtype="PCM_16")
        return file.getvalue()


def reference_clip(data: bytes) -> ReferenceClip:
    """Read a clip, and check that a voice can be cloned from it.

    Args:
        data: a WAV file of whole samples, or a FLAC file, with one or two channels.

    Raises:
        ParlandoError: at field "clip": FIELD_REQUIRED, it is empty; UNSUPPORTED_FORMAT, it is in another
            format, or damaged; OUT_OF_RANGE, its length, rate or number of channels; BAD_CLIP, it is clipped,
            mostly silent, or has two speakers, as far as channels tell.
    """
    _check_format(data)
    channels, rate = _read(data)
    seconds = len(channels) / rate
    if seconds < SHORTEST:
        raise _error(
            Reason.OUT_OF_RANGE, f"the clip lasts {seconds:.1f} s: use {SHORTEST:g} to {LONGEST:g} s"
        )
    _check_clipping(channels)
    mono = _one_channel(channels, rate)
    resampled = soxr.resample(mono, rate, RATE) if rate != RATE else mono
    return ReferenceClip(np.clip(resampled, -1, 1).astype(np.float32))


def _check_format(data: bytes) -> None:
    if not data:
        raise _error(Reason.FIELD_REQUIRED, "the clip is empty: send a WAV or FLAC file")
    if len(data) > MAX_BYTES:
        raise _error(
            Reason.OUT_OF_RANGE,
            f"the clip has {len(data):,} bytes: use at most {MAX_BYTES:,}, which is {LONGEST:g} s",
        )
    if (data[:4] == b"RIFF" and data[8:12] == b"WAVE") or data[:4] == b"fLaC":
        return
    known = next((name for place, mark, name in _OTHERS if data.startswith(mark, place)), "")
    if not known and _MP3_FRAME.match(data):
        known = "MP3"
    what = f"is {known}, whatever its name says" if known else "is neither WAV nor FLAC"
    raise _error(Reason.UNSUPPORTED_FORMAT, f"the clip {what}: send a WAV or FLAC file")


def _read(data: bytes) -> tuple[NDArray[np.float32], int]:
    """Return the samples, shape (frames, channels), and their rate; no more is read than a clip may last."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            _check_form(file)
            most = int(LONGEST * file.samplerate)
            packed = file.format == "FLAC"
            if not packed and file.frames > most:  # nothing but its length makes it so long
                raise _too_long()
            blocks, frames = [], 0
            while frames <= most and len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
                blocks.append(block)
                frames += len(block)
            rate = int(file.samplerate)
    except soundfile.LibsndfileError:
        raise _error(
            Reason.UNSUPPORTED_FORMAT, "the clip is damaged: send it anew, as a WAV or FLAC file"
        ) from None
    if frames > most:
        raise _unpacks_too_far(len(data)) if packed else _too_long()
    channels = np.concatenate(blocks) if blocks else np.empty((0, 1), np.float32)
    if not np.isfinite(channels).all():
        raise _error(Reason.UNSUPPORTED_FORMAT, "the clip has samples that are no numbers: export it anew")
    return channels, rate


def _check_form(file: soundfile.SoundFile) -> None:
    if file.subtype not in _WHOLE:
        raise _error(
            Reason.UNSUPPORTED_FORMAT,
            f"the clip is a WAV file that holds {file.subtype}: export it as PCM of 16 or 24 bits",
        )
    if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
        raise _error(
            Reason.OUT_OF_RANGE,
            f"the clip has {file.samplerate:,} samples a second: use {LOWEST_RATE:,} to {HIGHEST_RATE:,}",
        )
    if file.channels > 2:  # noqa: PLR2004  # stereo
        raise _error(Reason.OUT_OF_RANGE, f"the clip has {file.channels} channels: use one or two")


def _check_clipping(channels: NDArray[np.float32]) -> None:
    """Refuse what stays at the top of its scale, or at a lower one that it was cut off at before."""
    top = max(float(np.abs(channels).max(initial=0)), 1e-6)
    for channel in channels.T:
        for at_top in (channel >= _FULL * top, channel <= -_FULL * top):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], at_top.astype(np.int8), [0]])))
            lengths = edges[1::2] - edges[::2]
            cut_off = int(lengths[lengths >= _CUT_OFF].sum())
            if cut_off > _MOST_CUT_OFF * len(channel) / 2:
                raise _error(Reason.BAD_CLIP, "the clip is clipped: record it again, with less gain")


def _one_channel(channels: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return the channel that speaks, or both as one.

    Raises:
        ParlandoError: BAD_CLIP, nobody speaks, or somebody else in each channel.
    """
    size = int(_FRAME * rate)
    whole = len(channels) // size * size
    loudness = np.sqrt(
        (channels[:whole].reshape(-1, size, channels.shape[1]) ** 2).mean(axis=1)
    )  # (frames, channels)
    sounding = loudness.max(axis=1) > _AUDIBLE
    sound = float(sounding.sum() * _FRAME)
    if sound < _LEAST_SOUND:
        raise _error(
            Reason.BAD_CLIP,
            f"the clip holds {sound:.1f} s of sound, the rest is silence: use {_LEAST_SOUND:g} s or more",
        )
    if channels.shape[1] == 1:
        return channels[:, 0]
    left, right = loudness[sounding].T
    alone = [float((one > _APART * other).mean()) for one, other in ((left, right), (right, left))]
    if min(alone) > _EACH_SPEAKS:
        raise _error(
            Reason.BAD_CLIP,
            "the clip has a speaker in each channel: send the channel of the one to be cloned",
        )
    if max(alone) > 1 - _EACH_SPEAKS:  # the other channel is not in use
        return channels[:, int(alone[1] > alone[0])]
    mixed: NDArray[np.float32] = channels.mean(axis=1)
    return mixed


def _too_long() -> ParlandoError:
    return _error(
        Reason.OUT_OF_RANGE, f"the clip lasts more than {LONGEST:g} s: use {SHORTEST:g} to {LONGEST:g} s"
    )


def _unpacks_too_far(size: int) -> ParlandoError:
    return _error(
        Reason.OUT_OF_RANGE,
        f"the clip is a FLAC file of {size:,} bytes that unpacks to more than {LONGEST:g} s, and was read no "
        f"further: use {SHORTEST:g} to {LONGEST:g} s",
    )


def _error(reason: Reason, message: str) -> ParlandoError:
    return ParlandoError(reason, message, field=FIELD)
