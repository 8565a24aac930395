"""The table of how English is said, as data/normalisation_en.txt writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).parents[2] / "data" / "normalisation_en.txt"

_REWRITE = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")
_LINE = re.compile(r"(?P<known>known )?(?:\[(?P<language>[\w-]+)\] )?(?P<marked>.*)")


@dataclass(frozen=True)
class Case:
    """One line.

    Attributes:
        rewrites: each with its start and end in the text, and what is said for it.
        known: it is not said so yet.
    """

    marked: str
    language: str
    text: str
    spoken: str
    rewrites: tuple[tuple[int, int, str], ...]
    known: bool


def cases() -> list[Case]:
    """Return every case of the table."""
    lines = TABLE.read_text("utf-8").splitlines()
    return [_case(line) for line in lines if line and not line.startswith("#")]


def _case(line: str) -> Case:
    match = _LINE.fullmatch(line)
    assert match is not None
    marked = match["marked"]
    rewrites: list[tuple[int, int, str]] = []
    text = ""
    done = 0
    for rewrite in _REWRITE.finditer(marked):
        text += marked[done : rewrite.start()]
        rewrites.append((len(text), len(text) + len(rewrite[1]), rewrite[2]))
        text += rewrite[1]
        done = rewrite.end()
    return Case(
        marked=marked,
        language=match["language"] or "en-US",
        text=text + marked[done:],
        spoken=_REWRITE.sub(r"\2", marked),
        rewrites=tuple(rewrites),
        known=match["known"] is not None,
    )
