"""From the router's messages to events, with each word cut from the caller's own text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from google.protobuf.duration_pb2 import Duration
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.type.money_pb2 import Money as MoneyMessage

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_client import events
from parlando_client.text import SourceText

_Message = speech_pb2.SpeechEvent


def read_event(message: _Message, text: SourceText) -> events.Event | None:
    """Return the event a message tells of; None for a kind that this version does not know."""
    kind = message.WhichOneof("event")
    return None if kind is None else _READERS[kind](message, text)


def seconds(duration: Duration) -> float:
    """Return a duration in seconds."""
    return duration.ToNanoseconds() / 1e9


def money(message: MoneyMessage) -> events.Money:
    """Return an amount of money."""
    return events.Money(message.currency_code, message.units + Decimal(message.nanos).scaleb(-9))


def label(enum: EnumTypeWrapper, number: int, prefix: str) -> str:
    """Return an enum value's name without its prefix; the number where this version has no name for it."""
    value = enum.DESCRIPTOR.values_by_number.get(number)
    return str(number) if value is None else value.name.removeprefix(prefix)


def _format(of: audio_pb2.AudioFormat) -> events.AudioFormat:
    codec = label(audio_pb2.AudioCodec, of.codec, "AUDIO_CODEC_").lower()
    return events.AudioFormat(
        codec="pcm" if codec == "pcm_s16le" else codec,
        container=label(audio_pb2.AudioContainer, of.container, "AUDIO_CONTAINER_").lower(),
        sample_rate_hz=of.sample_rate_hz,
        bit_rate_bps=of.bit_rate_bps if of.HasField("bit_rate_bps") else None,
        encoder_delay_samples=of.encoder_delay_samples,
    )


def _words(timings: Iterable[audio_pb2.WordTiming], text: SourceText) -> tuple[events.Word, ...]:
    return tuple(
        events.Word(
            text=text.cut(timing.source.start, timing.source.end),
            start=timing.source.start,
            end=timing.source.end,
            first_sample=timing.first_sample,
            sample_count=timing.sample_count,
            quality=events.TimingQuality(timing.quality),
        )
        for timing in timings
    )


def _started(message: _Message, _: SourceText) -> events.Started:
    of = message.started
    return events.Started(
        epoch=message.epoch,
        engine=of.engine,
        voice=of.voice,
        format=_format(of.format),
        ignored=tuple(of.ignored),
    )


def _fragment(message: _Message, _: SourceText) -> events.FragmentBegun:
    of = message.fragment
    return events.FragmentBegun(
        epoch=message.epoch,
        fragment=of.fragment_index,
        start=of.source.start,
        end=of.source.end,
        spoken_text=of.spoken_text,
        first_sample=of.first_sample,
        ends_sentence=of.ends_sentence,
        language=of.language,
    )


def _audio(message: _Message, _: SourceText) -> events.Audio:
    of = message.audio
    return events.Audio(
        epoch=message.epoch,
        data=of.data,
        first_sample=of.first_sample,
        sample_count=of.sample_count,
        fragment=of.fragment_index,
    )


def _spoken(message: _Message, text: SourceText) -> events.Words:
    return events.Words(
        epoch=message.epoch,
        words=_words(message.words.words, text),
    )


def _progress(message: _Message, _: SourceText) -> events.Progress:
    of = message.progress
    return events.Progress(
        epoch=message.epoch,
        source_done=of.source_done,
        source_received=of.source_received,
        fraction=of.fraction,
        time_left=seconds(of.time_left) if of.HasField("time_left") else None,
    )


def _flushed(message: _Message, _: SourceText) -> events.Flushed:
    return events.Flushed(
        epoch=message.epoch,
        flush_id=message.flushed.id,
    )


def _engine_changed(message: _Message, _: SourceText) -> events.EngineChanged:
    of = message.engine_changed
    return events.EngineChanged(
        epoch=message.epoch,
        engine=of.engine,
        voice=of.voice,
        first_sample=of.first_sample,
        source_offset=of.source_offset,
        reason=of.reason,
        seam_quality=events.TimingQuality(of.seam_quality),
    )


def _cancelled(message: _Message, _: SourceText) -> events.Cancelled:
    of = message.cancelled
    return events.Cancelled(
        epoch=of.epoch,
        samples_sent=of.samples_sent,
    )


def _stop_report(message: _Message, _: SourceText) -> events.StopReport:
    of = message.stop_report
    return events.StopReport(
        epoch=of.epoch,
        samples_sent=of.samples_sent,
        fragments_dropped=of.fragments_dropped,
        samples_discarded=of.samples_discarded,
        last_byte_after=seconds(of.last_byte_after),
        idle_after=seconds(of.idle_after),
        engine_time_after_stop=seconds(of.engine_time_after_stop),
        outcome=label(synth_pb2.StopOutcome, of.outcome, "STOP_OUTCOME_"),
    )


def _finished(message: _Message, text: SourceText) -> events.Finished:
    of = message.finished
    return events.Finished(
        epoch=message.epoch,
        sample_count=of.sample_count,
        words=_words(of.words, text),
        first_chunk=seconds(of.first_chunk) if of.HasField("first_chunk") else None,
        usage=tuple(
            events.Usage(usage.engine, usage.characters, money(usage.cost), seconds(usage.engine_time))
            for usage in of.usage
        ),
        source_length=of.source_length,
        most_unheard=seconds(of.most_unheard) if of.HasField("most_unheard") else None,
    )


_READERS: dict[str, Callable[[_Message, SourceText], events.Event]] = {
    "started": _started,
    "fragment": _fragment,
    "audio": _audio,
    "words": _spoken,
    "progress": _progress,
    "flushed": _flushed,
    "engine_changed": _engine_changed,
    "cancelled": _cancelled,
    "stop_report": _stop_report,
    "finished": _finished,
}
