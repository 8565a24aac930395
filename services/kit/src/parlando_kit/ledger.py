"""The ledger of an utterance: source text, spoken text and samples, tied together.

Pure: no I/O, no clock. One ledger belongs to one utterance and is told, in order, which fragments
begin, which samples are made for them, when their words are heard, and what was sent. From it, and
from nothing else, come:

- what may be sent: a word's samples are released once its end is known, so that a word is never sent
  in half when its engine fails (EXACT and ALIGNED timings; ESTIMATED ones are released at once);
- where another engine resumes: the first word of which nothing was released;
- what was heard: from a playback position, the words heard and not heard, in the caller's own text;
- what a cancel threw away.

Samples are counted from the start of the utterance at the output rate, before any encoder's delay.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from parlando_kit.spans import Span, SpanMap


class TimingQuality(IntEnum):
    """Where a word's times come from; the numbers of `parlando.audio.v1.TimingQuality`."""

    EXACT = 1
    ALIGNED = 2
    ESTIMATED = 3


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word as an engine times it: its place in the spoken text, and its samples."""

    spoken: Span
    first_sample: int
    sample_count: int
    quality: TimingQuality

    @property
    def end_sample(self) -> int:
        """One past the word's last sample."""
        return self.first_sample + self.sample_count


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the utterance: written, said and heard."""

    source: Span
    fragment: int
    spoken: Span
    first_sample: int
    sample_count: int
    quality: TimingQuality

    @property
    def end_sample(self) -> int:
        """One past the word's last sample."""
        return self.first_sample + self.sample_count


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of an utterance.

    Attributes:
        source_offset: text before it was heard, text from it on was not; white space and punctuation
            go with the word before them. What is written as one and said as several words ("$5") is
            heard once all of them are.
        words: words heard. A word counts once half of it was played.
        quality: quality of the timing at the cut; EXACT where nothing was missed.
    """

    source_offset: int
    words: tuple[Word, ...]
    quality: TimingQuality


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where another engine takes over within the open fragment.

    Attributes:
        spoken_offset: first code point of the fragment's spoken text to say again.
        sample: first sample of the utterance it will fill.
        quality: quality of the timing at the seam.
    """

    spoken_offset: int
    sample: int
    quality: TimingQuality


_PASSED_OVER = -1


@dataclass(slots=True)
class _Stretch:
    """A fragment, or text that was passed over.

    Attributes:
        end_sample: one past its last sample; None while it is open.
        spoken_end: one past the last sample of its last word.
        whole: closed, and no word of it discarded.
    """

    index: int
    text_map: SpanMap
    first_sample: int
    quality: TimingQuality
    end_sample: int | None = None
    spoken_end: int = 0
    whole: bool = False


class Ledger:
    """What an utterance has said so far.

    Args:
        source_offset: offset of the utterance's first code point.
    """

    def __init__(self, source_offset: int = 0) -> None:
        self._source_start = source_offset
        self._source_done = source_offset
        self._discarded_from = source_offset  # where the text begins whose words a discard took
        self._stretches: list[_Stretch] = []
        self._words: list[Word] = []  # none overlaps the next
        self._latest_start = 0  # of a word, as its engine told it
        self._made = 0
        self._sent = 0

    @property
    def made(self) -> int:
        """Samples made so far; the next sample's number."""
        return self._made

    @property
    def sent(self) -> int:
        """Samples sent so far."""
        return self._sent

    @property
    def words(self) -> Sequence[Word]:
        """Every word timed so far, in order."""
        return self._words

    @property
    def source_done(self) -> int:
        """End of the source text whose fragments are complete."""
        return self._source_done

    def begin_fragment(self, index: int, text_map: SpanMap, quality: TimingQuality) -> None:
        """Open a fragment at the next sample. The one before must be closed.

        A fragment that was cut short may be begun again under its own index: another engine says the rest.

        Args:
            index: the fragment's number, 0 or more, above every earlier one.
            text_map: its spoken text ↔ the caller's text.
            quality: quality of the times its engine will give.

        Raises:
            ValueError: fragments out of order, or one still open.
        """
        if self._unfinished() is not None:
            raise ValueError(f"fragment {index} cannot begin: the one before it is still open")
        last = next((each for each in reversed(self._stretches) if each.index != _PASSED_OVER), None)
        if last is not None and (index < last.index or (index == last.index and last.whole)):
            raise ValueError(f"fragment {index} cannot begin: fragment {last.index} came before it")
        self._stretches.append(_Stretch(index, text_map, self._made, quality))

    def pass_over(self, text_map: SpanMap) -> None:
        """Note that a stretch of text has nothing to be said in it.

        Raises:
            ValueError: a fragment is still open.
        """
        if self._unfinished() is not None:
            raise ValueError("text cannot be passed over while a fragment is open")
        self._stretches.append(_Stretch(_PASSED_OVER, text_map, self._made, TimingQuality.EXACT))
        self.end_fragment()

    def add_samples(self, count: int) -> None:
        """Count samples made for the open fragment, or silence after the last one."""
        if count < 0:
            raise ValueError("samples cannot be unmade; see discard_unsent")
        self._made += count

    def add_words(self, words: Sequence[SpokenWord]) -> list[Word]:
        """Tie timed words of the open fragment to the caller's text, and return them so tied.

        Args:
            words: in order; samples counted from the start of the utterance. A word may end beyond the
                samples made so far. One that begins before the last has ended is tied to what is left
                of it after that.

        Raises:
            ValueError: no fragment is open, or a word begins before the one ahead of it, or before its
                fragment.
        """
        fragment = self._open()
        tied: list[Word] = []
        free = self._words[-1].end_sample if self._words else 0
        latest = max(self._latest_start, fragment.first_sample)
        for word in words:
            if word.first_sample < latest:
                raise ValueError("words are timed in order, within their fragment")
            latest = word.first_sample
            first = max(latest, free)
            free = max(word.end_sample, first)
            tied.append(
                Word(
                    source=fragment.text_map.to_source(word.spoken),
                    fragment=fragment.index,
                    spoken=word.spoken,
                    first_sample=first,
                    sample_count=free - first,
                    quality=word.quality,
                )
            )
        self._latest_start = latest
        self._words += tied
        return tied

    def end_fragment(self) -> None:
        """Close the open fragment: every sample of it is made and every word timed."""
        fragment = self._open()
        fragment.whole = True
        self._close(fragment)
        self._source_done = max(self._source_done, fragment.text_map.source.end)

    def releasable(self) -> int:
        """Return one past the last sample that may be sent.

        Within an open fragment whose times are EXACT or ALIGNED that is where its last word ends of
        which every sample is made.
        """
        fragment = self._unfinished()
        if fragment is None or fragment.quality is TimingQuality.ESTIMATED:
            return self._made
        count = bisect_right(self._words, self._made, key=lambda word: word.end_sample)
        ended = self._words[count - 1].end_sample if count else 0
        return max(ended, fragment.first_sample, self._sent)

    def mark_sent(self, end_sample: int) -> None:
        """Note that every sample before `end_sample` was sent.

        Raises:
            ValueError: samples that were not made, or a position that moves back.
        """
        if not self._sent <= end_sample <= self._made:
            raise ValueError(f"sent must grow from {self._sent} to at most {self._made}, not {end_sample}")
        self._sent = end_sample

    def resume_point(self) -> ResumePoint | None:
        """Return where another engine resumes the open fragment, or None when none is open.

        Everything before `sample` is to be sent as it is; it ends with a whole word wherever times are
        EXACT or ALIGNED, and with one that may be cut, half of it said at least, where they are ESTIMATED.
        """
        fragment = self._unfinished()
        if fragment is None:
            return None
        sample = self.releasable()
        said = bisect_right(self._words, sample, key=_half)
        last = self._words[said - 1] if said else None
        return ResumePoint(
            spoken_offset=last.spoken.end if last is not None and last.fragment == fragment.index else 0,
            sample=sample,
            quality=fragment.quality,
        )

    def break_off(self) -> ResumePoint | None:
        """End the open fragment where another engine resumes it, and forget what was made beyond.

        Returns that point, or None when no fragment is open. Everything before it is still to be sent; then
        the fragment may begin again.
        """
        point, fragment = self.resume_point(), self._unfinished()
        if point is not None and fragment is not None:
            self._forget(point.sample, fragment.index)
        return point

    def discard_unsent(self) -> int:
        """Forget all that was made and not sent, and close the fragment: what was being said ends here.

        A word stays where half of it was sent, since it can still be heard, and ends with what was sent.
        Returns the number of samples thrown away.
        """
        return self._forget(self._sent)

    def _forget(self, end: int, since: int = 0) -> int:
        """Forget the samples from `end` on, and the words of which less than half lies before it.

        Words of fragments before `since` stay as they are: what is left of their sound is still made.
        """
        lost = self._made - end
        self._made = end
        first = bisect_left(self._words, since, key=lambda word: word.fragment)
        keep = bisect_right(self._words, end, lo=first, key=_half)
        if keep < len(self._words):
            self._discarded_from = self._words[keep].source.start
            del self._words[keep:]
        if keep > first and self._words[-1].end_sample > end:
            cut = self._words[-1]
            self._words[-1] = replace(cut, sample_count=end - cut.first_sample)
        self._latest_start = self._words[-1].first_sample if self._words else 0
        while self._stretches and self._stretches[-1].first_sample > end:
            self._stretches.pop()
        if self._stretches:
            last = self._stretches[-1]
            if last.end_sample is None:
                self._close(last)
            elif last.spoken_end > end:
                last.whole = False
        whole = (each.text_map.source.end for each in self._stretches if each.whole)
        self._source_done = max(whole, default=self._source_start)
        return lost

    def fragments_sent(self) -> int:
        """Return how many fragments were sent to their last word."""
        return sum(
            each.whole and each.spoken_end <= self._sent
            for each in self._stretches
            if each.index != _PASSED_OVER
        )

    def heard(self, samples_played: int, source_end: int) -> Heard:
        """Return what was heard when `samples_played` samples had been played.

        Text that was not yet made when they were, or was thrown away, was not heard.

        Args:
            samples_played: 0 or more; beyond the end counts as all.
            source_end: end of the caller's text.
        """
        if self._words:
            said_to = max(self._source_done, self._discarded_from, self._words[-1].source.end)
        else:
            said_to = self._source_done if samples_played >= self._made else self._source_start
        return heard(self._words, samples_played, said_to=said_to, source_end=source_end)

    def _close(self, stretch: _Stretch) -> None:
        last = self._words[-1] if self._words else None
        stretch.end_sample = stretch.spoken_end = self._made
        if last is not None and last.fragment == stretch.index:
            stretch.spoken_end = min(last.end_sample, self._made)

    def _unfinished(self) -> _Stretch | None:
        if not self._stretches or self._stretches[-1].end_sample is not None:
            return None
        return self._stretches[-1]

    def _open(self) -> _Stretch:
        fragment = self._unfinished()
        if fragment is None:
            raise ValueError("no fragment is open")
        return fragment


def heard(words: Sequence[Word], samples_played: int, *, said_to: int, source_end: int) -> Heard:
    """Return what was heard of timed words when `samples_played` samples had been played.

    Args:
        words: in order, none overlapping the next.
        samples_played: 0 or more, counted as the words' samples are; beyond the end counts as all.
        said_to: text before it was heard if every word was.
        source_end: end of the caller's text.
    """
    count = bisect_right(words, samples_played, key=_half)
    if count < len(words):
        cut = words[count]
        return Heard(cut.source.start, tuple(words[:count]), cut.quality)
    quality = words[-1].quality if words else TimingQuality.ESTIMATED
    return Heard(said_to, tuple(words), TimingQuality.EXACT if said_to >= source_end else quality)


def _half(word: Word) -> int:
    """Return the sample by which half of a word has been played."""
    return word.first_sample + (word.sample_count + 1) // 2
