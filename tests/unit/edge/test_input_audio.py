"""The user's voice in the protocol core: what is listened to, and what speech over speech does."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from parlando_edge.barge_in.turns import Detection, SpeechBegan, SpeechEnded
from parlando_edge.dialogue import Prompt
from parlando_edge.formats import REALTIME_FORMATS
from parlando_edge.realtime.dialect import Beta, Dialect, Today
from parlando_edge.realtime.outputs import DropAudio, Echo, KeepTurn, Listen, StopSpeaking
from parlando_kit.errors import ParlandoError, Reason
from tests.unit.edge.order import Watch
from tests.unit.edge.realtime import SPEECH, Client, types, user_item

ENDED = [
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]
"""What a turn of the user ends with."""


def _append(client: Client, size: int) -> list[dict[str, Any]]:
    return client.send("input_audio_buffer.append", audio=base64.b64encode(bytes(size)).decode())


def _listens(client: Client) -> list[Listen]:
    return [command for command in client.commands if isinstance(command, Listen)]


def _configure(client: Client, **heard: Any) -> None:
    (updated,) = client.send("session.update", session={"audio": {"input": heard}})
    assert updated["type"] == "session.updated"


@pytest.mark.parametrize(("name", "size"), [("audio/pcm", 960), ("audio/pcmu", 160), ("audio/pcma", 160)])
def test_audio_is_listened_to_in_each_format_and_answered_by_nothing(name: str, size: int) -> None:
    client = Client()
    _configure(client, format={"type": name})
    assert _append(client, size) == []
    assert _append(client, size) == []
    first, second = (listen.sound for listen in _listens(client))
    assert (first.audio, first.ms, first.at_ms, second.at_ms) == (REALTIME_FORMATS[name], 20, 0, 20)
    assert first.detection == Detection(0.5, 300, 500)


def test_long_audio_is_listened_to_in_pieces_without_a_gap() -> None:
    client = Client()
    _append(client, 48_000 + 480)
    sounds = [listen.sound for listen in _listens(client)]
    assert [(sound.at_ms, sound.ms) for sound in sounds] == [(0, 500), (500, 500), (1_000, 10)]


def test_nobody_listens_once_turn_detection_is_off_yet_time_goes_on() -> None:
    client = Client()
    _configure(client, turn_detection=None)
    _append(client, 960)
    assert _listens(client) == []
    assert client.take(client.protocol.user(SpeechBegan(0))) == []
    _configure(client, turn_detection={"type": "server_vad", "threshold": 0.8, "silence_duration_ms": 200})
    _append(client, 960)
    (listen,) = _listens(client)
    assert (listen.sound.at_ms, listen.sound.detection) == (20, Detection(0.8, 300, 200))


@pytest.mark.parametrize(("eagerness", "silence"), [("low", 1_000), ("auto", 500), ("high", 300)])
def test_a_semantic_detector_is_one_that_waits_by_its_eagerness(eagerness: str, silence: int) -> None:
    client = Client()
    _configure(client, turn_detection={"type": "semantic_vad", "eagerness": eagerness})
    _append(client, 960)
    assert _listens(client)[0].sound.detection == Detection(0.5, 300, silence)


def test_what_the_client_says_of_echo_goes_with_its_audio() -> None:
    client = Client()
    _append(client, 960)
    client.send("session.update", session={"parlando": {"echo": "cancelled"}})
    _append(client, 960)
    assert [listen.echo for listen in _listens(client)] == [Echo.UNKNOWN, Echo.CANCELLED]


@pytest.mark.parametrize("dialect", [Today(), Beta()], ids=["today", "beta"])
def test_a_turn_of_the_user_is_told_from_beginning_to_item(dialect: Dialect) -> None:
    client = Client(dialect)
    (began,) = client.take(client.protocol.user(SpeechBegan(40)))
    assert (began["type"], began["audio_start_ms"]) == ("input_audio_buffer.speech_started", 40)
    stopped, committed, added, *done = client.take(client.protocol.user(SpeechEnded(900)))
    assert (stopped["type"], stopped["audio_end_ms"]) == ("input_audio_buffer.speech_stopped", 900)
    assert (committed["type"], committed["previous_item_id"]) == ("input_audio_buffer.committed", None)
    item = {event.get("item_id") or event["item"]["id"] for event in (began, stopped, committed, added)}
    assert len(item) == 1
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert types(done) == (["conversation.item.done"] if isinstance(dialect, Today) else [])
    assert not any(isinstance(command, KeepTurn) for command in client.commands)
    retrieved = client.send("conversation.item.retrieve", item_id=item.pop())
    assert retrieved[0]["item"]["role"] == "user"


@pytest.mark.parametrize(
    "update", [{"turn_detection": None}, {"format": {"type": "audio/pcmu"}}], ids=["off", "another format"]
)
def test_an_update_after_which_no_end_would_be_heard_ends_what_the_user_says(update: dict[str, Any]) -> None:
    client, watch = Client(), Watch()
    watch.see_all(client.begin())
    _append(client, 48_000)
    (began,) = client.take(client.protocol.user(SpeechBegan(40)))
    events = client.send("session.update", session={"audio": {"input": update}})
    watch.see_all([began, *events])
    assert types(events) == ["session.updated", *ENDED]
    assert (events[1]["item_id"], events[1]["audio_end_ms"]) == (began["item_id"], 1_000)
    assert client.take(client.protocol.user(SpeechEnded(1_200))) == []  # of what was still to be heard
    _configure(client, turn_detection={"type": "server_vad"})
    watch.see_all(client.take(client.protocol.user(SpeechBegan(4_000))))
    assert watch.kinds["input_audio_buffer.speech_started"] == 2


def test_an_update_of_something_else_lets_the_user_go_on() -> None:
    client = Client()
    client.take(client.protocol.user(SpeechBegan(40)))
    _configure(client, format={"type": "audio/pcm"}, turn_detection={"type": "server_vad", "threshold": 0.7})
    assert types(client.take(client.protocol.user(SpeechEnded(900)))) == ENDED


def test_a_commit_while_the_user_speaks_makes_one_item_of_it() -> None:
    client = Client()
    _append(client, 48_000)
    (began,) = client.take(client.protocol.user(SpeechBegan(40)))
    events = client.send("input_audio_buffer.commit")
    assert types(events) == ENDED
    assert {event.get("item_id") or event["item"]["id"] for event in events} == {began["item_id"]}
    assert client.take(client.protocol.user(SpeechEnded(1_200))) == []


def test_an_end_without_a_beginning_is_nothing() -> None:
    client = Client()
    assert client.take(client.protocol.user(SpeechEnded(900))) == []


def test_speech_over_speech_cancels_at_once_by_turn_detected() -> None:
    client = Client()
    client.ask()
    client.hear(*SPEECH[:4])
    outputs = client.protocol.user(SpeechBegan(40))
    commands = [type(output) for output in outputs if not hasattr(output, "event")]
    assert commands == [DropAudio, StopSpeaking]
    events = client.take(outputs)
    assert types(events)[0] == "input_audio_buffer.speech_started"
    assert not [event for event in events if event["type"] == "response.output_audio.delta"]
    done = events[-1]["response"]
    assert (done["status"], done["status_details"]) == (
        "cancelled",
        {"type": "cancelled", "reason": "turn_detected"},
    )
    assert client.hear(*SPEECH[4:]) == []
    assert client.send("response.cancel")[0]["error"]["code"] == "response_cancel_not_active"
    item_id = next(event["item_id"] for event in events if event["type"] == "response.output_audio.done")
    (truncated,) = client.send(
        "conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=30
    )
    assert truncated["type"] == "conversation.item.truncated"


@pytest.mark.parametrize("kind", ["server_vad", "semantic_vad"])
def test_speech_over_speech_is_only_told_where_it_is_not_to_interrupt(kind: str) -> None:
    client = Client()
    client.ask()
    _configure(client, turn_detection={"type": kind, "interrupt_response": False})
    assert types(client.take(client.protocol.user(SpeechBegan(40)))) == ["input_audio_buffer.speech_started"]
    _configure(client, turn_detection={"type": kind, "interrupt_response": True})
    client.take(client.protocol.user(SpeechEnded(900)))
    assert client.take(client.protocol.user(SpeechBegan(990)))[-1]["type"] == "response.done"


def test_what_is_outside_the_conversation_is_not_interrupted() -> None:
    client = Client()
    client.ask(conversation="none")
    assert types(client.take(client.protocol.user(SpeechBegan(40)))) == ["input_audio_buffer.speech_started"]
    assert client.protocol.speaking


def test_the_buffer_is_committed_and_cleared_as_openai_does() -> None:
    client = Client()
    _configure(client, turn_detection=None)
    _append(client, 9_600)
    assert types(client.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    (error,) = client.send("input_audio_buffer.commit")
    assert error["error"]["code"] == "input_audio_buffer_commit_empty"
    _append(client, 4_800)
    committed, added, done = client.send("input_audio_buffer.commit")
    assert types([committed, added, done]) == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    assert committed["item_id"] == added["item"]["id"]
    assert client.send("input_audio_buffer.commit")[0]["type"] == "error"
    (error,) = client.send("response.create")  # there is nothing in it to speak
    assert error["error"]["code"] == "missing_required_parameter"


def test_who_waits_for_the_users_words_is_told_that_none_will_come() -> None:
    client = Client()
    _configure(client, transcription={"model": "whisper-1"})
    *ended, failed = _talk(client)
    assert types(ended) == ENDED
    assert failed["type"] == "conversation.item.input_audio_transcription.failed"
    assert (failed["item_id"], failed["content_index"]) == (ended[0]["item_id"], 0)
    assert failed["error"]["code"] == "not_supported"
    _append(client, 9_600)
    assert types(client.send("input_audio_buffer.commit"))[-1] == failed["type"]
    _configure(client, transcription=None)
    assert types(_talk(client)) == ENDED


def _write(client: Client, text: str) -> None:
    client.send("conversation.item.create", item=user_item(text))


def _talk(client: Client) -> list[dict[str, Any]]:
    """Let the user speak, and return what follows when that has ended."""
    client.take(client.protocol.user(SpeechBegan(40)))
    return client.take(client.protocol.user(SpeechEnded(900)))


def test_once_the_user_has_spoken_what_waits_is_spoken() -> None:
    client = Client()
    _write(client, "First.")
    client.send("response.create")
    client.hear(*SPEECH[:4])
    _write(client, "Next.")
    events = _talk(client)
    assert types(events) == [*ENDED, "response.created"]
    assert client.text == "Next."
    assert types(client.hear(*SPEECH))[-1] == "response.done"
    assert types(_talk(client)) == ENDED  # nothing waits any longer


def test_nothing_is_begun_by_speech_where_the_client_does_not_want_it_or_something_is_spoken() -> None:
    client = Client()
    _configure(client, turn_detection={"create_response": False})
    _write(client, "First.")
    assert types(_talk(client)) == ENDED
    _configure(client, turn_detection={"create_response": True, "interrupt_response": False})
    client.send("response.create")
    _write(client, "Next.")
    assert types(_talk(client)) == ENDED
    client.hear(*SPEECH)
    _append(client, 9_600)
    assert "response.created" not in types(client.send("input_audio_buffer.commit"))


def test_what_waits_and_is_too_long_is_told_of() -> None:
    client = Client()
    for _ in range(2):
        _write(client, "x" * 60_000)
    error = _talk(client)[-1]
    assert error["error"]["code"] == "string_above_max_length"


def test_a_dialogue_is_asked_once_the_user_has_spoken() -> None:
    class Attentive:
        async def answer(self, prompt: Prompt) -> AsyncGenerator[str, None]:
            assert not any(message.asked for message in prompt.messages())
            yield "Go on."

    client = Client(dialogue=Attentive())
    assert "response.created" in types(_talk(client))
    assert client.text == "Go on."


def test_deaf_ears_are_told_of() -> None:
    client = Client()
    error = ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "speech cannot be detected here at the moment")
    (told,) = client.take(client.protocol.deaf(error))
    assert (told["type"], told["error"]["code"]) == ("error", "dependency_unavailable")
