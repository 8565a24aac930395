from __future__ import annotations

import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

TOYS = Path(__file__).with_name("toys")


@dataclass
class Supervised:
    """A supervisor of toy services, and all that it printed so far."""

    process: subprocess.Popen[str]
    mark: str
    printed: str = ""

    def wait_for(self, text: str) -> None:
        """Read until a line contains `text`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if text in line:
                return
        pytest.fail(f"never said {text!r}:\n{self.printed}")

    def end(self) -> int:
        """Read what is left and return the status."""
        assert self.process.stdout is not None
        self.printed += self.process.stdout.read()
        return self.process.wait(20)

    def processes(self) -> list[psutil.Process]:
        """Return the supervisor and everything it started, directly or not, that still runs."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.environ().get("TOY_MARK") == self.mark:
                    found.append(process)
        return found

    def children(self, name: str) -> list[psutil.Process]:
        """Return what runs as a toy service: none while it is between its end and its start."""
        found = []
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):  # it ends meanwhile
                if process.cmdline()[2:3] == [name]:
                    found.append(process)
        return found

    def child(self, name: str) -> psutil.Process:
        """Return the process of a toy service."""
        (found,) = self.children(name)
        return found

    def wait_until_nothing_is_left(self, seconds: float) -> None:
        """Fail when something still runs after so many seconds."""
        deadline = time.monotonic() + seconds
        while left := self.processes():
            assert time.monotonic() < deadline, left
            time.sleep(0.02)


@contextmanager
def supervised(*rows: str, stop_seconds: float = 15, answer_seconds: float = 30) -> Iterator[Supervised]:
    mark = uuid.uuid4().hex
    command = [sys.executable, str(TOYS / "system.py"), str(stop_seconds), str(answer_seconds), *rows]
    process = subprocess.Popen(
        command,
        # gRPC's own remarks on connections that end are not what is looked at here.
        env={"TOY_MARK": mark, "PATH": "/usr/bin:/bin", "GRPC_VERBOSITY": "ERROR"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = Supervised(process, mark)
    with process:
        try:
            yield running
        finally:
            for left in running.processes():
                with suppress(psutil.NoSuchProcess):
                    left.kill()


@pytest.fixture
def ports() -> Iterator[int]:
    """Free ports, below those that the kernel gives to outgoing connections."""

    def free() -> Iterator[int]:
        while True:
            port = random.randrange(20_000, 32_000)
            with socket.socket() as probe:
                taken = probe.connect_ex(("127.0.0.1", port)) == 0
            if not taken:
                yield port

    return free()


def test_children_stop_front_to_back(ports: Iterator[int]) -> None:
    rows = [f"{name}:{next(ports)}" for name in ("front", "middle", "back")]
    with supervised(*rows) as running:
        running.wait_for("all are up")
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 0
        lines = running.printed.splitlines()
        assert lines[lines.index("stopping front") :] == [
            line
            for name in ("front", "middle", "back")
            for line in (f"stopping {name}", f"{name} is asked to end", f"{name} ends")
        ]
        running.wait_until_nothing_is_left(2)


def test_children_of_a_layer_stop_together(ports: Iterator[int]) -> None:
    rows = (f"front_1:{next(ports)}:stubborn", f"front_2:{next(ports)}:stubborn", f"back:{next(ports)}")
    with supervised(*rows, stop_seconds=0.2) as running:
        running.wait_for("all are up")
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 0
        told = [line for line in running.printed.splitlines() if "asked" not in line]
        assert told[told.index("stopping front_1") :][:2] == ["stopping front_1", "stopping front_2"]
        killed = [f"front_{number} did not end within 0.2 s: killing it" for number in (1, 2)]
        assert set(killed) < set(told[: told.index("stopping back")])
        running.wait_until_nothing_is_left(2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_stop_it_too(ports: Iterator[int], number: int) -> None:
    with supervised(f"front:{next(ports)}") as running:
        running.wait_for("all are up")
        running.process.send_signal(number)
        assert running.end() == 0
        assert "front ends" in running.printed


def test_a_child_that_will_not_end_is_killed_with_what_it_started(ports: Iterator[int]) -> None:
    row = f"front:{next(ports)}:stubborn:grandchild"
    with supervised(row, stop_seconds=0.2) as running:
        running.wait_for("all are up")
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 0
        assert "front did not end within 0.2 s: killing it" in running.printed
        running.wait_until_nothing_is_left(2)


def test_a_second_signal_does_not_wait(ports: Iterator[int]) -> None:
    rows = (f"front:{next(ports)}:stubborn", f"back:{next(ports)}:grandchild")
    with supervised(*rows, stop_seconds=600) as running:
        running.wait_for("all are up")
        running.process.send_signal(signal.SIGINT)
        running.wait_for("front is asked to end")
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 0
        assert "back" not in running.printed.rpartition("front is asked to end")[2]
        running.wait_until_nothing_is_left(2)


def test_a_supervisor_that_is_killed_leaves_nothing(ports: Iterator[int]) -> None:
    rows = (f"front:{next(ports)}", f"back:{next(ports)}:grandchild:stubborn")
    with supervised(*rows) as running:
        running.wait_for("all are up")
        assert len(running.processes()) == 5  # supervisor, guard, two services and a grandchild
        running.process.kill()
        running.wait_until_nothing_is_left(2)


def test_without_its_guard_it_still_leaves_no_child(ports: Iterator[int]) -> None:
    with supervised(f"front:{next(ports)}") as running:
        running.wait_for("all are up")
        (guard,) = [each for each in running.processes() if each.cmdline()[-1].endswith("guard.py")]
        guard.kill()
        running.child("front").kill()
        running.wait_for("front ended with status -9: starting it again")
        running.process.kill()
        running.wait_until_nothing_is_left(2)


def test_a_child_that_dies_is_started_again_and_what_it_left_is_ended(ports: Iterator[int]) -> None:
    with supervised(f"front:{next(ports)}:grandchild", f"back:{next(ports)}") as running:
        running.wait_for("all are up")
        before = running.child("front")
        orphans = {orphan.pid for orphan in before.children()}
        before.kill()
        running.wait_for("front ended with status -9: starting it again in 0.5 s")
        deadline = time.monotonic() + 20
        while not running.children("front"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert running.child("front").pid != before.pid
        assert orphans.isdisjoint(each.pid for each in running.processes())
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 0


def test_a_child_that_hangs_is_killed_and_started_again_and_one_that_leaves_is_not(
    ports: Iterator[int],
) -> None:
    rows = (f"hung:{next(ports)}:grandchild", f"leaving:{next(ports)}:lingering")
    with supervised(*rows, answer_seconds=3) as running:
        running.wait_for("all are up")
        before, leaving = running.child("hung"), running.child("leaving")
        (grandchild,) = before.children()
        leaving.terminate()  # by somebody else: it listens no more, and has yet to end
        running.wait_for("leaving is still there")
        before.suspend()
        running.wait_for("hung runs and does not answer: killing it")
        running.wait_for("hung ended with status -9: starting it again in 0.5 s")
        running.wait_for("hung serves again")
        assert running.child("hung").pid != before.pid
        assert running.child("leaving").pid == leaving.pid
        assert grandchild.pid not in {each.pid for each in running.processes()}
        assert running.printed.count("does not answer") == 1


def test_what_served_before_it_died_is_back_soon_however_often_that_happens(ports: Iterator[int]) -> None:
    with supervised(f"front:{next(ports)}") as running:
        running.wait_for("all are up")
        for _ in range(3):
            running.child("front").kill()
            running.wait_for("front ended with status -9: starting it again in 0.5 s")
            running.wait_for("front serves again")


def test_what_cannot_start_again_is_tried_less_and_less_often(ports: Iterator[int]) -> None:
    port = next(ports)
    with supervised(f"front:{port}") as running:
        running.wait_for("all are up")
        running.child("front").kill()
        running.wait_for("front ended with status -9: starting it again in 0.5 s")
        with socket.create_server(("127.0.0.1", port)):
            running.wait_for("starting it again in 1 s")
            running.wait_for("starting it again in 2 s")
        running.wait_for("front serves again")


def test_a_child_that_cannot_start_ends_the_others(ports: Iterator[int]) -> None:
    with supervised(f"front:{next(ports)}:grandchild", f"back:{next(ports)}:failing") as running:
        assert running.end() == 1
        assert running.printed.splitlines()[-2:] == [
            "back: cannot start",
            "back ended with status 1 before the system was up",
        ]
        running.wait_until_nothing_is_left(2)


def test_a_port_that_is_taken_is_named_before_anything_starts(ports: Iterator[int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        with supervised(f"front:{next(ports)}", f"back:{taken}") as running:
            assert running.end() == 1
            assert running.printed == (
                f"port {taken} is taken, and back needs it: "
                "stop what listens there, or set BACK_PORT to another\n"
            )


def test_a_port_asked_for_twice_is_named(ports: Iterator[int]) -> None:
    port = next(ports)
    with supervised(f"front:{port}", f"back:{port}") as running:
        assert running.end() == 1
        assert running.printed == f"port {port} is asked for by front and back: set BACK_PORT to another\n"
