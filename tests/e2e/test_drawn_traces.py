"""`parlando say --trace`: where an utterance spent its time, from the ring of the system."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.conftest import clean_environment, running_up
from tests.ports import free_port

if TYPE_CHECKING:
    from tests.e2e.conftest import System

_BIN = Path(sys.executable).parent
_NAMES = ("envoy", "envoy_admin", "edge", "router", "session", "fragmenter", "synth", "traces")


def test_an_utterance_is_drawn_from_the_ring(tmp_path: Path) -> None:
    ports = {name: str(free_port()) for name in _NAMES}
    environment = {f"{name.upper()}_PORT": port for name, port in ports.items()}
    environment["SCRIPTED_RATE"] = "1"  # it is still at it when somebody changes their mind
    where = ("--address", f"127.0.0.1:{ports['envoy']}", "--traces-address", f"127.0.0.1:{ports['traces']}")
    with (tmp_path / "log").open("wb") as log, running_up(environment, log, "--trace"):
        drawn = subprocess.run(
            [_BIN / "parlando", "say", "Good morning.", "-o", "-", "--trace", *where],
            env={**clean_environment(), "COLUMNS": "160"},
            capture_output=True,
            check=True,
        )
        stopped = subprocess.Popen(
            [
                _BIN / "parlando",
                "say",
                "The harbour is quiet in the morning. " * 1_000,
                "-o",
                "-",
                "--trace",
                *where,
            ],
            env={**clean_environment(), "COLUMNS": "160"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with stopped:
            assert stopped.stdout is not None
            assert stopped.stdout.read(1_024)  # and then nothing is read: it is in the middle of it
            stopped.send_signal(signal.SIGINT)
            _, told = stopped.communicate(timeout=30)
    assert stopped.returncode == 128 + signal.SIGINT
    assert "StopSynthesis" in told.decode()
    assert "cancelled" in told.decode()  # when, beside the span of the call
    assert drawn.stdout.startswith(b"RIFF")
    services = [line.split()[0] for line in drawn.stderr.decode().splitlines()]
    assert services == ["service", "envoy", "envoy", "router", "fragmenter", "synth", "synth"]
    assert "◆" in drawn.stderr.decode()


def test_without_a_ring_it_says_how_to_have_one(scripted_system: System) -> None:
    said = subprocess.run(
        [
            *(_BIN / "parlando", "say", "Good morning.", "-o", "-", "--address", scripted_system.router),
            *("--trace", "--traces-address", f"127.0.0.1:{free_port()}"),
        ],
        env=clean_environment(),
        capture_output=True,
        check=False,
    )
    assert said.returncode == 1
    assert said.stdout.startswith(b"RIFF")
    assert b"start the system with `parlando up --trace`" in said.stderr
