"""Everything that callers do: nothing is left, and in minutes nothing grows. The long form is `make soak`."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

_log = logging.getLogger(__name__)
_BENCH = Path(__file__).parents[2] / "bench"


def _soak(*words: str) -> None:
    command = [sys.executable, "-m", "load.soak", *words]
    environment = {**os.environ, "PYTHONPATH": str(_BENCH)}
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    _log.info("%s", ran.stdout)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.timeout(500)
def test_once_all_callers_have_gone_everything_is_as_it_was_before_they_came() -> None:
    _soak("--short", "--seconds", "30", "--rate", "3", "--sessions", "12")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_memory_threads_tasks_descriptors_and_keys_stay_flat() -> None:
    _soak("--seconds", "300", "--rate", "5", "--sessions", "50")
