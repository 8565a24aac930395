"""docs/chaos.md: what callers notice of each disturbance, written by the run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.callers import TOLERANCE_SECONDS
from tests.chaos.experiment import Outcome
from tests.chaos.faults import LASTS_SECONDS

PAGE = Path(__file__).parents[2] / "docs" / "chaos.md"

_HEAD = """\
# When parts fail

Written by `make chaos-parts`, which disturbs each part of a whole system while callers listen: three
utterances a second on average, each by gRPC, HTTP or Realtime, through Envoy. The system is that of
`parlando up`, whose supervisor starts again what is killed, with espeak-ng on two workers and a Redis that
writes down what it is told. *Stands still* (SIGSTOP), *is slow* (it runs a tenth of the time) and
*is cut off* (nothing passes between it and those who call it) last {seconds:g} s; *loses its
connections*: each is ended once, in the middle.

What must hold in each row, and is checked: every word of an utterance that ends well is heard once (over
gRPC by its words and samples, over Realtime by its transcript, over HTTP every other time by the words that
`/v1/audio/speech/timestamps` tells, on each road by its length, to {tolerance:g} s); of one that breaks off
the beginning, by the same means, without a gap and nothing twice; every call ends; no synthesis and no
request is left behind; sessions and turns are there again; all is well within 30 s. Two things are no
promise, and are told where they happen: without Redis sessions go with the session service, and a turn that
ended in the moment before its edge was killed goes with that edge.

Once all is well a row waits for those who came before it was, and leaves off those who came later.

- *cut off*: utterances that broke off after their first sound; *refused*: those of which nothing was heard;
  *told*: by road, what their callers were told, and how often.
- *silence*: the longest in the middle of an utterance that came to its end; *late*: the longest that a caller
  who was served waited for the first sound.
- *back*: from the disturbance until a caller who came after the last that failed was heard. What was killed
  takes about a second of CPU until it serves again, so this and *late* grow with the load of the machine.

"""

_HEADS = ("what fails", "utterances", "cut off", "refused", "told", "silence", "late", "back")
_COLUMNS = f"| {' | '.join(_HEADS)} |\n|{'---|' * len(_HEADS)}\n"


@dataclass
class Row:
    """What callers noticed of a disturbance, the worst of all repeats.

    Attributes:
        what: happened.
        kept: whether sessions outlast the session service.
    """

    what: str
    kept: bool
    calls: int = 0
    cut_off: int = 0
    refused: int = 0
    told: Counter[str] = field(default_factory=Counter)
    silence: float = 0.0
    late: float = 0.0
    back: float | None = None
    forgotten: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Take one more repeat in."""
        noticed = outcome.noticed
        self.calls += len(noticed.calls)
        self.cut_off += noticed.cut_off
        self.refused += noticed.refused
        self.told += noticed.errors
        self.silence = max(self.silence, noticed.silence)
        self.late = max(self.late, noticed.late)
        if noticed.back is not None:
            self.back = max(self.back or 0.0, noticed.back)
        self.forgotten += outcome.forgotten
        self.broken += outcome.broken
        if self.kept:
            self.broken += [f"{each} is lost" for each in outcome.forgotten]

    def line(self) -> str:
        """Return it as a row of the table."""
        told = "; ".join(f"{name} ({count})" for name, count in self.told.most_common())
        if self.forgotten:
            told = "; ".join(filter(None, [told, f"{len(self.forgotten)} sessions and turns are forgotten"]))
        told = "; ".join(filter(None, [told, *(f"**did not hold: {each}**" for each in self.broken)]))
        back = f"{self.back:.1f} s" if self.back is not None else ""
        numbers = (self.calls, self.cut_off or "", self.refused or "")
        times = (f"{self.silence:.2f} s" if self.silence > 0.005 else "", f"{self.late:.2f} s", back)
        return f"| {' | '.join(map(str, (self.what, *numbers, told, *times)))} |"


def section(title: str, rows: Sequence[Row], repeats: int) -> str:
    """Return a table, and under what it was measured.

    Args:
        title: of it.
        rows: its rows.
        repeats: how often each was done.
    """
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    times = "once" if repeats == 1 else f"{repeats} times, counts added up and times the worst"
    measured = (
        f"Measured on {os.cpu_count()} cores, callers and cables on them, each row {times}. Load average at "
        f"the end: {load}."
    )
    lines = "\n".join(row.line() for row in rows)
    return f"## {title}\n\n{measured}\n\n{_COLUMNS}{lines}\n"


def page(sections: Mapping[str, str], old: str) -> str:
    """Return the page with these sections by their titles, and of the others what it had before."""
    kept = {part.partition("\n")[0]: f"## {part}".rstrip() + "\n" for part in old.split("\n## ")[1:]}
    parts = [
        _HEAD.format(seconds=LASTS_SECONDS, tolerance=TOLERANCE_SECONDS).rstrip() + "\n",
        *{**kept, **sections}.values(),
    ]
    return "\n".join(parts)
