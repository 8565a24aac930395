"""Lists within running text: "1. The first item 2. The second item"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from parlando_fragmenter.marks import BULLETS

_LEADING = "(" + BULLETS
_MARKER = re.compile(r"(?P<number>[0-9]{1,3}|[A-Za-z])(?P<style>\.\)|\.|\))")


@dataclass(frozen=True, slots=True)
class Item:
    """The marker of a list item, such as "2.)" or "b.".

    Attributes:
        number: its number; letters count from 1.
        first: what number 1 looks like: "1", "a" or "A".
        style: what makes it a marker: ".", ")" or ".)".
    """

    number: int
    first: str
    style: str

    @property
    def text(self) -> str:
        """The marker as it is written."""
        number = str(self.number) if self.first == "1" else chr(ord(self.first) + self.number - 1)
        return number + self.style

    @property
    def following(self) -> Item:
        """The marker that the next item has."""
        return Item(self.number + 1, self.first, self.style)


def read_marker(token: str) -> Item | None:
    """Return the marker that a token is, or None. A bullet or a bracket before it is passed over."""
    match = _MARKER.fullmatch(token.lstrip(_LEADING))
    if match is None:
        return None
    number, style = match["number"], match["style"]
    if number.isdigit():
        return Item(int(number), "1", style)
    first = "a" if number.islower() else "A"
    return Item(ord(number) - ord(first) + 1, first, style)


def follows(item: Item, ahead: str) -> bool | None:
    """Return whether `ahead` begins the item after `item`, or None while it takes more text to say.

    A capital with a full stop is an initial, not an item, unless it stands at the start of a line.
    """
    if item.first == "A" and item.style == ".":
        return False
    begun = ahead.lstrip(_LEADING)
    expected = item.following.text
    if begun.startswith(expected) and len(begun) > len(expected):
        return begun[len(expected)].isspace()
    return None if expected.startswith(begun) else False
