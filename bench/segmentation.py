"""What segmentation costs: code points a CPU second, time against length, memory.

    bench/segmentation.py [--millions 10]

The segmenter alone, and the fragmenter with all that it does beyond it, are fed the passages of tests/data
over and over, in pieces of 4,096 code points and one by one. Time is CPU time of this process; memory is what
Python holds at its highest, the text left out.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping

from passages import passages

from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.markdown import MarkdownReader
from parlando_fragmenter.segmenter import Segmenter

PIECE = 4096
LEAST = 500_000
"""Code points a CPU second that segmentation has to do, in pieces."""
SLOWEST_GROWTH = 1.3
"""How much more than ten times the time ten times the text may take."""
MOST_MEMORY = 1 << 20
"""Bytes."""

_TEXT = "\n\n".join(passage.text for passage in passages()) + "\n\n"

Run = Callable[[Iterable[str]], None]


def pieces(length: int, size: int) -> Iterator[str]:
    """Yield so many code points of the passages in pieces."""
    endless = _TEXT * (2 + size // len(_TEXT))
    for at in range(0, length, size):
        start = at % len(_TEXT)
        yield endless[start : start + min(size, length - at)]


def segment(text: Iterable[str]) -> None:
    """Find all boundaries."""
    segmenter = Segmenter()
    for piece in text:
        segmenter.feed(piece)
    segmenter.flush()


def fragment(text: Iterable[str], reader: MarkdownReader | None = None) -> None:
    """Make all fragments."""
    fragmenter = Fragmenter(reader=reader)
    for piece in text:
        for _ in fragmenter.feed(piece):
            pass
    for _ in fragmenter.end():
        pass


def fragment_markdown(text: Iterable[str]) -> None:
    """Make all fragments, marks looked for."""
    fragment(text, MarkdownReader())


def seconds(run: Run, length: int, size: int) -> float:
    """Return the CPU seconds that a text takes, the making of its pieces taken off."""
    began = time.process_time()
    for _ in pieces(length, size):
        pass
    made = time.process_time()
    run(pieces(length, size))
    return time.process_time() - made - (made - began)


def highest(run: Run, length: int) -> int:
    """Return the bytes that are held at the most."""
    gc.collect()
    tracemalloc.start()
    run(pieces(length, PIECE))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


_RUNS: Mapping[str, Run] = {"segmenter": segment, "fragmenter": fragment, "markdown": fragment_markdown}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--millions", type=int, default=10)
    length = parser.parse_args().millions * 1_000_000
    good = True
    seconds(fragment, PIECE, PIECE)  # warms up
    for (name, run), size in itertools.product(_RUNS.items(), (PIECE, 1)):
        shorts = [seconds(run, length // 10, size)]
        long = seconds(run, length, size)
        shorts.append(seconds(run, length // 10, size))  # a machine is not equally fast all along
        short = statistics.mean(shorts)
        print(
            f"{name}, {size:>4} at a time: {length / long:>11,.0f} code points a CPU second;"
            f" {length:,} take {long / short:.1f} times what {length // 10:,} take"
        )
        good = good and long / short < 10 * SLOWEST_GROWTH
        good = good and (run is not segment or size == 1 or length / long >= LEAST)
    for part in (length // 100, length // 10):
        held = highest(fragment, part)
        print(f"fragmenter: {part:,} code points hold {held / 1024:,.0f} KiB at the most")
        good = good and held < MOST_MEMORY
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
