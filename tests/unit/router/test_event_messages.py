"""The router's events as messages: every field where the contract has it."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration
from google.type.money_pb2 import Money

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span
from parlando_router import events
from parlando_router.event_messages import event_to
from parlando_router.ports import Cost, StopOutcome
from parlando_router.request import Codec, OutputFormat

_OUTPUT = OutputFormat(Codec.ALAW, sample_rate_hz=8_000)
_WORD = Word(Span(5, 9), 3, Span(0, 4), 100, 50, TimingQuality.ALIGNED)
_WORD_MESSAGE = audio_pb2.WordTiming(
    spoken=audio_pb2.SpokenSpan(start=0, end=4),
    source=audio_pb2.SourceSpan(start=5, end=9),
    first_sample=100,
    sample_count=50,
    quality=audio_pb2.TIMING_QUALITY_ALIGNED,
)
_Event = speech_pb2.SpeechEvent


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            events.Started("espeak", "alto", ("emotion",)),
            _Event(
                started=speech_pb2.SpeechStarted(
                    engine="espeak",
                    voice="alto",
                    format=audio_pb2.AudioFormat(
                        codec=audio_pb2.AUDIO_CODEC_ALAW,
                        container=audio_pb2.AUDIO_CONTAINER_RAW,
                        sample_rate_hz=8_000,
                    ),
                    ignored=["emotion"],
                )
            ),
        ),
        (
            events.FragmentBegun(3, Span(5, 9), "five", 80, True, "id", "en"),
            _Event(
                fragment=speech_pb2.FragmentBegun(
                    fragment_index=3,
                    source=audio_pb2.SourceSpan(start=5, end=9),
                    spoken_text="five",
                    first_sample=80,
                    ends_sentence=True,
                    synthesis_id="id",
                    language="en",
                )
            ),
        ),
        (
            events.AudioSent(b"\x01\x02", 80, 2, 3, "id"),
            _Event(
                audio=speech_pb2.AudioFrame(
                    data=b"\x01\x02", first_sample=80, sample_count=2, fragment_index=3, synthesis_id="id"
                )
            ),
        ),
        (
            events.WordsTimed((_WORD,), 3),
            _Event(words=speech_pb2.SpeechWords(words=[_WORD_MESSAGE], fragment_index=3)),
        ),
        (
            events.Progress(9, 20, 0.45, 1.5, Span(5, 9)),
            _Event(
                progress=speech_pb2.SpeechProgress(
                    source_done=9,
                    source_received=20,
                    fraction=0.45,
                    time_left=Duration(seconds=1, nanos=500_000_000),
                    speaking=audio_pb2.SourceSpan(start=5, end=9),
                )
            ),
        ),
        (
            events.EngineChanged("kokoro", "bella", 80, 5, "ENGINE_FAILED", TimingQuality.EXACT),
            _Event(
                engine_changed=speech_pb2.EngineChanged(
                    engine="kokoro",
                    voice="bella",
                    first_sample=80,
                    source_offset=5,
                    reason="ENGINE_FAILED",
                    seam_quality=audio_pb2.TIMING_QUALITY_EXACT,
                )
            ),
        ),
        (events.Flushed(7), _Event(flushed=speech_pb2.SpeechFlushed(id=7))),
        (
            events.Cancelled(2, 500),
            _Event(cancelled=speech_pb2.SpeechCancelled(epoch=2, samples_sent=500)),
        ),
        (
            events.StopReport(2, 500, 1, 300, 99.0, 0.25, 0.5, 0.125, StopOutcome.ABANDONED),
            _Event(
                stop_report=speech_pb2.StopReport(
                    epoch=2,
                    samples_sent=500,
                    fragments_dropped=1,
                    samples_discarded=300,
                    last_byte_after=Duration(nanos=250_000_000),
                    idle_after=Duration(nanos=500_000_000),
                    engine_time_after_stop=Duration(nanos=125_000_000),
                    outcome=synth_pb2.STOP_OUTCOME_ABANDONED,
                )
            ),
        ),
        (
            events.Finished(
                900, (_WORD,), 0.25, {"cloud": events.Usage(20, 0.5, Cost("USD", 1_500_000_000))}, 30, 2.0
            ),
            _Event(
                finished=speech_pb2.SpeechFinished(
                    sample_count=900,
                    words=[_WORD_MESSAGE],
                    first_chunk=Duration(nanos=250_000_000),
                    usage=[
                        speech_pb2.SpeechUsage(
                            engine="cloud",
                            characters=20,
                            cost=Money(currency_code="USD", units=1, nanos=500_000_000),
                            engine_time=Duration(nanos=500_000_000),
                        )
                    ],
                    source_length=30,
                    most_unheard=Duration(seconds=2),
                )
            ),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_field_of_an_event_is_told(event: events.SpeechEvent, message: speech_pb2.SpeechEvent) -> None:
    message.epoch = 4
    assert event_to(4, event, _OUTPUT) == message


def test_what_is_not_known_is_left_unset() -> None:
    progress = event_to(1, events.Progress(0, 0, 0.0, None, Span(0, 0)), _OUTPUT).progress
    assert not progress.HasField("time_left")
    usage = {"espeak": events.Usage(20, 0.5, None)}
    finished = event_to(1, events.Finished(0, (), None, usage, 0, None), _OUTPUT).finished
    assert not finished.HasField("first_chunk")
    assert not finished.HasField("most_unheard")
    assert not finished.usage[0].HasField("cost")


def test_every_outcome_has_its_own_number() -> None:
    told = {
        event_to(1, events.StopReport(1, 0, 0, 0, 0, 0, 0, 0, outcome), _OUTPUT).stop_report.outcome
        for outcome in StopOutcome
    }
    assert told == set(synth_pb2.StopOutcome.values()) - {synth_pb2.STOP_OUTCOME_UNSPECIFIED}
