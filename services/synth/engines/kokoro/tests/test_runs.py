"""Where a reading is cut, and how large a run may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kokoro.network import LONGEST_RUN
from parlando_kokoro.runs import AMPLE, LONGEST, SHORTEST, Pace, next_cut, next_sentence
from parlando_synth.reading import Reading


def cuts(symbols: str, size: int) -> list[str]:
    reading, runs, start = Reading(symbols, []), [], 0
    while start < len(symbols):
        end = next_cut(reading, start, size)
        runs.append(symbols[start:end])
        start = end + 1 if symbols[end : end + 1] == " " else end
    return runs


@pytest.mark.parametrize(
    ("symbols", "runs"),
    [
        ("aaaa bbbb", ["aaaa bbbb"]),
        ("aaaa bbbb cccc dddd eeee", ["aaaa bbbb", "cccc dddd", "eeee"]),
        ("aaaa bbb, cccc dddd", ["aaaa bbb,", "cccc dddd"]),
        ("aaaa bb. cc dddd eeee", ["aaaa bb.", "cc dddd eeee"]),
        ("aaaaaaaaaaaaaaaaaaaa bbbb", ["aaaaaaaaaaaaaaaaaaaa", "bbbb"]),
    ],
)
def test_a_run_ends_where_it_is_heard_least(symbols: str, runs: list[str]) -> None:
    assert cuts(symbols, SHORTEST) == runs


def stretch(symbols: int, mark: str) -> str:
    """Return words without a mark, and one at their end."""
    return ("aaaa " * (symbols // 5)).strip() + mark


@pytest.mark.parametrize(
    ("parts", "runs"),
    [
        ([stretch(45, ".")] * 4, [1, 1, 2]),  # a sentence each; the rest is not cut
        ([stretch(50, ","), stretch(45, "."), stretch(90, ".")] * 2, [1, 1, 1, 1, 1, 1]),
        ([stretch(30, ","), stretch(40, "."), stretch(130, ".")], [2, 1]),  # of the sentence, not the clause
        ([stretch(125, ","), stretch(150, ".")], [1, 1]),  # nothing to end at before
    ],
)
def test_a_run_that_is_ample_ends_at_a_mark(parts: list[str], runs: list[int]) -> None:
    rest = iter(parts)
    expected = [" ".join(next(rest) for _ in range(count)) for count in runs]
    assert cuts(" ".join(parts), LONGEST) == expected


def test_without_a_mark_a_run_is_as_long_as_it_may_be() -> None:
    first, *_ = cuts(stretch(500, "."), LONGEST)
    assert AMPLE < LONGEST - 5 < len(first) <= LONGEST


@given(st.text("ab .,", max_size=1_200), st.integers(SHORTEST, LONGEST))
def test_runs_hold_all_there_is_and_are_never_too_long(symbols: str, size: int) -> None:
    symbols = " ".join(symbols.split())
    runs = cuts(symbols, size)
    assert all(0 < len(run) <= LONGEST_RUN for run in runs)
    assert "".join(runs).replace(" ", "") == symbols.replace(" ", "")


def test_a_run_is_done_while_half_of_what_is_queued_still_plays() -> None:
    pace = Pace(first_run=0.25)
    pace.begin(20, 0.02 + 20 * 0.02)
    assert pace.size(0) == round((0.25 - 0.02) / 0.02)
    assert pace.size(2.0) == round((1.0 - 0.02) / 0.02)
    assert pace.size(60.0) == LONGEST
    assert pace.size(-5.0) == pace.size(0)


_SENTENCE = (
    "ˈɛvɹi ˈivnɪŋ ðɪ ˈOld kˈipəɹ klˈImd ðə hˈʌndɹɪd stˈɛps tə lˈIt ðə ɡɹˈAt lˈæmp, ænd ˈɛvɹi nˈIt ðə ʃˈɪps "
    "ðæt pˈæst ðə kˈAp kʊd sˈi ɪt tˈɜɹnɪŋ slˈOli əbˌʌv ðə blˈæk wˈɔTəɹ."
)
_FIXED, _AUDIO, _HELD = 0.045, 0.08, 0.03  # seconds: of any run, of a symbol heard, and held for the next run


def _spoken(per_symbol: float) -> tuple[list[int], list[float]]:
    """Speak two sentences on a machine that takes so many seconds a symbol.

    Returns:
        Symbols of each run, and seconds for which the listener still had something to hear when it was done.
    """
    reading, pace, now, start = Reading(f"{_SENTENCE} {_SENTENCE}", []), Pace(first_run=0.25), 0.0, 0
    pace.begin(20, _FIXED + 20 * per_symbol)
    runs: list[int] = []
    spare: list[float] = []
    dry_at = 0.0
    while start < len(reading.symbols):
        end = next_cut(reading, start, pace.size(dry_at - now))
        takes = _FIXED + (end - start) * per_symbol
        now += takes
        if runs:
            spare.append(dry_at - _HELD - now)
        pace.learn(end - start, takes)
        dry_at = max(dry_at, now) + (end - start) * _AUDIO
        runs.append(end - start)
        start = end + 1
    return runs, spare


@pytest.mark.parametrize("per_symbol", [0.01, 0.02, 0.03, 0.035, 0.04, 0.042, 0.044, 0.046])
def test_on_a_steady_machine_nobody_runs_dry(per_symbol: float) -> None:
    runs, spare = _spoken(per_symbol)
    assert min(spare) > 0, (runs, spare)


def test_what_is_in_time_may_be_less_than_two_words_but_not_where_nothing_would_be() -> None:
    pace = Pace(first_run=0.25)
    pace.begin(20, 0.02 + 20 * 0.042)
    assert SHORTEST / 2 < pace.size(0.4) < 9
    assert pace.size(0.2) == pace.size(0.0) == SHORTEST
    slow = Pace(first_run=0.25)
    slow.begin(20, 0.02 + 20 * 0.1)
    assert slow.size(0.4) == SHORTEST


def test_a_slow_machine_gets_the_shortest_run_and_a_fast_one_the_longest() -> None:
    slow, fast = Pace(first_run=0.25), Pace(first_run=0.25)
    slow.begin(20, 20.0)
    fast.begin(20, 0.02)
    assert (slow.size(0), fast.size(0)) == (SHORTEST, LONGEST)


def test_the_pace_follows_what_runs_take() -> None:
    pace = Pace(first_run=0.25)
    pace.begin(20, 0.22)
    for _ in range(50):
        pace.learn(20, 0.42)
    assert pace.per_symbol == pytest.approx(0.02, rel=0.01)


def test_a_slower_machine_is_believed_sooner_than_a_faster_one() -> None:
    pace = Pace(first_run=0.25)
    pace.begin(20, 0.02 + 20 * 0.01)
    pace.learn(20, 0.02 + 20 * 0.03)
    assert pace.size(2.0) < round((1.0 - 0.02) / 0.02)  # nearer to the slow run than to the fast one
    pace.learn(20, 0.02 + 20 * 0.01)
    assert pace.size(2.0) < round((1.0 - 0.02) / 0.02)  # one fast run is not yet a fast machine


def test_slow_speech_is_given_fewer_symbols_for_the_same_time_and_quick_speech_more() -> None:
    pace = Pace(first_run=0.25)
    pace.begin(20, 0.02 + 20 * 0.01)
    usual = pace.size(0)
    assert pace.size(0, speed=0.5) == pytest.approx(usual / 2, abs=1)
    assert pace.size(0, speed=2.0) == pytest.approx(usual * 2, abs=1)
    assert pace.size(60.0, speed=0.5) == LONGEST / 2  # as long as the longest at the usual rate
    assert pace.size(60.0, speed=2.0) == LONGEST
    before = pace.per_symbol
    pace.learn(20, 0.02 + 20 * 0.02, speed=0.5)
    assert pace.per_symbol == pytest.approx(before)


def test_short_runs_do_not_make_a_first_run_long() -> None:
    pace = Pace(first_run=0.25)
    pace.begin(40, 0.02 + 40 * 0.005)
    for _ in range(5):
        pace.learn(2, 0.015)  # "no": less than what any run is taken to take
    assert pace.size(0) < 60
    for _ in range(50):
        pace.learn(20, 0.015)  # no such run on a machine of that pace: it is a quicker one
    assert pace.size(0) == LONGEST


@pytest.mark.parametrize(
    ("symbols", "first"),
    [
        ("aaaa bbbb cccc dddd.", "aaaa bbbb cccc dddd."),
        ("aaaa bbbb, cccc. dddd eeee.", "aaaa bbbb, cccc."),
        ("aaaa bbbb. cccc dddd.", "aaaa bbbb."),
        ('aaaa bbbb." cccc dddd.', 'aaaa bbbb."'),
        ("aa. bb. cc dd ee ff.", "aa. bb. cc dd ee ff."),
    ],
)
def test_a_sentence_is_not_cut(symbols: str, first: str) -> None:
    assert symbols[: next_sentence(Reading(symbols, []), 0)] == first


def test_a_sentence_that_is_too_long_is_cut_all_the_same() -> None:
    symbols = "aaaa bbbb " * 60 + "cccc."
    assert 0 < next_sentence(Reading(symbols, []), 0) <= LONGEST_RUN
