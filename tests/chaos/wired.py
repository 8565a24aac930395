"""The system of `parlando up` with a Redis, in which what the parts say to each other passes through cables.

Its program is `tests.chaos.table`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tests.chaos.cable import Cable
from tests.chaos.table import ADMIN, INSIDE, TOGETHER, Told, kind_of, services_of
from tests.e2e.conftest import clean_environment
from tests.ports import free_port

_START_SECONDS = 300.0  # nine processes take some 10 s of CPU for it, and others may want the machine too
_STOP_SECONDS = 60.0


class AwayError(Exception):
    """A part is not there, or does not answer; the message says which."""


@dataclass
class Part:
    """A part of a running system.

    Attributes:
        name: as `parlando up` has it in its table, its number in place of its port. Example: "router-2".
        port: where it listens.
        metrics_port: where it is scraped; 0: it is not.
        into: cables by which others reach it.
        out: cables by which it reaches others.
        supervisor: whose child it is.
        inside: the services that it runs, where it is one process with several.
    """

    name: str
    port: int
    metrics_port: int
    into: Sequence[Cable]
    out: Sequence[Cable]
    supervisor: psutil.Process
    inside: Sequence[Part] = ()

    @property
    def kind(self) -> str:
        """What it is one of. Example: "router"."""
        return kind_of(self.name)

    @property
    def services(self) -> Sequence[Part]:
        """What it runs: as a rule itself."""
        return self.inside or [self]

    @property
    def cables(self) -> Sequence[Cable]:
        """All that leads to it or from it."""
        return [*self.into, *self.out]

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
        setting = f"{self.services[0].kind.upper()}_PORT"
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
        """Return the services of a kind, those included that are inside of parts."""
        return [each for part in self.parts.values() for each in part.services if each.kind == kind]


_KINDS = ("envoy", "edge", "router", "fragmenter", "session", "redis", "synth")
"""All parts of the usual shape, front first."""

_CALLS = {
    "": ("envoy",),
    "envoy": ("edge", "router"),
    "edge": ("router", "session"),
    "router": ("fragmenter", "session", "synth"),
    TOGETHER: ("session", "synth"),
    "session": ("redis",),
}
"""Kinds that each kind calls by a cable, unless it runs them; "" are the callers outside."""

SCRAPED = (TOGETHER, "edge", "router", "fragmenter", "session", "synth")
"""Kinds that say what they have under way."""


_SCRIPTED = {"SCRIPTED_RATE": "3", "SCRIPTED_INSTANCES": "32"}


@asynccontextmanager
async def running_wired(log: Path, engine: str = "espeak", **several: int) -> AsyncIterator[Wired]:
    """Run a system with two workers, behind Envoy; nothing of it is left.

    Args:
        log: takes what it and its services log.
        engine: what the workers run: "espeak", or "scripted" at thrice the pace of speech.
        several: how many of a kind, where that is not one. 0 of "redis": sessions are kept in memory. 0 of
            "envoy": the caller has its own. Of "together" as many run edges, routers, fragmenters and
            workers, and no other part does.
    """
    apart = dict.fromkeys(INSIDE, 0) if TOGETHER in several else {"synth": 2}
    counts = {**dict.fromkeys(_KINDS, 1), **apart, **several}
    names = [
        f"{kind}-{place}" if place > 1 else kind
        for kind, count in counts.items()
        for place in range(1, count + 1)
    ]
    own = {each: free_port() for name in names for each in services_of(name)} | {ADMIN: free_port()}
    metrics = {name: free_port() for name in names if kind_of(name) in SCRAPED}
    seen = {
        (who, whom): free_port()
        for who in ("", *names)
        for whom in own
        if kind_of(whom) in _CALLS.get(kind_of(who), ()) and whom not in services_of(who)
    }
    settings = {**clean_environment(), "PARLANDO_LOG_LEVEL": "WARNING", **_SCRIPTED}
    async with AsyncExitStack() as stack:
        cables = {pair: Cable(port, own[pair[1]]) for pair, port in seen.items()}
        for cable in cables.values():
            await cable.plug_in()
            stack.push_async_callback(cable.unplug)
        to = stack.enter_context(log.open("wb"))
        views = {who: {whom: seen[who, whom] for whom in own if (who, whom) in seen} for who in names}
        told = Told(own, views, metrics, engine, str(log.parent))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.table", json.dumps(asdict(told))),
            env=settings,
            stdout=asyncio.subprocess.PIPE,
            stderr=to,
        )
        stack.push_async_callback(_stopped, process)
        assert process.stdout is not None
        async with asyncio.timeout(_START_SECONDS):
            assert await process.stdout.readline() == b"up\n"
        supervisor = psutil.Process(process.pid)

        def part(name: str, services: Sequence[str], metrics_port: int) -> Part:
            return Part(
                *(name, own[services[0]], metrics_port),
                into=[cable for (_, whom), cable in cables.items() if whom in services],
                out=[cable for (who, _), cable in cables.items() if who == name],
                supervisor=supervisor,
                inside=[part(each, [each], metrics_port) for each in services if each != name],
            )

        parts = {name: part(name, services_of(name), metrics.get(name, 0)) for name in names}
        yield Wired(parts, f"127.0.0.1:{seen.get(('', 'envoy'), 0)}", own[ADMIN])


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
