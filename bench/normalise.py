"""CPU and memory of the fragmenter with normalisation, in process.

    bench/normalise.py [--megabytes 10]

Prints code points a CPU second of prose and of text that is dense with numbers, in pieces of 4 KB, with and
without rules; what ten times the text costs; what a short first fragment costs; and what the rules take of
memory. The limits: 100,000 code points a second; 10 MB within 12 times the CPU of 1 MB; 1 MB of growth.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import psutil
from texts import PARAGRAPH

from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.normalisation.normaliser import Normaliser, normaliser_for

PIECE = 4096
MEGABYTE = 1_000_000
LEAST_SPEED = 100_000
MOST_RATIO = 12.0
MOST_GROWTH_MB = 1.0
SHORT = (
    "Well then, let us begin.",
    "It costs $12.50 today.",
    "At 10:30pm on Nov. 21,",
    "Dr. Smith met Mrs. Jones",
    "Call +1 415 555 0132 now",
    "See https://example.com.",
)
_TABLE = Path(__file__).parent.parent / "tests" / "data" / "normalisation_en.txt"


def dense_text() -> str:
    """Return sentences of which nearly every one holds something to be rewritten."""
    lines = _TABLE.read_text("utf-8").splitlines()
    cases = [line for line in lines if line and not line.startswith(("#", "known", "["))]
    return " ".join(
        "".join(part.split("|")[0] for part in case.replace("{", "}").split("}")) for case in cases
    )


def fragment(text: str, size: int, normaliser: Normaliser | None) -> float:
    """Return the CPU seconds that so many code points of a repeated text take."""
    repeated = (text + " ") * (PIECE // len(text) + 2)
    fragmenter = Fragmenter(language="en", normaliser=normaliser)
    began = time.process_time()
    for at in range(0, size, PIECE):
        start = at % len(text + " ")
        for _ in fragmenter.feed(repeated[start : start + PIECE]):
            pass
    for _ in fragmenter.end():
        pass
    return time.process_time() - began


def short_fragment(text: str, normaliser: Normaliser) -> float:
    """Return the microseconds that normalising a short fragment takes, at the median."""
    times: list[float] = []
    for _ in range(2000):
        began = time.perf_counter()
        normaliser.rewrite(text)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


def _resident_megabytes() -> float:
    return float(psutil.Process(os.getpid()).memory_full_info().uss) / MEGABYTE


def _speeds(texts: Iterable[tuple[str, str]], normaliser: Normaliser) -> bool:
    fast = True
    print(f"{'1 MB of':<10}{'without rules':>16}{'with rules':>16}   code points a CPU second")
    for name, text in texts:
        bare, ruled = (MEGABYTE / fragment(text, MEGABYTE, each) for each in (None, normaliser))
        print(f"{name:<10}{bare:16,.0f}{ruled:16,.0f}")
        fast = fast and ruled >= LEAST_SPEED
    return fast


def main() -> int:
    """Measure and print; return 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=int, default=10, help="how much the long text has")
    arguments = parser.parse_args()
    normaliser = normaliser_for("en")
    if normaliser is None:
        raise LookupError("there is no table of English")
    dense = dense_text()
    fast = _speeds((("prose", PARAGRAPH), ("numbers", dense)), normaliser)
    ones = [fragment(dense, MEGABYTE, normaliser) for _ in range(3)]
    before = _resident_megabytes()
    many = fragment(dense, arguments.megabytes * MEGABYTE, normaliser)
    growth = _resident_megabytes() - before
    ones += [
        fragment(dense, MEGABYTE, normaliser) for _ in range(3)
    ]  # a machine is not equally fast all along
    ratio = many / statistics.mean(ones)
    print(f"{arguments.megabytes} MB take {ratio:.1f} times the CPU of 1 MB, and {growth:.2f} MB of memory")
    for text in SHORT:
        print(f"{short_fragment(text, normaliser):6.1f} \u00b5s  {text}")
    linear = ratio <= MOST_RATIO * arguments.megabytes / 10
    return 0 if fast and linear and growth <= MOST_GROWTH_MB else 1


if __name__ == "__main__":
    sys.exit(main())
