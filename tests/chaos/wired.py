"""The system of `parlando up` with a Redis, in which what the parts say to each other passes through cables.

`python -m tests.chaos.wired '{"own": {…}, "seen": {…}}'` runs it: the supervisor's own table of services,
each at its own port and told of the others at the ports where they are seen.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from parlando_client.supervisor.child import Child
from parlando_client.supervisor.envoy import Front
from parlando_client.supervisor.supervisor import supervise
from parlando_client.supervisor.system import Places, children
from parlando_client.supervisor.workers import Worker
from tests.chaos.cable import Cable
from tests.e2e.conftest import clean_environment
from tests.ports import free_port

_ADMIN = "envoy_admin"
_START_SECONDS = 90.0
_STOP_SECONDS = 60.0
_AGAIN_SECONDS = 0.02

Ports = Mapping[str, int]
"""Of each part by its name; several of a kind are "router", "router-2" and so on."""


@dataclass
class Part:
    """A part of a running system.

    Attributes:
        name: as `parlando up` has it in its table, its number in place of its port. Example: "router-2".
        port: where it listens.
        cable: in front of it.
        supervisor: whose child it is.
    """

    name: str
    port: int
    cable: Cable
    supervisor: psutil.Process

    @property
    def kind(self) -> str:
        """What it is one of. Example: "router"."""
        return self.name.partition("-")[0]

    def process(self) -> psutil.Process | None:
        """Return its process, which leads its own group; None while there is none."""
        for child in self.supervisor.children():
            with suppress(psutil.Error):
                if self._is_in(child):
                    return child
        return None

    def _is_in(self, process: psutil.Process) -> bool:
        command = process.cmdline()
        if self.kind in ("envoy", "redis"):
            return process.name().startswith(self.kind)
        setting = f"{self.kind.upper()}_PORT"
        return command[1:3] == ["-m", f"parlando_{self.kind}"] and process.environ()[setting] == str(
            self.port
        )


def send(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal to a part's process and all that this has started, unless it has ended."""
    if process.is_running():  # and its number is not another's
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)


@dataclass
class Wired:
    """A running system with its cables.

    Attributes:
        parts: by name.
        address: "host:port" of the way in, in front of Envoy.
        admin_port: Envoy's own pages.
    """

    parts: Mapping[str, Part]
    address: str
    admin_port: int

    def of(self, kind: str) -> Sequence[Part]:
        """Return the parts of a kind."""
        return [part for part in self.parts.values() if part.kind == kind]


_KINDS = ("envoy", "edge", "router", "fragmenter", "session", "redis", "synth")
"""All parts, front first."""

_ALONE = ("fragmenter", "session")
"""Kinds of which the supervisor's table has one."""


@asynccontextmanager
async def running_wired(log: Path, **several: int) -> AsyncIterator[Wired]:
    """Run a system with espeak-ng on two workers, behind Envoy; nothing of it is left.

    Args:
        log: takes what it and its services log.
        several: how many of a kind, where that is not one. 0 of "redis": sessions are kept in memory. 0 of
            "envoy": the caller has its own.
    """
    counts = {**dict.fromkeys(_KINDS, 1), "synth": 2, **several}
    names = [
        f"{kind}-{place}" if place > 1 else kind
        for kind, count in counts.items()
        for place in range(1, count + 1)
    ]
    own = {name: free_port() for name in names} | {_ADMIN: free_port()}
    seen = {name: free_port() for name in names}
    settings = {**clean_environment(), "PARLANDO_LOG_LEVEL": "WARNING"}
    if "redis" in names:
        settings["REDIS_URL"] = f"redis://127.0.0.1:{seen['redis']}/0"
    async with AsyncExitStack() as stack:
        cables = {name: Cable(seen[name], own[name]) for name in names}
        for cable in cables.values():
            await cable.plug_in()
            stack.push_async_callback(cable.unplug)
        to = stack.enter_context(log.open("wb"))
        told = json.dumps({"own": own, "seen": seen, "folder": str(log.parent)})
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.wired", told),
            env=settings,
            stdout=asyncio.subprocess.PIPE,
            stderr=to,
        )
        stack.push_async_callback(_stopped, process)
        assert process.stdout is not None
        async with asyncio.timeout(_START_SECONDS):
            assert await process.stdout.readline() == b"up\n"
        supervisor = psutil.Process(process.pid)
        parts = {name: Part(name, own[name], cables[name], supervisor) for name in names}
        yield Wired(parts, f"127.0.0.1:{seen.get('envoy', 0)}", own[_ADMIN])


async def _stopped(process: asyncio.subprocess.Process) -> None:
    """Stop the system as Ctrl-C does; what does not stop is killed with it."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


# The program


def _several(ports: Ports, kind: str) -> list[int]:
    return [port for name, port in ports.items() if name.partition("-")[0] == kind]


def _places(ports: Ports) -> Places:
    return Places(
        edges=tuple(_several(ports, "edge")),
        routers=tuple(_several(ports, "router")),
        session=ports["session"],
        fragmenter=ports["fragmenter"],
        workers=tuple(Worker(f"synth-{port}", "espeak", port) for port in _several(ports, "synth")),
        front=Front(port=ports["envoy"], admin_port=ports[_ADMIN]) if "envoy" in ports else None,
    )


def _table(own: Ports, seen: Ports) -> list[Child]:
    """Return the supervisor's table, each service at its own port and told of others where they are seen."""
    fronts = {name: port for name, port in own.items() if name in ("envoy", _ADMIN)}
    pairs = zip(children(_places(own)), children(_places({**seen, **fronts})), strict=True)
    several = {
        f"{kind.upper()}_ADDRESS": ",".join(f"127.0.0.1:{port}" for port in _several(seen, kind))
        for kind in _ALONE
    }
    table = [
        replace(
            child,
            command=told.command,
            environment={**told.environment, **_listening(child), **_named(several, told)},
        )
        for child, told in pairs
    ]
    return [*table, *(_second(name, port, own) for name, port in own.items() if name[:-2] in _ALONE)]


def _second(name: str, port: int, own: Ports) -> Child:
    """Return one more of a kind of which the supervisor's table has one."""
    kind = name[:-2]
    child = next(each for each in children(_places({**own, kind: port})) if each.name == kind)
    return replace(child, name=name)


def _named(several: Mapping[str, str], child: Child) -> dict[str, str]:
    return {name: value for name, value in several.items() if name in child.environment}


def _listening(child: Child) -> dict[str, str]:
    return {name: value for name, value in child.environment.items() if name.endswith(("_HOST", "_PORT"))}


def _redis(port: int, folder: str) -> Child:
    """Return a Redis that writes down all it is told, as one that is to survive a kill must."""
    beside = Path(sys.executable).with_name("redis-server")
    program = str(beside) if beside.exists() else "redis-server"
    command = (program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder)
    kept = ("--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--daemonize", "no")

    async def ready() -> None:
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"PING\r\n")
                answer = await reader.readline()
                writer.close()
                if answer == b"+PONG\r\n":
                    return
            await asyncio.sleep(_AGAIN_SECONDS)

    return Child("redis", (*command, *kept), {}, {"REDIS_PORT": port}, ready)


def main() -> None:
    """Run the system until SIGINT."""
    told = json.loads(sys.argv[1])
    table = _table(told["own"], told["seen"])
    if "redis" in told["own"]:
        table.append(_redis(told["own"]["redis"], told["folder"]))
    asyncio.run(
        supervise(
            table,
            lambda line: print(f"supervisor: {line}", file=sys.stderr, flush=True),
            lambda _: print("up", flush=True),
        )
    )


if __name__ == "__main__":
    main()
