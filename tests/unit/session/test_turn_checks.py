from collections.abc import Callable

import pytest

from parlando.session.v1.session_pb2 import Turn
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.turn_checks import MAX_TEXT, MAX_WORDS, check_turn

Change = Callable[[Turn], object]


def _turn() -> Turn:
    """Return a turn of two words with a gap, one that a router might have sent."""
    turn = Turn(
        id="a",
        role="TURN_ROLE_ASSISTANT",
        status="TURN_STATUS_COMPLETED",
        text="One two.",
        sample_rate_hz=8_000,
        sample_count=4_000,
    )
    turn.words.add(source={"start": 0, "end": 3}, spoken={"end": 3}, sample_count=1_000, quality=1)
    turn.words.add(
        source={"start": 4, "end": 7},
        spoken={"start": 4, "end": 7},
        first_sample=1_500,
        sample_count=2_000,
        quality=3,
    )
    turn.heard.source_offset = 4
    turn.heard.heard_text, turn.heard.unheard_text = "One ", "two."
    turn.heard.samples_played = 1_000
    return turn


def _set(holder: object, **fields: object) -> None:
    for name, value in fields.items():
        setattr(holder, name, value)


ALLOWED: dict[str, Change] = {
    "as it is": lambda _: None,
    "the longest text": lambda turn: _set(turn, text="x" * MAX_TEXT),
    "no words": lambda turn: turn.ClearField("words"),
    "a word of no length": lambda turn: _set(turn.words[1], first_sample=1_000, sample_count=0),
    "a word that ends after the last sample": lambda turn: _set(turn.words[1], sample_count=9_000),
    "an id of 64 characters": lambda turn: _set(turn, id="é" * 64),
}

REFUSED: dict[str, tuple[Change, Reason, str]] = {
    "no id": (lambda turn: _set(turn, id=""), Reason.FIELD_REQUIRED, "turn.id"),
    "a long id": (lambda turn: _set(turn, id="a" * 65), Reason.OUT_OF_RANGE, "turn.id"),
    "no role": (lambda turn: _set(turn, role=0), Reason.FIELD_REQUIRED, "turn.role"),
    "no such role": (lambda turn: _set(turn, role=9), Reason.OUT_OF_RANGE, "turn.role"),
    "no status": (lambda turn: _set(turn, status=0), Reason.FIELD_REQUIRED, "turn.status"),
    "no such status": (lambda turn: _set(turn, status=-1), Reason.OUT_OF_RANGE, "turn.status"),
    "a long text": (lambda turn: _set(turn, text="x" * (MAX_TEXT + 1)), Reason.TEXT_TOO_LONG, "turn.text"),
    "a long engine": (lambda turn: _set(turn, engine="x" * 257), Reason.OUT_OF_RANGE, "turn.engine"),
    "a long voice": (lambda turn: _set(turn, voice="x" * 257), Reason.OUT_OF_RANGE, "turn.voice"),
    "no rate": (lambda turn: _set(turn, sample_rate_hz=0), Reason.OUT_OF_RANGE, "turn.sample_rate_hz"),
    "a low rate": (lambda turn: _set(turn, sample_rate_hz=1), Reason.OUT_OF_RANGE, "turn.sample_rate_hz"),
    "samples below 0": (lambda turn: _set(turn, sample_count=-1), Reason.OUT_OF_RANGE, "turn.sample_count"),
    "too many words": (
        lambda turn: turn.words.extend([turn.words[1]] * MAX_WORDS),
        Reason.OUT_OF_RANGE,
        "turn.words",
    ),
    "a word without a source": (
        lambda turn: turn.words[1].ClearField("source"),
        Reason.FIELD_REQUIRED,
        "turn.words[1].source",
    ),
    "a word beyond the text": (
        lambda turn: _set(turn.words[1].source, end=9),
        Reason.OUT_OF_RANGE,
        "turn.words[1].source",
    ),
    "a word backwards": (
        lambda turn: _set(turn.words[1].source, start=7, end=4),
        Reason.OUT_OF_RANGE,
        "turn.words[1].source",
    ),
    "a word that says nothing forwards": (
        lambda turn: _set(turn.words[1].spoken, start=-1),
        Reason.OUT_OF_RANGE,
        "turn.words[1].spoken",
    ),
    "words that overlap": (
        lambda turn: _set(turn.words[1], first_sample=999),
        Reason.OUT_OF_RANGE,
        "turn.words[1].first_sample",
    ),
    "a word before the start": (
        lambda turn: _set(turn.words[0], first_sample=-1),
        Reason.OUT_OF_RANGE,
        "turn.words[0].first_sample",
    ),
    "a word of less than no length": (
        lambda turn: _set(turn.words[0], sample_count=-1),
        Reason.OUT_OF_RANGE,
        "turn.words[0].sample_count",
    ),
    "a word that never ends": (
        lambda turn: _set(turn.words[0], sample_count=2**62),
        Reason.OUT_OF_RANGE,
        "turn.words[0].sample_count",
    ),
    "no such quality": (
        lambda turn: _set(turn.words[0], quality=4),
        Reason.OUT_OF_RANGE,
        "turn.words[0].quality",
    ),
    "another text heard": (
        lambda turn: _set(turn.heard, heard_text="Two "),
        Reason.OUT_OF_RANGE,
        "turn.heard",
    ),
    "a text split elsewhere": (
        lambda turn: _set(turn.heard, source_offset=3),
        Reason.OUT_OF_RANGE,
        "turn.heard",
    ),
    "more heard than was sent": (
        lambda turn: _set(turn.heard, samples_played=4_001),
        Reason.OUT_OF_RANGE,
        "turn.heard.samples_played",
    ),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_can_be_stored_is_taken(case: str) -> None:
    turn = _turn()
    ALLOWED[case](turn)
    if turn.text != "One two.":
        turn.ClearField("heard")
    check_turn(turn)


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_is_refused_by_name_and_not_quoted(case: str) -> None:
    change, reason, field = REFUSED[case]
    turn = _turn()
    change(turn)
    with pytest.raises(ParlandoError) as refused:
        check_turn(turn)
    assert (refused.value.reason, refused.value.field) == (reason, field)
    assert refused.value.message.startswith(field)
    assert "two" not in refused.value.message
