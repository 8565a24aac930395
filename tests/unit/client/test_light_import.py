from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import parlando_client
print(*sorted({name.partition('.')[0] for name in sys.modules}))
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    run = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "package",
    ["click", "rich", "numpy", "pydantic", "opentelemetry", "parlando_kit", "soxr", "uvloop"],
)
def test_importing_the_client_imports_no_more_than_it_needs(imported: set[str], package: str) -> None:
    assert "parlando_client" in imported
    assert package not in imported
