"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

_OF_PROCESSES = tuple(
    Path(__file__).parent / folder for folder in ("chaos", "component", "conformance", "contract", "e2e")
)

# A busy machine must not fail a property; in CI the same cases are tried each time.
settings.register_profile("parlando", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("parlando")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of real processes a second try: they share the cores with all that they start.

    A second try is reported, and is a fault of the test or of the system to look into; a test of pure code
    has none.
    """
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _OF_PROCESSES):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show why a first try failed: the second one says nothing of it."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)
