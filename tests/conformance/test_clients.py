"""Each stock client against a whole system, cell by cell, and the page that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conformance.programs import CLIENTS, PROGRAMS, Bench, Row
from tests.conformance.table import PAGE, page
from tests.e2e.conftest import running_through

pytestmark = pytest.mark.timeout(300)

Rows = Callable[[str], Row]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """What comes of a program, which is run once."""
    assert (CLIENTS / ".venv").exists(), "the clients are not here: tools/bootstrap --clients"
    folder: Path = tmp_path_factory.mktemp("conformance")
    with running_through(folder / "system.log", "espeak") as through:
        yield cache(Bench(through, folder).run)


@pytest.mark.parametrize(
    ("program", "cell"), [(name, cell) for name, cells in PROGRAMS.items() for cell in cells]
)
def test_a_client_gets_what_it_was_written_for(rows: Rows, program: str, cell: str) -> None:
    row = rows(program)
    assert cell in row.cells, row.complaint
    assert row.cells[cell].outcome in ("green", "not offered"), f"{row.cells[cell].said}\n{row.complaint}"


def test_the_page_is_what_the_run_says(rows: Rows) -> None:
    assert page((program, rows(program)) for program in PROGRAMS) == PAGE.read_text(), "make conformance"
