"""What is given out of a reading as it is spoken piece by piece."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_synth.events import Audio, EngineEvent, Progress, Words
from parlando_synth.narration import Narration
from parlando_synth.reading import Reading, ReadWord

EXACT, ESTIMATED = TimingQuality.EXACT, TimingQuality.ESTIMATED
NOW = 99.0


def narration_of(reading: Reading, events: list[EngineEvent]) -> Narration:
    return Narration(reading, sample_rate=10, quality=EXACT, dry_at=100.0, emit=events.append)


def words(events: list[EngineEvent]) -> list[SpokenWord]:
    return [word for event in events if isinstance(event, Words) for word in event.words]


def test_a_word_comes_with_the_piece_that_it_ends_in() -> None:
    reading = Reading("ab cd", [ReadWord(Span(0, 2), 0, 2), ReadWord(Span(3, 5), 3, 5)])
    events: list[EngineEvent] = []
    narration = narration_of(reading, events)
    narration.place(0, [0, 4, 9, 10, 15, 20], EXACT)
    narration.say(bytes(2 * 12), 3, NOW)
    assert words(events) == [SpokenWord(Span(0, 2), 0, 9, EXACT)]
    narration.say(bytes(2 * 8), 5, NOW)
    assert words(events)[1:] == [SpokenWord(Span(3, 5), 10, 10, EXACT)]
    assert [event.fraction for event in events if isinstance(event, Progress)] == [0.6, 1.0]


def test_a_listener_runs_dry_as_late_as_what_was_said_since_it_was_heard_lasts() -> None:
    narration = narration_of(Reading("abcd", []), [])
    narration.say(bytes(2 * 5), 1, 99.0)  # there is something to hear until 100
    assert narration.dry_at == 100.5
    narration.say(bytes(2 * 5), 2, 100.5)
    assert narration.dry_at == 101.0
    narration.say(bytes(2 * 5), 3, 103.0)  # too late: heard from then on
    assert narration.dry_at == 103.5


def test_a_word_that_two_runs_share_is_one_word() -> None:
    reading = Reading("abcd", [ReadWord(Span(0, 4), 0, 4)])
    events: list[EngineEvent] = []
    narration = narration_of(reading, events)
    narration.place(0, [1, 5, 9], EXACT)
    narration.say(bytes(2 * 10), 2, NOW)
    narration.place(2, [2, 6, 9], ESTIMATED)
    narration.say(bytes(2 * 10), 4, NOW)
    assert words(events) == [SpokenWord(Span(0, 4), 1, 18, ESTIMATED)]


def test_words_of_which_nothing_is_spoken_come_at_the_end() -> None:
    reading = Reading(
        "a", [ReadWord(Span(0, 1), 0, 1), ReadWord(Span(2, 3), 1, 1), ReadWord(Span(4, 5), 1, 1)]
    )
    events: list[EngineEvent] = []
    narration = narration_of(reading, events)
    narration.place(0, [0, 5], EXACT)
    narration.say(bytes(2 * 6), 1, NOW)
    narration.finish()
    assert words(events) == [
        SpokenWord(Span(0, 1), 0, 5, EXACT),
        SpokenWord(Span(2, 3), 5, 0, EXACT),
        SpokenWord(Span(4, 5), 5, 0, EXACT),
    ]
    silent: list[EngineEvent] = []
    narration_of(Reading("", [ReadWord(Span(0, 1), 0, 0)]), silent).finish()
    assert words(silent) == [SpokenWord(Span(0, 1), 0, 0, EXACT)]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 50)), min_size=1, max_size=8))
def test_words_are_in_order_and_in_what_was_said(runs: list[tuple[int, int]]) -> None:
    count = sum(symbols for symbols, _ in runs)
    reading = Reading(
        "a" * count, [ReadWord(Span(place, place + 1), place, place + 1) for place in range(count)]
    )
    events: list[EngineEvent] = []
    narration = narration_of(reading, events)
    first = made = 0
    for symbols, samples in runs:
        narration.place(first, [samples * edge // symbols for edge in range(symbols + 1)], EXACT)
        first += symbols
        narration.say(bytes(2 * samples), first, NOW)
        made += samples
        assert len(words(events)) == first
        assert words(events)[-1].end_sample == made
    narration.finish()
    assert [word.spoken.start for word in words(events)] == list(range(count))
    assert all(
        one.end_sample <= two.first_sample for one, two in zip(words(events), words(events)[1:], strict=False)
    )
    assert sum(len(event.pcm) for event in events if isinstance(event, Audio)) == 2 * made
