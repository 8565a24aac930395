"""Which boundary ends a fragment. Boundaries are written as position and strength, without white space."""

import pytest

from parlando_fragmenter.gap import Strength
from parlando_fragmenter.schedule import Bounds, Part, Schedule
from parlando_fragmenter.segmenter import Boundary

_GLUE, _WORD, _CLAUSE = Strength.GLUE, Strength.WORD, Strength.CLAUSE
_SENTENCE, _PARAGRAPH = Strength.SENTENCE, Strength.PARAGRAPH

# The first target is 24: a clause counts from 8 on, and 30 is as far as the text may run.
_SECOND = 1  # The second target is 48: 16, and 60.


def _spaced(_position: int) -> None:
    """Words are parted by white space."""


def _choice(
    boundaries: list[tuple[int, Strength]],
    settled: int,
    *,
    given: int = 0,
    bounds: Bounds | None = None,
    part: Part = _spaced,
    final: bool = False,
    whole: bool = False,
) -> tuple[int, Strength] | None:
    schedule = Schedule(bounds or Bounds(), whole=whole)
    for _ in range(given):
        schedule.advance(0)
    found = [Boundary(end, end, strength) for end, strength in boundaries]
    chosen = schedule.choose(found, 0, settled, part, final=final)
    return (chosen.end, chosen.strength) if chosen else None


def test_a_sentence_ends_a_fragment_however_short() -> None:
    assert _choice([(3, _SENTENCE)], 4) == (3, _SENTENCE)
    assert _choice([(3, _WORD), (9, _PARAGRAPH)], 10, given=9) == (9, _PARAGRAPH)


def test_a_clause_ends_a_fragment_from_a_third_of_the_target_on() -> None:
    assert _choice([(7, _CLAUSE)], 29) is None
    assert _choice([(8, _CLAUSE)], 9) == (8, _CLAUSE)
    assert _choice([(15, _CLAUSE)], 40, given=_SECOND) is None
    assert _choice([(16, _CLAUSE)], 40, given=_SECOND) == (16, _CLAUSE)


def test_later_clauses_take_the_short_rest_of_their_sentence_along() -> None:
    assert _choice([(20, _CLAUSE), (32, _SENTENCE)], 33, given=_SECOND) == (32, _SENTENCE)
    assert _choice([(20, _CLAUSE), (33, _SENTENCE)], 34, given=_SECOND) == (20, _CLAUSE)
    assert _choice([(20, _CLAUSE), (30, _WORD)], 32, given=_SECOND) is None
    assert _choice([(20, _CLAUSE), (30, _WORD)], 33, given=_SECOND) == (20, _CLAUSE)


def test_without_clauses_a_fragment_ends_at_the_last_word_that_fits() -> None:
    words = [(10, _WORD), (20, _WORD), (28, _WORD)]
    assert _choice(words, 30) is None
    assert _choice(words, 31) == (28, _WORD)
    assert _choice([*words, (31, _WORD)], 32) == (28, _WORD)


def test_words_that_lean_on_the_next_are_parted_only_where_there_is_no_choice() -> None:
    assert _choice([(10, _WORD), (20, _GLUE), (28, _GLUE)], 31) == (10, _WORD)
    assert _choice([(20, _GLUE), (28, _GLUE)], 31) == (28, _GLUE)


def test_a_long_word_ends_a_fragment_where_it_ends() -> None:
    assert _choice([], 31) is None
    assert _choice([(90, _WORD)], 91) == (90, _WORD)


def test_an_endless_word_is_cut_at_the_bound() -> None:
    assert _choice([], 400) is None
    assert _choice([], 404) == (400, Strength.NONE)
    assert _choice([], 401, final=True) == (400, Strength.NONE)
    assert _choice([(401, _SENTENCE)], 404) == (400, Strength.NONE)
    assert _choice([(400, _SENTENCE)], 402) == (400, _SENTENCE)


def test_text_without_white_space_is_cut_between_words() -> None:
    def part(position: int) -> int:
        return position - 2

    assert _choice([], 33, part=part) is None  # three code points beyond the place tell how well it parts
    assert _choice([], 34, part=part) == (28, Strength.NONE)
    assert _choice([], 31, part=part, final=True) == (28, Strength.NONE)
    assert _choice([(34, _WORD)], 35, part=part) == (28, Strength.NONE)
    assert _choice([(33, _CLAUSE)], 34, part=part) == (33, _CLAUSE)


def test_a_space_that_comes_too_soon_is_passed_over_for_a_cut_between_words() -> None:
    assert _choice([(7, _WORD)], 34, part=lambda position: position) == (30, Strength.NONE)
    assert _choice([(8, _WORD)], 31, part=lambda position: position) == (8, _WORD)
    assert _choice([(7, _WORD)], 34) == (7, _WORD)


_RUN = [(9, _WORD), (20, _WORD), (28, _WORD), (33, _SENTENCE)]


def test_a_text_that_is_all_there_is_cut_so_that_no_short_rest_of_a_sentence_is_left() -> None:
    assert _choice(_RUN, 43) == (28, _WORD)
    assert _choice(_RUN, 42, whole=True) is None
    assert _choice(_RUN, 43, whole=True) == (20, _WORD)
    assert _choice(_RUN, 34, whole=True, final=True) == (20, _WORD)
    assert _choice([*_RUN[:3], (40, _SENTENCE)], 43, whole=True) == (20, _WORD)
    assert _choice([*_RUN[:3], (41, _SENTENCE)], 43, whole=True) == (28, _WORD)  # the rest is long enough


def test_a_short_rest_is_left_where_no_good_cut_lies_before_it() -> None:
    assert _choice([(7, _WORD), (28, _WORD), (33, _SENTENCE)], 43, whole=True) == (28, _WORD)
    assert _choice([(20, _GLUE), (28, _WORD), (33, _SENTENCE)], 43, whole=True) == (28, _WORD)


def test_a_text_that_is_all_there_and_parts_no_words_is_cut_before_a_short_rest_too() -> None:
    def part(position: int) -> int:
        return position - 2

    assert _choice([(36, _SENTENCE)], 43, part=part) == (28, Strength.NONE)
    assert _choice([(36, _SENTENCE)], 43, part=part, whole=True) == (21, Strength.NONE)
    assert _choice([(33, _SENTENCE)], 43, part=part, whole=True) == (33, _SENTENCE)

    def part_late(position: int) -> int | None:
        return 28 if position >= 28 else None

    assert _choice([(36, _SENTENCE)], 43, part=part_late, whole=True) == (28, Strength.NONE)


def test_targets_grow_up_to_the_bound() -> None:
    schedule = Schedule(Bounds(first=10, growth=2, most=50))
    limits = []
    for _ in range(4):
        limits.append(schedule.limit)
        schedule.advance(0)
    assert limits == [12.5, 25, 50, 50]


@pytest.mark.parametrize(
    ("audio_queued", "real_time_factor", "limit"),
    [
        (0.0, 0.5, 30),  # nothing queued: as small as the first
        (10.0, 0.5, 300),  # 0.8 of 10 s make 16 s of audio, 240 code points
        (10.0, 2.0, 75),
        (10.0, 0.0, 150),  # not known counts as real time
        (1e9, 1e-9, 400),
    ],
)
def test_a_hint_sets_the_target_by_what_can_be_made_in_time(
    audio_queued: float, real_time_factor: float, limit: float
) -> None:
    schedule = Schedule(Bounds())
    schedule.hint(audio_queued, real_time_factor)
    assert schedule.limit == pytest.approx(limit)


def test_a_first_target_beyond_the_bound_is_the_bound() -> None:
    assert Schedule(Bounds(first=1000, most=20)).limit == 20


def test_after_a_hint_targets_follow_what_each_fragment_adds_to_the_queue() -> None:
    schedule = Schedule(Bounds())
    schedule.hint(0.0, 0.5)
    schedule.advance(30)  # 2 s of audio, played from when they are made
    assert schedule.limit == pytest.approx(1.25 * 0.8 * 2.0 / 0.5 * 15)
    schedule.advance(45)  # 3 s: 1.5 s of the 2 s are played while they are made
    assert schedule.limit == pytest.approx(1.25 * 0.8 * 3.5 / 0.5 * 15)


def test_an_engine_slower_than_speech_is_given_little_at_a_time() -> None:
    schedule = Schedule(Bounds())
    schedule.hint(0.0, 2.0)
    for _ in range(9):
        schedule.advance(24)
        assert schedule.limit == 30
