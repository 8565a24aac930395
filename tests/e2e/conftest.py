"""Whole systems of real processes on free ports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.e2e.through import Through
from tests.ports import free_port

_BEHIND_ENVOY = ("envoy", "envoy_admin", "edge", "router", "session", "fragmenter", "synth")
_START_SECONDS = 60
_STOP_SECONDS = 30
_MARK = "PARLANDO_TEST_MARK"
_TEST_TOGETHER = "TEST_TOGETHER"
"""Set to 1 has edge, router, fragmenter and worker tested as one process: `make test-together`."""

_SETTINGS_OF_OURS = (
    *("EDGE_", "ROUTER_", "SESSION_", "FRAGMENTER_", "SYNTH_", "SCRIPTED_", "PARLANDO_", "ENVOY_"),
    *("ENGINES", "OTEL_", "REDIS_URL", "ROUTERS", "EDGES", "TOGETHER"),
)


def clean_environment() -> dict[str, str]:
    """Return this process's environment without settings of ours, and with threads pinned."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS_OF_OURS)}
    return {**kept, "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Mark:
    """Marks processes, and what they start, by their environment, so that those left over can be found."""

    value: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def environment(self) -> dict[str, str]:
        """What a process is marked with."""
        return {_MARK: self.value}

    def processes(self) -> list[psutil.Process]:
        """Return the marked processes that run."""
        return [process for process in psutil.process_iter() if self._is_on(process)]

    def _is_on(self, process: psutil.Process) -> bool:
        try:
            running = process.status() != psutil.STATUS_ZOMBIE
            return running and process.environ().get(_MARK) == self.value
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False


@dataclass(frozen=True)
class System:
    """Router, fragmenter and one worker, each a process of its own.

    Attributes:
        router: the router's address.
        fragmenter: the fragmenter's address.
        synth: the worker's address.
        processes: by name: "router", "fragmenter", "synth".
        logs: folder with NAME.log of each.
    """

    router: str
    fragmenter: str
    synth: str
    processes: Mapping[str, subprocess.Popen[bytes]]
    logs: Path

    def pid(self, name: str) -> int:
        """Return a service's process id."""
        return self.processes[name].pid

    def log(self, name: str) -> str:
        """Return what a service has logged."""
        return (self.logs / f"{name}.log").read_text()


def wait_until_serving(system: System, name: str, address: str) -> None:
    """Return once the service at an address is SERVING; fail, with its log, when its process ends."""
    with grpc.insecure_channel(address, options=(("grpc.max_reconnect_backoff_ms", 100),)) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        changes = stub.Watch(health_pb2.HealthCheckRequest(), timeout=_START_SECONDS, wait_for_ready=True)
        try:
            for change in changes:
                if change.status == health_pb2.HealthCheckResponse.SERVING:
                    return
        except grpc.RpcError as error:
            pytest.fail(f"{name} did not come up: {error}\n{system.log(name)}")
        pytest.fail(f"{name} stopped before it served:\n{system.log(name)}")


@contextmanager
def running_system(logs: Path, engine: str, environment: Mapping[str, str]) -> Iterator[System]:
    """Run a system; it is stopped front to back, and nothing of it is left.

    Args:
        logs: folder for its logs.
        engine: the worker's engine.
        environment: further settings, the same for every service.
    """
    mark = Mark()
    ports = {name: free_port() for name in ("router", "fragmenter", "synth")}
    addresses = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    settings = {
        **clean_environment(),
        **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()},
        "ENGINES": addresses["synth"],
        "FRAGMENTER_ADDRESS": addresses["fragmenter"],
        "SYNTH_ENGINE": engine,
        **environment,
        **mark.environment,
    }
    processes: dict[str, subprocess.Popen[bytes]] = {}
    system = System(**addresses, processes=processes, logs=logs)
    try:
        for name in ports:
            with (logs / f"{name}.log").open("wb") as log:
                command = [sys.executable, "-m", f"parlando_{name}"]
                processes[name] = subprocess.Popen(
                    command, env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
        for name, address in addresses.items():
            wait_until_serving(system, name, address)
        yield system
        for process in processes.values():
            process.terminate()
            process.wait(_STOP_SECONDS)
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
        left = mark.processes()
        for orphan in left:
            orphan.kill()
    assert left == []


@contextmanager
def running_up(environment: Mapping[str, str], log: IO[bytes], *options: str) -> Iterator[Mark]:
    """Run `parlando up`, with the scripted engine unless the environment names one; stop it as Ctrl-C does.

    Args:
        environment: its settings.
        log: takes what it and its services log.
        options: of the command.
    """
    mark = Mark()
    usual = {"SYNTH_ENGINE": "scripted", "TOGETHER": os.environ.get(_TEST_TOGETHER, "")}
    settings = {**clean_environment(), **usual, **environment, **mark.environment}
    command = [str(Path(sys.executable).with_name("parlando")), "up", *options]
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=log) as up:
        try:
            assert up.stdout is not None
            assert b"is up" in up.stdout.readline()
            yield mark
            up.send_signal(signal.SIGINT)
            assert up.wait(60) == 0
            assert mark.processes() == []
        finally:
            for left in mark.processes():
                left.kill()


@contextmanager
def running_through(log: Path, engine: str, **environment: str) -> Iterator[Through]:
    """Run a system behind Envoy; Ctrl-C stops it, and nothing of it is left.

    Args:
        log: takes what it and its services log.
        engine: the worker's engine.
        environment: further settings, the same for every service.
    """
    ports = {name: free_port() for name in _BEHIND_ENVOY}
    settings = {f"{name.upper()}_PORT": str(port) for name, port in ports.items()}
    with log.open("wb") as to, running_up({**settings, "SYNTH_ENGINE": engine, **environment}, to) as mark:
        yield Through(mark, ports)


@pytest.fixture(scope="session")
def through(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Through]:
    """A system behind Envoy with the scripted engine, at twice the speed of speech, shared by all tests.

    What a test kills, it waits for.
    """
    log = tmp_path_factory.mktemp("through") / "log"
    with running_through(log, "scripted", SCRIPTED_RATE="2") as running:
        yield running


@pytest.fixture(scope="session")
def espeak_through(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Through]:
    """A system behind Envoy with espeak-ng, shared by all tests: what a test kills, it waits for."""
    with running_through(tmp_path_factory.mktemp("espeak") / "log", "espeak") as running:
        yield running


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that speaks with espeak-ng, shared by all tests: leave it as it was."""
    with running_system(tmp_path_factory.mktemp("system"), "espeak", {}) as running:
        yield running


@pytest.fixture(scope="session")
def scripted_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with the scripted engine, shared by all tests: leave it as it was."""
    with running_system(tmp_path_factory.mktemp("scripted"), "scripted", {}) as running:
        yield running


@pytest.fixture
def start_system(tmp_path: Path) -> Iterator[Callable[..., System]]:
    """Start systems of a test's own: `start_system(engine="espeak", **environment)`."""
    with ExitStack() as running:

        def start(engine: str = "espeak", **environment: str) -> System:
            logs = tmp_path / uuid.uuid4().hex
            logs.mkdir()
            return running.enter_context(running_system(logs, engine, environment))

        yield start


@pytest.fixture
def new_mark() -> Callable[[], Mark]:
    """Mint marks for processes that a test starts itself."""
    return Mark


@pytest.fixture
def ports() -> dict[str, int]:
    """A free port for each service."""
    return {name: free_port() for name in _BEHIND_ENVOY}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment without settings of ours, for a user whose home is empty."""
    home = tmp_path / "home"
    home.mkdir()
    return {**clean_environment(), "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
