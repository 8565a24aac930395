"""docs/chaos.md: what callers notice of each disturbance, written by the run."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from tests.chaos.callers import TOLERANCE_SECONDS
from tests.chaos.calls import BOUND_SECONDS
from tests.chaos.experiment import RECOVERY_SECONDS, Outcome
from tests.chaos.faults import LASTS_SECONDS

PAGE = Path(__file__).parents[2] / "docs" / "chaos.md"

_HEAD = """\
# When parts fail

Written by `make chaos-parts`, which disturbs each part of a whole system while callers listen: three
utterances a second on average (one machine of two cores takes some 70), and ten in one table, which
leaves about half of the cores; each by gRPC, HTTP or Realtime, through Envoy. The system is that of
`parlando up`, whose supervisor starts again what is killed, with a Redis that writes down what it is
told before it answers (`appendfsync always`; by `everysec`, its default, a kill may take what it was
told in the last two seconds). Its two workers run espeak-ng, or there and where one of them is disturbed
an engine for tests that makes speech three times as fast as it is played, so that one is caught in the
middle of it. In two tables it is that of `parlando up --together`: *together* is one process that runs an
edge, a router, a fragmenter and a worker, and what befalls it befalls all four. Measured on {cores} cores,
callers and cables on them.

A part is *killed*; it *stands still* (SIGSTOP), *is slow* (it runs a tenth of the time) or *is cut off*
(nothing passes between it and those who call it or whom it calls) for {seconds:g} s; it *loses its
connections*: each of those is ended once, in the middle; or it *hangs*: it stands still for good, until the
supervisor, whom nothing answers, kills it, 12 to 14 s later ([0068](decisions/0068-what-hangs.md)). So this
is how long a caller may wait who is caught by a part that hangs. Under an orchestrator it is what its
liveness probe says; with none, gRPC's pings free those between services after 25 s, and Envoy those whom a
router holds after 13 s, and those whom an edge holds after 120 s over HTTP and 600 s on a WebSocket.

What must hold in each row, and is checked: every word of an utterance that ends well is heard once, in its
place (over gRPC by its words and samples, over Realtime by the words that `response.audio_timestamp.delta`
tells, over HTTP every other time by those of `/v1/audio/speech/timestamps`, on each road by its length, to
{tolerance:g} s: over plain HTTP a shorter word could be lost unseen); of one that breaks off the beginning,
by the same means, without a gap and nothing twice; every call ends within {bound:g} s; no call, task or
synthesis is left behind, as each part counts them itself (services of one process their calls and syntheses
each, and their tasks all in one); sessions, their settings and turns are there again;
the part that was disturbed was at work; all is well within {recovery:g} s after the disturbance is over:
the next callers are served, and so say the system, the part itself, and each router of all workers. Two
things are no promise, and are told where they happen: without Redis sessions go with the session service,
and a turn that ended, or a setting that was made, in the second before its edge was killed goes with that
edge.

Once all is well nobody calls any more, and a row waits for all who are still under way. Before the next one
the breakers of routers are closed: of a worker that fails three times in a row a router keeps away for 2 s,
and each time for twice as long as the last, up to a minute ([0016](decisions/0016-breakers-and-replicas.md)).

- *under way*: calls in each part when it was disturbed; of an edge and of Envoy those that were being heard,
  and no idle WebSockets; 1 for the fragmenter, the session service and Redis, whose work takes a moment:
  something had just been asked. Of *together* those in its edge, its router and its worker: what its
  fragmenter is asked passes no cable, so that nobody sees it from outside.
- *again*: how often a synthesis failed a router, which asks another worker then, and how often Envoy had an
  answer because it asked again, so that nobody noticed.
- *cut off*: utterances that broke off after their first sound; *refused*: those of which nothing was heard;
  *told*: by road, what their callers were told, and how often; *told after*: the longest that one of them
  waited for that, from the disturbance or from its own beginning.
- *silence*: the longest in the middle of an utterance that came to its end; *late*: the longest that a
  caller who was served waited for the first sound.
- *back*: from the disturbance until a caller who came after the last that failed was heard; *not yet* where
  there was none. What was killed takes about a second of CPU until it serves again, so this and *late* grow
  with *load*, the machine's load average.
"""

_SEEN = 0.005
_HEADS = (
    *("what fails", "under way", "utterances", "again", "cut off", "refused", "told", "told after"),
    *("silence", "late", "back", "load"),
)
_COLUMNS = f"| {' | '.join(_HEADS)} |\n|{'---|' * len(_HEADS)}\n"
_NAME = re.compile(r"\| ([^|]+?)(?: \(\d+ times\))? \|")


@dataclass
class Row:
    """What callers noticed of a disturbance, the worst of all repeats.

    Attributes:
        what: happened.
        hit: the fewest calls that were under way in each part when it was disturbed.
        load: average of the machine when it was over.
    """

    what: str
    repeats: int = 0
    hit: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    again: int = 0
    cut_off: int = 0
    refused: int = 0
    told: Counter[str] = field(default_factory=Counter)
    told_after: float = 0.0
    silence: float = 0.0
    late: float = 0.0
    back: float | None = None
    load: float = 0.0
    forgotten: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Take one more repeat in."""
        noticed = outcome.noticed
        self.repeats += 1
        self.hit = {name: min(count, self.hit.get(name, count)) for name, count in outcome.hit.items()}
        self.calls += len(noticed.calls)
        self.again += outcome.again
        self.cut_off += noticed.cut_off
        self.refused += noticed.refused
        self.told += noticed.errors
        if outcome.returns:
            self.told["Realtime: connected again"] += outcome.returns
        self.told_after = max(self.told_after, noticed.told_after)
        self.silence = max(self.silence, noticed.silence)
        self.late = max(self.late, noticed.late)
        if noticed.back is not None:
            self.back = max(self.back or 0.0, noticed.back)
        self.load = os.getloadavg()[0]
        self.forgotten += outcome.forgotten
        self.broken += outcome.broken
        self.broken += [f"{name} had nothing to do" for name, count in outcome.hit.items() if not count]

    def line(self) -> str:
        """Return it as a row of the table."""
        told = [f"{name} ({count})" for name, count in self.told.most_common()]
        told += [f"{len(self.forgotten)} sessions, turns or settings are forgotten"] if self.forgotten else []
        told += [f"**did not hold: {each}**" for each in self.broken]
        numbers = [each or "" for each in (self.again, self.cut_off, self.refused)]
        times = [
            f"{each:.2f} s" if each > _SEEN else "" for each in (self.told_after, self.silence, self.late)
        ]
        back = "" if self.back is None else f"{self.back:.1f} s" if isfinite(self.back) else "not yet"
        what = f"{self.what} ({self.repeats} times)" if self.repeats > 1 else self.what
        hit = ", ".join(map(str, self.hit.values()))
        cells = (what, hit, self.calls, *numbers, "; ".join(told), *times, back, f"{self.load:.1f}")
        return f"| {' | '.join(map(str, cells))} |"


def section(title: str, lines: Sequence[str]) -> str:
    """Return a table.

    Args:
        title: of it.
        lines: its rows.
    """
    return f"## {title}\n\n{_COLUMNS}" + "".join(f"{line}\n" for line in lines)


def page(tables: Mapping[str, Sequence[Row]], titles: Sequence[str], old: str) -> str:
    """Return the page with these rows in the tables of these titles, and else those that it had before.

    Args:
        tables: rows by the title of their table.
        titles: of all tables, in order.
        old: the page as it was.
    """
    kept = {part.partition("\n")[0]: part for part in old.split("\n## ")[1:] if _COLUMNS in part}
    sections = []
    for title in titles:
        before = [line for line in kept.get(title, "").splitlines() if line.startswith("| ")][1:]
        lines = {_name(line): line for line in before} | {
            row.what: row.line() for row in tables.get(title, ())
        }
        if lines:
            sections.append(section(title, list(lines.values())))
    return "\n".join([_head(), *sections])


def _head() -> str:
    """Return how the page begins."""
    return _HEAD.format(
        seconds=LASTS_SECONDS,
        tolerance=TOLERANCE_SECONDS,
        cores=os.cpu_count(),
        recovery=RECOVERY_SECONDS,
        bound=BOUND_SECONDS,
    )


def _name(line: str) -> str:
    found = _NAME.match(line)
    assert found is not None, "a row begins with what happened"
    return found[1]
