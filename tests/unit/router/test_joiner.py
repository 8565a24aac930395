"""Fragments joined: what is trimmed, what lies between them, and that chunking is no matter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_router.events import Samples
from parlando_router.joiner import MARGIN_SECONDS, SILENCE, Joiner
from tests.unit.router.sound import AMPLITUDE, burst, bursts, largest_step, silence, speech

ENGINE_RATES = [16_000, 22_050, 24_000, 44_100, 48_000]
OUTPUT_RATES = [8_000, 16_000, 24_000, 48_000]
_DITHER = 2  # the resampler's, in units of one sample step; it depends on the chunks


@dataclass(frozen=True)
class _Part:
    """A fragment's sound, and the pause after it in seconds."""

    rate: int
    samples: Samples
    pause: float = 0.0


def _chunks(samples: Samples, sizes: Sequence[int]) -> Iterator[bytes]:
    at = turn = 0
    while at < len(samples):
        size = sizes[turn % len(sizes)] if sizes else len(samples)
        yield samples[at : at + size].astype("<i2").tobytes()
        at, turn = at + size, turn + 1


def _joined(
    parts: Sequence[_Part], output: int, sizes: Sequence[int] = (), *, settle: bool = False
) -> Samples:
    joiner = Joiner(output)
    out: list[Samples] = []
    for part in parts:
        out.append(joiner.begin(part.rate))
        out += [joiner.feed(chunk) for chunk in _chunks(part.samples, sizes)]
        out.append(joiner.end(part.pause))
        if settle:
            out.append(joiner.settle())
    out.append(joiner.settle())
    return np.concatenate(out)


def _margin(rate: int) -> int:
    return round(MARGIN_SECONDS * rate)


# Trimming


@pytest.mark.parametrize(
    ("rate", "sizes"),
    [(16_000, (1,)), *((rate, sizes) for rate in ENGINE_RATES for sizes in ((), (97, 441)))],
)
def test_silence_is_trimmed_to_a_margin_at_both_ends(rate: int, sizes: Sequence[int]) -> None:
    sound = burst(0.05, rate)
    whole = np.concatenate((silence(0.3, rate), sound, silence(0.4, rate)))
    heard = _joined([_Part(rate, whole)], rate, sizes)
    margin = _margin(rate)
    assert len(heard) == margin + len(sound) + margin
    assert np.array_equal(heard[margin:-margin], sound)
    assert not heard[:margin].any()
    assert not heard[-margin:].any()


def test_noise_as_quiet_as_the_threshold_counts_as_silence() -> None:
    rate = 24_000
    hum = np.tile(np.array([SILENCE, -SILENCE], dtype=np.int16), rate // 4)
    sound = burst(0.05, rate)
    heard = _joined([_Part(rate, np.concatenate((hum, sound, hum)))], rate)
    assert len(heard) == len(sound) + 2 * _margin(rate)


def test_silence_inside_a_fragment_stays() -> None:
    rate = 24_000
    sound = speech([("loud", 0.05), ("quiet", 1.5), ("loud", 0.05)], rate)
    heard = _joined([_Part(rate, sound)], rate, (240,))
    assert len(heard) == len(sound)


def test_what_begins_or_ends_aloud_is_faded_over_the_margin() -> None:
    rate = 24_000
    margin = _margin(rate)
    sound = np.full(rate // 10, AMPLITUDE, dtype=np.int16)
    heard = _joined([_Part(rate, sound)], rate)
    assert len(heard) == len(sound)
    assert heard[0] == heard[-1] == 0
    assert largest_step(heard) <= AMPLITUDE // margin + 1
    assert (heard[margin:-margin] == AMPLITUDE).all()


# Pauses


@pytest.mark.parametrize("output", OUTPUT_RATES)
@pytest.mark.parametrize("engine", ENGINE_RATES)
def test_the_stated_pause_lies_between_fragments(engine: int, output: int) -> None:
    sound = speech([("quiet", 0.08), ("loud", 0.1), ("quiet", 0.2)], engine)
    pauses = [0.25, 0.011, 1.0]
    heard = _joined([_Part(engine, sound, pause) for pause in (*pauses, 0.5)], output)
    margin, loud = _margin(engine), round(0.1 * engine)
    made = 4 * (2 * margin + loud) + sum(round(pause * engine) for pause in pauses)
    assert len(heard) == round(made * output / engine)  # the last pause is owed to nobody
    found = bursts(heard, output)
    gaps = [(later - end) / output for (_, end), (later, _) in pairwise(found)]
    assert gaps == pytest.approx([pause + 2 * MARGIN_SECONDS for pause in pauses], abs=0.000_5)


@pytest.mark.parametrize("rates", [(22_050, 24_000), (24_000, 22_050), (16_000, 48_000), (48_000, 16_000)])
@pytest.mark.parametrize("settle", [False, True])
def test_the_pause_lies_between_fragments_of_different_rates(rates: tuple[int, int], *, settle: bool) -> None:
    parts = [_Part(rate, speech([("loud", 0.1), ("quiet", 0.1)], rate), 0.3) for rate in (*rates, *rates)]
    found = bursts(_joined(parts, 24_000, settle=settle), 24_000)
    gaps = [(later - end) / 24_000 for (_, end), (later, _) in pairwise(found)]
    # These begin aloud: their first margin is faded, and only a third of the amplitude counts as loud.
    assert gaps == pytest.approx([0.3 + MARGIN_SECONDS] * 3, abs=MARGIN_SECONDS / 2)


@pytest.mark.parametrize("output", [16_000, 24_000])
def test_settling_in_between_moves_nothing(output: int) -> None:
    parts = [_Part(22_050, speech([("quiet", 0.1), ("loud", 0.1), ("quiet", 0.1)], 22_050), 0.2)] * 5
    together, alone = _joined(parts, output), _joined(parts, output, settle=True)
    # Each settling rounds to a whole sample of the output.
    assert len(alone) == pytest.approx(len(together), abs=len(parts))
    for (first, _), (other, _) in zip(bursts(together, output), bursts(alone, output), strict=True):
        assert first == pytest.approx(other, abs=len(parts) + 1)


@pytest.mark.parametrize("pause", [0.0, 0.4])
def test_a_silent_fragment_adds_nothing_but_the_longer_pause(pause: float) -> None:
    rate = 24_000
    sound = speech([("quiet", 0.02), ("loud", 0.1), ("quiet", 0.02)], rate)
    spoken = _Part(rate, sound, 0.2)
    silent = _Part(rate, silence(0.7, rate), pause)
    found = bursts(_joined([spoken, silent, silent, spoken], rate), rate)
    assert len(found) == 2
    gap = (found[1][0] - found[0][1]) / rate
    assert gap == pytest.approx(max(0.2, pause) + 2 * MARGIN_SECONDS, abs=0.001)


def test_a_pause_owed_for_what_is_passed_over_is_the_longer_one() -> None:
    rate = 24_000
    joiner = Joiner(rate)
    sound = speech([("quiet", 0.02), ("loud", 0.1), ("quiet", 0.02)], rate)
    out: list[Samples] = []
    for _ in range(2):
        out += [joiner.begin(rate), joiner.feed(sound.tobytes()), joiner.end(0.2)]
        joiner.owe(0.5)
        joiner.owe(0.3)
    found = bursts(np.concatenate([*out, joiner.settle()]), rate)
    assert (found[1][0] - found[0][1]) / rate == pytest.approx(0.5 + 2 * MARGIN_SECONDS, abs=0.001)


@pytest.mark.parametrize("settle", [False, True])
def test_no_pause_comes_before_the_first_sound(*, settle: bool) -> None:
    rate = 24_000
    joiner = Joiner(rate)
    sound = speech([("quiet", 0.02), ("loud", 0.1), ("quiet", 0.02)], rate)
    for after_discard in (False, True):
        if after_discard:
            joiner.discard(5_000)
        joiner.owe(0.5)
        out = [joiner.begin(rate), joiner.feed(silence(0.3, rate).tobytes()), joiner.end(0.5)]
        if settle:
            out.append(joiner.settle())
        out += [joiner.begin(rate), joiner.feed(sound.tobytes())]
        assert bursts(np.concatenate(out), rate)[0][0] == _margin(rate)


# Seams


@pytest.mark.parametrize("output", [24_000, 16_000])
@given(phases=st.tuples(st.integers(0, 119), st.integers(0, 119)))
def test_a_seam_without_a_pause_does_not_click(output: int, phases: tuple[int, int]) -> None:
    rate, hertz = 24_000, 200.0  # 120 samples a turn
    tone = burst(0.12, rate, hertz)
    parts = [_Part(rate, tone[phases[0] : -1 - phases[1]]), _Part(rate, tone[phases[1] : -1 - phases[0]])]
    heard = _joined(parts, output)
    # A fade adds at most the difference of the two parts, spread over the margin.
    fade = 2 * AMPLITUDE / _margin(output)
    assert largest_step(heard) <= 2 * np.pi * hertz / output * AMPLITUDE + fade + 2 * _DITHER
    overlap = _margin(rate)
    made = sum(len(part.samples) for part in parts) - overlap
    assert len(heard) == round(made * output / rate)


def test_full_scale_stays_full_scale_through_a_seam() -> None:
    rate = 24_000
    loudest = np.full(2_400, 32_767, dtype=np.int16)
    heard = _joined([_Part(rate, loudest), _Part(rate, loudest), _Part(rate, -loudest)], rate)
    assert largest_step(heard) <= 2 * 32_767 // _margin(rate) + 2  # no sum has wrapped round


@pytest.mark.parametrize("length", [1, 2, 60, 119, 120, 121, 240])
@pytest.mark.parametrize("sizes", [(), (1,)])
def test_a_fragment_about_as_short_as_the_margin_is_joined(length: int, sizes: Sequence[int]) -> None:
    rate = 24_000
    margin = _margin(rate)
    short = _Part(rate, np.full(length, AMPLITUDE, dtype=np.int16))
    longer = _Part(rate, np.full(600, AMPLITUDE, dtype=np.int16))
    heard = _joined([longer, short, longer], rate, sizes)
    assert 1_200 - margin <= len(heard) <= 1_200 + length
    assert largest_step(heard) <= AMPLITUDE / min(length, margin) + AMPLITUDE / margin + 2


# Chunks


@st.composite
def _parts(draw: st.DrawFn, rates: Sequence[int]) -> list[_Part]:
    milliseconds = st.integers(0, 30)
    kinds = st.sampled_from(["quiet", "loud"])
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        rate = draw(st.sampled_from(rates))
        score = draw(
            st.lists(st.tuples(kinds, milliseconds.map(lambda ms: ms / 1000)), min_size=1, max_size=5)
        )
        parts.append(_Part(rate, speech(score, rate), draw(st.sampled_from([0.0, 0.02]))))
    return parts


@given(parts=_parts([24_000]), sizes=st.lists(st.integers(5, 900), min_size=1, max_size=6))
def test_chunks_do_not_change_a_sample(parts: list[_Part], sizes: list[int]) -> None:
    assert np.array_equal(_joined(parts, 24_000, sizes), _joined(parts, 24_000))


@given(
    parts=_parts([16_000, 22_050, 48_000]),
    output=st.sampled_from(OUTPUT_RATES),
    sizes=st.lists(st.integers(5, 900), min_size=1, max_size=6),
)
def test_chunks_do_not_change_what_is_resampled(parts: list[_Part], output: int, sizes: list[int]) -> None:
    chunked, whole = _joined(parts, output, sizes), _joined(parts, output)
    assert len(chunked) == len(whole)
    if len(whole):
        assert np.abs(chunked.astype(np.int32) - whole).max() <= _DITHER


_HELD = """
import re
from pathlib import Path
from parlando_router.joiner import Joiner

def held():
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"Pss_Anon: +(\\d+) kB", rollup)[1])

joiners = [Joiner(24_000) for _ in range(21)]
for number, joiner in enumerate(joiners):
    before = before if number > 1 else held()  # the first one has the tables made
    joiner.begin(22_050)
    joiner.feed((1_000).to_bytes(2, "little") * 22_050 * 5)
print((held() - before) / 20)
"""


def test_what_came_at_once_is_not_made_room_for_again_and_again() -> None:
    ran = subprocess.run([sys.executable, "-c", _HELD], stdout=subprocess.PIPE, text=True, check=True)
    kilobytes = float(ran.stdout)
    assert kilobytes < 500  # 220 of it are the five seconds themselves; made room for, they would be 870


# Words


def _timed(
    joiner: Joiner, part: _Part, words: Sequence[tuple[float, float]], sizes: Sequence[int]
) -> tuple[list[Samples], list[SpokenWord]]:
    """Speak a fragment with its words' [start, end) in seconds; return what came out."""
    out = [joiner.begin(part.rate)]
    timed: list[SpokenWord] = []
    spoken = [
        SpokenWord(
            Span(number, number + 1),
            round(start * part.rate),
            round(end * part.rate) - round(start * part.rate),
            TimingQuality.EXACT,
        )
        for number, (start, end) in enumerate(words)
    ]
    for chunk in _chunks(part.samples, sizes):
        out.append(joiner.feed(chunk))
        joiner.time(spoken)
        spoken = []
        timed += joiner.timed()
    out.append(joiner.end(part.pause))
    timed += joiner.timed(ended=True)
    return out, timed


@pytest.mark.parametrize("output", OUTPUT_RATES)
@pytest.mark.parametrize("engine", ENGINE_RATES)
@pytest.mark.parametrize("settle", [False, True])
def test_words_lie_where_they_are_heard(engine: int, output: int, *, settle: bool) -> None:
    score = [("quiet", 0.033), ("loud", 0.04), ("quiet", 0.02), ("loud", 0.06), ("quiet", 0.05)]
    words = [(0.033, 0.073), (0.093, 0.153)]
    joiner = Joiner(output)
    out: list[Samples] = []
    timed: list[SpokenWord] = []
    for pause in (0.1, 0.0, 0.35, 0.0, 0.013, 0.2) * 3:  # long enough that rounding would add up
        fragment, heard = _timed(joiner, _Part(engine, speech(score, engine), pause), words, (441, 1_000))
        out += fragment
        timed += heard
        if settle:
            out.append(joiner.settle())
    out.append(joiner.settle())
    found = bursts(np.concatenate(out), output)
    assert len(found) == len(timed) == 36
    for word, (first, end) in zip(timed, found, strict=True):
        assert word.first_sample == pytest.approx(first, abs=output / 1_000)
        assert word.end_sample == pytest.approx(end, abs=output / 1_000)


def test_words_lie_where_they_are_heard_when_the_rate_changes() -> None:
    output = 24_000
    score = [("quiet", 0.033), ("loud", 0.04), ("quiet", 0.02)]
    joiner = Joiner(output)
    out: list[Samples] = []
    timed: list[SpokenWord] = []
    for rate in (22_050, 24_000, 48_000, 48_000, 16_000, 22_050):
        fragment, heard = _timed(joiner, _Part(rate, speech(score, rate), 0.1), [(0.033, 0.073)], (500,))
        out += fragment
        timed += heard
    found = bursts(np.concatenate([*out, joiner.settle()]), output)
    firsts = [word.first_sample for word in timed]
    assert firsts == pytest.approx([first for first, _ in found], abs=output / 1_000)


def test_a_word_is_timed_once_its_sound_is_joined_and_not_before() -> None:
    rate = 24_000
    joiner = Joiner(rate)
    joiner.begin(rate)
    joiner.time([SpokenWord(Span(0, 1), 0, 2_400, TimingQuality.EXACT)])
    sound = burst(0.2, rate)
    given_out = len(joiner.feed(sound[:2_000].tobytes()))
    assert joiner.timed() == []
    given_out += len(joiner.feed(sound[2_000:].tobytes()))
    [word] = joiner.timed()
    assert word.end_sample == 2_400 <= given_out


def test_words_of_trimmed_silence_are_cut_to_the_sound_that_was_kept() -> None:
    rate = 24_000
    joiner = Joiner(rate)
    sound = speech([("quiet", 0.1), ("loud", 0.1), ("quiet", 0.1)], rate)
    words = [(0.0, 0.05), (0.05, 0.2), (0.2, 0.25), (0.25, 0.3)]
    out, timed = _timed(joiner, _Part(rate, sound, 0.2), words, (100,))
    made = sum(map(len, out)) + len(joiner.settle())
    assert [word.first_sample for word in timed] == sorted(word.first_sample for word in timed)
    assert timed[0].sample_count == 0
    assert timed[1].first_sample == 0  # its first half was trimmed
    assert max(word.end_sample for word in timed) <= made


def test_words_of_a_silent_fragment_lie_at_the_seam() -> None:
    rate = 24_000
    joiner = Joiner(rate)
    spoken = _Part(rate, speech([("quiet", 0.02), ("loud", 0.1), ("quiet", 0.02)], rate), 0.2)
    _, before = _timed(joiner, spoken, [(0.02, 0.12)], ())
    _, silent = _timed(joiner, _Part(rate, silence(0.3, rate), 0.2), [(0.0, 0.1), (0.1, 0.2)], ())
    _, after = _timed(joiner, spoken, [(0.02, 0.12)], ())
    assert [word.sample_count for word in silent] == [0, 0]
    assert before[0].end_sample <= silent[0].first_sample <= silent[1].first_sample <= after[0].first_sample


def test_words_of_two_fragments_that_overlap_at_the_seam_are_in_order() -> None:
    rate = 24_000
    joiner = Joiner(rate)
    part = _Part(rate, burst(0.1, rate))
    _, first = _timed(joiner, part, [(0.0, 0.1)], ())
    _, second = _timed(joiner, part, [(0.0, 0.1)], ())
    assert first[0].end_sample <= second[0].first_sample


# Discarding


@pytest.mark.parametrize("engine", [24_000, 22_050])
def test_after_a_discard_the_next_fragment_begins_at_the_sample_it_is_told(engine: int) -> None:
    output = 24_000
    joiner = Joiner(output)
    joiner.begin(engine)
    sound = speech([("quiet", 0.02), ("loud", 0.5)], engine)
    given_out = len(joiner.feed(sound.tobytes()))
    joiner.time([SpokenWord(Span(0, 1), 0, 9_000, TimingQuality.EXACT)])
    lost = joiner.discard(7_000)
    kept = len(sound) - round(0.02 * engine) + _margin(engine)
    assert given_out + lost == pytest.approx(kept * output / engine, abs=1)
    assert joiner.next_sample == 7_000
    assert joiner.timed() == []
    score = [("quiet", 0.033), ("loud", 0.04), ("quiet", 0.02)]
    out, [word] = _timed(joiner, _Part(engine, speech(score, engine), 0.1), [(0.033, 0.073)], ())
    [(first, _)] = bursts(np.concatenate([*out, joiner.settle()]), output)
    assert word.first_sample == pytest.approx(7_000 + first, abs=output / 1_000)


def test_a_discard_forgets_the_pause_and_the_end_of_the_last_fragment() -> None:
    rate = 24_000
    joiner = Joiner(rate)
    joiner.begin(rate)
    joiner.feed(burst(0.1, rate).tobytes())
    joiner.end(3.0)
    joiner.discard(1_000)
    assert len(joiner.begin(rate)) == 0
    assert joiner.next_sample == 1_000
