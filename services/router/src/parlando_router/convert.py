"""Messages of `parlando.speech.v1` to the router's own terms, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from google.type.money_pb2 import Money

from parlando.audio.v1 import audio_pb2
from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span
from parlando_router.ports import Cost
from parlando_router.request import (
    CONTAINERS,
    ENCODER_DELAY,
    Codec,
    Container,
    Markup,
    OutputFormat,
    PlayoutMode,
    Schedule,
    SpeechSettings,
)
from parlando_router.speak_protocol import Cancel, End, Flush, Message, Open, Text
from parlando_router.voice_filter import VoiceFilter

_Number = TypeVar("_Number", bound=int)
_Term = TypeVar("_Term")

_NANOS = 1_000_000_000

GENDERS = {
    synth_pb2.VOICE_GENDER_FEMALE: "female",
    synth_pb2.VOICE_GENDER_MALE: "male",
    synth_pb2.VOICE_GENDER_NEUTRAL: "neutral",
}
"""Genders by their numbers; the others are not stated."""

_CODECS = {
    audio_pb2.AUDIO_CODEC_UNSPECIFIED: Codec.PCM,
    audio_pb2.AUDIO_CODEC_PCM_S16LE: Codec.PCM,
    audio_pb2.AUDIO_CODEC_MULAW: Codec.MULAW,
    audio_pb2.AUDIO_CODEC_ALAW: Codec.ALAW,
    audio_pb2.AUDIO_CODEC_MP3: Codec.MP3,
    audio_pb2.AUDIO_CODEC_OPUS: Codec.OPUS,
    audio_pb2.AUDIO_CODEC_AAC: Codec.AAC,
    audio_pb2.AUDIO_CODEC_FLAC: Codec.FLAC,
}
_CODEC_NUMBERS = {
    Codec.PCM: audio_pb2.AUDIO_CODEC_PCM_S16LE,
    Codec.MULAW: audio_pb2.AUDIO_CODEC_MULAW,
    Codec.ALAW: audio_pb2.AUDIO_CODEC_ALAW,
    Codec.MP3: audio_pb2.AUDIO_CODEC_MP3,
    Codec.OPUS: audio_pb2.AUDIO_CODEC_OPUS,
    Codec.AAC: audio_pb2.AUDIO_CODEC_AAC,
    Codec.FLAC: audio_pb2.AUDIO_CODEC_FLAC,
}
_CONTAINERS = {
    audio_pb2.AUDIO_CONTAINER_UNSPECIFIED: None,
    audio_pb2.AUDIO_CONTAINER_RAW: Container.RAW,
    audio_pb2.AUDIO_CONTAINER_WAV: Container.WAV,
    audio_pb2.AUDIO_CONTAINER_OGG: Container.OGG,
    audio_pb2.AUDIO_CONTAINER_ADTS: Container.ADTS,
    audio_pb2.AUDIO_CONTAINER_NATIVE: Container.NATIVE,
}
_CONTAINER_NUMBERS = {
    Container.RAW: audio_pb2.AUDIO_CONTAINER_RAW,
    Container.WAV: audio_pb2.AUDIO_CONTAINER_WAV,
    Container.OGG: audio_pb2.AUDIO_CONTAINER_OGG,
    Container.ADTS: audio_pb2.AUDIO_CONTAINER_ADTS,
    Container.NATIVE: audio_pb2.AUDIO_CONTAINER_NATIVE,
}
_MODES = {
    speech_pb2.PLAYOUT_MODE_UNSPECIFIED: None,
    speech_pb2.PLAYOUT_MODE_UNPACED: PlayoutMode.UNPACED,
    speech_pb2.PLAYOUT_MODE_CLOCK: PlayoutMode.CLOCK,
    speech_pb2.PLAYOUT_MODE_REPORTED: PlayoutMode.REPORTED,
}
_MARKUPS = {
    fragmenter_pb2.MARKUP_UNSPECIFIED: Markup.PLAIN,
    fragmenter_pb2.MARKUP_PLAIN: Markup.PLAIN,
    fragmenter_pb2.MARKUP_MARKDOWN: Markup.MARKDOWN,
    fragmenter_pb2.MARKUP_SSML: Markup.SSML,
}
QUALITIES = {
    TimingQuality.EXACT: audio_pb2.TIMING_QUALITY_EXACT,
    TimingQuality.ALIGNED: audio_pb2.TIMING_QUALITY_ALIGNED,
    TimingQuality.ESTIMATED: audio_pb2.TIMING_QUALITY_ESTIMATED,
}
SPEAK_FLUSH_SECONDS = 0.5
"""How long a pause of the incoming text lets what there is be spoken, where Speak's caller does not say."""

_DEFAULT_RATE = {Codec.MULAW: 8_000, Codec.ALAW: 8_000}


def duration(seconds: float) -> Duration:
    """Return a Duration of so many seconds, 0 or more."""
    whole, nanos = divmod(round(seconds * _NANOS), _NANOS)
    return Duration(seconds=whole, nanos=nanos)


def seconds(message: Duration) -> float:
    """Return a Duration's seconds."""
    return message.seconds + message.nanos / _NANOS


def money(cost: Cost) -> Money:
    """Return an amount as Money."""
    return Money(currency_code=cost.currency, units=cost.nanos // _NANOS, nanos=cost.nanos % _NANOS)


def cost_from(message: Money) -> Cost:
    """Return Money as an amount."""
    return Cost(message.currency_code, message.units * _NANOS + message.nanos)


def settings_from(message: speech_pb2.SpeechSettings) -> SpeechSettings:
    """Return checked settings.

    Raises:
        ParlandoError: OUT_OF_RANGE or UNSUPPORTED_FORMAT, with the field's path.
    """
    prosody, emotion, schedule = message.prosody, message.emotion, message.schedule
    return SpeechSettings(
        voice=message.voice,
        engine=message.engine,
        language=message.language,
        output=_format_from(message.format),
        speed=prosody.speed if prosody.HasField("speed") else 1.0,
        pitch_semitones=prosody.pitch_semitones,
        volume_db=prosody.volume_db,
        emotion=emotion.name,
        emotion_intensity=emotion.intensity if emotion.HasField("intensity") else 0.5,
        markup=_known(_MARKUPS, message.markup, "settings.markup"),
        playout_mode=_known(_MODES, message.playout_mode, "settings.playout_mode"),
        playout_budget=seconds(message.playout_budget) if message.HasField("playout_budget") else 10.0,
        session_id=message.session_id,
        first_chunk_limit=(
            seconds(message.limits.first_chunk) if message.limits.HasField("first_chunk") else None
        ),
        schedule=Schedule(
            first_code_points=schedule.first_code_points if schedule.HasField("first_code_points") else None,
            growth=schedule.growth if schedule.HasField("growth") else None,
            max_code_points=schedule.max_code_points if schedule.HasField("max_code_points") else None,
        ),
        flush_after=seconds(message.flush_after) if message.HasField("flush_after") else None,
        seed=message.seed if message.HasField("seed") else None,
        engine_options=dict(message.engine_options),
        disabled_rules=tuple(message.disabled_rules),
    )


def _known(
    table: Mapping[_Number, _Term], number: _Number, path: str, reason: Reason = Reason.OUT_OF_RANGE
) -> _Term:
    if number not in table:
        raise ParlandoError(reason, f"{path} is {number}: use a value that the enum defines", field=path)
    return table[number]


def _format_from(message: audio_pb2.AudioFormat) -> OutputFormat:
    unsupported = Reason.UNSUPPORTED_FORMAT
    codec = _known(_CODECS, message.codec, "settings.format.codec", unsupported)
    container = _known(_CONTAINERS, message.container, "settings.format.container", unsupported)
    return OutputFormat(
        codec=codec,
        container=container or CONTAINERS[codec][0],
        sample_rate_hz=message.sample_rate_hz or _DEFAULT_RATE.get(codec, 24_000),
        bit_rate_bps=message.bit_rate_bps if message.HasField("bit_rate_bps") else None,
    )


def message_from(request: speech_pb2.SpeakRequest) -> Message:
    """Return a message of Speak.

    Raises:
        ParlandoError: as `settings_from`, with "open." before the path.
    """
    said: Open | Text | Flush | Cancel | End | None = None
    match request.WhichOneof("message"):
        case "open":
            try:
                settings = settings_from(request.open.settings)
            except ParlandoError as error:
                raise ParlandoError(
                    error.reason, f"open.{error.message}", field=f"open.{error.field}"
                ) from error
            if settings.flush_after is None:
                settings = replace(settings, flush_after=SPEAK_FLUSH_SECONDS)
            opener = request.open
            said = Open(settings, opener.utterance_id, opener.text, opener.complete)
        case "text":
            said = Text(request.text.text)
        case "flush":
            said = Flush(request.flush.id)
        case "cancel":
            said = Cancel()
        case "end":
            said = End()
    played = request.playback.samples_played if request.HasField("playback") else None
    return Message(request.epoch, said, played)


def format_to(output: OutputFormat) -> audio_pb2.AudioFormat:
    """Return a format in full."""
    return audio_pb2.AudioFormat(
        codec=_CODEC_NUMBERS[output.codec],
        container=_CONTAINER_NUMBERS[output.container],
        sample_rate_hz=output.sample_rate_hz,
        bit_rate_bps=output.bit_rate_bps,
        encoder_delay_samples=ENCODER_DELAY.get(output.codec, 0),
    )


def source_to(span: Span) -> audio_pb2.SourceSpan:
    """Return a span of the caller's text."""
    return audio_pb2.SourceSpan(start=span.start, end=span.end)


def word_to(word: Word) -> audio_pb2.WordTiming:
    """Return a word's times."""
    return audio_pb2.WordTiming(
        spoken=audio_pb2.SpokenSpan(start=word.spoken.start, end=word.spoken.end),
        source=source_to(word.source),
        first_sample=word.first_sample,
        sample_count=word.sample_count,
        quality=QUALITIES[word.quality],
    )


def filter_from(message: speech_pb2.ListVoicesRequest) -> VoiceFilter:
    """Return which voices a message asks for.

    Raises:
        ParlandoError: OUT_OF_RANGE, the gender is none.
    """
    if message.gender and message.gender not in GENDERS:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"gender is {message.gender}: use one of VoiceGender, or leave it out",
            field="gender",
        )
    return VoiceFilter(
        engine=message.engine,
        language=message.language,
        gender=GENDERS.get(message.gender, ""),
        cloned=message.cloned if message.HasField("cloned") else None,
        text=message.text,
    )
