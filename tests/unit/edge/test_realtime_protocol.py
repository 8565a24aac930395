"""The order of events, as OpenAI's contract has it."""

from __future__ import annotations

import base64

import orjson
import pytest

from parlando_edge.barge_in.turns import SpeechBegan, SpeechEnded
from parlando_edge.formats import AudioFormat, Codec
from parlando_edge.ports import AudioMade, Finished, SpeechSettings
from parlando_edge.realtime.dialect import Beta, Dialect, Today
from parlando_edge.realtime.outputs import (
    DropAudio,
    Emit,
    ForgetTurn,
    KeepSettings,
    KeepTurn,
    Speak,
    StopSpeaking,
)
from parlando_edge.session_ports import KeptSettings, Turn, TurnRole, TurnStatus
from tests.unit.edge.realtime import CLOSED, SAMPLES, SPEECH, TEXT, WORDS, Client, types, user_item

BEGUN = ["response.output_item.added", "conversation.item.added", "response.content_part.added"]
TRANSCRIPT, AUDIO = "response.output_audio_transcript.delta", "response.output_audio.delta"


def test_a_session_begins_with_its_settings() -> None:
    client = Client()
    (created,) = client.begin()
    assert created["type"] == "session.created"
    session = created["session"]
    assert (session["type"], session["object"], session["id"]) == ("realtime", "realtime.session", "sess_1")
    assert session["output_modalities"] == ["audio"]
    assert session["audio"]["output"] == {"format": {"type": "audio/pcm", "rate": 24000}, "speed": 1.0}


def test_a_sentence_is_told_of_in_the_contracts_order() -> None:
    client = Client()
    client.begin()
    item_events = client.send("conversation.item.create", item=user_item())
    assert types(item_events) == ["conversation.item.added", "conversation.item.done"]
    created = client.send("response.create")
    assert types(created) == ["response.created"]
    assert created[0]["response"]["status"] == "in_progress"
    events = client.hear(*SPEECH)
    assert types(events) == [*BEGUN, TRANSCRIPT, AUDIO, TRANSCRIPT, AUDIO, *CLOSED]
    added, joined, part = events[:3]
    assert added["item"] == {
        "id": added["item"]["id"],
        "object": "realtime.item",
        "type": "message",
        "status": "in_progress",
        "role": "assistant",
        "content": [],
    }
    assert joined["previous_item_id"] == item_events[0]["item"]["id"]
    assert part["part"] == {"type": "audio", "transcript": ""}
    done = events[-1]["response"]
    assert (done["status"], done["status_details"]) == ("completed", {"type": "completed"})
    assert done["output"] == [
        {
            **added["item"],
            "status": "completed",
            "content": [{"type": "output_audio", "transcript": TEXT}],
        }
    ]
    assert (done["usage"]["input_tokens"], done["usage"]["output_tokens"]) == (16, 4)  # 160 ms
    assert not client.protocol.speaking


def test_every_event_within_a_response_says_where_it_belongs() -> None:
    client = Client()
    response_id = client.ask()[0]["response"]["id"]
    events = client.hear(*SPEECH)
    item_id = events[0]["item"]["id"]
    for event in events:
        if event["type"].startswith("response.") and event["type"] != "response.done":
            assert event["response_id"] == response_id
            assert event["output_index"] == 0
        if "item_id" in event:
            assert (event["item_id"], event["content_index"]) == (item_id, 0)
    assert len({event["event_id"] for event in events}) == len(events)


def test_the_deltas_are_the_whole() -> None:
    client = Client()
    client.ask()
    events = client.hear(*SPEECH)
    assert "".join(event["delta"] for event in events if event["type"] == TRANSCRIPT) == TEXT
    audio = b"".join(base64.b64decode(event["delta"]) for event in events if event["type"] == AUDIO)
    assert audio == b"\1\0" * 6 * SAMPLES + b"\2\0" * 10 * SAMPLES
    (transcribed,) = (e for e in events if e["type"] == "response.output_audio_transcript.done")
    assert transcribed["transcript"] == TEXT


def test_audio_is_marked_with_its_response_and_nothing_else_is() -> None:
    client = Client()
    client.ask()
    outputs = [out for told in SPEECH for out in client.protocol.speech(client.order.response_id, told)]
    for output in outputs:
        if isinstance(output, Emit):
            expected = client.order.response_id if output.event["type"] == AUDIO else ""
            assert output.audio_of == expected


def test_what_is_spoken_is_what_was_written_since() -> None:
    client = Client()
    client.send("conversation.item.create", item=user_item("One."))
    client.send("conversation.item.create", item={**user_item("Be brief."), "role": "system"})
    client.send("conversation.item.create", item=user_item("Three."))
    client.send("conversation.item.create", item=user_item("Two."), previous_item_id="nowhere")
    client.send(
        "conversation.item.create",
        item={"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Said."}]},
        previous_item_id="root",
    )
    client.send("response.create")
    assert client.text == "One.\nThree."


def test_without_anything_new_what_was_written_last_is_spoken_again() -> None:
    client = Client()
    for text in ("One.", "Two."):
        client.send("conversation.item.create", item=user_item(text))
    client.send("response.create")
    client.hear(*SPEECH)
    client.send("response.create")
    assert client.text == "Two."
    client.hear(*SPEECH)
    client.send("conversation.item.create", item=user_item("Three."))
    client.send("response.create")
    assert client.text == "Three."


@pytest.mark.parametrize("done", ["nothing", "a call", "speech"])
def test_where_the_user_wrote_nothing_or_did_more_since_there_is_nothing_to_speak(done: str) -> None:
    client = Client()
    if done == "a call":
        client.ask()
        client.hear(*SPEECH)
        client.send("conversation.item.create", item={"type": "function_call_output", "output": "x"})
    elif done == "speech":
        client.ask()
        client.hear(*SPEECH)
        client.take(client.protocol.user(SpeechBegan(40)))
        client.take(client.protocol.user(SpeechEnded(900)))
    (error,) = client.send("response.create")
    assert (error["type"], error["error"]["param"]) == ("error", "response.input")


def test_an_item_is_put_where_the_client_wants_it() -> None:
    client = Client()
    client.send("conversation.item.create", item=user_item("Two.", id="b"))
    (first, _) = client.send("conversation.item.create", item=user_item("One."), previous_item_id="root")
    assert first["previous_item_id"] is None
    (third, _) = client.send("conversation.item.create", item=user_item("Three."), previous_item_id="b")
    assert third["previous_item_id"] == "b"
    client.send("response.create")
    assert client.text == "One.\nTwo.\nThree."


def test_a_response_can_bring_its_own_text_and_stay_outside_the_conversation() -> None:
    client = Client()
    client.send("conversation.item.create", item=user_item("Waiting.", id="item_w"))
    (created,) = client.send(
        "response.create",
        response={
            "conversation": "none",
            "metadata": {"client_event_id": "abc"},
            "input": [user_item("Now."), {"type": "item_reference", "id": "item_w"}],
            "audio": {"output": {"voice": "other", "format": {"type": "audio/pcmu"}}},
        },
    )
    assert created["response"]["metadata"] == {"client_event_id": "abc"}
    assert "conversation_id" not in created["response"]
    assert client.text == "Now.\nWaiting."
    assert client.order.settings == SpeechSettings(voice="other", audio=AudioFormat(Codec.MULAW, rate=8_000))
    events = client.hear(*SPEECH)
    assert not [kind for kind in types(events) if kind.startswith("conversation.")]
    assert types(events)[-1] == "response.done"
    assert [command for command in client.commands if isinstance(command, KeepTurn)] == [
        KeepTurn(Turn("item_w", TurnRole.USER, TurnStatus.COMPLETED, "Waiting."))
    ]


def test_a_cancel_closes_everything_at_once() -> None:
    client = Client()
    client.ask()
    client.hear(*SPEECH[:4])
    events = client.send("response.cancel")
    assert types(events) == CLOSED
    done = events[-1]["response"]
    assert done["status"] == "cancelled"
    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert done["output"][0]["status"] == "incomplete"
    assert done["output"][0]["content"] == [{"type": "output_audio", "transcript": "Hello "}]
    response_id = client.order.response_id
    stops = [c for c in client.commands if isinstance(c, DropAudio | StopSpeaking)]
    assert stops == [DropAudio(response_id), StopSpeaking(response_id)]


def test_nothing_of_a_cancelled_response_is_told_afterwards_and_its_turn_is_kept() -> None:
    client = Client()
    client.ask()
    client.hear(*SPEECH[:4])
    client.send("response.cancel")
    assert client.hear(*SPEECH[4:7]) == []
    assert client.hear(Finished(16 * SAMPLES, 16, WORDS)) == []
    kept = client.commands[-1]
    assert isinstance(kept, KeepTurn)
    assert (kept.turn.status, kept.turn.text) == (TurnStatus.INTERRUPTED, TEXT)
    assert kept.turn.words == WORDS[:1]  # what was sent on to the client, and no more
    assert kept.turn.sample_count == 6 * SAMPLES


def test_a_new_response_may_begin_while_the_engines_stop_for_the_old_one() -> None:
    client = Client()
    client.ask()
    client.hear(*SPEECH[:4])
    old = client.order.response_id
    client.send("response.cancel")
    assert types(client.ask("Again.")) == ["response.created"]
    assert client.take(client.protocol.speech(old, SPEECH[6])) == []
    assert client.take(client.protocol.speech(old, SPEECH[7])) == []
    assert types(client.hear(*SPEECH))[-1] == "response.done"


def test_a_cancel_before_any_sound_has_only_the_response_to_close() -> None:
    client = Client()
    client.ask()
    events = client.send("response.cancel")
    assert types(events) == ["response.done"]
    assert events[0]["response"]["output"] == []


@pytest.mark.parametrize("dialect", [Today(), Beta()])
def test_an_update_of_the_session_can_interrupt(dialect: Dialect) -> None:
    client = Client(dialect)
    interrupt = {"audio": {"interrupt": True}}
    assert types(client.send("session.update", session=interrupt)) == ["session.updated"]
    client.ask()
    client.hear(*SPEECH[:4])
    assert types(client.send("session.update", session={"audio": {"interrupt": False}})) == [
        "session.updated"
    ]
    events = client.send("session.update", session=interrupt)
    assert (types(events)[0], types(events)[-1]) == ("session.updated", "response.done")
    assert events[-1]["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert "interrupt" not in events[0]["session"].get("audio", {})
    (error,) = client.send("session.update", session={"audio": {"interrupt": "yes"}})
    assert error["error"]["param"] == "session.audio.interrupt"


def test_a_text_without_sound_is_completed_all_the_same() -> None:
    client = Client()
    client.ask("...")
    events = client.hear(Finished(0, 3, ()))
    assert types(events) == [*BEGUN, TRANSCRIPT, *CLOSED]


def test_a_trailer_without_bytes_is_not_told() -> None:
    client = Client()
    client.ask()
    assert types(client.hear(AudioMade(b"", 0))) == BEGUN


def test_turns_and_settings_are_kept() -> None:
    client = Client()
    client.send("session.update", session={"type": "realtime", "audio": {"output": {"voice": "v"}}})
    client.ask()
    client.hear(*SPEECH)
    settings, user, speak, assistant = client.kept
    config = client.protocol.config
    assert settings == KeepSettings(KeptSettings(SpeechSettings(voice="v"), config.document))
    assert orjson.loads(config.document)["audio"]["output"]["voice"] == "v"
    assert isinstance(user, KeepTurn)
    assert (user.turn.role, user.turn.text) == (TurnRole.USER, TEXT)
    assert isinstance(speak, Speak)
    assert (speak.settings, client.text) == (SpeechSettings(voice="v"), TEXT)
    assert isinstance(assistant, KeepTurn)
    assert assistant.turn == Turn(
        id=assistant.turn.id,
        role=TurnRole.ASSISTANT,
        status=TurnStatus.COMPLETED,
        text=TEXT,
        words=WORDS,
        rate=24_000,
        sample_count=16 * SAMPLES,
        engine="espeak",
        voice="en",
    )


def test_what_was_said_is_kept_when_the_client_goes() -> None:
    client = Client()
    client.ask()
    client.hear(*SPEECH[:4])
    client.send("response.cancel")
    client.ask("More.")
    client.take(client.protocol.end())
    kept = [turn for turn in client.turns if turn.role is TurnRole.ASSISTANT]
    assert [(turn.text, turn.status) for turn in kept] == [
        (TEXT, TurnStatus.INTERRUPTED),
        ("More.", TurnStatus.INTERRUPTED),
    ]
    assert client.protocol.end() == []


def test_items_are_retrieved_and_deleted() -> None:
    client = Client()
    client.send("conversation.item.create", item=user_item(id="item_a"))
    (retrieved,) = client.send("conversation.item.retrieve", item_id="item_a")
    assert retrieved["type"] == "conversation.item.retrieved"
    assert retrieved["item"]["content"] == [{"type": "input_text", "text": TEXT}]
    (deleted,) = client.send("conversation.item.delete", item_id="item_a")
    assert (deleted["type"], deleted["item_id"]) == ("conversation.item.deleted", "item_a")
    assert client.commands[-1] == ForgetTurn("item_a")
    (error,) = client.send("conversation.item.retrieve", item_id="item_a")
    assert error["error"]["param"] == "item_id"


def test_what_was_spoken_is_an_item_like_others() -> None:
    client = Client()
    client.ask()
    item_id = client.hear(*SPEECH[:2])[0]["item"]["id"]
    (retrieved,) = client.send("conversation.item.retrieve", item_id=item_id)
    assert retrieved["item"]["status"] == "in_progress"
    client.hear(*SPEECH[2:])
    (retrieved,) = client.send("conversation.item.retrieve", item_id=item_id)
    assert retrieved["item"]["content"] == [{"type": "output_audio", "transcript": TEXT}]
    (added, _) = client.send("conversation.item.create", item=user_item("Next."))
    assert added["previous_item_id"] == item_id


def test_words_are_timed_for_sessions_that_ask() -> None:
    client = Client()
    client.send("session.update", session={"type": "realtime", "parlando": {"word_timestamps": True}})
    client.ask()
    events = client.hear(*SPEECH)
    timed = [event for event in events if event["type"] == "response.audio_timestamp.delta"]
    assert [event["text"] for event in timed] == ["Hello", "big", "world."]
    assert [(e["audio_offset_ms"], e["audio_duration_ms"]) for e in timed] == [(0, 50), (60, 30), (100, 60)]
    assert [(e["source_start"], e["source_end"]) for e in timed] == [(0, 5), (6, 9), (10, 16)]
    assert {event["timestamp_type"] for event in timed} == {"word"}
    assert {event["quality"] for event in timed} == {"exact"}
