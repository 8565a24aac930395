"""The rules of a Speak stream: which message leads to which command, and which to which refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.request import MAX_TEXT, Codec, OutputFormat, PlayoutMode, SpeechSettings
from parlando_router.speak_protocol import (
    AnswerCancel,
    Append,
    BeginEpoch,
    Cancel,
    CancelEpoch,
    Command,
    End,
    EndText,
    Flush,
    FlushEpoch,
    Message,
    Open,
    Played,
    SpeakProtocol,
    Text,
)

_SETTINGS = SpeechSettings()
_OPEN = Open(_SETTINGS, "")


def _run(*messages: Message) -> list[Command]:
    """Return what the last message leads to."""
    protocol = SpeakProtocol()
    commands: list[Command] = []
    for message in messages:
        commands = protocol.receive(message)
    return commands


def _refusal(*messages: Message) -> ParlandoError:
    protocol = SpeakProtocol()
    for message in messages[:-1]:
        protocol.receive(message)
    with pytest.raises(ParlandoError) as caught:
        protocol.receive(messages[-1])
    return caught.value


_TEXT, _FLUSH, _CANCEL, _END = Text("words"), Flush(7), Cancel(), End()


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([Message(1, _OPEN)], [BeginEpoch(1, _SETTINGS, None)]),
        ([Message(9, _OPEN)], [BeginEpoch(9, _SETTINGS, None)]),
        ([Message(1, Open(_SETTINGS, "", "words"))], [BeginEpoch(1, _SETTINGS, None), Append("words")]),
        (
            [Message(1, Open(_SETTINGS, "", "words", complete=True))],
            [BeginEpoch(1, _SETTINGS, None), Append("words"), EndText()],
        ),
        ([Message(1, Open(_SETTINGS, "", complete=True))], [BeginEpoch(1, _SETTINGS, None), EndText()]),
        (
            [Message(1, _OPEN), Message(2, Open(_SETTINGS, "", "words", complete=True))],
            [BeginEpoch(2, _SETTINGS, 1), Append("words"), EndText()],
        ),
        ([Message(1, _OPEN), Message(1, _TEXT)], [Append("words")]),
        ([Message(1, _OPEN), Message(1, Text(""))], []),
        ([Message(1, _OPEN), Message(1, _FLUSH)], [FlushEpoch(7)]),
        ([Message(1, _OPEN), Message(1, None)], []),
        ([Message(1, _OPEN), Message(1, None, 500)], [Played(500)]),
        ([Message(1, _OPEN), Message(1, _TEXT, 500)], [Played(500), Append("words")]),
        ([Message(1, _OPEN, 500)], [BeginEpoch(1, _SETTINGS, None), Played(500)]),
        # Playback never moves back.
        ([Message(1, _OPEN), Message(1, None, 500), Message(1, None, 500)], []),
        ([Message(1, _OPEN), Message(1, None, 500), Message(1, None, 499)], []),
        # A cancel.
        ([Message(1, _OPEN), Message(1, _CANCEL)], [CancelEpoch(1)]),
        ([Message(1, _OPEN), Message(1, _CANCEL), Message(1, _CANCEL)], [AnswerCancel(1)]),
        ([Message(1, _OPEN), Message(1, _CANCEL), Message(1, _TEXT)], []),
        ([Message(1, _OPEN), Message(1, _CANCEL), Message(1, _FLUSH)], []),
        ([Message(1, _OPEN), Message(1, _CANCEL), Message(2, _OPEN)], [BeginEpoch(2, _SETTINGS, None)]),
        ([Message(1, _OPEN), Message(1, _CANCEL), Message(1, _OPEN)], []),
        # A new epoch cancels the one before, and makes what belongs to it stale.
        ([Message(1, _OPEN), Message(2, _OPEN)], [BeginEpoch(2, _SETTINGS, 1)]),
        ([Message(1, _OPEN), Message(5, _OPEN)], [BeginEpoch(5, _SETTINGS, 1)]),
        ([Message(3, _OPEN), Message(2, _OPEN)], []),
        ([Message(1, _OPEN), Message(1, _OPEN)], []),
        ([Message(1, _OPEN), Message(2, _OPEN), Message(1, _TEXT)], []),
        ([Message(1, _OPEN), Message(2, _OPEN), Message(1, _FLUSH)], []),
        ([Message(1, _OPEN), Message(2, _OPEN), Message(1, None, 500)], []),
        ([Message(1, _OPEN), Message(2, _OPEN), Message(1, _CANCEL)], [AnswerCancel(1)]),
        ([Message(1, _OPEN), Message(4, _OPEN), Message(2, _CANCEL)], [AnswerCancel(2)]),
        # The end.
        ([Message(1, _OPEN), Message(1, _END)], [EndText()]),
        ([Message(1, _OPEN), Message(1, _END), Message(1, _END)], []),
        ([Message(1, _OPEN), Message(1, _END), Message(1, _CANCEL)], [CancelEpoch(1)]),
        ([Message(1, _OPEN), Message(1, _END), Message(1, None, 5)], [Played(5)]),
        ([Message(1, _OPEN), Message(1, _END), Message(1, _OPEN)], []),
        ([Message(1, _OPEN), Message(2, _OPEN), Message(1, _END)], [EndText()]),
        ([Message(1, _OPEN), Message(1, _CANCEL), Message(1, _END)], [EndText()]),
    ],
)
def test_what_a_message_leads_to(messages: list[Message], expected: list[Command]) -> None:
    assert _run(*messages) == expected


@pytest.mark.parametrize(
    ("messages", "reason", "field"),
    [
        ([Message(1, _TEXT)], Reason.FIELD_REQUIRED, "open"),
        ([Message(1, _CANCEL)], Reason.FIELD_REQUIRED, "open"),
        ([Message(1, _END)], Reason.FIELD_REQUIRED, "open"),
        ([Message(1, None)], Reason.FIELD_REQUIRED, "open"),
        ([Message(0, _OPEN)], Reason.OUT_OF_RANGE, "epoch"),
        ([Message(1, Open(_SETTINGS, "x" * 65))], Reason.OUT_OF_RANGE, "open.utterance_id"),
        ([Message(1, _OPEN), Message(2, _TEXT)], Reason.OUT_OF_ORDER, "epoch"),
        ([Message(1, _OPEN), Message(2, _FLUSH)], Reason.OUT_OF_ORDER, "epoch"),
        ([Message(1, _OPEN), Message(2, _CANCEL)], Reason.OUT_OF_ORDER, "epoch"),
        ([Message(1, _OPEN), Message(2, _END)], Reason.OUT_OF_ORDER, "epoch"),
        ([Message(1, _OPEN), Message(2, None, 5)], Reason.OUT_OF_ORDER, "epoch"),
        ([Message(1, _OPEN), Message(1, _END), Message(1, _TEXT)], Reason.OUT_OF_ORDER, "text"),
        ([Message(1, _OPEN), Message(1, _END), Message(1, _FLUSH)], Reason.OUT_OF_ORDER, "flush"),
        ([Message(1, _OPEN), Message(1, _END), Message(2, _OPEN)], Reason.OUT_OF_ORDER, "open"),
        ([Message(1, _OPEN), Message(1, None, -1)], Reason.OUT_OF_RANGE, "playback.samples_played"),
        ([Message(1, _OPEN), Message(1, Text("x" * (MAX_TEXT + 1)))], Reason.TEXT_TOO_LONG, "text.text"),
    ],
)
def test_what_a_message_is_refused_with(messages: list[Message], reason: Reason, field: str) -> None:
    error = _refusal(*messages)
    assert (error.reason, error.field) == (reason, field)


def test_half_close_is_an_end_once() -> None:
    protocol = SpeakProtocol()
    protocol.receive(Message(1, _OPEN))
    assert protocol.end() == [EndText()]
    assert protocol.end() == []
    assert protocol.receive(Message(1, _END)) == []


def test_text_may_be_as_long_as_is_allowed() -> None:
    assert _run(Message(1, _OPEN), Message(1, Text("x" * MAX_TEXT))) == [Append("x" * MAX_TEXT)]


def test_the_first_opener_names_the_utterance() -> None:
    protocol = SpeakProtocol()
    protocol.receive(Message(1, Open(_SETTINGS, "mine")))
    protocol.receive(Message(2, Open(_SETTINGS, "other")))
    assert protocol.utterance_id == "mine"


# What later openers may change

_FIRST = SpeechSettings(
    voice="alto",
    output=OutputFormat(Codec.PCM, sample_rate_hz=16_000),
    playout_mode=PlayoutMode.CLOCK,
    session_id="s",
)


def test_a_later_opener_changes_how_it_is_spoken() -> None:
    later = replace(_FIRST, voice="tenor", speed=2.0)
    assert _run(Message(1, Open(_FIRST, "")), Message(2, Open(later, ""))) == [BeginEpoch(2, later, 1)]


def test_what_a_later_opener_leaves_out_stays_where_it_cannot_change() -> None:
    [begin] = _run(Message(1, Open(_FIRST, "")), Message(2, Open(SpeechSettings(), "")))
    assert isinstance(begin, BeginEpoch)
    assert begin.settings == replace(_FIRST, voice="")


@pytest.mark.parametrize(
    ("later", "field"),
    [
        (replace(_FIRST, output=OutputFormat(sample_rate_hz=48_000)), "settings.format"),
        (replace(_FIRST, output=OutputFormat(Codec.MULAW, sample_rate_hz=16_000)), "settings.format"),
        (replace(_FIRST, playout_mode=PlayoutMode.UNPACED), "settings.playout_mode"),
        (replace(_FIRST, session_id="t"), "settings.session_id"),
    ],
)
def test_what_a_later_opener_cannot_change(later: SpeechSettings, field: str) -> None:
    error = _refusal(Message(1, Open(_FIRST, "")), Message(2, Open(later, "")))
    assert (error.reason, error.field) == (Reason.FIELD_IMMUTABLE, field)


def test_a_stale_opener_is_ignored_whatever_it_asks_for() -> None:
    later = replace(_FIRST, output=OutputFormat(sample_rate_hz=48_000))
    assert _run(Message(2, Open(_FIRST, "")), Message(1, Open(later, ""))) == []


# Any order of messages

_said = st.sampled_from([None, _OPEN, _TEXT, Text(""), _FLUSH, _CANCEL, _END])
_messages = st.lists(
    st.builds(Message, st.integers(0, 5), _said, st.none() | st.integers(0, 100)), max_size=25
)


@given(messages=_messages)
def test_in_any_order_only_the_current_epoch_speaks_and_every_cancel_is_answered(
    messages: list[Message],
) -> None:
    protocol = SpeakProtocol()
    current, speaking, ended, played = 0, False, False, 0
    for message in [Message(1, _OPEN), *messages]:
        try:
            commands = protocol.receive(message)
        except ParlandoError:
            return  # the stream is over
        for command in commands:
            match command:
                case BeginEpoch(epoch, _, cancels):
                    assert epoch == message.epoch > current
                    assert cancels == (current if speaking else None)
                    assert not ended
                    current, speaking = epoch, True
                case Append() | FlushEpoch():
                    assert message.epoch == current
                    assert speaking
                    assert not ended
                case CancelEpoch(epoch):
                    assert epoch == message.epoch == current
                    assert speaking
                    speaking = False
                case AnswerCancel(epoch):
                    assert epoch == message.epoch
                    assert epoch < current or not speaking
                case Played(samples):
                    assert message.epoch == current
                    assert samples > played
                    played = samples
                case EndText():
                    assert not ended
                    ended = True
        answers = sum(isinstance(command, CancelEpoch | AnswerCancel) for command in commands)
        assert answers == isinstance(message.said, Cancel)
    assert protocol.end() == ([] if ended else [EndText()])
