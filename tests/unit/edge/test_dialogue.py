"""Words that a dialogue finds: what it is asked, and what becomes of its answer."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable
from types import FrameType
from typing import Any

import pytest

from parlando_edge.dialogue import LONGEST_TEXT, Message, Prompt, Verbatim
from parlando_edge.ports import AudioMade, Finished, FragmentBegun, SpeechSettings
from parlando_edge.realtime.outputs import EndText, KeepTurn, Speak, StopSpeaking, Write
from parlando_edge.session_ports import TurnRole
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.spans import Span
from tests.unit.edge.realtime import SAMPLES, SPEECH, TEXT, Client, types, user_item


class Scripted:
    """Answers with words that were written beforehand, and notes what it was asked."""

    def __init__(self, *pieces: str, error: ParlandoError | None = None) -> None:
        self.asked: list[Prompt] = []
        self._pieces = pieces
        self._error = error

    async def answer(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Yield the words, then fail where it is to."""
        self.asked.append(prompt)
        for piece in self._pieces:
            yield piece
        if self._error is not None:
            raise self._error


class Silent:
    """Has no answer."""

    def answer(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Refuse."""
        del prompt
        raise ParlandoError(Reason.RATE_LIMITED, "ask less", retry_after=2)


def _prompt(*messages: Message) -> Prompt:
    asked = tuple(message.text for message in messages if message.asked)
    return Prompt(asked, lambda: messages, "", SpeechSettings())


async def test_verbatim_says_what_is_asked_and_nothing_else() -> None:
    before = Message(TurnRole.ASSISTANT, "Said before.")
    asked = [Message(TurnRole.USER, text, asked=True) for text in ("One.", "Two.")]
    assert [piece async for piece in Verbatim().answer(_prompt(before, *asked))] == ["One.\nTwo."]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.FIELD_REQUIRED),
        (" \n", Reason.FIELD_REQUIRED),
        ("x" * (LONGEST_TEXT + 1), Reason.TEXT_TOO_LONG),
    ],
)
def test_verbatim_refuses_at_once_what_it_cannot_say(text: str, reason: Reason) -> None:
    with pytest.raises(ParlandoError) as refused:
        Verbatim().answer(_prompt(Message(TurnRole.USER, text, asked=True)))
    assert (refused.value.reason, refused.value.field) == (reason, "response.input")


def test_a_dialogue_is_told_the_conversation_and_what_of_it_is_asked() -> None:
    dialogue = Scripted("Fine, ", "thanks.")
    client = Client(dialogue=dialogue)
    client.send("session.update", session={"type": "realtime", "instructions": "Be brief."})
    client.ask()
    client.hear(*SPEECH)
    client.send("conversation.item.create", item=user_item("And you?"))
    client.send("conversation.item.create", item={"type": "function_call", "name": "f"})
    client.send("response.create", response={"audio": {"output": {"voice": "v"}}})
    first, second = dialogue.asked
    assert (first.asked, first.messages()) == ((TEXT,), (Message(TurnRole.USER, TEXT, asked=True),))
    assert second.asked == ("And you?",)
    assert second.messages() == (
        Message(TurnRole.USER, TEXT),
        Message(TurnRole.ASSISTANT, "Fine, thanks."),
        Message(TurnRole.USER, "And you?", asked=True),
    )
    assert (second.instructions, second.settings) == ("Be brief.", SpeechSettings(voice="v"))


def test_what_comes_after_the_prompt_is_no_part_of_it() -> None:
    dialogue = Scripted("Fine.")
    client = Client(dialogue=dialogue)
    client.ask()
    client.send("conversation.item.create", item=user_item("And you?"))
    assert dialogue.asked[0].messages() == (Message(TurnRole.USER, TEXT, asked=True),)


def test_what_an_answer_costs_does_not_hang_on_how_long_the_conversation_is() -> None:
    """By lines of our own that run: a walk through all that was said would take some for each item."""
    long, short = (_lines_of_an_answer(_ask_one, after=count) for count in (2_000, 20))
    assert long == short


def _ask_one(client: Client) -> None:
    client.ask()


def _ask_two_in_order(client: Client) -> None:
    client.send("conversation.item.create", item=user_item("One.", id="one"))
    client.send("conversation.item.create", item=user_item("Two."), previous_item_id="one")
    client.send("response.create")


def _ask_again(client: Client) -> None:
    client.send("response.create")


@pytest.mark.parametrize("ask", [_ask_two_in_order, _ask_again])
def test_nor_on_how_it_is_asked_for(ask: Callable[[Client], None]) -> None:
    long, short = (_lines_of_an_answer(ask, after=count) for count in (2_000, 20))
    assert long == short


def _lines_of_an_answer(ask: Callable[[Client], None], after: int) -> int:
    client = Client()
    client.ask()
    client.hear(*SPEECH)
    for number in range(after):
        said = {**user_item(f"{number}."), "role": "assistant"}
        client.send("conversation.item.create", item=said)
    lines = 0

    def count(_: FrameType, event: str, __: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        ask(client)
    finally:
        sys.settrace(before)
    return lines


def test_an_input_of_its_own_is_all_that_it_is_told() -> None:
    dialogue = Scripted("Yes.")
    client = Client(dialogue=dialogue)
    client.send("conversation.item.create", item=user_item("Waits."))
    system = {**user_item("Be kind."), "role": "system"}
    client.send("response.create", response={"input": [system, user_item("Well?")]})
    messages = (Message(TurnRole.SYSTEM, "Be kind."), Message(TurnRole.USER, "Well?", asked=True))
    assert dialogue.asked[0].messages() == messages
    client.hear(Finished(0, 4, ()))
    client.send("response.create")
    assert Message(TurnRole.USER, "Waits.", asked=True) in dialogue.asked[1].messages()


def test_its_words_are_spoken_as_they_come() -> None:
    client = Client(dialogue=Scripted("Fine, ", "thanks."))
    client.ask()
    response_id = client.order.response_id
    assert client.kept[1:] == [client.order]
    told = [command for command in client.commands if isinstance(command, Write | EndText)]
    assert told == [Write(response_id, "Fine, "), Write(response_id, "thanks."), EndText(response_id)]
    events = client.hear(FragmentBegun(Span(0, 13)), AudioMade(b"\1\0", SAMPLES), Finished(SAMPLES, 13, ()))
    assert events[-1]["response"]["output"][0]["content"][0]["transcript"] == "Fine, thanks."
    assert isinstance(kept := client.commands[-1], KeepTurn)
    assert kept.turn.text == "Fine, thanks."


def test_speech_does_not_begin_before_there_is_a_word() -> None:
    client = Client(dialogue=Scripted("", "Fine.", ""))
    client.ask()
    response_id = client.order.response_id
    told = [command for command in client.commands if isinstance(command, Write | EndText)]
    assert told == [Write(response_id, "Fine."), EndText(response_id)]


def test_its_words_are_not_the_clients_to_add_to() -> None:
    client = Client(dialogue=Scripted("Fine."))
    client.ask()
    (error,) = client.send("parlando.text.append", delta="x")
    assert error["error"]["code"] == "text_stream_not_active"


def test_text_that_the_client_writes_is_no_business_of_a_dialogue() -> None:
    dialogue = Scripted("Fine.")
    client = Client(dialogue=dialogue)
    client.send(
        "response.create", response={"parlando": {"text_stream": True}, "input": [user_item("Well: ")]}
    )
    assert (client.text, client.order.answer, dialogue.asked) == ("Well: ", None, [])


def test_one_that_refuses_begins_nothing_and_what_was_asked_still_waits() -> None:
    client = Client(dialogue=Silent())
    (*_, error) = client.ask()
    assert (error["type"], error["error"]["retry_after_ms"]) == ("error", 2_000)
    assert not any(isinstance(command, Speak) for command in client.commands)
    assert not client.protocol.speaking


def test_one_that_breaks_off_fails_its_response_and_not_the_session() -> None:
    client = Client(dialogue=Scripted("Fine, ", error=ParlandoError(Reason.TOO_LATE, "it took too long")))
    events = client.ask()
    assert types(events) == ["response.created", "response.done"]
    details = events[-1]["response"]["status_details"]
    assert (details["type"], details["error"]["code"]) == ("failed", "too_late")
    assert client.kept[-1] == StopSpeaking(client.order.response_id)
    assert client.hear(AudioMade(b"\1\0", SAMPLES)) == []
    assert not client.protocol.speaking


def test_one_that_does_not_end_is_stopped() -> None:
    client = Client(dialogue=Scripted("x" * LONGEST_TEXT, "y", "z"))
    events = client.ask()
    assert types(events) == ["response.created", "response.done"]
    assert events[-1]["response"]["status_details"]["error"]["code"] == "string_above_max_length"
    assert client.commands[-1] == StopSpeaking(client.order.response_id)


def test_words_that_come_after_a_cancel_are_not_spoken() -> None:
    client = Client(dialogue=Scripted())
    client.ask()
    client.send("response.cancel")
    known = len(client.commands)
    for outputs in (
        client.protocol.answered(client.order.response_id, "late"),
        client.protocol.answer_ended(client.order.response_id),
        client.protocol.answer_failed(client.order.response_id, ParlandoError(Reason.INTERNAL, "late")),
    ):
        assert client.take(outputs) == []
    assert len(client.commands) == known
