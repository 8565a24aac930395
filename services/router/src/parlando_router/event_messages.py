"""The router's events as messages of `parlando.speech.v1`."""

from __future__ import annotations

from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_router import events
from parlando_router.convert import QUALITIES, duration, format_to, money, source_to, word_to
from parlando_router.ports import StopOutcome
from parlando_router.request import OutputFormat

_OUTCOMES = {
    StopOutcome.STOPPED: synth_pb2.STOP_OUTCOME_STOPPED,
    StopOutcome.ABANDONED: synth_pb2.STOP_OUTCOME_ABANDONED,
    StopOutcome.ALREADY_FINISHED: synth_pb2.STOP_OUTCOME_ALREADY_FINISHED,
    StopOutcome.UNCONFIRMED: synth_pb2.STOP_OUTCOME_UNCONFIRMED,
    StopOutcome.WORKER_LOST: synth_pb2.STOP_OUTCOME_WORKER_LOST,
}


def event_to(  # noqa: C901  # one case an event
    epoch: int, event: events.SpeechEvent, output: OutputFormat
) -> speech_pb2.SpeechEvent:
    """Return an event of an utterance as a message."""
    message = speech_pb2.SpeechEvent(epoch=epoch)
    match event:
        case events.AudioSent():
            audio = message.audio
            audio.data = event.data
            audio.first_sample = event.first_sample
            audio.sample_count = event.sample_count
            audio.fragment_index = event.fragment_index
            audio.synthesis_id = event.synthesis_id
        case events.WordsTimed():
            message.words.words.extend(map(word_to, event.words))
            message.words.fragment_index = event.fragment_index
        case events.Started():
            message.started.engine = event.engine
            message.started.voice = event.voice
            message.started.format.CopyFrom(format_to(output))
            message.started.ignored.extend(event.ignored)
        case events.FragmentBegun():
            message.fragment.CopyFrom(_fragment(event))
        case events.Progress():
            message.progress.CopyFrom(_progress(event))
        case events.EngineChanged():
            message.engine_changed.CopyFrom(_engine_changed(event))
        case events.Flushed():
            message.flushed.id = event.flush_id
        case events.Cancelled():
            message.cancelled.epoch = event.epoch
            message.cancelled.samples_sent = event.samples_sent
        case events.StopReport():
            message.stop_report.CopyFrom(_stop_report(event))
        case events.Finished():
            message.finished.CopyFrom(_finished(event))
    return message


def _fragment(event: events.FragmentBegun) -> speech_pb2.FragmentBegun:
    return speech_pb2.FragmentBegun(
        fragment_index=event.fragment_index,
        source=source_to(event.source),
        spoken_text=event.spoken_text,
        first_sample=event.first_sample,
        ends_sentence=event.ends_sentence,
        synthesis_id=event.synthesis_id,
        language=event.language,
    )


def _progress(event: events.Progress) -> speech_pb2.SpeechProgress:
    return speech_pb2.SpeechProgress(
        source_done=event.source_done,
        source_received=event.source_received,
        fraction=event.fraction,
        time_left=duration(event.time_left) if event.time_left is not None else None,
        speaking=source_to(event.speaking),
    )


def _engine_changed(event: events.EngineChanged) -> speech_pb2.EngineChanged:
    return speech_pb2.EngineChanged(
        engine=event.engine,
        voice=event.voice,
        first_sample=event.first_sample,
        source_offset=event.source_offset,
        reason=event.reason,
        seam_quality=QUALITIES[event.seam_quality],
    )


def _stop_report(event: events.StopReport) -> speech_pb2.StopReport:
    return speech_pb2.StopReport(
        epoch=event.epoch,
        samples_sent=event.samples_sent,
        fragments_dropped=event.fragments_dropped,
        samples_discarded=event.samples_discarded,
        last_byte_after=duration(event.last_byte_after),
        idle_after=duration(event.idle_after),
        engine_time_after_stop=duration(event.engine_time_after_stop),
        outcome=_OUTCOMES[event.outcome],
    )


def _finished(event: events.Finished) -> speech_pb2.SpeechFinished:
    usage = [
        speech_pb2.SpeechUsage(
            engine=engine,
            characters=used.characters,
            cost=money(used.cost) if used.cost is not None else None,
            engine_time=duration(used.engine_time),
            model=used.model,
            words_missing=used.words_missing,
            words_added=used.words_added,
        )
        for engine, used in event.usage.items()
    ]
    return speech_pb2.SpeechFinished(
        sample_count=event.sample_count,
        words=map(word_to, event.words),
        first_chunk=duration(event.first_chunk) if event.first_chunk is not None else None,
        usage=usage,
        source_length=event.source_length,
        most_unheard=duration(event.most_unheard) if event.most_unheard is not None else None,
    )
