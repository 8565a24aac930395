"""The caller's own text: checked before it is sent, and kept so that words can be cut from it."""

from __future__ import annotations

from bisect import bisect_right

MAX_MESSAGE = 20_000
"""Code points sent in one message of a growing text; the router takes up to 100,000."""


def check_text(value: str, argument: str) -> None:
    """Refuse what cannot be encoded as UTF-8.

    Raises:
        ValueError: a lone surrogate; names the argument and the position, never the text.
    """
    position = _surrogate(value)
    if position is not None:
        raise ValueError(f"{argument} has a lone surrogate at position {position}: send whole characters")


def _surrogate(value: str) -> int | None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        return error.start  # returned, not raised from here: the error carries the text along
    return None


class SourceText:
    """A text that grows at its end; offsets are code points from its start."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._starts: list[int] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, part: str) -> None:
        """Add to the end."""
        if part:
            self._parts.append(part)
            self._starts.append(self._length)
            self._length += len(part)

    def cut(self, start: int, end: int) -> str:
        """Return the code points [start, end), as far as there are any."""
        found: list[str] = []
        index = max(bisect_right(self._starts, start) - 1, 0)
        while index < len(self._parts) and self._starts[index] < end:
            offset = self._starts[index]
            found.append(self._parts[index][max(start - offset, 0) : end - offset])
            index += 1
        return "".join(found)
