"""The local system, started for a measurement and ended with it."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from parlando_client.supervisor.workers import local_workers

_READY_SECONDS = 60.0
_PIECE_BYTES = 65_536
# A scripted engine speaks as fast as a network does, and keeps as many at it as ask for it.
_SETTINGS = {
    "scripted": {"SCRIPTED_RATE": "5", "SCRIPTED_FIRST_CHUNK_MS": "100", "SCRIPTED_INSTANCES": "32"},
}
TOGETHER = "together"
"""The process that is edge, router, fragmenter and worker, where TOGETHER is set."""

_NAMES = ("envoy", "envoy_admin", "edge", "router", "session", "fragmenter", "synth")


@dataclass(frozen=True, slots=True)
class Mesh:
    """A running system: its addresses, and its services' processes by name, and the supervisor's.

    Of services that run several times (ROUTERS, EDGES), `processes` has the first, `replicas` all.
    """

    envoy: str
    envoy_admin: str
    edge: str
    router: str
    session: str
    fragmenter: str
    synth: str
    processes: dict[str, psutil.Process]
    supervisor: psutil.Process
    replicas: dict[str, list[psutil.Process]]

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU time each service has used so far, its own processes included."""
        return {
            name: sum(sum(process.cpu_times()[:2]) for process in family)
            for name, family in self.families().items()
        }

    def pss_megabytes(self) -> dict[str, float]:
        """Return each service's proportional share of memory, its own processes included."""
        return {
            name: sum(process.memory_full_info().pss for process in family) / 1e6
            for name, family in self.families().items()
        }

    def own_megabytes(self) -> dict[str, float]:
        """Return what each service holds that is no file: those are shared with whoever else has them.

        Of pages that processes have in common since a fork, each counts its part.
        """
        return {name: sum(map(own_bytes, family)) / 1e6 for name, family in self.families().items()}

    def families(self) -> dict[str, list[psutil.Process]]:
        """Return each service's process and its own; what is left is the supervisor's."""
        families = {
            name: [each for parent in parents for each in (parent, *parent.children(recursive=True))]
            for name, parents in self.replicas.items()
        }
        of_services = {process for family in families.values() for process in family}
        everything = [self.supervisor, *self.supervisor.children(recursive=True)]
        families["supervisor"] = [process for process in everything if process not in of_services]
        return families


def own_bytes(process: psutil.Process) -> int:
    """Return the bytes of a process that are no file's.

    Raises psutil.NoSuchProcess, as psutil does, once it has ended.
    """
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(process.pid) from error
    (kilobytes,) = re.findall(r"^Pss_Anon: +(\d+) kB$", rollup, re.MULTILINE)
    return int(kilobytes) * 1024


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_bare() -> Iterator[str]:
    """Start the bare server, the yardstick; return its address; stop it at the end."""
    port = free_port()
    command = [sys.executable, str(Path(__file__).with_name("bare_server.py")), str(port)]
    with subprocess.Popen(command) as server:
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()


@contextlib.contextmanager
def _running_worker(engine: str, port: int) -> Iterator[psutil.Process]:
    """Run a worker of an engine; stop it at the end. The router waits for it."""
    (worker,) = local_workers(engine, port, 1)
    told = {
        "SYNTH_ENGINE": engine,
        "SYNTH_PORT": str(port),
        "SYNTH_METRICS_PORT": "0",
        **_SETTINGS.get(engine, {}),
    }
    with subprocess.Popen([worker.python, "-m", "parlando_synth"], env={**os.environ, **told}) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


@contextlib.contextmanager
def running_mesh(engine: str = "espeak", *others: str) -> Iterator[Mesh]:
    """Start the system with `parlando up` on free ports; stop it at the end.

    Args:
        engine: what its own worker runs.
        others: further engines, each on a worker beside it, which is watched under the engine's name.
    """
    ports = {name: free_port() for name in _NAMES}
    command = [str(Path(sys.executable).with_name("parlando")), "up", "--engine", engine]
    for name, port in ports.items():
        command += [f"--{name.replace('_', '-')}-port", str(port)]
    with _ended_by_sigterm(), contextlib.ExitStack() as stack:
        further: dict[str, list[psutil.Process]] = {}
        if others:
            beside = {other: free_port() for other in others}
            command += ["--engines", ",".join(f"127.0.0.1:{port}" for port in beside.values())]
            further = {
                other: [stack.enter_context(_running_worker(other, port))] for other, port in beside.items()
            }
        yield stack.enter_context(_up(command, ports, further))


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Have SIGTERM, which is what `timeout` sends, end the block as Ctrl-C does: nothing is left."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def until_up(output: IO[bytes], seconds: float = _READY_SECONDS) -> None:
    """Read what a supervisor prints until it says that the system is up.

    Args:
        output: a pipe that nobody has read from.
        seconds: how long that may take, whether it prints anything or not.

    Raises:
        SystemExit: it takes longer, or the supervisor ends.
    """
    until, told = time.monotonic() + seconds, b""
    while b"is up" not in told:
        readable, _, _ = select.select([output], [], [], max(until - time.monotonic(), 0.0))
        if not readable:
            raise SystemExit(f"the system did not come up in {seconds:g} s")
        # Past the pipe's own buffer: what lies in that, select does not see.
        if not (piece := os.read(output.fileno(), _PIECE_BYTES)):
            raise SystemExit("the system ended before it was up")
        told += piece


@contextlib.contextmanager
def _up(
    command: Sequence[str], ports: Mapping[str, int], further: Mapping[str, list[psutil.Process]]
) -> Iterator[Mesh]:
    with subprocess.Popen(command, stdout=subprocess.PIPE) as supervisor:
        try:
            assert supervisor.stdout is not None  # noqa: S101  # it was asked for
            until_up(supervisor.stdout)
            parent = psutil.Process(supervisor.pid)
            replicas: dict[str, list[psutil.Process]] = dict(further)
            for child in parent.children():
                for name in (*ports, TOGETHER):
                    if f"parlando_{name}" in child.cmdline() or child.name() == name:
                        replicas.setdefault(name, []).append(child)
            processes = {name: first for name, (first, *_) in replicas.items()}
            addresses = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
            yield Mesh(**addresses, processes=processes, supervisor=parent, replicas=replicas)
        finally:
            supervisor.send_signal(signal.SIGINT)
            supervisor.wait(30)
