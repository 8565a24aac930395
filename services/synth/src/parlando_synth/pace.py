"""Times for the words of engines that give none, while the sound still comes.

`untimed.estimated` needs the length of the whole; a listener who interrupts, and a router that fails over,
want to know earlier. So each word is timed by how fast the voice spoke of late, and the last ones by what
is left at the end.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from itertools import accumulate

from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_synth.untimed import estimated

_USUAL = 1 / 13  # seconds a code point of words, white space and marks left out
_SHARE = 0.3  # of the newest job in what is remembered
_REMEMBERED = 256  # voices


class Pace:
    """How long a voice takes for a code point of a word, in seconds at speed 1; of late. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: OrderedDict[str, float] = OrderedDict()

    def of(self, voice: str) -> float:
        """Return the pace of a voice; the usual one where it has not spoken yet."""
        with self._lock:
            return self._seconds.get(voice, _USUAL)

    def spoke(self, voice: str, code_points: int, seconds: float) -> None:
        """Learn from a text that was spoken whole; `seconds` as they would be at speed 1."""
        if not code_points or not seconds:
            return
        with self._lock:
            before = self._seconds.pop(voice, seconds / code_points)
            self._seconds[voice] = before + _SHARE * (seconds / code_points - before)
            if len(self._seconds) > _REMEMBERED:
                self._seconds.popitem(last=False)


class PacedWords:
    """The words of a part of a job, ESTIMATED, each once its end is thought to be made.

    Args:
        text: the job's.
        per_code_point: samples that a code point of a word is thought to take.
        part: of the text; all of it where it is None.
        begins: sample of the job at which the part begins.
    """

    def __init__(self, text: str, per_code_point: float, part: Span | None = None, begins: int = 0) -> None:
        self._text = text
        self._begins = begins
        whole = Span(0, len(text)) if part is None else part
        self._words = [word.spoken for word in estimated(text, whole, 0, 0)]
        ends = accumulate(map(len, self._words))
        self._ends = [begins + round(end * per_code_point) for end in ends]
        self._next = 0

    @property
    def code_points(self) -> int:
        """Code points of all words."""
        return sum(map(len, self._words))

    def made(self, samples: int) -> tuple[SpokenWord, ...]:
        """Return the words that end within the samples of the job made so far, but never the last one."""
        first = self._next
        while self._next < len(self._words) - 1 and self._ends[self._next] <= samples:
            self._next += 1
        return tuple(
            SpokenWord(
                self._words[n], self._start(n), self._ends[n] - self._start(n), TimingQuality.ESTIMATED
            )
            for n in range(first, self._next)
        )

    def end(self, samples: int) -> tuple[SpokenWord, ...]:
        """Return the words that are left, in proportion to what is left of the samples of the job."""
        left = self._words[self._next :]
        if not left:
            return ()
        start = min(self._start(self._next), samples)
        self._next = len(self._words)
        return estimated(self._text, Span(left[0].start, left[-1].end), start, samples - start)

    def _start(self, word: int) -> int:
        return self._ends[word - 1] if word else self._begins
