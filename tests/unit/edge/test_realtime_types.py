"""What is sent is what OpenAI's own types say it is, for today's clients and for those of the beta."""

from __future__ import annotations

import base64
from typing import Any

import openai.types.beta.realtime as beta
import openai.types.realtime as today
import pytest
from pydantic import BaseModel, TypeAdapter

from parlando_edge.barge_in.turns import SpeechBegan, SpeechEnded
from parlando_edge.realtime.dialect import Beta, Dialect, Today
from parlando_edge.realtime.outputs import Event
from parlando_kit.errors import ParlandoError, Reason
from tests.unit.edge.realtime import SPEECH, Client, types, user_item


def _conversation(dialect: Dialect, session: dict[str, Any]) -> list[Event]:
    """Return the events of a conversation in which everything happens once."""
    client = Client(dialect, model="gpt-realtime")
    events = client.begin()
    events += client.send("session.update", session=session)
    events += client.send("conversation.item.create", item=user_item(id="item_u"))
    events += client.send(
        "conversation.item.create",
        item={
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text" if isinstance(dialect, Beta) else "output_text", "text": "Said."}],
        },
    )
    events += client.send(
        "conversation.item.create",
        item={"type": "function_call_output", "call_id": "c", "output": "{}"},
    )
    events += client.send("conversation.item.retrieve", item_id="item_u")
    events += client.send("response.create", response={"metadata": {"k": "v"}})
    spoken = client.hear(*SPEECH)
    where = {"item_id": spoken[0]["item"]["id"], "content_index": 0, "audio_end_ms": 60}
    events += [*spoken, *client.send("conversation.item.truncate", **where)]
    events += client.ask("More.")
    events += client.hear(*SPEECH[:4])
    events += client.send("response.cancel")
    events += client.send("response.cancel", event_id="evt_1")
    events += client.ask("Again.")
    error = ParlandoError(Reason.NO_ENGINE_AVAILABLE, "none is up")
    events += client.take(client.protocol.speech_failed(client.order.response_id, error))
    events += client.send("conversation.item.delete", item_id="item_u")
    events += client.ask("And again.")
    events += client.hear(*SPEECH[:4])
    events += client.take(client.protocol.user(SpeechBegan(40)))
    events += client.take(client.protocol.user(SpeechEnded(900)))
    events += client.send("input_audio_buffer.append", audio=base64.b64encode(bytes(9_600)).decode())
    events += client.send("input_audio_buffer.commit")
    return events + client.send("input_audio_buffer.clear")


def _members(union: Any) -> dict[str, type[BaseModel]]:
    """Return the models of a union of events, by the type they have."""
    found: dict[str, type[BaseModel]] = {}
    for member in union.__origin__.__args__:
        for name in member.model_fields["type"].annotation.__args__:
            found[name] = member
    return found


_NO_TOOLS = "nothing here thinks, so nothing calls functions or tools"
_NO_TEXT = "an answer is always spoken: `output_modalities` without audio is refused"
_NO_WORDS = "nothing here understands speech: `.failed` says so to whoever asked for a transcription"
_WEBRTC = "over WebRTC alone, which is not offered"
_NOT_OWED = {
    "conversation.created": "of the beta; OpenAI's server sends none any longer, and clients wait for none",
    "conversation.item.input_audio_transcription.completed": _NO_WORDS,
    "conversation.item.input_audio_transcription.delta": _NO_WORDS,
    "conversation.item.input_audio_transcription.segment": _NO_WORDS,
    "input_audio_buffer.dtmf_event_received": "over SIP alone, which is not offered",
    "input_audio_buffer.timeout_triggered": "nobody here would find words for a user who is silent",
    "mcp_list_tools.in_progress": _NO_TOOLS,
    "mcp_list_tools.completed": _NO_TOOLS,
    "mcp_list_tools.failed": _NO_TOOLS,
    "output_audio_buffer.started": _WEBRTC,
    "output_audio_buffer.stopped": _WEBRTC,
    "output_audio_buffer.cleared": _WEBRTC,
    "rate_limits.updated": "limits are told where they are met, by an `error` with `retry_after_ms`",
    "response.function_call_arguments.delta": _NO_TOOLS,
    "response.function_call_arguments.done": _NO_TOOLS,
    "response.mcp_call_arguments.delta": _NO_TOOLS,
    "response.mcp_call_arguments.done": _NO_TOOLS,
    "response.mcp_call.in_progress": _NO_TOOLS,
    "response.mcp_call.completed": _NO_TOOLS,
    "response.mcp_call.failed": _NO_TOOLS,
    "response.output_text.delta": _NO_TEXT,
    "response.output_text.done": _NO_TEXT,
    "response.text.delta": _NO_TEXT,
    "response.text.done": _NO_TEXT,
    "transcription_session.updated": "of sessions of type `transcription`, which are not offered",
}
"""Events of OpenAI's that are not sent, and why; all others are, in `_conversation`."""


@pytest.mark.parametrize(
    ("dialect", "session", "union", "of_the_other"),
    [
        (
            Today(),
            {
                "type": "realtime",
                "tracing": "auto",
                "audio": {
                    "input": {
                        "turn_detection": {"type": "server_vad"},
                        "transcription": {"model": "whisper-1"},
                    },
                    "output": {"voice": "v", "format": {"type": "audio/pcmu"}},
                },
            },
            today.RealtimeServerEvent,
            {
                "conversation.item.created"
            },  # in the union, and the beta's name: today's are `.added` and `.done`
        ),
        (
            Beta(),
            {
                "modalities": ["text", "audio"],
                "voice": "alloy",
                "output_audio_format": "g711_ulaw",
                "input_audio_format": "pcm16",
                "turn_detection": {"type": "server_vad"},
                "input_audio_transcription": {"model": "whisper-1"},
                "max_response_output_tokens": 100,
            },
            beta.RealtimeServerEvent,
            set[str](),
        ),
    ],
    ids=["today", "beta"],
)
def test_events_are_of_the_types_openai_publishes(
    dialect: Dialect, session: dict[str, Any], union: Any, of_the_other: set[str]
) -> None:
    events = _conversation(dialect, session)
    members = _members(union)
    for event in events:
        assert event["type"] in members
        TypeAdapter(members[event["type"]]).validate_python(event)
    assert types(events).count("response.done") == 4
    assert members.keys() - set(types(events)) == (_NOT_OWED.keys() | of_the_other) & members.keys()


def test_what_is_not_owed_are_events_of_openais() -> None:
    assert (
        _NOT_OWED.keys()
        <= _members(today.RealtimeServerEvent).keys() | _members(beta.RealtimeServerEvent).keys()
    )


def test_the_beta_has_its_own_names() -> None:
    session = {
        "voice": "v",
        "output_audio_format": "g711_alaw",
        "speed": 1.25,
        "modalities": ["audio", "text"],
    }
    client = Client(Beta())
    (created,) = client.begin()
    assert created["session"]["output_audio_format"] == "pcm16"
    assert "audio" not in created["session"]
    (updated,) = client.send("session.update", session=session)
    shown = updated["session"]
    assert (shown["voice"], shown["output_audio_format"], shown["speed"]) == ("v", "g711_alaw", 1.25)
    assert types(client.send("conversation.item.create", item=user_item())) == ["conversation.item.created"]
    client.send("response.create", response={"voice": "w", "output_audio_format": "pcm16"})
    assert client.order.settings.voice == "w"
    assert client.order.settings.audio.rate == 24_000
    events = client.hear(*SPEECH)
    assert types(events) == [
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "response.audio_transcript.delta",
        "response.audio.delta",
        "response.audio_transcript.delta",
        "response.audio.delta",
        "response.audio.done",
        "response.audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    assert events[-1]["response"]["output"][0]["content"][0]["type"] == "audio"
    assert events[-1]["response"]["modalities"] == ["audio", "text"]


def test_the_betas_mistakes_are_errors_too() -> None:
    client = Client(Beta())
    for session in ({"output_audio_format": "mp3"}, {"output_audio_format": 7}, {"modalities": ["text"]}):
        (error,) = client.send("session.update", session=session)
        assert error["type"] == "error"
    for item in ({"type": "message", "content": 7}, {"type": "message", "role": "user", "content": [7]}):
        (error,) = client.send("conversation.item.create", item=item)
        assert error["type"] == "error"
