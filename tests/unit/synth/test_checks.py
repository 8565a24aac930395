"""What orders are refused, and to what jobs the others come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.casting import Casting
from parlando_synth.checks import checked_id, job_of
from parlando_synth.description import EngineDescription
from parlando_synth.engine import Engine
from parlando_synth.job import Job, TextKind
from parlando_synth.order import Order
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.voice import Voice

ORDER = Order("id", "some words")


class _Polyglot(ScriptedEngine):
    """With enough voices to choose from."""

    def voices(self) -> Sequence[Voice]:
        return (
            Voice("af_bella", "Bella", ("en-US",), 24_000, aliases=("bella",)),
            Voice("bf_emma", "Emma", ("en-GB", "en"), 24_000),
            Voice("ff_siwis", "Siwis", ("fr",), 24_000),
        )

    def describe(self) -> EngineDescription:
        return replace(super().describe(), default_voice="bf_emma")


def _job(order: Order, engine: Engine) -> tuple[Job, tuple[str, ...]]:
    about = engine.describe()
    return job_of(order, about, Casting(engine, about))


@pytest.fixture
def engine() -> Engine:
    return ThreadedEngine(_Polyglot(ScriptedSettings(max_text_code_points=100)), instances=1)


REFUSED = {
    "no text": (replace(ORDER, text=""), Reason.FIELD_REQUIRED, "text"),
    "blank text": (replace(ORDER, text=" \n\0\t"), Reason.FIELD_REQUIRED, "text"),
    "long text": (replace(ORDER, text="a" * 101), Reason.TEXT_TOO_LONG, "text"),
    "markup": (replace(ORDER, text_kind=TextKind.SSML), Reason.NOT_SUPPORTED, "text_kind"),
    "model": (replace(ORDER, model="other"), Reason.MODEL_NOT_FOUND, "model"),
    "slow": (replace(ORDER, speed=0.24), Reason.OUT_OF_RANGE, "prosody.speed"),
    "fast": (replace(ORDER, speed=99.0), Reason.OUT_OF_RANGE, "prosody.speed"),
    "no number": (replace(ORDER, speed=math.nan), Reason.OUT_OF_RANGE, "prosody.speed"),
    "low": (replace(ORDER, pitch_semitones=-12.5), Reason.OUT_OF_RANGE, "prosody.pitch_semitones"),
    "high": (replace(ORDER, pitch_semitones=math.inf), Reason.OUT_OF_RANGE, "prosody.pitch_semitones"),
    "quiet": (replace(ORDER, volume_db=-41.0), Reason.OUT_OF_RANGE, "prosody.volume_db"),
    "loud": (replace(ORDER, volume_db=13.0), Reason.OUT_OF_RANGE, "prosody.volume_db"),
    "intense": (replace(ORDER, emotion_intensity=1.5), Reason.OUT_OF_RANGE, "emotion.intensity"),
    "owed": (replace(ORDER, audio_queued=-1.0), Reason.OUT_OF_RANGE, "audio_queued"),
    "voice": (replace(ORDER, voice="af_bela"), Reason.VOICE_NOT_FOUND, "voice"),
    "language": (replace(ORDER, language="xx"), Reason.LANGUAGE_NOT_FOUND, "language"),
}


@pytest.mark.parametrize(("order", "reason", "field"), REFUSED.values(), ids=REFUSED)
def test_refused(engine: Engine, order: Order, reason: Reason, field: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        _job(order, engine)
    assert (refused.value.reason, refused.value.field) == (reason, field)


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, text="a" * 100),
        replace(ORDER, id="i" * 64),
        replace(ORDER, speed=0.25),
        replace(ORDER, speed=4.0),
        replace(ORDER, pitch_semitones=12.0),
        replace(ORDER, volume_db=-40.0),
        replace(ORDER, emotion_intensity=0.0),
    ],
)
def test_the_ends_of_the_ranges_are_taken(engine: Engine, order: Order) -> None:
    job, _ = _job(order, engine)
    assert job.text == order.text


def test_a_message_names_near_voices(engine: Engine) -> None:
    with pytest.raises(ParlandoError, match=r'voice "af_bela" is not known: did you mean af_bella\?'):
        _job(replace(ORDER, voice="af_bela"), engine)
    with pytest.raises(ParlandoError, match="did you mean ff_siwis"):
        _job(replace(ORDER, voice="SIWI"), engine)
    with pytest.raises(ParlandoError, match="ListVoices names those there are"):
        _job(replace(ORDER, voice="zzzzzz"), engine)


@pytest.mark.parametrize(
    ("voice", "language", "expected"),
    [
        ("", "", "bf_emma"),
        ("bella", "", "af_bella"),
        ("AF_Bella", "", "af_bella"),
        ("", "fr-CA", "ff_siwis"),
        ("", "en-US", "af_bella"),
        ("", "en", "bf_emma"),
        ("ff_siwis", "fr", "ff_siwis"),
    ],
)
def test_the_voice_of_a_job(engine: Engine, voice: str, language: str, expected: str) -> None:
    job, ignored = _job(replace(ORDER, voice=voice, language=language), engine)
    assert (job.voice, job.language, ignored) == (expected, language, ())


def test_control_characters_become_spaces_one_for_one(engine: Engine) -> None:
    text = "a\0b\x01c\nd\te\x7ff\x85g\x9fh\r\ni"
    job, _ = _job(replace(ORDER, text=text, previous_text="\0before", next_text="after\0"), engine)
    assert job.text == "a b c\nd\te f g h \ni"
    assert (job.previous_text, job.next_text) == (" before", "after ")


def test_what_the_engine_cannot_do_is_left_out_and_said(engine: Engine) -> None:
    order = replace(
        ORDER,
        voice="af_bella",
        language="fr",
        speed=4.0,
        pitch_semitones=2.0,
        volume_db=-3.0,
        emotion="happy",
        seed=7,
    )
    about = replace(engine.describe(), repeatable=False)
    job, ignored = job_of(order, about, Casting(engine, about))
    assert ignored == (
        "language",
        "prosody.speed",
        "emotion",
        "seed",
        "prosody.pitch_semitones",
        "prosody.volume_db",
    )
    assert (job.language, job.speed, job.pitch_semitones, job.volume_db) == ("", 3.0, 0.0, 0.0)
    assert (job.emotion, job.seed) == ("", None)


def test_what_it_can_do_is_passed_on(engine: Engine) -> None:
    about = replace(
        engine.describe(),
        pitch=True,
        volume=True,
        emotions=("happy",),
        text_kinds=(TextKind.SSML,),
        model="m",
    )
    order = Order(
        "id",
        "<speak>words</speak>",
        text_kind=TextKind.SSML,
        model="m",
        speed=1.5,
        pitch_semitones=2.0,
        volume_db=-3.0,
        emotion="happy",
        emotion_intensity=0.9,
        seed=7,
        audio_queued=1.5,
        options={"a": "b"},
    )
    job, ignored = job_of(order, about, Casting(engine, about))
    assert ignored == ()
    assert (job.text_kind, job.speed, job.pitch_semitones, job.volume_db) == (TextKind.SSML, 1.5, 2.0, -3.0)
    assert (job.emotion, job.emotion_intensity, job.seed) == ("happy", 0.9, 7)
    assert (job.audio_queued, job.options) == (1.5, {"a": "b"})


def test_asking_for_what_is_so_anyway_is_not_ignored(engine: Engine) -> None:
    order = replace(ORDER, speed=1.0, pitch_semitones=0.0, volume_db=0.0)
    _, ignored = job_of(order, replace(engine.describe(), speed=False), Casting(engine, engine.describe()))
    assert ignored == ()


def test_an_id_is_returned_as_it_is() -> None:
    assert checked_id("a" * 64) == "a" * 64


@pytest.mark.parametrize(
    ("wanting", "reason"), [("", Reason.FIELD_REQUIRED), ("i" * 65, Reason.OUT_OF_RANGE)]
)
def test_what_is_no_id_is_refused(wanting: str, reason: Reason) -> None:
    with pytest.raises(ParlandoError) as refused:
        checked_id(wanting)
    assert (refused.value.reason, refused.value.field) == (reason, "synthesis_id")
