"""What `session.update` changes and `session.updated` shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parlando_edge.formats import AudioFormat, Codec
from parlando_edge.json_fields import Fields
from parlando_edge.ports import SpeechSettings
from parlando_edge.realtime.outputs import Echo
from parlando_edge.realtime.session import SessionConfig
from parlando_edge.session_ports import LONGEST_DOCUMENT, KeptSettings
from tests.unit.edge.realtime import SPEECH, Client


def _updated(client: Client, session: dict[str, Any]) -> dict[str, Any]:
    (event,) = client.send("session.update", session=session)
    assert event["type"] == "session.updated", event
    shown: dict[str, Any] = event["session"]
    return shown


def test_an_update_changes_what_it_names_and_nothing_else() -> None:
    client = Client()
    _updated(client, {"type": "realtime", "audio": {"output": {"voice": "a", "speed": 1.5}}})
    shown = _updated(client, {"type": "realtime", "tracing": "auto", "instructions": "Be kind."})
    assert shown["audio"]["output"]["voice"] == "a"
    assert shown["audio"]["output"]["speed"] == 1.5
    assert (shown["tracing"], shown["instructions"]) == ("auto", "Be kind.")
    shown = _updated(client, {"audio": {"output": {"format": {"type": "audio/pcma"}}}})
    assert shown["audio"]["output"] == {"format": {"type": "audio/pcma"}, "voice": "a", "speed": 1.5}
    assert client.protocol.config.settings == SpeechSettings(
        voice="a", speed=1.5, audio=AudioFormat(Codec.ALAW, rate=8_000)
    )


def test_a_voice_may_be_an_object_and_may_be_taken_back() -> None:
    client = Client()
    assert _updated(client, {"audio": {"output": {"voice": {"id": "b"}}}})["audio"]["output"]["voice"] == "b"
    assert "voice" not in _updated(client, {"audio": {"output": {"voice": None}}})["audio"]["output"]


def test_what_was_never_set_is_left_out() -> None:
    shown = SessionConfig("s").describe()
    assert "tracing" not in shown
    assert "voice" not in shown["audio"]["output"]
    assert None not in shown.values()


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (None, None),
        (
            {"type": "server_vad", "threshold": 0.7},
            {
                "type": "server_vad",
                "threshold": 0.7,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 500,
                "create_response": True,
                "interrupt_response": True,
            },
        ),
        (
            {"type": "semantic_vad", "interrupt_response": False},
            {
                "type": "semantic_vad",
                "eagerness": "auto",
                "create_response": True,
                "interrupt_response": False,
            },
        ),
    ],
)
def test_turn_detection_is_shown_with_its_defaults(wanted: Any, shown: Any) -> None:
    client = Client()
    updated = _updated(client, {"audio": {"input": {"turn_detection": wanted}}})
    assert updated["audio"]["input"]["turn_detection"] == shown
    assert _updated(client, {})["audio"]["input"]["turn_detection"] == shown


def _detection(client: Client, **wanted: Any) -> dict[str, Any]:
    shown: dict[str, Any] = _updated(client, {"audio": {"input": {"turn_detection": wanted}}})["audio"][
        "input"
    ]["turn_detection"]
    return shown


def test_an_update_of_turn_detection_changes_what_it_names_unless_the_type_is_another() -> None:
    client = Client()
    _detection(client, type="server_vad", threshold=0.8, silence_duration_ms=900)
    shown = _detection(client, interrupt_response=False)
    assert (shown["threshold"], shown["silence_duration_ms"], shown["interrupt_response"]) == (
        0.8,
        900,
        False,
    )
    shown = _detection(client, type="server_vad", prefix_padding_ms=10)
    assert (shown["threshold"], shown["prefix_padding_ms"]) == (0.8, 10)
    assert _detection(client, type="semantic_vad", eagerness="low")["interrupt_response"] is True
    assert _detection(client, create_response=False)["eagerness"] == "low"
    assert _detection(client, type="server_vad")["threshold"] == 0.5
    _updated(client, {"audio": {"input": {"turn_detection": None}}})
    assert _detection(client, silence_duration_ms=100)["type"] == "server_vad"


def test_the_time_a_user_may_be_idle_is_checked_and_may_be_taken_back() -> None:
    client = Client()
    assert _detection(client, idle_timeout_ms=6_000)["idle_timeout_ms"] == 6_000
    assert _detection(client, threshold=0.4)["idle_timeout_ms"] == 6_000
    assert "idle_timeout_ms" not in _detection(client, idle_timeout_ms=None)
    assert "colour" not in _detection(client, colour="red")


def test_the_model_may_name_an_engine_and_ours_names_it_outright() -> None:
    assert SessionConfig("s", model="gpt-realtime").settings.engine == ""
    assert SessionConfig("s", model="kokoro").settings.engine == "kokoro"
    assert SessionConfig("s", model="kokoro", engine="espeak").settings.engine == "espeak"


@pytest.mark.parametrize(
    ("instructions", "emotion"), [("Calm.", "calm"), ("Be calm.", ""), ("", ""), (None, "")]
)
def test_instructions_of_one_word_are_an_emotion(instructions: str | None, emotion: str) -> None:
    client = Client()
    client.send("session.update", session={"instructions": instructions})
    client.ask()
    assert client.order.settings.emotion == emotion
    client.hear(*SPEECH)
    client.ask(instructions="cheerful")
    assert client.order.settings.emotion == "cheerful"
    assert client.protocol.config.instructions == (instructions or "")


def test_a_stored_session_is_named_to_the_router() -> None:
    assert SessionConfig("s", stored=True).settings.session_id == "s"
    assert SessionConfig("s").settings.session_id == ""


def test_settings_of_another_door_are_taken_up_as_far_as_realtime_has_them() -> None:
    settings = SpeechSettings(voice="v", speed=2.0, language="de", audio=AudioFormat(Codec.MP3))
    config = SessionConfig("s").resumed(KeptSettings(settings))
    assert (config.voice, config.speed, config.language, config.format) == ("v", 2.0, "de", "audio/pcm")
    telephone = SpeechSettings(audio=AudioFormat(Codec.MULAW, rate=8_000))
    assert SessionConfig("s").resumed(KeptSettings(telephone)).format == "audio/pcmu"


def test_the_next_connection_begins_where_this_one_ended() -> None:
    update = {
        "instructions": "Be brief.",
        "tools": [{"type": "function", "name": "look"}],
        "audio": {
            "input": {"format": {"type": "audio/pcmu"}, "turn_detection": {"type": "semantic_vad"}},
            "output": {"voice": "v", "speed": 1.5, "format": {"type": "audio/pcma"}},
        },
        "parlando": {"language": "de", "engine": "espeak", "word_timestamps": True, "echo": "cancelled"},
    }
    left = SessionConfig("s").updated(Fields(update, "session"))
    kept = KeptSettings(left.settings, left.document)
    assert SessionConfig("s").resumed(kept).describe() == left.describe()
    deaf = left.updated(Fields({"audio": {"input": {"turn_detection": None}}}, "session"))
    assert SessionConfig("s").resumed(KeptSettings(deaf.settings, deaf.document)).turn_detection is None


def test_what_others_changed_meanwhile_decides_over_the_document() -> None:
    left = SessionConfig("s", voice="v")
    changed = KeptSettings(SpeechSettings(voice="w", speed=2.0), left.document)
    config = SessionConfig("s").resumed(changed)
    assert (config.voice, config.speed) == ("w", 2.0)


def test_an_engine_that_came_by_the_model_still_does_on_the_next_connection() -> None:
    left = SessionConfig("s", model="espeak")
    config = SessionConfig("s").resumed(KeptSettings(left.settings, left.document))
    assert (config.settings.engine, config.engine) == ("espeak", "")
    assert config.updated(Fields({"model": "parlando"})).settings.engine == ""
    for other in ("piper", ""):
        changed = replace(left.settings, engine=other)
        config = SessionConfig("s").resumed(KeptSettings(changed, left.document))
        assert config.engine == other
    named = SessionConfig("s", model="espeak", engine="piper")
    moved = replace(named.settings, engine="espeak")
    assert SessionConfig("s").resumed(KeptSettings(moved, named.document)).settings.engine == "espeak"


def test_a_document_that_is_too_long_is_kept_without_what_is_only_shown() -> None:
    update = {"instructions": "x" * LONGEST_DOCUMENT, "parlando": {"echo": "present"}}
    left = SessionConfig("s").updated(Fields(update, "session"))
    assert len(left.document) < LONGEST_DOCUMENT
    config = SessionConfig("s").resumed(KeptSettings(left.settings, left.document))
    assert (config.echo, config.shown["instructions"]) == (Echo.PRESENT, "")


@pytest.mark.parametrize("document", ["{", "[]", '{"audio": 7}', '{"parlando": {"echo": "loud"}}'])
def test_a_document_that_cannot_be_read_counts_as_none(document: str) -> None:
    config = SessionConfig("s").resumed(KeptSettings(SpeechSettings(voice="v"), document))
    assert config == SessionConfig("s", voice="v")


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"type": "transcription"}, "session.type"),
        ({"instructions": 7}, "session.instructions"),
        ({"output_modalities": ["text"]}, "session.output_modalities"),
        ({"output_modalities": "audio!"}, "session.output_modalities"),
        ({"audio": {"output": {"speed": 99}}}, "session.audio.output.speed"),
        ({"audio": {"output": {"speed": True}}}, "session.audio.output.speed"),
        ({"audio": {"output": {"voice": 7}}}, "session.audio.output.voice"),
        ({"audio": {"output": {"voice": "v" * 300}}}, "session.audio.output.voice"),
        ({"audio": {"output": {"format": {"type": "audio/mp3"}}}}, "session.audio.output.format.type"),
        (
            {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 48000}}}},
            "session.audio.output.format.rate",
        ),
        ({"audio": {"input": {"turn_detection": {"type": "x"}}}}, "session.audio.input.turn_detection.type"),
        (
            {"audio": {"input": {"turn_detection": {"threshold": 1.5}}}},
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"audio": {"input": {"turn_detection": {"silence_duration_ms": -1}}}},
            "session.audio.input.turn_detection.silence_duration_ms",
        ),
        (
            {"audio": {"input": {"turn_detection": {"prefix_padding_ms": "long"}}}},
            "session.audio.input.turn_detection.prefix_padding_ms",
        ),
        (
            {"audio": {"input": {"turn_detection": {"interrupt_response": "no"}}}},
            "session.audio.input.turn_detection.interrupt_response",
        ),
        *(
            (
                {"audio": {"input": {"turn_detection": {"idle_timeout_ms": wrong}}}},
                "session.audio.input.turn_detection.idle_timeout_ms",
            )
            for wrong in ("x", 4_999, 30_001, 5_000.5)
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "very"}}}},
            "session.audio.input.turn_detection.eagerness",
        ),
        ({"audio": {"input": {"format": {"type": "audio/mp3"}}}}, "session.audio.input.format.type"),
        ({"parlando": {"word_timestamps": "yes"}}, "session.parlando.word_timestamps"),
        ({"parlando": {"echo": "loud"}}, "session.parlando.echo"),
    ],
)
def test_a_bad_update_names_its_field_and_changes_nothing(session: dict[str, Any], param: str) -> None:
    client = Client()
    before = client.protocol.config
    (error,) = client.send("session.update", session={"instructions": "new", **session})
    assert (error["type"], error["error"]["param"]) == ("error", param)
    assert client.protocol.config == before
    assert client.commands == []
