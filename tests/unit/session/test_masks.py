import pytest
from google.type.money_pb2 import Money

from parlando.audio.v1.audio_pb2 import AUDIO_CODEC_MULAW, AudioFormat
from parlando.session.v1.session_pb2 import Budget, Session
from parlando.speech.v1.speech_pb2 import SpeechSettings
from parlando.synth.v1.synth_pb2 import Prosody
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.masks import ALIASES, apply


def _old() -> Session:
    return Session(
        settings=SpeechSettings(
            voice="old", language="en", prosody=Prosody(speed=2, volume_db=3), engine_options={"a": "1"}
        ),
        budget=Budget(cost=Money(currency_code="USD", units=5), characters=10),
        policy="old",
        metadata={"a": "1"},
        protocol_settings="old",
    )


def _new() -> Session:
    return Session(
        settings=SpeechSettings(
            voice="new",
            engine="espeak",
            language="de",
            format=AudioFormat(codec=AUDIO_CODEC_MULAW),
            prosody=Prosody(speed=0.5),
            engine_options={"b": "2"},
        ),
        budget=Budget(characters=20, downgrade=True),
        policy="new",
        metadata={"b": "2"},
        protocol_settings="new",
    )


def _applied(*paths: str) -> Session:
    session = _old()
    apply(session, _new(), paths)
    return session


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("settings", "settings"),
        ("settings.voice", "settings.voice"),
        ("settings.prosody", "settings.prosody"),
        ("settings.prosody.speed", "settings.prosody.speed"),
        ("settings.format", "settings.format"),
        ("settings.format.codec", "settings.format.codec"),
        ("settings.engine_options", "settings.engine_options"),
        ("budget", "budget"),
        ("budget.characters", "budget.characters"),
        ("budget.downgrade", "budget.downgrade"),
        ("policy", "policy"),
        ("metadata", "metadata"),
        ("protocol_settings", "protocol_settings"),
        ("tts.voice", "settings.voice"),
        ("tts.speed", "settings.prosody.speed"),
        ("tts.engine", "settings.engine"),
        ("tts.language", "settings.language"),
        ("tts.format", "settings.format"),
    ],
)
def test_a_path_takes_its_field_and_no_other(path: str, field: str) -> None:
    changed = _applied(path)
    *outer, leaf = field.split(".")
    mine, new = changed, _new()
    for name in outer:
        mine, new = getattr(mine, name), getattr(new, name)
    assert getattr(mine, leaf) == getattr(new, leaf)
    # With that field put back, nothing else has changed.
    apply(changed, _old(), [field])
    assert _without_empty(changed) == _without_empty(_old())


def _without_empty(session: Session) -> str:
    """Return the session as text, messages that hold nothing left out."""
    return "".join(
        line for line in str(session).splitlines(keepends=True) if line.strip() not in {"format {", "}"}
    )


def test_every_alias_is_among_those_that_are_tested() -> None:
    assert set(ALIASES) == {"tts.voice", "tts.speed", "tts.engine", "tts.language", "tts.format"}


@pytest.mark.parametrize(
    "path",
    ["settings.prosody.speed", "settings.voice", "settings.prosody", "budget", "budget.cost", "metadata"],
)
def test_a_path_that_is_named_and_not_set_is_cleared(path: str) -> None:
    session = _old()
    apply(session, Session(), [path])
    *outer, leaf = path.split(".")
    holder = session
    for name in outer:
        holder = getattr(holder, name)
    assert leaf not in [field.name for field, _ in holder.ListFields()]
    assert session.policy == "old"


def test_several_paths_are_applied_together() -> None:
    changed = _applied("tts.voice", "policy", "settings.voice")
    assert (changed.settings.voice, changed.policy) == ("new", "new")
    assert changed.settings.language == "en"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "*",
        "id",
        "etag",
        "spent",
        "spent.characters",
        "create_time",
        "expire_time",
        "settings.",
        ".settings",
        "settings.voise",
        "settings.voice.length",
        "settings.session_id",
        "settings.format.encoder_delay_samples",
        "metadata.a",
        "settings.engine_options.a",
        "tts",
        "tts.pitch",
        "Settings",
    ],
)
def test_a_path_that_cannot_be_written_is_refused_before_anything_changes(path: str) -> None:
    session = _old()
    with pytest.raises(ParlandoError) as refused:
        apply(session, _new(), ["policy", path])
    assert (refused.value.reason, refused.value.field) == (Reason.BAD_FIELD_MASK, "update_mask")
    assert session == _old()


def test_no_path_at_all_is_refused() -> None:
    with pytest.raises(ParlandoError) as refused:
        apply(_old(), _new(), [])
    assert (refused.value.reason, refused.value.field) == (Reason.FIELD_REQUIRED, "update_mask")
