"""Messages of `parlando.speech.v1` to the edge's own terms, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.duration_pb2 import Duration

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_edge.formats import AudioFormat, Codec
from parlando_edge.ports import (
    AudioMade,
    Engine,
    Estimate,
    Finished,
    Flushed,
    FragmentBegun,
    Gender,
    SpeechEvent,
    SpeechSettings,
    Started,
    Stopped,
    Usage,
    Voice,
    WantedVoices,
    WordsTimed,
    Worker,
)
from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span

_CODECS = {
    Codec.PCM: audio_pb2.AUDIO_CODEC_PCM_S16LE,
    Codec.MULAW: audio_pb2.AUDIO_CODEC_MULAW,
    Codec.ALAW: audio_pb2.AUDIO_CODEC_ALAW,
    Codec.MP3: audio_pb2.AUDIO_CODEC_MP3,
    Codec.OPUS: audio_pb2.AUDIO_CODEC_OPUS,
    Codec.AAC: audio_pb2.AUDIO_CODEC_AAC,
    Codec.FLAC: audio_pb2.AUDIO_CODEC_FLAC,
}
_CODEC_OF = {number: codec for codec, number in _CODECS.items()}
_CONTAINERS = {True: audio_pb2.AUDIO_CONTAINER_WAV, False: audio_pb2.AUDIO_CONTAINER_UNSPECIFIED}
_QUALITIES = {
    TimingQuality.EXACT: audio_pb2.TIMING_QUALITY_EXACT,
    TimingQuality.ALIGNED: audio_pb2.TIMING_QUALITY_ALIGNED,
    TimingQuality.ESTIMATED: audio_pb2.TIMING_QUALITY_ESTIMATED,
}
_GENDERS: dict[synth_pb2.VoiceGender, Gender] = {
    synth_pb2.VOICE_GENDER_FEMALE: "female",
    synth_pb2.VOICE_GENDER_MALE: "male",
    synth_pb2.VOICE_GENDER_NEUTRAL: "neutral",
}
_STATE = "ENGINE_STATE_"
_NANOS = 1_000_000_000


def settings_to(settings: SpeechSettings) -> speech_pb2.SpeechSettings:
    """Return settings as a message. A speed of 1 is left out: it is the voice's own."""
    message = speech_pb2.SpeechSettings(
        voice=settings.voice,
        engine=settings.engine,
        language=settings.language,
        session_id=settings.session_id,
        format=audio_pb2.AudioFormat(
            codec=_CODECS[settings.audio.codec],
            container=_CONTAINERS[settings.audio.wav],
            sample_rate_hz=settings.audio.rate,
        ),
    )
    if settings.speed != 1.0:
        message.prosody.speed = settings.speed
    if settings.emotion:
        message.emotion.name = settings.emotion
    if settings.instructions:
        message.engine_options["instructions"] = settings.instructions
    return message


def settings_from(message: speech_pb2.SpeechSettings) -> SpeechSettings:
    """Return the settings in a message, as far as the edge knows them."""
    default = AudioFormat()
    audio = AudioFormat(
        codec=_CODEC_OF.get(message.format.codec, default.codec),
        wav=message.format.container == audio_pb2.AUDIO_CONTAINER_WAV,
        rate=message.format.sample_rate_hz or default.rate,
    )
    return SpeechSettings(
        voice=message.voice,
        engine=message.engine,
        language=message.language,
        speed=message.prosody.speed if message.prosody.HasField("speed") else 1.0,
        audio=audio,
    )


def words_from(messages: Iterable[audio_pb2.WordTiming], fragment: int = 0) -> tuple[Word, ...]:
    """Return words with their times."""
    return tuple(
        Word(
            source=Span(word.source.start, word.source.end),
            fragment=fragment,
            spoken=Span(word.spoken.start, word.spoken.end),
            first_sample=word.first_sample,
            sample_count=word.sample_count,
            quality=TimingQuality(word.quality or TimingQuality.ESTIMATED),
        )
        for word in messages
    )


def estimate_from(message: speech_pb2.EstimateCostResponse) -> Estimate:
    """Return what a text would take."""
    return Estimate(
        engine=message.engine,
        voice=message.voice,
        characters=message.characters,
        audio=_seconds(message.audio),
        currency=message.cost.currency_code,
        nanos=message.cost.units * _NANOS + message.cost.nanos,
    )


def _finished(message: speech_pb2.SpeechFinished) -> Finished:
    return Finished(
        sample_count=message.sample_count,
        characters=message.source_length,
        words=words_from(message.words),
        usage=tuple(map(usage_from, message.usage)),
        first_chunk=_seconds(message.first_chunk) if message.HasField("first_chunk") else None,
    )


def _stopped(message: speech_pb2.StopReport) -> Stopped:
    return Stopped(
        last_byte_after=_seconds(message.last_byte_after),
        idle_after=_seconds(message.idle_after),
        engine_time_after=_seconds(message.engine_time_after_stop),
    )


def _seconds(message: Duration) -> float:
    return message.ToNanoseconds() / _NANOS


def usage_from(message: speech_pb2.SpeechUsage) -> Usage:
    """Return what an engine did."""
    return Usage(
        engine=message.engine,
        characters=message.characters,
        engine_seconds=_seconds(message.engine_time),
        currency=message.cost.currency_code,
        nanos=message.cost.units * _NANOS + message.cost.nanos,
    )


_EVENTS: dict[str, Callable[[Any], SpeechEvent]] = {
    "audio": lambda audio: AudioMade(audio.data, audio.sample_count),
    "words": lambda timed: WordsTimed(words_from(timed.words, timed.fragment_index)),
    "fragment": lambda begun: FragmentBegun(Span(begun.source.start, begun.source.end)),
    "started": lambda started: Started(started.engine, started.voice, tuple(started.ignored)),
    "engine_changed": lambda changed: Started(changed.engine, changed.voice),
    "stop_report": _stopped,
    "flushed": lambda flushed: Flushed(flushed.id),
    "finished": _finished,
}


def event_from(message: speech_pb2.SpeechEvent) -> SpeechEvent | None:
    """Return what happened, or None where it concerns nobody behind the edge."""
    name = message.WhichOneof("event")
    translate = _EVENTS.get(name) if name is not None else None
    return translate(getattr(message, name)) if translate is not None else None


def quality_to(quality: TimingQuality) -> audio_pb2.TimingQuality:
    """Return the quality of a timing as a message has it."""
    return _QUALITIES[quality]


def word_to(word: Word) -> audio_pb2.WordTiming:
    """Return a word's times as a message."""
    return audio_pb2.WordTiming(
        spoken=audio_pb2.SpokenSpan(start=word.spoken.start, end=word.spoken.end),
        source=audio_pb2.SourceSpan(start=word.source.start, end=word.source.end),
        first_sample=word.first_sample,
        sample_count=word.sample_count,
        quality=_QUALITIES[word.quality],
    )


def usage_to(usage: Usage) -> speech_pb2.SpeechUsage:
    """Return what an engine did as a message."""
    message = speech_pb2.SpeechUsage(engine=usage.engine, characters=usage.characters)
    message.engine_time.FromNanoseconds(round(usage.engine_seconds * _NANOS))
    if usage.currency:
        message.cost.currency_code = usage.currency
        message.cost.units, message.cost.nanos = divmod(usage.nanos, _NANOS)
    return message


def voice_from(message: synth_pb2.Voice) -> Voice:
    """Return a voice."""
    return Voice(
        id=message.id,
        name=message.name or message.id,
        engine=message.engine,
        languages=tuple(message.languages),
        names=frozenset(name.casefold() for name in (message.id, *message.aliases)),
        gender=_GENDERS.get(message.gender, ""),
        cloned=message.cloned,
        licence=message.licence,
        description=message.description,
        mix=message.mix,
    )


def wanted_to(wanted: WantedVoices) -> speech_pb2.ListVoicesRequest:
    """Return which voices are wanted as a message."""
    genders = {name: number for number, name in _GENDERS.items()}
    message = speech_pb2.ListVoicesRequest(
        language=wanted.language,
        engine=wanted.engine,
        gender=genders.get(wanted.gender),
        text=wanted.text,
    )
    if wanted.cloned is not None:
        message.cloned = wanted.cloned
    return message


def engine_from(message: speech_pb2.Engine) -> Engine:
    """Return an engine with its workers. Their addresses stay behind: they are nobody's business outside."""
    return Engine(message.name, message.primary, tuple(map(_worker_from, message.replicas)))


def _worker_from(message: speech_pb2.EngineReplica) -> Worker:
    said = message.description
    first_chunk = message.predicted_first_chunk
    return Worker(
        serving=message.serving,
        detail=message.detail,
        state=synth_pb2.EngineState.Name(said.state).removeprefix(_STATE).lower()
        if message.HasField("description")
        else "unknown",
        version=said.engine_version,
        model=said.model,
        first_chunk=(_seconds(first_chunk) if message.HasField("predicted_first_chunk") else None),
    )
