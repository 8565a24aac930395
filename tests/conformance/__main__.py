"""Run the stock clients, say what came of each, and write docs/conformance.md.

python -m tests.conformance                  all of them; the page is written
python -m tests.conformance openai_node.mjs  those that are named; what fails is shown
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.conformance.programs import PROGRAMS, Bench, Row
from tests.conformance.table import PAGE, page
from tests.e2e.conftest import running_through


def main() -> None:
    """Run programs; the exit status is 1 where a cell is red."""
    parser = argparse.ArgumentParser(prog="conformance", description="Run stock clients against Parlando.")
    parser.add_argument("programs", nargs="*", choices=[[], *PROGRAMS], help="those to run; all by default")
    chosen = parser.parse_args().programs or list(PROGRAMS)
    rows: list[tuple[str, Row]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_through(folder / "system.log", "espeak") as through:
            bench = Bench(through, folder)
            for program in chosen:
                row = bench.run(program)
                rows.append((program, row))
                _say(row)
    if len(rows) == len(PROGRAMS):
        PAGE.write_text(page(rows))
        print(f"{PAGE.name} is written")
    sys.exit(any(cell.outcome == "red" for _, row in rows for cell in row.cells.values()))


def _say(row: Row) -> None:
    print(f"{row.client} {row.versions}")
    for name, cell in row.cells.items():
        print(f"  {name:10} {cell.outcome}")
        if cell.outcome == "red":
            print(cell.said)
    if any(cell.outcome == "red" for cell in row.cells.values()):
        print(row.complaint)


if __name__ == "__main__":
    main()
