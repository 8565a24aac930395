"""`parlando up`: the whole system under its supervisor, in real processes."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import httpx2
import psutil
import pytest
from grpc_health.v1 import health_pb2
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

if TYPE_CHECKING:
    from tests.e2e.conftest import Mark

NAMES = ("edge", "router", "session", "fragmenter", "synth")
COMMAND = Path(sys.executable).with_name("parlando")
NOBODY = 65_534


@dataclass
class Up:
    """A running `parlando up`, and all that it and its services wrote so far."""

    process: subprocess.Popen[str]
    mark: Mark
    ports: dict[str, int]
    environment: dict[str, str]
    folder: Path
    written: list[str] = field(default_factory=list)
    curl: str = ""

    def wait_for(self, text: str) -> str:
        """Read until a line contains `text`, and return that line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.written.append(line.rstrip("\n"))
            if text in line:
                return line.strip()
        pytest.fail("\n".join([f"never said {text!r}:", *self.written]))

    def wait_until_up(self) -> str:
        """Return the command that it says makes sound; `curl` is the other one."""
        page = self.wait_for("Parlando is up at ")
        assert f" at http://127.0.0.1:{self.ports['envoy']}/ after " in page
        say = self.wait_for("say ")
        self.curl = self.wait_for("curl ")
        return say

    def end(self) -> int:
        """Read what is left, and return the status."""
        assert self.process.stdout is not None
        self.written += self.process.stdout.read().splitlines()
        return self.process.wait(30)

    def service(self, name: str) -> psutil.Process:
        """Return a service's process."""
        command = [f"parlando_{name}"]
        (found,) = [
            each for each in self.mark.processes() if each.cmdline()[2:3] == command or each.name() == name
        ]
        return found

    def wait_until_nothing_is_left(self, seconds: float = 2) -> None:
        """Fail when something still runs after so many seconds."""
        deadline = time.monotonic() + seconds
        while left := self.mark.processes():
            assert time.monotonic() < deadline, left
            time.sleep(0.02)

    def say(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `parlando say` against it."""
        address = f"127.0.0.1:{self.ports['router']}"
        return subprocess.Popen(
            [str(COMMAND), "say", *arguments, "--address", address],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
        )

    def said(self, text: str) -> bool:
        """Say a text into a file; return whether that went well."""
        with self.say(text, "-o", "said.wav") as saying:
            return saying.wait(30) == 0


def wait_for_file(path: Path) -> None:
    """Return once a file exists."""
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lets_in(port: int) -> bool:
    """Return whether a new connection is answered."""
    try:
        httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=30)
    except httpx2.TransportError:
        return False
    return True


Start = Callable[..., AbstractContextManager[Up]]


@pytest.fixture
def up(
    tmp_path: Path, new_mark: Callable[[], Mark], ports: dict[str, int], environment: dict[str, str]
) -> Start:
    """Start `parlando up` in a folder of its own: `up(**settings)`, or `up(*command, **settings)`."""
    folder = tmp_path / "work"
    folder.mkdir()
    folder.chmod(0o777)

    @contextmanager
    def start(*command: str, **settings: str) -> Iterator[Up]:
        mark = new_mark()
        seen = {
            **environment,
            **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()},
            "SYNTH_ENGINE": "scripted",
            **settings,
            **mark.environment,
        }
        process = subprocess.Popen(
            [*(command or (str(COMMAND), "up"))],
            cwd=folder,
            env=seen,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            try:
                yield Up(process, mark, ports, seen, folder)
            finally:
                for left in mark.processes():
                    with suppress(psutil.NoSuchProcess):
                        left.kill()

    return start


def test_ctrl_c_drains_front_to_back_and_what_is_said_is_finished(up: Start) -> None:
    with up(SCRIPTED_RATE="2") as running:
        running.wait_until_up()
        words = "One two three four five six seven eight nine ten eleven twelve."
        with running.say(words, "-o", "speech.wav") as saying:
            wait_for_file(running.folder / "speech.wav")
            running.process.send_signal(signal.SIGINT)
            assert running.end() == 0
            assert saying.wait(30) == 0
        with wave.open(str(running.folder / "speech.wav")) as file:
            assert file.getnframes() > 60 * 0.04 * file.getframerate()  # at least 40 ms a character
        steps = [
            f"{name}{step}"
            for line in running.written
            for name in NAMES
            for step in (" drains", " stopped")
            if line.endswith(f"parlando_kit.lifecycle: {name}{step}")
        ]
        one_by_one = [f"{name}{step}" for name in NAMES[:2] for step in (" drains", " stopped")]
        together = {f"{name}{step}" for name in NAMES[2:] for step in (" drains", " stopped")}
        assert steps[: len(one_by_one)] == one_by_one
        assert sorted(steps[len(one_by_one) :]) == sorted(together)
        stops = [line for line in running.written if line.startswith("parlando: stopping ")]
        assert stops == [f"parlando: stopping {name}" for name in (*NAMES[:2], "envoy", *NAMES[2:])]
        running.wait_until_nothing_is_left()


def test_ctrl_c_lets_an_answer_through_envoy_finish(up: Start, ports: dict[str, int]) -> None:
    words = "One two three four five six seven eight nine ten eleven twelve."
    body = {"input": words, "voice": "alloy", "response_format": "pcm"}
    with up(SCRIPTED_RATE="2") as running:
        running.wait_until_up()
        url = f"http://127.0.0.1:{ports['envoy']}/v1/audio/speech"
        with httpx2.stream("POST", url, json=body, timeout=30) as answer:
            pieces = answer.iter_raw()
            received = len(next(pieces))
            running.process.send_signal(signal.SIGINT)
            running.wait_for("parlando: stopping edge")
            while lets_in(ports["envoy"]):
                time.sleep(0.01)
            received += sum(len(piece) for piece in pieces)
        assert running.end() == 0
        assert received > 60 * 0.04 * 24_000 * 2  # at least 40 ms a character
        running.wait_until_nothing_is_left()


def test_ctrl_c_lets_a_realtime_response_through_envoy_finish(up: Start, ports: dict[str, int]) -> None:
    words = "One two three four five six seven eight nine ten eleven twelve."
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": words}]}
    with up(SCRIPTED_RATE="2") as running:
        running.wait_until_up()
        with connect(f"ws://127.0.0.1:{ports['envoy']}/v1/realtime", open_timeout=30) as speaking:
            speaking.send(json.dumps({"type": "response.create", "response": {"input": [item]}}))
            event = json.loads(speaking.recv(timeout=30))
            while event["type"] != "response.output_audio.delta":
                event = json.loads(speaking.recv(timeout=30))
            running.process.send_signal(signal.SIGINT)
            with suppress(ConnectionClosed):
                while True:
                    event = json.loads(speaking.recv(timeout=30))
            assert speaking.close_code == 1012  # the service restarts
        assert event["type"] == "response.done"
        assert event["response"]["status"] == "completed"
        assert running.end() == 0
        running.wait_until_nothing_is_left()


def test_ctrl_c_waits_for_nobody_who_watches_health(up: Start, ports: dict[str, int]) -> None:
    with up() as running:
        running.wait_until_up()
        with grpc.insecure_channel(f"127.0.0.1:{ports['envoy']}") as channel:
            watch = channel.unary_stream(
                "/grpc.health.v1.Health/Watch",
                health_pb2.HealthCheckRequest.SerializeToString,
                health_pb2.HealthCheckResponse.FromString,
            )
            statuses = watch(health_pb2.HealthCheckRequest())
            assert next(statuses).status == health_pb2.HealthCheckResponse.SERVING
            running.process.send_signal(signal.SIGINT)
            assert [each.status for each in statuses] == [health_pb2.HealthCheckResponse.NOT_SERVING]
        assert running.end() == 0
        assert not [line for line in running.written if "killing it" in line]
        running.wait_until_nothing_is_left()


def test_what_the_router_calls_takes_no_core_from_it_by_being_woken(up: Start) -> None:
    with up() as running:
        running.wait_until_up()
        policies = {name: os.sched_getscheduler(running.service(name).pid) for name in NAMES}
    called = dict.fromkeys(("session", "fragmenter", "synth"), os.SCHED_BATCH)
    assert policies == {"edge": os.SCHED_OTHER, "router": os.SCHED_OTHER, **called}


def test_a_second_ctrl_c_does_not_wait(up: Start) -> None:
    with up(SCRIPTED_HANG_AFTER_MS="900") as running:
        running.wait_until_up()
        with running.say("This will never be finished.", "-o", "speech.wav") as saying:
            wait_for_file(running.folder / "speech.wav")
            running.process.send_signal(signal.SIGINT)
            running.wait_for("router drains")
            running.process.send_signal(signal.SIGINT)
            assert running.end() == 0
            assert saying.wait(30) == 1
        assert not any("router stopped" in line for line in running.written)
        running.wait_until_nothing_is_left()


def test_what_it_prints_makes_sound(up: Start) -> None:
    with up(SYNTH_ENGINE="espeak") as running:
        arguments = shlex.split(running.wait_until_up())
        assert arguments[-2:] == ["-o", "hello.wav"]  # there is no sound device in this environment
        said = subprocess.run(
            arguments,
            cwd=running.folder,
            env=running.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (said.returncode, said.stderr) == (0, "")
        with wave.open(str(running.folder / "hello.wav")) as file:
            samples = memoryview(file.readframes(file.getnframes())).cast("h")
            assert len(samples) > file.getframerate()
            assert max(samples) > 1_000
        # The other command, as curl would run it, which not every machine has.
        program, *flags, url, _, header, _, body, _, name = shlex.split(running.curl)
        assert [program, *flags, name] == ["curl", "-s", "-X", "POST", "hello.wav"]
        header_name, _, value = header.partition(": ")
        answer = httpx2.post(url, content=body, headers={header_name: value}, timeout=30)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
        assert len(answer.content) > len(samples)


def test_its_latency_is_measured_and_drawn(up: Start, ports: dict[str, int]) -> None:
    with up() as system:
        system.wait_until_up()
        measured = subprocess.run(
            [
                *(str(COMMAND), "bench", "latency", "--address", f"127.0.0.1:{ports['envoy']}"),
                *("--rounds", "4", "--plots", "plots"),
            ],
            cwd=system.folder,
            env={**system.environment, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert measured.returncode == 0, measured.stderr
        rows = [line.rsplit(maxsplit=4) for line in measured.stdout.splitlines() if "scripted" in line]
        told = {" ".join(kind.split()): list(map(float, figures)) for kind, *figures in rows}
        for road, hop in (("gRPC", "client"), ("gRPC", "router"), ("Realtime", "client")):
            count, *percentiles = told[f"cancel, last byte scripted {road} {hop}"]
            assert count == 4
            assert percentiles == sorted(percentiles)
        assert told["cancel, engine idle scripted gRPC router"][0] == 4
        assert told["cancel, engine time after scripted gRPC worker"][0] == 4
        for road in ("HTTP", "gRPC", "Realtime"):
            assert told[f"first chunk scripted {road} client"][1] > 0
        assert 0 < told["first chunk scripted HTTP edge"][1] < told["first chunk scripted HTTP client"][3]
        drawn = sorted(file.name for file in (system.folder / "plots").iterdir())
        assert drawn == [
            "cancel-engine-idle.svg",
            "cancel-engine-time-after.svg",
            "cancel-last-byte.svg",
            "first-chunk.svg",
        ]
        refused = subprocess.run(
            [*measured.args, "--engine", "nobody"],
            cwd=system.folder,
            env=system.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "no such engine is up: nobody; there are scripted" in refused.stderr


def test_a_service_that_dies_is_started_again(up: Start) -> None:
    with up() as running:
        running.wait_until_up()
        before = running.service("synth")
        before.kill()
        running.wait_for("parlando: synth ended with status -9: starting it again in 0.5 s")
        running.wait_for("synth serves on")
        deadline = time.monotonic() + 30
        while not running.said("Again."):  # until the router has seen it
            assert time.monotonic() < deadline
        assert running.service("synth").pid != before.pid


@pytest.mark.parametrize("name", ["envoy", *NAMES])
def test_a_port_that_is_taken_is_one_clear_line(up: Start, ports: dict[str, int], name: str) -> None:
    with socket.create_server(("127.0.0.1", ports[name])), up() as running:
        assert running.end() == 1
        remedy = f"stop what listens there, or set {name.upper()}_PORT to another"
        assert running.written == [f"parlando: port {ports[name]} is taken, and {name} needs it: {remedy}"]
        running.wait_until_nothing_is_left()


def test_two_systems_never_share_a_port(up: Start, ports: dict[str, int]) -> None:
    with up() as first:
        first.wait_until_up()
        with up() as second:
            assert second.end() == 1
            assert [f"port {ports['edge']} is taken" in line for line in second.written] == [True]
        alone = {
            f"{name.upper()}_PORT": str(port)
            for port, name in enumerate(("envoy", "envoy_admin", *NAMES[:-1]), 1)
        }
        with up(**alone) as third:  # shares the worker's port only
            assert third.end() == 1
            third.wait_until_nothing_is_left()
        assert first.said("Still here.")
        first.process.send_signal(signal.SIGTERM)
        assert first.end() == 0
    with up() as again:  # the ports are free at once
        again.wait_until_up()


@pytest.mark.parametrize("moment", ["when it is up", "while it starts"])
def test_a_kill_leaves_nothing_after_two_seconds(up: Start, moment: str) -> None:
    with up() as running:
        if moment == "when it is up":
            running.wait_until_up()
        else:
            running.wait_for(" serves on ")
        running.process.kill()
        running.wait_until_nothing_is_left(2)


def as_an_ordinary_user() -> list[str]:
    """Return a command that runs `parlando` as a user who is not root, whoever runs the tests."""
    if os.geteuid() != 0:
        return [str(COMMAND)]
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    program = "from parlando_client.cli import main; main()"
    # The interpreter of the tests may lie where only root may look; one of the system's then runs
    # the same code.
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        starts_itself = "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"
        looks = subprocess.run([*drop, python, "-c", starts_itself], stderr=subprocess.DEVNULL, check=False)
        if looks.returncode == 0:
            return [*drop, python, "-c", program]
    pytest.fail(f"no {version} that an ordinary user may run")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_an_ordinary_user_can_run_it(up: Start, end: int) -> None:
    # Any interpreter of this version can then import what this one can.
    packages = os.pathsep.join(path for path in sys.path if path)
    with up(*as_an_ordinary_user(), "up", PYTHONPATH=packages) as running:
        running.wait_until_up()
        assert {process.uids().real for process in running.mark.processes()} == {
            os.geteuid() or NOBODY,
        }
        running.process.send_signal(end)
        running.end()
        running.wait_until_nothing_is_left(2)


def test_it_writes_no_file(up: Start, environment: dict[str, str]) -> None:
    with up() as running:
        running.wait_until_up()
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 0
        assert list(running.folder.rglob("*")) == []
        assert list(Path(environment["HOME"]).rglob("*")) == []
