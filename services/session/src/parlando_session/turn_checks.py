"""What a turn may hold."""

from __future__ import annotations

from parlando.session.v1.session_pb2 import TURN_ROLE_UNSPECIFIED, TURN_STATUS_UNSPECIFIED, Turn
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.checks import require_known
from parlando_session.ids import require_turn
from parlando_session.ranges import out_of_range, require_length, require_range

MAX_TEXT = 200_000
"""Code points of one turn: about four hours of speech."""

MAX_WORDS = 50_000
"""Timed words of one turn."""

_LONGEST_NAME = 256
_MOST_SAMPLES = 2**53


def check_turn(turn: Turn) -> None:
    """Refuse a turn that cannot be stored, or whose words could not be truncated.

    Raises:
        ParlandoError: FIELD_REQUIRED, OUT_OF_RANGE or TEXT_TOO_LONG, with the field's path.
    """
    require_turn(turn.id, "turn.id")
    if turn.role == TURN_ROLE_UNSPECIFIED:
        raise _required("turn.role", "say who spoke")
    if turn.status == TURN_STATUS_UNSPECIFIED:
        raise _required("turn.status", "say how the speaking stands")
    require_known(turn, "role", "turn.role")
    require_known(turn, "status", "turn.status")
    if len(turn.text) > MAX_TEXT:
        raise ParlandoError(
            Reason.TEXT_TOO_LONG,
            f"turn.text has {len(turn.text):,} code points: store at most {MAX_TEXT:,} in a turn",
            field="turn.text",
        )
    require_length(turn.engine, _LONGEST_NAME, "turn.engine")
    require_length(turn.voice, _LONGEST_NAME, "turn.voice")
    require_range(turn.sample_count, 0, _MOST_SAMPLES, "turn.sample_count")
    if turn.sample_rate_hz or turn.sample_count or turn.words:
        require_range(turn.sample_rate_hz, 8_000, 48_000, "turn.sample_rate_hz", " Hz")
    _check_words(turn)
    _check_heard(turn)


def _check_words(turn: Turn) -> None:
    if len(turn.words) > MAX_WORDS:
        raise out_of_range("turn.words", f"has {len(turn.words):,} words: use at most {MAX_WORDS:,}")
    length, free = len(turn.text), 0
    for index, word in enumerate(turn.words):
        path = f"turn.words[{index}]"
        if not word.HasField("source"):
            raise _required(f"{path}.source", "say where the word stands in the text")
        if not 0 <= word.source.start <= word.source.end <= length:
            raise out_of_range(f"{path}.source", f"lies outside the text of {length:,} code points")
        if not 0 <= word.spoken.start <= word.spoken.end:
            raise out_of_range(f"{path}.spoken", "is no span: start at 0 or more, end no earlier")
        if word.first_sample < free:
            raise out_of_range(f"{path}.first_sample", f"lies before {free:,}, where the word before ends")
        require_range(word.sample_count, 0, _MOST_SAMPLES, f"{path}.sample_count")
        require_known(word, "quality", f"{path}.quality")
        free = word.first_sample + word.sample_count


def _check_heard(turn: Turn) -> None:
    """Refuse what was heard where it contradicts the turn; it is stored as it comes otherwise."""
    if not turn.HasField("heard"):
        return
    heard = turn.heard
    if heard.heard_text + heard.unheard_text != turn.text or heard.source_offset != len(heard.heard_text):
        raise out_of_range(
            "turn.heard",
            "is not of this turn: heard and unheard text make up its text, split at source_offset",
        )
    require_range(heard.samples_played, 0, turn.sample_count, "turn.heard.samples_played")
    require_known(heard, "quality", "turn.heard.quality")


def _required(path: str, advice: str) -> ParlandoError:
    return ParlandoError(Reason.FIELD_REQUIRED, f"{path} is not set: {advice}", field=path)
