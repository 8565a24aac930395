"""How much text makes one fragment.

The first fragment is small, so that speech starts at once; each target is the one before times the growth,
up to a bound. A fragment ends

- at the end of every sentence and paragraph, however small it is;
- at the end of a clause that is at least a third of the target long; while playback has audio to go on
  with, not if the sentence ends within a few words of it;
- when the text has run past the target by a quarter without either, at the last white space before that:
  one where no word leans on the next, if there is such a one;
- between two words of Chinese, Japanese or Thai before that, where no white space parts them;
- at the first boundary after that, where a word is so long that there was none;
- at the bound, within a word, where there is none at all.

Of a text that is all there nothing is heard later for a look ahead: where a sentence ends soon after such a
cut for want of a clause, the cut moves back, so that no word or two are left for a fragment of their own.

Once a hint has come, targets follow what is queued instead of doubling: so much text that
its synthesis, even of an engine that gives no sound before it is done, takes no longer than what is queued
plays. What each fragment adds to the queue is reckoned until the next hint tells.

Decisions on text that grows look back only. Either way the same text makes the same fragments however it
arrives, but for hints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from parlando_fragmenter.gap import Strength
from parlando_fragmenter.segmenter import Boundary
from parlando_fragmenter.unspaced import REACH

FIRST_RANGE = range(1, 1001)
GROWTH_RANGE = (1.0, 8.0)
MOST_RANGE = range(20, 4001)

# Code points that are spoken in a second, about: English at an easy pace.
SPOKEN_PER_SECOND = 15

# How much of the queued audio a fragment's synthesis may use up.
_SAFE_SHARE = 0.8
_CLAUSE_SHARE = 1 / 3
_OVERRUN = 1.25
# The rest of a sentence makes no fragment of its own if it is shorter than this, in code points: it is spoken
# with the clause before it, and in a text that is all there a cut for want of a clause moves back.
_SHORT_REST = 12


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of the schedule, in code points.

    Attributes:
        first: target of the first fragment, within FIRST_RANGE.
        growth: each target is the one before times this, within GROWTH_RANGE.
        most: no fragment goes beyond this, within MOST_RANGE.
    """

    first: int = 24
    growth: float = 2.0
    most: int = 400


Part = Callable[[int], int | None]
"""Returns the place up to a position, not far before it, where a text may be cut that parts no words."""


class Schedule:
    """Targets, and the boundary that meets one best.

    Args:
        bounds: sizes of fragments.
        whole: all of the text is there, so that a look ahead costs no time.
    """

    def __init__(self, bounds: Bounds, *, whole: bool = False) -> None:
        self._bounds = bounds
        self._ahead = _SHORT_REST if whole else 0
        self._smallest = float(min(bounds.first, bounds.most))
        self._target = self._smallest
        self._queued: float | None = None
        self._factor = 1.0

    @property
    def limit(self) -> float:
        """Code points from which on the fragment under way ends even where no clause does."""
        return min(self._target * _OVERRUN, self._bounds.most)

    def advance(self, length: int) -> None:
        """Set the next target: a fragment of so many code points has been given out."""
        if self._queued is None:
            self._target = min(self._target * self._bounds.growth, float(self._bounds.most))
            return
        audio = length / SPOKEN_PER_SECOND
        self._queued = max(self._queued - self._factor * audio, 0.0) + audio
        self._aim(self._queued)

    def hint(self, audio_queued: float, real_time_factor: float) -> None:
        """Set the target by what is known of playback: as much as can be made before the queue runs dry.

        With much audio queued that is whole sentences, with none the size of a first fragment.

        Args:
            audio_queued: seconds made but not yet played.
            real_time_factor: engine time per second of audio; 0 is not known, and taken for 1.
        """
        self._queued, self._factor = audio_queued, real_time_factor or 1.0
        self._aim(audio_queued)

    def _aim(self, audio_queued: float) -> None:
        seconds = _SAFE_SHARE * audio_queued / self._factor
        self._target = min(max(seconds * SPOKEN_PER_SECOND, self._smallest), float(self._bounds.most))

    def choose(
        self, boundaries: Collection[Boundary], start: int, settled: int, part: Part, *, final: bool
    ) -> Boundary | None:
        """Return where the fragment that begins at `start` ends, or None while more text must come.

        Args:
            boundaries: those after `start`, in order.
            start: position of its first code point.
            settled: every boundary whose end lies before this is among them.
            part: tells where a text may be cut that parts no words.
            final: no more text is waited for.
        """
        found = self._look(boundaries, start)
        if found.due is not None:
            return found.due
        limit = start + self.limit
        clause = found.clause
        if clause is not None and settled > min(clause.end + _SHORT_REST, limit):
            return clause
        if settled <= limit + (0 if final else self._ahead):
            return None
        latest = self._before_a_rest(boundaries, start, limit) if self._ahead else limit
        best = self._last_word(boundaries, start, latest) or found.best
        if best is not None and best.end >= start + self._least:
            return best
        if found.beyond is not None and found.beyond.end <= limit + REACH:
            return found.beyond
        known = final or settled > limit + REACH
        return self._of_no_choice(found, start, settled, _earlier(part, latest, limit)) if known else None

    def _before_a_rest(self, boundaries: Collection[Boundary], start: int, limit: float) -> float:
        """Return where to cut at the latest, so that no short rest of the sentence is left over."""
        ends = (item.end for item in boundaries if item.end > limit and item.strength >= Strength.SENTENCE)
        latest = next(ends, math.inf) - _SHORT_REST - 1  # white space lies between
        return latest if start + self._least <= latest < limit else limit

    def _last_word(self, boundaries: Collection[Boundary], start: int, latest: float) -> Boundary | None:
        """Return the last white space up to `latest` where no word leans on the next, if it is far enough."""
        words = [item for item in boundaries if item.end <= latest and item.strength >= Strength.WORD]
        return words[-1] if words and words[-1].end >= start + self._least else None

    @property
    def _least(self) -> float:
        """Code points from which on a clause ends the fragment under way."""
        return self._target * _CLAUSE_SHARE

    def _look(self, boundaries: Collection[Boundary], start: int) -> _Found:
        least, bound, limit = start + self._least, start + self._bounds.most, start + self.limit
        clause: Boundary | None = None
        best: Boundary | None = None
        for boundary in boundaries:
            if clause is not None and boundary.end > clause.end + _SHORT_REST:
                return _Found(due=clause)
            if boundary.end > limit:
                beyond = boundary if best is None and boundary.end <= bound else None
                return _Found(clause=clause, best=best, beyond=beyond)
            strength = boundary.strength
            if strength >= Strength.SENTENCE:
                return _Found(due=boundary)
            if strength is Strength.CLAUSE and boundary.end >= least and clause is None:
                if self._target <= self._smallest:
                    return _Found(due=boundary)
                clause = boundary
            if strength >= Strength.WORD or best is None or best.strength is Strength.GLUE:
                best = boundary
        return _Found(clause=clause, best=best)

    def _of_no_choice(self, found: _Found, start: int, settled: int, cut: int | None) -> Boundary | None:
        """Return where text ends that has run past the limit with no white space where it should be.

        Args:
            found: what there is to choose from.
            start: position of the first code point.
            settled: as in `choose`.
            cut: where two words may be parted that no white space parts.
        """
        if cut is not None:
            return Boundary(cut, cut, Strength.NONE)
        bound = start + self._bounds.most
        at_bound = Boundary(bound, bound, Strength.NONE) if settled > bound else None
        return found.best or found.beyond or at_bound


def _earlier(part: Part, latest: float, limit: float) -> int | None:
    """Return where to cut a text that parts no words: never beyond where `limit` alone has it cut."""
    cuts = [cut for place in {int(latest), int(limit)} if (cut := part(place)) is not None]
    return min(cuts, default=None)


class _Found(NamedTuple):
    """What there is to choose from.

    Attributes:
        due: the fragment ends here, whatever follows.
        clause: the first clause that is long enough.
        best: the last white space within the limit.
        beyond: the first boundary beyond it, where there is no white space within.
    """

    due: Boundary | None = None
    clause: Boundary | None = None
    best: Boundary | None = None
    beyond: Boundary | None = None
