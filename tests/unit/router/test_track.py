"""The audio of an utterance on its way out: what is released when, and in which order it leaves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import Ledger, SpokenWord, TimingQuality
from parlando_kit.spans import Span, SpanMap
from parlando_router.events import FragmentBegun, Frame, Samples, SpeechEvent, Started, WordsTimed
from parlando_router.joiner import MARGIN_SECONDS
from parlando_router.playout import Playout
from parlando_router.ports import Fragment, SynthesisStarted, TextKind
from parlando_router.request import PlayoutMode
from parlando_router.track import Track
from tests.unit.router.sound import burst, speech
from tests.unit.router.virtual_time import LoopClock, run

RATE = 8_000
EXACT, ALIGNED, ESTIMATED = TimingQuality.EXACT, TimingQuality.ALIGNED, TimingQuality.ESTIMATED


@dataclass
class _Line:
    """A track, and all that it put out."""

    out: list[tuple[int, Frame | SpeechEvent]] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        self.playout = Playout(PlayoutMode.UNPACED, 10.0, RATE, LoopClock())
        self.track = Track(
            RATE, self.ledger, self.playout, lambda epoch, event: self.out.append((epoch, event))
        )
        self._source = 0

    def fragment(self, length: int = 10, pause: float = 0.1) -> Fragment:
        """Return the fragment that comes next in the text."""
        source = Span(self._source, self._source + length)
        self._source += length
        return Fragment(source, "x" * length, TextKind.PLAIN, SpanMap.identity(source), pause, True, "")

    def begin(self, quality: TimingQuality = EXACT, rate: int = RATE) -> None:
        """Begin the next fragment."""
        started = SynthesisStarted("alto", rate, quality, ())
        self.track.begin(1, self.fragment(), started, f"synthesis {self._source}")

    def audio(self, samples: Samples) -> None:
        """Give samples of the fragment."""
        self.track.audio(samples.astype("<i2").tobytes())

    def taken(self) -> list[Frame | SpeechEvent]:
        """Return what was put out since the last time."""
        taken = [event for _, event in self.out]
        self.out.clear()
        return taken

    @property
    def sent_up_to(self) -> int:
        """One past the last sample that left."""
        return max((event.end_sample for _, event in self.out if isinstance(event, Frame)), default=0)


def _word(start: float, end: float, at: int = 0, quality: TimingQuality = EXACT) -> SpokenWord:
    first = round(start * RATE)
    return SpokenWord(Span(at, at + 1), first, round(end * RATE) - first, quality)


def _in_time(test: object) -> None:
    """Run a test that needs a clock and nothing else of a loop."""

    async def main() -> None:
        assert callable(test)
        test()

    run(main())


# Release


@pytest.mark.parametrize("quality", [EXACT, ALIGNED])
def test_no_sample_beyond_the_last_word_that_is_known_leaves(quality: TimingQuality) -> None:
    def test() -> None:
        line = _Line()
        line.begin(quality)
        line.audio(burst(0.5, RATE))
        assert line.sent_up_to == 0  # no word is known
        line.track.words((_word(0.0, 0.2, 0, quality),))
        line.audio(burst(0.1, RATE))
        assert 0 < line.sent_up_to <= 0.2 * RATE
        line.audio(burst(1.0, RATE))
        assert line.sent_up_to <= 0.2 * RATE
        line.track.words((_word(0.2, 0.9, 1, quality), _word(0.9, 3.0, 2, quality)))
        line.audio(burst(0.1, RATE))
        assert 0.2 * RATE < line.sent_up_to <= 0.9 * RATE  # the end of the third is not made
        line.track.end(0.1)
        assert line.sent_up_to == pytest.approx(1.7 * RATE, abs=MARGIN_SECONDS * RATE + 1)

    _in_time(test)


def test_estimated_words_hold_nothing_back() -> None:
    def test() -> None:
        line = _Line()
        line.begin(ESTIMATED)
        line.audio(burst(0.5, RATE))
        assert line.sent_up_to >= 0.2 * RATE
        line.audio(burst(0.5, RATE))
        assert line.sent_up_to >= 0.45 * RATE

    _in_time(test)


def test_after_the_last_fragment_nothing_is_kept_back_for_another_one() -> None:
    def test() -> None:
        line = _Line()
        line.begin()
        line.audio(burst(0.5, RATE))
        line.track.end(0.1, last=True)
        assert line.sent_up_to == line.ledger.made == 0.5 * RATE
        frames = [event for event in line.taken() if isinstance(event, Frame)]
        line.track.settle()
        assert not line.taken()
        assert [len(frame.samples) for frame in frames] == [960, 3_040]

    _in_time(test)


def _heard(pieces: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Have an engine make pieces; return those of the frames that come after others were played.

    Args:
        pieces: seconds that each takes to be made, and seconds of audio.

    Returns:
        For each frame after the first that is late: seconds into playback, and seconds that were silent.
    """
    late: list[tuple[float, float]] = []

    async def main() -> None:
        line, clock = _Line(), LoopClock()
        line.begin(ESTIMATED)
        began = played_until = 0.0
        for takes, lasts in pieces:
            await asyncio.sleep(takes)
            line.audio(burst(lasts, RATE))
            now = clock.now()
            for event in line.taken():
                if isinstance(event, Frame):
                    began, played_until = began or now, played_until or now
                    if now > played_until + 1e-9:
                        late.append((now - began, now - played_until))
                    played_until = max(played_until, now) + len(event.samples) / RATE
                    line.ledger.mark_sent(event.end_sample)
                    line.playout.sent(event.end_sample)

    run(main())
    return late


def test_who_runs_dry_is_not_kept_waiting_for_what_was_made_before_the_next_piece() -> None:
    # An engine of long pieces, each made while what there is before it plays.
    assert _heard([(0.24, 0.4), (0.34, 0.77), (0.41, 0.94), (0.35, 0.75), (1.1, 2.8)]) == []


def test_small_pieces_are_gathered_all_the_same() -> None:
    async def main() -> None:
        line = _Line()
        line.begin(ESTIMATED)
        for _ in range(50):
            await asyncio.sleep(0.02)
            line.audio(burst(0.1, RATE))
        assert len([event for event in line.taken() if isinstance(event, Frame)]) < 10

    run(main())


def test_what_a_quick_engine_makes_leaves_in_as_few_frames_as_ever() -> None:
    async def main() -> None:
        line = _Line()
        line.begin(ESTIMATED)
        line.audio(burst(1.0, RATE))
        line.track.end(0.0, last=True)
        frames = [len(event.samples) for event in line.taken() if isinstance(event, Frame)]
        assert frames == [0.12 * RATE, 0.48 * RATE, 0.4 * RATE]

    run(main())


def test_long_pieces_are_gathered_while_much_is_left_to_hear() -> None:
    async def main() -> None:
        line = _Line()
        line.begin(ESTIMATED)
        line.audio(burst(6.0, RATE))
        line.taken()
        await asyncio.sleep(1.0)
        line.audio(burst(0.3, RATE))
        assert line.taken() == []
        line.audio(burst(0.8, RATE))
        assert line.taken() != []

    run(main())


def test_words_leave_before_the_frames_they_lie_in() -> None:
    def test() -> None:
        line = _Line()
        line.begin()
        at = 0.0
        for number in range(12):
            line.track.words((_word(at, at + 0.11, number),))
            at += 0.11
            line.audio(burst(0.11, RATE))
        line.track.end(0.0)
        known = 0
        for event in line.taken():
            if isinstance(event, WordsTimed):
                assert event.words[0].first_sample >= known - 1
                known = event.words[-1].end_sample
            elif isinstance(event, Frame) and known < round(1.32 * RATE) - MARGIN_SECONDS * RATE:
                assert event.end_sample <= known
        assert known > 1.2 * RATE
        assert len(line.ledger.words) == 12

    _in_time(test)


# What comes before a fragment's sound


@pytest.mark.parametrize("rate", [RATE, 22_050])
@pytest.mark.parametrize("settle", [False, True])
def test_a_fragment_is_announced_before_its_first_frame_and_owns_its_frames(
    rate: int, *, settle: bool
) -> None:
    def test() -> None:
        line = _Line()
        for _ in range(4):
            line.begin(ESTIMATED, rate)
            line.audio(speech([("quiet", 0.1), ("loud", 0.4), ("quiet", 0.1)], rate))
            line.track.end(0.25)
            if settle:
                line.track.settle()
        line.track.settle()
        begun: list[FragmentBegun] = []
        ends: list[int] = []
        for event in line.taken():
            if isinstance(event, FragmentBegun):
                begun.append(event)
                ends.append(event.first_sample + round((0.4 + 2 * MARGIN_SECONDS) * RATE))
            elif isinstance(event, Frame):
                owner = begun[event.fragment_index]
                assert event.first_sample >= owner.first_sample
                silence = event.first_sample > ends[event.fragment_index] + 1
                if not silence and event.first_sample < ends[event.fragment_index] - 1:
                    assert event.synthesis_id == owner.synthesis_id
                if silence:
                    assert event.synthesis_id == ""
                if event.fragment_index + 1 < len(begun):
                    assert event.first_sample < begun[event.fragment_index + 1].first_sample
        assert [each.fragment_index for each in begun] == [0, 1, 2, 3]
        assert [each.source for each in begun] == [Span(at, at + 10) for at in range(0, 40, 10)]
        pitch = (0.4 + 2 * MARGIN_SECONDS + 0.25) * RATE
        assert [each.first_sample for each in begun] == pytest.approx(
            [number * pitch for number in range(4)], abs=4
        )

    _in_time(test)


def test_what_is_announced_leaves_with_the_first_frame() -> None:
    def test() -> None:
        line = _Line()
        line.track.announce(1, Started("espeak", "alto", ()))
        line.begin()
        assert line.taken() == []
        line.track.words((_word(0.0, 0.1),))
        line.audio(burst(0.2, RATE))
        assert [type(event) for event in line.taken()][:4] == [Started, FragmentBegun, WordsTimed, Frame]

    _in_time(test)


def test_text_that_is_passed_over_is_told_and_leaves_its_pause() -> None:
    def test() -> None:
        line = _Line()
        line.begin(ESTIMATED)
        line.audio(burst(0.4, RATE))
        line.track.end(0.1)
        line.track.skip(1, line.fragment(pause=0.5), 0.5)
        line.begin(ESTIMATED)
        line.audio(burst(0.4, RATE))
        line.track.end(0.0)
        begun = [event for event in line.taken() if isinstance(event, FragmentBegun)]
        assert [(each.fragment_index, each.synthesis_id != "") for each in begun] == [
            (0, True),
            (1, False),
            (2, True),
        ]
        assert begun[2].first_sample == pytest.approx((0.4 + 0.5) * RATE, abs=1)
        assert line.ledger.source_done == 30

    _in_time(test)


# What an engine may do wrong


def _refused(line: _Line, samples: bytes) -> Reason:
    with pytest.raises(ParlandoError) as caught:
        line.track.audio(samples)
    return caught.value.reason


def test_audio_of_an_odd_length_is_the_engines_failure() -> None:
    def test() -> None:
        line = _Line()
        line.begin()
        assert _refused(line, b"\x00") is Reason.ENGINE_FAILED

    _in_time(test)


def test_words_out_of_order_are_the_engines_failure() -> None:
    def test() -> None:
        line = _Line()
        line.begin()
        line.track.words((_word(0.3, 0.4), _word(0.1, 0.2, 1)))
        assert _refused(line, burst(0.5, RATE).tobytes()) is Reason.ENGINE_FAILED

    _in_time(test)


def test_an_engine_that_says_nothing_is_no_failure() -> None:
    def test() -> None:
        line = _Line()
        line.begin()
        line.track.words((_word(0.0, 0.5),))
        line.track.end(0.2)
        line.track.settle()
        assert line.sent_up_to == 0
        assert line.ledger.source_done == 10
        [word] = line.ledger.words
        assert word.sample_count == 0

    _in_time(test)


# A discard


def test_after_a_discard_the_next_fragment_follows_on_what_was_sent() -> None:
    def test() -> None:
        line = _Line()
        line.begin(ESTIMATED)
        line.audio(burst(1.0, RATE))
        first = next(event for event in line.taken() if isinstance(event, Frame))
        line.ledger.mark_sent(first.end_sample)
        lost = line.track.discard()
        assert lost == pytest.approx(RATE - first.end_sample, abs=1)
        assert not line.track.speaking
        assert line.track.next_sample == line.ledger.made == first.end_sample
        line.taken()
        line.begin(ESTIMATED)
        line.audio(np.full(RATE, 8_000, dtype=np.int16))
        begun, frame = line.taken()[:2]
        assert isinstance(begun, FragmentBegun)
        assert isinstance(frame, Frame)
        assert begun.first_sample == frame.first_sample == first.end_sample
        assert begun.fragment_index == 1

    _in_time(test)


def test_what_was_announced_survives_a_discard() -> None:
    def test() -> None:
        line = _Line()
        line.track.announce(1, Started("espeak", "alto", ()))
        line.begin()
        line.track.discard()
        assert Started("espeak", "alto", ()) in line.taken()

    _in_time(test)


# What is broken off


def test_a_fragment_that_is_broken_off_at_once_takes_nothing_of_the_one_before() -> None:
    def test() -> None:
        line = _Line()
        line.begin(rate=22_050)
        line.audio(burst(0.01, 22_050))
        line.track.words((SpokenWord(Span(0, 1), 0, 220, EXACT),))
        line.track.end(0.0)
        line.track.skip(1, line.fragment(), 0.0)
        line.begin(rate=22_050)
        (said,) = line.ledger.words
        assert line.ledger.made < said.end_sample / 2  # a resampler has the most of it
        line.track.break_off()
        line.track.settle()
        assert list(line.ledger.words) == [said]
        frames = [event for event in line.taken() if isinstance(event, Frame)]
        assert sum(len(frame.samples) for frame in frames) >= said.end_sample
        assert {frame.fragment_index for frame in frames} == {0}

    _in_time(test)
