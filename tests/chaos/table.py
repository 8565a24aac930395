"""Runs the supervisor's own table, each service told of the others where it sees them: behind a cable.

`python -m tests.chaos.table '{"own": {"edge": 20001, …}, "views": {"edge": {"router": 20011, …}, …}, …}'`
says "up" once all serve, and stops them on SIGINT. What it is told is what `wired.py` tells it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from parlando_client.supervisor.child import Child
from parlando_client.supervisor.envoy import Front
from parlando_client.supervisor.supervisor import supervise
from parlando_client.supervisor.system import Places, children
from parlando_client.supervisor.workers import Worker

ADMIN = "envoy_admin"
"""Whose port is that of Envoy's own pages."""

TOGETHER = "together"
"""A part that is one process and runs several services."""

INSIDE = ("edge", "router", "fragmenter", "synth")
"""What such a part runs, front first."""

_AGAIN_SECONDS = 0.02
_ANSWER_SECONDS = 3.0
_KINDS = (TOGETHER, "edge", "router", "envoy", "session", "fragmenter", "synth", "redis")
"""As `parlando up` stops them, and Redis last."""

_ALONE = ("fragmenter", "session")
"""Kinds of which the supervisor's table has one."""

Ports = Mapping[str, int]
"""Of each service by its name; several of a kind are "router", "router-2" and so on."""


def kind_of(name: str) -> str:
    """Return what a part is one of. Example: "router" for "router-2"."""
    return name.partition("-")[0]


def services_of(part: str) -> list[str]:
    """Return what a part runs: itself, but "edge-2", "router-2" and so on for "together-2"."""
    kind, dash, place = part.partition("-")
    return [f"{each}{dash}{place}" for each in (INSIDE if kind == TOGETHER else (kind,))]


@dataclass(frozen=True)
class Told:
    """What the program is told.

    Attributes:
        own: where each service listens.
        views: for each part, where it finds the services that it calls.
        metrics: where those parts are scraped that are.
        engine: what the workers run.
        folder: where Redis writes.
    """

    own: Ports
    views: Mapping[str, Ports]
    metrics: Ports
    engine: str
    folder: str


def _several(ports: Ports, kind: str) -> list[int]:
    return [port for name, port in ports.items() if kind_of(name) == kind]


def _places(ports: Ports, engine: str, *, together: bool) -> Places:
    return Places(
        edges=tuple(_several(ports, "edge")),
        routers=tuple(_several(ports, "router")),
        session=ports["session"],
        fragmenter=ports["fragmenter"],
        together=together,
        workers=tuple(Worker(f"synth-{port}", engine, port) for port in _several(ports, "synth")),
        front=Front(port=ports["envoy"], admin_port=ports[ADMIN]) if "envoy" in ports else None,
    )


def table(told: Told) -> list[Child]:
    """Return what is run, in the order in which it is stopped."""
    names = [name for kind in _KINDS for name in told.views if kind_of(name) == kind]
    return [_redis(told.own[name], told.folder) if name == "redis" else _row(name, told) for name in names]


def _row(name: str, told: Told) -> Child:
    first, *_ = services = services_of(name)
    own, kind = told.own[first], kind_of(name)
    view = {**told.own, **told.views[name]}
    if kind in _ALONE:
        view[kind] = own
    places = _places(view, told.engine, together=any(kind_of(each) == TOGETHER for each in told.views))
    child = next(each for each in children(places) if own in each.ports.values())
    several = {
        f"{each.upper()}_ADDRESS": ",".join(f"127.0.0.1:{port}" for port in _several(view, each))
        for each in _ALONE
    }
    environment = {key: several.get(key, value) for key, value in child.environment.items()}
    if name in told.metrics:
        environment[f"{kind_of(first).upper()}_METRICS_PORT"] = str(told.metrics[name])
    if kind == TOGETHER:  # the supervisor's table says where the first has its fragmenter, and no other
        environment |= {f"{kind_of(each).upper()}_PORT": str(told.own[each]) for each in services}
    if kind == "session" and "redis" in view:
        environment["REDIS_URL"] = f"redis://127.0.0.1:{view['redis']}/0"
    return replace(child, name=name if kind in _ALONE else child.name, environment=environment)


async def redis_answers(port: int) -> bool:
    """Return whether a Redis of this machine answers a ping; it need not be there."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"PING\r\n")
            answer = await reader.readline()
            writer.close()
    except OSError:
        return False
    return answer == b"+PONG\r\n"


def _redis(port: int, folder: str) -> Child:
    """Return a Redis that has written down what it was told before it says so.

    By "everysec", its default, it puts off writing for up to two seconds while it syncs, and a kill then
    takes what it has answered for since.
    """
    beside = Path(sys.executable).with_name("redis-server")
    program = str(beside) if beside.exists() else "redis-server"
    command = (program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder)
    kept = ("--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no")

    async def answers() -> None:
        while not await redis_answers(port):  # noqa: ASYNC110  # it tells only those who ask
            await asyncio.sleep(_AGAIN_SECONDS)

    return Child("redis", (*command, *kept), {}, {"REDIS_PORT": port}, answers, heard=answers)


def main() -> None:
    """Run the system until SIGINT."""
    asyncio.run(
        supervise(
            table(Told(**json.loads(sys.argv[1]))),
            lambda line: print(f"supervisor: {line}", file=sys.stderr, flush=True),
            lambda _: print("up", flush=True),
        )
    )


if __name__ == "__main__":
    main()
