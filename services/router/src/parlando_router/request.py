"""What a caller asks for: the settings of an utterance, checked.

Field names in errors are paths of `parlando.speech.v1`; the checks are here, the translation from
messages in `convert`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.options import require_options

MAX_TEXT = 100_000
"""Longest text of one Say, and of one text message of Speak, in code points."""

MAX_ID = 64
"""Longest id a caller may mint, in characters."""

MAX_RULES = 64
"""Most rules of normalisation that may be left out."""


class Codec(Enum):
    """How samples are coded."""

    PCM = "pcm"
    MULAW = "mulaw"
    ALAW = "alaw"
    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"


class Container(Enum):
    """What coded samples are wrapped in."""

    RAW = "raw"
    WAV = "wav"
    OGG = "ogg"
    ADTS = "adts"
    NATIVE = "native"


class PlayoutMode(Enum):
    """What holds synthesis back when it runs ahead of playback."""

    UNPACED = "unpaced"
    CLOCK = "clock"
    REPORTED = "reported"


class Markup(Enum):
    """How the text is written."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    SSML = "ssml"


CONTAINERS = {
    Codec.PCM: (Container.RAW, Container.WAV),
    Codec.MULAW: (Container.RAW, Container.WAV),
    Codec.ALAW: (Container.RAW, Container.WAV),
    Codec.MP3: (Container.NATIVE,),
    Codec.OPUS: (Container.OGG,),
    Codec.AAC: (Container.ADTS,),
    Codec.FLAC: (Container.NATIVE,),
}
"""What each codec may be wrapped in, its own default first."""

ENCODER_DELAY = {Codec.MP3: 1_105, Codec.AAC: 1_024}
"""Samples of silence that decoders put before the first one: LAME's 576 and the decoder's own 529 for MP3,
one frame for AAC-LC. Ogg Opus tells decoders to drop its own."""

_MPEG_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_RATES = {
    Codec.MP3: _MPEG_RATES,
    Codec.AAC: _MPEG_RATES,
    Codec.OPUS: (8_000, 12_000, 16_000, 24_000, 48_000),
}


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """How audio is delivered, one channel.

    Attributes:
        codec: how samples are coded.
        container: what they are wrapped in; one of the codec's `CONTAINERS`.
        sample_rate_hz: 8,000 to 48,000; MP3, AAC and Opus have rates of their own.
        bit_rate_bps: 6,000 to 320,000 for MP3, AAC and Opus; None is the codec's own for speech.

    Raises:
        ParlandoError: OUT_OF_RANGE or UNSUPPORTED_FORMAT with the field's path.
    """

    codec: Codec = Codec.PCM
    container: Container = Container.RAW
    sample_rate_hz: int = 24_000
    bit_rate_bps: int | None = None

    def __post_init__(self) -> None:
        at = "settings.format"
        require_range(self.sample_rate_hz, 8_000, 48_000, f"{at}.sample_rate_hz")
        require_range(self.bit_rate_bps, 6_000, 320_000, f"{at}.bit_rate_bps")
        containers = CONTAINERS[self.codec]
        if self.container not in containers:
            names = " or ".join(container.name for container in containers)
            raise ParlandoError(
                Reason.UNSUPPORTED_FORMAT,
                f"{at}.container {self.container.name} cannot hold {self.codec.name}: use {names}",
                field=f"{at}.container",
            )
        rates = _RATES.get(self.codec)
        if rates is not None and self.sample_rate_hz not in rates:
            raise ParlandoError(
                Reason.UNSUPPORTED_FORMAT,
                f"{at}.sample_rate_hz {self.sample_rate_hz} is no rate of {self.codec.name}: "
                f"use one of {', '.join(map(str, rates))}",
                field=f"{at}.sample_rate_hz",
            )


@dataclass(frozen=True, slots=True)
class Schedule:
    """Bounds of the fragments; None leaves the fragmenter's own."""

    first_code_points: int | None = None
    growth: float | None = None
    max_code_points: int | None = None

    def __post_init__(self) -> None:
        at = "settings.schedule"
        require_range(self.first_code_points, 1, 1_000, f"{at}.first_code_points")
        require_range(self.growth, 1, 8, f"{at}.growth")
        require_range(self.max_code_points, 20, 4_000, f"{at}.max_code_points")


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """How an utterance is to be spoken. Units and ranges as in `parlando.speech.v1.SpeechSettings`.

    Attributes:
        policy: name of the policy that routes it; empty is the default one.
        tier: the caller's tier, by which a policy may route.

    Raises:
        ParlandoError: OUT_OF_RANGE with the field's path.
    """

    voice: str = ""
    engine: str = ""
    language: str = ""
    output: OutputFormat = field(default_factory=OutputFormat)
    speed: float = 1.0
    pitch_semitones: float = 0.0
    volume_db: float = 0.0
    emotion: str = ""
    emotion_intensity: float = 0.5
    markup: Markup = Markup.PLAIN
    playout_mode: PlayoutMode | None = None  # the method's own
    playout_budget: float = 10.0
    session_id: str = ""
    policy: str = ""
    tier: str = ""
    first_chunk_limit: float | None = None
    schedule: Schedule = field(default_factory=Schedule)
    flush_after: float | None = None
    seed: int | None = None
    engine_options: Mapping[str, str] = field(default_factory=dict)
    disabled_rules: Collection[str] = ()

    def __post_init__(self) -> None:
        require_range(self.speed, 0.25, 4.0, "settings.prosody.speed")
        require_range(self.pitch_semitones, -12, 12, "settings.prosody.pitch_semitones")
        require_range(self.volume_db, -40, 12, "settings.prosody.volume_db")
        require_range(self.emotion_intensity, 0, 1, "settings.emotion.intensity")
        require_range(self.playout_budget, 0.3, 60, "settings.playout_budget", "s")
        require_range(self.first_chunk_limit, 0.001, 3_600, "settings.limits.first_chunk", "s")
        require_range(self.flush_after, 0.01, 3_600, "settings.flush_after", "s")
        require_options(self.engine_options, "settings.engine_options")
        if len(self.disabled_rules) > MAX_RULES:
            raise ParlandoError(
                Reason.OUT_OF_RANGE,
                f"settings.disabled_rules has {len(self.disabled_rules):,} entries: use at most {MAX_RULES}",
                field="settings.disabled_rules",
            )


def require_range(value: float | None, low: float, high: float, path: str, unit: str = "") -> None:
    """Refuse a number outside [low, high], NaN included; None passes.

    Raises:
        ParlandoError: OUT_OF_RANGE with the field's path.
    """
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        suffix = f" {unit}" if unit else ""
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"{path} is {value:g}{suffix}: use {low:g} to {high:g}{suffix}",
            field=path,
        )


def require_text(text: str, path: str) -> None:
    """Refuse a text that has nothing to speak, or too much.

    Raises:
        ParlandoError: FIELD_REQUIRED or TEXT_TOO_LONG.
    """
    require_length(text, path)
    if not text or text.isspace():
        raise ParlandoError(Reason.FIELD_REQUIRED, f"{path} is empty: send the words to speak", field=path)


def require_length(text: str, path: str) -> None:
    """Refuse a text that is too long for one message.

    Raises:
        ParlandoError: TEXT_TOO_LONG.
    """
    if len(text) > MAX_TEXT:
        raise ParlandoError(
            Reason.TEXT_TOO_LONG,
            f"{path} has {len(text):,} code points: send at most {MAX_TEXT:,} at a time, through Speak",
            field=path,
        )


def require_id(value: str, path: str) -> None:
    """Refuse an id that is too long.

    Raises:
        ParlandoError: OUT_OF_RANGE.
    """
    if len(value) > MAX_ID:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"{path} has {len(value):,} characters: use at most {MAX_ID}",
            field=path,
        )
