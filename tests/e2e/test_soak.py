"""Everything that callers do, for minutes: nothing grows. The long form is `make soak`."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

_log = logging.getLogger(__name__)
_BENCH = Path(__file__).parents[2] / "bench"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_memory_threads_descriptors_and_keys_stay_flat() -> None:
    command = [sys.executable, "-m", "load.soak", "--seconds", "240", "--rate", "5"]
    environment = {**os.environ, "PYTHONPATH": str(_BENCH)}
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    _log.info("%s", ran.stdout)
    assert ran.returncode == 0, ran.stdout
