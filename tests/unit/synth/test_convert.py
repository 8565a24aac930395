"""Between the worker's words and the wire's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from google.type import date_pb2, money_pb2

from parlando.audio.v1 import audio_pb2
from parlando.synth.v1 import synth_pb2 as pb
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_synth import convert
from parlando_synth.description import EngineDescription, Price
from parlando_synth.events import Charge, Deviation, Progress, Words
from parlando_synth.job import TextKind
from parlando_synth.order import Begun, Finished, Order, Samples, StopOutcome, StopReport, Together
from parlando_synth.slot import State
from parlando_synth.voice import Gender, Voice
from parlando_synth.worker import Status

PRICE = Price("USD", Decimal("15.5"), "2026-06-01")
FINISHED = Finished(sample_count=48_000, engine_time=0.25, characters=2_000_000, charge=None)


def test_a_whole_request() -> None:
    request = pb.SynthesizeRequest(
        synthesis_id="id",
        text="text",
        text_kind=pb.TEXT_KIND_SSML,
        voice="voice",
        language="en",
        prosody=pb.Prosody(speed=0.0, pitch_semitones=-1.0, volume_db=2.0),
        emotion=pb.Emotion(name="calm", intensity=0.0),
        previous_text="before",
        next_text="after",
        seed=0,
        model="model",
        engine_options={"a": "b"},
    )
    request.audio_queued.FromMilliseconds(1_500)
    assert convert.order(request) == Order(
        id="id",
        text="text",
        text_kind=TextKind.SSML,
        voice="voice",
        language="en",
        model="model",
        speed=0.0,
        pitch_semitones=-1.0,
        volume_db=2.0,
        emotion="calm",
        emotion_intensity=0.0,
        previous_text="before",
        next_text="after",
        seed=0,
        audio_queued=1.5,
        options={"a": "b"},
    )


def test_what_is_not_set_is_none() -> None:
    assert convert.order(pb.SynthesizeRequest(synthesis_id="id", text="text")) == Order("id", "text")


def test_what_is_there_together_is_one_message() -> None:
    word = SpokenWord(Span(2, 5), 10, 20, TimingQuality.ESTIMATED)
    together: Together = [
        Begun("voice", 24_000, TimingQuality.ALIGNED, ("seed",), 0.5),
        Samples(b"abcd", 7),
        Words((word,)),
        Progress(0.5),
        FINISHED,
    ]
    message = convert.response(together, None)
    assert message.started.voice == "voice"
    assert message.started.timing_quality == audio_pb2.TIMING_QUALITY_ALIGNED
    assert list(message.started.ignored) == ["seed"]
    assert message.started.queued.ToMilliseconds() == 500
    assert message.audio == pb.SynthesisAudio(pcm=b"abcd", first_sample=7)
    [timed] = message.words.words
    assert timed == audio_pb2.WordTiming(
        spoken=audio_pb2.SpokenSpan(start=2, end=5),
        first_sample=10,
        sample_count=20,
        quality=audio_pb2.TIMING_QUALITY_ESTIMATED,
    )
    assert message.progress.fraction == 0.5
    assert message.finished.sample_count == 48_000
    assert message.finished.engine_time.ToMilliseconds() == 250


@pytest.mark.parametrize(
    ("finished", "price", "usage"),
    [
        (FINISHED, None, pb.Usage(characters=2_000_000)),
        (
            FINISHED,
            PRICE,
            pb.Usage(characters=2_000_000, cost=money_pb2.Money(currency_code="USD", units=31)),
        ),
        (
            replace(FINISHED, charge=Charge(9, "EUR", Decimal("0.125"))),
            PRICE,
            pb.Usage(
                characters=9,
                cost=money_pb2.Money(currency_code="EUR", nanos=125_000_000),
                reported_by_vendor=True,
            ),
        ),
    ],
    ids=["free", "by the price in force", "as the vendor says"],
)
def test_what_it_cost(finished: Finished, price: Price | None, usage: pb.Usage) -> None:
    assert convert.response([finished], price).finished.usage == usage


def test_where_what_was_said_differs_from_the_text() -> None:
    assert not convert.response([FINISHED], None).finished.HasField("deviation")
    message = convert.response([replace(FINISHED, deviation=Deviation(missing=1, added=2))], None)
    assert message.finished.deviation == pb.Deviation(missing=1, added=2)


@pytest.mark.parametrize("outcome", StopOutcome)
def test_every_outcome_of_a_stop(outcome: StopOutcome) -> None:
    message = convert.stop_response(StopReport(outcome, 7, 0.25, 0.5))
    assert pb.StopOutcome.Name(message.outcome) == f"STOP_OUTCOME_{outcome.name}"
    assert message.samples_made == 7
    assert message.engine_time_after_stop.ToMilliseconds() == 250
    assert message.idle_after.ToMilliseconds() == 500


def test_a_whole_voice() -> None:
    voice = Voice(
        id="id",
        name="Name",
        languages=("en-GB", "en"),
        sample_rate_hz=22_050,
        gender=Gender.NEUTRAL,
        age=40,
        cloned=True,
        licence="MIT",
        description="words",
        aliases=("other",),
        consent_note="agreed",
    )
    assert convert.voice_message(voice, "engine") == pb.Voice(
        id="id",
        name="Name",
        engine="engine",
        languages=["en-GB", "en"],
        sample_rate_hz=22_050,
        gender=pb.VOICE_GENDER_NEUTRAL,
        age=40,
        cloned=True,
        licence="MIT",
        description="words",
        aliases=["other"],
        consent_note="agreed",
    )
    assert not convert.voice_message(replace(voice, age=None), "engine").HasField("age")


def test_a_description_with_a_price_and_a_load() -> None:
    about = EngineDescription(
        name="remote",
        version="2",
        licence="LicenseRef-vendor",
        default_voice="v",
        timing_quality=TimingQuality.ESTIMATED,
        max_live=100,
        max_text_code_points=5_000,
        text_kinds=(TextKind.PLAIN, TextKind.SSML, TextKind.PHONEMES),
        price=PRICE,
    )
    status = Status(
        engine="remote",
        worker_id="w",
        state=State.READY,
        detail="",
        about=about,
        max_queued=4,
        live=1,
        queued=2,
        total=3,
        real_time_factor=0.5,
        first_chunk=0.125,
        instances=2,
        real_time_streams=6.5,
    )
    message = convert.description(status, "7f", draining=False)
    assert message.voices_revision == "7f"
    assert (message.load.instances, message.capacity.real_time_streams) == (2, 6.5)
    assert message.price.per_million_characters == money_pb2.Money(
        currency_code="USD", units=15, nanos=500_000_000
    )
    assert message.price.as_of == date_pb2.Date(year=2026, month=6, day=1)
    assert list(message.capabilities.text_kinds) == [
        pb.TEXT_KIND_PLAIN,
        pb.TEXT_KIND_SSML,
        pb.TEXT_KIND_PHONEMES,
    ]
    assert message.capacity == pb.EngineCapacity(max_live=100, max_queued=4, real_time_streams=6.5)
    assert (message.load.live, message.load.queued, message.load.total) == (1, 2, 3)
    assert message.load.real_time_factor == 0.5
    assert message.load.first_chunk.ToMilliseconds() == 125


@pytest.mark.parametrize("state", State)
def test_before_it_is_ready_only_the_worker_is_described(state: State) -> None:
    status = Status("e", "w", state, "why", None, 4, 0, 0, 0, None, None, 0, None)
    message = convert.description(status, "7f", draining=False)
    assert pb.EngineState.Name(message.state) == f"ENGINE_STATE_{state.name}"
    assert message.detail == "why"
    assert not message.HasField("capabilities")
    assert not message.load.HasField("real_time_factor")
    assert not message.load.HasField("first_chunk")
    assert not message.capacity.HasField("real_time_streams")
