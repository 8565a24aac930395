"""How long a measurement waits for its system, and what it says of a process that has ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest
from mesh import own_bytes, until_up


def _until_up(script: str, seconds: float) -> None:
    """Wait for a supervisor that does what a script says."""
    command = [sys.executable, "-uc", f"import time\n{script}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        try:
            until_up(supervisor.stdout, seconds)
        finally:
            supervisor.kill()


def test_it_goes_on_once_the_system_is_up_however_that_is_cut() -> None:
    _until_up(
        "print('edge serves\\nthe system i', end='')\ntime.sleep(0.1)\nprint('s up')\ntime.sleep(60)", 30
    )


def test_a_supervisor_that_says_nothing_is_not_waited_for_any_longer() -> None:
    began = time.monotonic()
    with pytest.raises(SystemExit, match="did not come up"):
        _until_up("time.sleep(60)", 0.5)
    assert time.monotonic() - began < 20


def test_a_supervisor_that_ends_is_told() -> None:
    with pytest.raises(SystemExit, match="ended before it was up"):
        _until_up("print('no port is free')", 30)


@pytest.mark.parametrize("ended", ["zombie", "reaped"])
def test_what_an_ended_process_holds_cannot_be_told(ended: str) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as command:
        process = psutil.Process(command.pid)
        assert own_bytes(process) > 0
        command.kill()
        os.waitid(os.P_PID, command.pid, os.WEXITED | os.WNOWAIT)
        if ended == "reaped":
            command.wait()
        with pytest.raises(psutil.NoSuchProcess):
            own_bytes(process)
