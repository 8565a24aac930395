import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from parlando.audio.v1 import audio_pb2 as audio
from parlando.session.v1.session_pb2 import (
    TURN_STATUS_COMPLETED,
    TURN_STATUS_FAILED,
    TURN_STATUS_IN_PROGRESS,
    TURN_STATUS_INTERRUPTED,
    Turn,
    TurnStatus,
)
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import Ledger, SpokenWord, TimingQuality
from parlando_kit.spans import Span, SpanMap
from parlando_session.hearing import heard_of

RATE = 8_000
TEXT = "Caf\u00e9 \U0001f600 two."  # the word "two" is that of 8 to 11


def _turn(status: TurnStatus = TURN_STATUS_COMPLETED) -> Turn:
    """Return a turn of a second: "Café" in its first quarter, "two" in its third."""
    turn = Turn(text=TEXT, status=status, sample_rate_hz=RATE, sample_count=RATE)
    for source, first in ((Span(0, 4), 0), (Span(7, 10), RATE // 2)):
        turn.words.add(
            source={"start": source.start, "end": source.end},
            first_sample=first,
            sample_count=RATE // 4,
            quality=audio.TIMING_QUALITY_ALIGNED,
        )
    return turn


def _at(seconds: float) -> Duration:
    position = Duration()
    position.FromNanoseconds(round(seconds * 1e9))
    return position


@pytest.mark.parametrize(
    ("seconds", "heard"),
    [(0, ""), (0.124, ""), (0.125, TEXT[:7]), (0.6, TEXT[:7]), (0.625, TEXT), (1, TEXT)],
)
def test_a_word_was_heard_once_half_of_it_was_played(seconds: float, heard: str) -> None:
    answer = heard_of(_turn(), _at(seconds))
    assert (answer.heard_text, answer.unheard_text) == (heard, TEXT[len(heard) :])
    assert answer.source_offset == len(heard)
    assert answer.samples_played == int(seconds * RATE)
    whole = heard == TEXT
    assert answer.quality == (audio.TIMING_QUALITY_EXACT if whole else audio.TIMING_QUALITY_ALIGNED)


@pytest.mark.parametrize("status", [TURN_STATUS_IN_PROGRESS, TURN_STATUS_INTERRUPTED, TURN_STATUS_FAILED])
def test_of_a_turn_cut_short_what_follows_the_last_word_was_not_heard(status: TurnStatus) -> None:
    turn = _turn(status)
    turn.text += " And three."
    answer = heard_of(turn, _at(1))
    assert (answer.heard_text, answer.unheard_text) == (TEXT[:10], ". And three.")
    assert answer.quality == audio.TIMING_QUALITY_ALIGNED


def test_a_turn_without_word_times_was_heard_whole_or_not_at_all() -> None:
    turn = _turn()
    turn.ClearField("words")
    before, end = heard_of(turn, _at(0.999)), heard_of(turn, _at(1))
    assert (before.heard_text, before.quality) == ("", audio.TIMING_QUALITY_ESTIMATED)
    assert (end.unheard_text, end.quality) == ("", audio.TIMING_QUALITY_EXACT)


def test_times_of_unknown_quality_count_as_estimated() -> None:
    turn = _turn()
    turn.words[1].quality = audio.TIMING_QUALITY_UNSPECIFIED
    assert heard_of(turn, _at(0.5)).quality == audio.TIMING_QUALITY_ESTIMATED


@pytest.mark.parametrize("turn", [_turn(), Turn(text="a"), Turn(text="a", sample_rate_hz=RATE)])
def test_a_position_beyond_the_end_is_refused(turn: Turn) -> None:
    heard_of(turn, _at(0))
    heard_of(turn, _at(turn.sample_count / RATE))
    with pytest.raises(ParlandoError) as refused:
        heard_of(turn, _at(turn.sample_count / RATE + 1e-9))
    assert (refused.value.reason, refused.value.field) == (Reason.POSITION_BEYOND_END, "audio_end")
    with pytest.raises(ParlandoError) as refused:
        heard_of(turn, Duration(seconds=315_576_000_000))
    assert refused.value.reason is Reason.POSITION_BEYOND_END


def test_a_position_before_the_start_is_refused() -> None:
    with pytest.raises(ParlandoError) as refused:
        heard_of(_turn(), _at(-0.001))
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "audio_end")


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50), st.sampled_from(TimingQuality)),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 2_000),
)
def test_a_stored_turn_answers_as_its_ledger_would(
    times: list[tuple[int, int, TimingQuality]], played: int
) -> None:
    """For words of two letters, each after a gap and with a length of its own."""
    text = " ".join("ab" for _ in times)
    turn = Turn(text=text, status=TURN_STATUS_COMPLETED, sample_rate_hz=RATE)
    ledger, sample, words = Ledger(), 0, []
    for index, (gap, length, quality) in enumerate(times):
        span = Span(3 * index, 3 * index + 2)
        words.append(SpokenWord(span, sample + gap, length, quality))
        sample += gap + length
    ledger.begin_fragment(0, SpanMap.identity(Span(0, len(text))), TimingQuality.EXACT)
    ledger.add_samples(sample)
    for word in ledger.add_words(words):
        turn.words.add(
            source={"start": word.source.start, "end": word.source.end},
            first_sample=word.first_sample,
            sample_count=word.sample_count,
            quality=int(word.quality),
        )
    ledger.end_fragment()
    turn.sample_count = sample
    played = min(played, sample)
    answer = heard_of(turn, _at(played / RATE))
    expected = ledger.heard(played, len(text))
    assert (answer.source_offset, int(answer.quality)) == (expected.source_offset, int(expected.quality))
    assert answer.samples_played == played
