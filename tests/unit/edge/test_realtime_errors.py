"""What is refused or fails is told in the contract's way, and the session goes on."""

from __future__ import annotations

import pytest

from parlando_edge.realtime.outputs import KeepTurn, Speak
from parlando_edge.session_ports import TurnStatus
from parlando_kit.errors import ParlandoError, Reason
from tests.unit.edge.realtime import CLOSED, SPEECH, Client, types, user_item

_WITH_PART = (
    '{"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [%s]}}'
)
_LONG_NAME = '{"type": "response.create", "response": {"metadata": {"%s": "1"}}}' % ("n" * 65)


@pytest.mark.parametrize("fields", [{}, {"response_id": "resp_other"}])
def test_a_cancel_of_nothing_is_an_error_that_echoes_the_event(fields: dict[str, str]) -> None:
    client = Client()
    if fields:
        client.ask()
    (error,) = client.send("response.cancel", event_id="evt_7", **fields)
    assert error["error"]["code"] == "response_cancel_not_active"
    assert error["error"]["event_id"] == "evt_7"
    # LiveKit's plugin knows this error, which is none to it, by its first words.
    assert error["error"]["message"].startswith("Cancellation failed")
    assert client.protocol.speaking is bool(fields)


def test_a_second_response_has_to_wait() -> None:
    client = Client()
    client.ask()
    (error,) = client.ask("More.")
    assert error["error"]["code"] == "conversation_already_has_active_response"
    client.hear(*SPEECH)
    assert types(client.send("response.create")) == ["response.created"]
    assert client.text == "More."


def test_what_cannot_be_spoken_fails_its_response_and_not_the_session() -> None:
    client = Client()
    client.ask()
    error = ParlandoError(Reason.VOICE_NOT_FOUND, 'settings.voice "x" is not known', field="settings.voice")
    (done,) = client.take(client.protocol.speech_failed(client.order.response_id, error))
    assert done["response"]["status"] == "failed"
    assert done["response"]["status_details"] == {
        "type": "failed",
        "error": {
            "type": "invalid_request_error",
            "code": "voice_not_found",
            "message": 'voice "x" is not known',
        },
    }
    assert [type(command) for command in client.kept] == [KeepTurn, Speak]  # the turn is the user's
    assert types(client.ask("More.")) == ["response.created"]


def test_what_is_refused_for_now_says_when_to_try_again() -> None:
    client = Client()
    client.ask()
    error = ParlandoError(Reason.OVERLOADED, "too many wait", retry_after=0.25)
    (done,) = client.take(client.protocol.speech_failed(client.order.response_id, error))
    assert done["response"]["status_details"]["error"] == {
        "type": "rate_limit_error",
        "code": "overloaded",
        "message": "too many wait",
        "retry_after_ms": 250,
    }


def test_a_failure_in_the_middle_closes_what_was_begun() -> None:
    client = Client()
    client.ask()
    client.hear(*SPEECH[:4])
    failed = client.protocol.speech_failed(
        client.order.response_id, ParlandoError(Reason.ENGINE_FAILED, "gone")
    )
    events = client.take(failed)
    assert types(events) == CLOSED
    assert events[-1]["response"]["status"] == "failed"
    kept = client.commands[-1]
    assert isinstance(kept, KeepTurn)
    assert kept.turn.status is TurnStatus.FAILED


def test_a_failure_of_what_is_over_changes_nothing() -> None:
    client = Client()
    client.ask()
    client.hear(*SPEECH)
    error = ParlandoError(Reason.ENGINE_FAILED, "gone")
    assert client.protocol.speech_failed(client.order.response_id, error) == []


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("", "malformed_message", None),
        ("{", "malformed_message", None),
        ("[]", "malformed_message", None),
        ('"response.create"', "malformed_message", None),
        ('{"type": "\\ud800"}', "malformed_message", None),
        ("[" * 5_000, "malformed_message", None),
        (b"\0\1", "malformed_message", None),
        ("{}", "missing_required_parameter", "type"),
        ('{"type": 7}', "invalid_value", "type"),
        ('{"type": "response.speak"}', "invalid_value", "type"),
        ('{"type": "output_audio_buffer.clear"}', "not_supported", "type"),
        ('{"type": "input_audio_buffer.append"}', "missing_required_parameter", "audio"),
        ('{"type": "input_audio_buffer.append", "audio": 7}', "invalid_value", "audio"),
        ('{"type": "input_audio_buffer.append", "audio": "A"}', "invalid_value", "audio"),
        (
            '{"type": "input_audio_buffer.append", "audio": "\u00e9\u00e9\u00e9\u00e9"}',
            "invalid_value",
            "audio",
        ),
        ('{"type": "input_audio_buffer.append", "audio": "AAAA"}', "invalid_value", "audio"),
        (
            '{"type": "input_audio_buffer.append", "audio": "' + "A" * 960_004 + '"}',
            "string_above_max_length",
            "audio",
        ),
        ('{"type": "input_audio_buffer.commit"}', "input_audio_buffer_commit_empty", None),
        ('{"type": "conversation.item.create"}', "missing_required_parameter", "item.type"),
        ('{"type": "conversation.item.create", "item": 1}', "invalid_value", "item"),
        ('{"type": "conversation.item.create", "item": {"type": "song"}}', "invalid_value", "item.type"),
        (
            '{"type": "conversation.item.create", "item": {"type": "message"}}',
            "missing_required_parameter",
            "item.role",
        ),
        (
            _WITH_PART % '{"type": "song"}',
            "invalid_value",
            "item.content[0].type",
        ),
        (
            _WITH_PART % '{"type": "input_text", "text": 7}',
            "invalid_value",
            "item.content[0].text",
        ),
        ('{"type": "conversation.item.delete"}', "missing_required_parameter", "item_id"),
        (
            '{"type": "response.create", "response": {"output_modalities": ["text"]}}',
            "not_supported",
            "response.output_modalities",
        ),
        ('{"type": "response.create", "response": {"metadata": {"a": 1}}}', "invalid_value", None),
        (_LONG_NAME, "invalid_value", "response.metadata"),
        ('{"type": "response.create", "response": {"input": [1]}}', "invalid_value", "response.input"),
    ],
)
def test_bad_input_is_an_error_and_the_session_goes_on(
    message: str | bytes, code: str, param: str | None
) -> None:
    client = Client()
    client.begin()
    (error,) = client.raw(message)
    assert error["type"] == "error"
    assert error["error"]["code"] == code
    assert error["error"]["type"] == "invalid_request_error"
    if param is not None:
        assert error["error"]["param"] == param
    assert client.commands == []
    client.ask()
    assert types(client.hear(*SPEECH))[-1] == "response.done"


def test_errors_quote_nothing_that_is_to_be_spoken() -> None:
    client = Client()
    (error,) = client.raw('{"type": "conversation.item.create", "item": "xylophone')
    assert "xylophone" not in str(error)
    (error,) = client.ask("xylophone " * 10_001)[-1:]
    assert error["error"]["code"] == "missing_required_parameter"  # the item was refused, so nothing waits
    assert "xylophone" not in str(error)


@pytest.mark.parametrize("deed", ["retrieve", "delete", "truncate"])
def test_an_item_that_is_not_there_is_an_error_that_clients_know(deed: str) -> None:
    client = Client()
    where = {"content_index": 0, "audio_end_ms": 0}
    (error,) = client.send(f"conversation.item.{deed}", event_id="evt_1", item_id="item_x", **where)
    assert error["error"]["code"] == f"item_{deed}_invalid_item_id"
    assert (error["error"]["event_id"], error["error"]["param"]) == ("evt_1", "item_id")


def test_an_id_in_use_is_refused() -> None:
    client = Client()
    client.send("conversation.item.create", item=user_item(id="a"))
    (error,) = client.send("conversation.item.create", item=user_item(id="a"))
    assert (error["error"]["code"], error["error"]["param"]) == (
        "item_create_duplicate_item_id",
        "item.id",
    )


@pytest.mark.parametrize(
    "event",
    [
        '{"type": "session.update", "event_id": "e", "session": {"tools": %s}}',
        '{"type": "conversation.item.create", "event_id": "e", "item": {"type": "mcp_call", "x": %s}}',
    ],
)
def test_what_is_nested_too_deep_to_be_shown_again_is_refused(event: str) -> None:
    client = Client()
    (error,) = client.raw(event % ("[" * 300 + "]" * 300))
    assert (error["type"], error["error"]["code"]) == ("error", "malformed_message")
    assert "at most" in error["error"]["message"]
    first, *_ = client.raw(event % ("[" * 90 + "]" * 90))
    assert first["type"] in ("session.updated", "conversation.item.added")
