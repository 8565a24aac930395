"""What the fragmenter was told of one epoch, kept so that another one can be told it again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from parlando_router.ports import FlushDone, Fragment
from parlando_router.speak_protocol import Append, FlushEpoch

_LONGEST_MESSAGE = 100_000  # code points

PASSED = FlushEpoch(0)
"""Behind what is told again although it was cut already: its answer is the first of a retelling."""


class Retelling:
    """One epoch's text and flushes, and how far the fragments that came of them reach.

    All text is told again, and not only what nobody has cut yet: a stretch of Markdown means nothing without
    what stands before it. A flush parts the two, so that no fragment lies across.

    Args:
        source_offset: offset of the epoch's first code point in the utterance.
    """

    def __init__(self, source_offset: int) -> None:
        self._offset = source_offset
        self._pieces: list[str] = []
        self._length = 0
        self._flushes: deque[tuple[int, FlushEpoch]] = deque()  # those unanswered, by their places
        self._done = 0

    @property
    def passes(self) -> bool:
        """Whether a retelling begins with what was cut already."""
        return self._done > 0

    def told(self, item: Append | FlushEpoch) -> None:
        """Keep what the fragmenter is told."""
        if isinstance(item, FlushEpoch):
            self._flushes.append((self._length, item))
        else:
            self._pieces.append(item.text)
            self._length += len(item.text)

    def came(self, item: Fragment | FlushDone) -> None:
        """Note what came of it."""
        if isinstance(item, Fragment):
            self._done = item.source.end - self._offset
        else:
            self._flushes.popleft()

    def again(self) -> Iterator[Append | FlushEpoch]:
        """Yield all that is to be told another fragmenter; nothing where nothing was told."""
        text = "".join(self._pieces)
        if self.passes:
            yield from _in_messages(text[: self._done])
            yield PASSED
        at = self._done
        for place, flush in tuple(self._flushes):
            yield from _in_messages(text[at:place])
            yield flush
            at = max(at, place)
        yield from _in_messages(text[at:])


def _in_messages(text: str) -> Iterator[Append]:
    for start in range(0, len(text), _LONGEST_MESSAGE):
        yield Append(text[start : start + _LONGEST_MESSAGE])
