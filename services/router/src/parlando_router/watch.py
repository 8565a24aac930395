"""Keeps the list of engines true: asks every worker how it is, and finds workers by name."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlando_kit.channels import open_channel
from parlando_kit.clock import Clock
from parlando_kit.server import Server
from parlando_router import listing
from parlando_router.engines import Engines
from parlando_router.replica import Replica
from parlando_router.synth_client import GrpcWorker

LookUp = Callable[[str], Awaitable[list[str]]]
"""Returns the addresses of a target, each as `host:port`."""

OpenChannel = Callable[[str], grpc.aio.Channel]
"""Returns a channel to the worker at an address, `host:port`."""

_DNS = "dns:///"
_RESOLVE_SECONDS = 5.0
_ANSWER_SECONDS = 2.0
_FIRST_TRY_SECONDS = 0.1
_DOWN_SECONDS = 0.25


async def resolve(target: str) -> list[str]:
    """Return the addresses of a target, in a stable order; none while its name is unknown."""
    if not target.startswith(_DNS):
        return [target]
    host, _, port = target.removeprefix(_DNS).rpartition(":")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # unknown, or no name at all
        return []
    hosts = sorted({str(address[0]) for *_, address in found})
    return [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host in hosts]


class EngineWatch:
    """Watches the workers behind a list of targets.

    A worker whose name is gone is given nothing more, and its channel stays open until it has finished
    what it has: it may well be draining.

    Args:
        engines: is told what they answer.
        targets: `host:port`, or `dns:///name:port` for every address of a name.
        clock: paces the questions.
        poll: seconds between questions to one worker.
        deadline: seconds one synthesis may take.
        server: its health follows whether any engine is up.
        look_up: returns the addresses of a target; none while its name is unknown.
        to_worker: opens the channel to each worker.
    """

    def __init__(
        self,
        engines: Engines,
        targets: Sequence[str],
        clock: Clock,
        *,
        poll: float,
        deadline: float,
        server: Server,
        look_up: LookUp = resolve,
        to_worker: OpenChannel = open_channel,
    ) -> None:
        self._engines = engines
        self._targets = targets
        self._clock = clock
        self._poll = poll
        self._deadline = deadline
        self._server = server
        self._look_up = look_up
        self._to_worker = to_worker
        self._found: dict[str, list[str]] = {}  # addresses of each target, as they were found last
        self._listed: dict[str, int] = {}  # addresses, and their target's place among the targets
        self._watched: set[str] = set()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for target in self._targets:
                # Each for itself: a name server that takes its time with one name holds up no other.
                tasks.create_task(self._follow(target, tasks))

    async def _follow(self, target: str, tasks: asyncio.TaskGroup) -> None:
        """Look up a target again and again, and have each of its workers watched."""
        while True:
            # Where a name cannot be looked up now, the addresses it had still stand.
            self._found[target] = await self._look_up(target) or self._found.get(target, [])
            listed: dict[str, int] = {}
            for rank, each in enumerate(self._targets):
                for address in self._found.get(each, []):
                    listed.setdefault(address, rank)
            self._listed = listed
            for address, rank in listed.items():
                if address not in self._watched:
                    self._watched.add(address)
                    tasks.create_task(self._watch(address, rank))
            await self._clock.sleep(_RESOLVE_SECONDS)

    async def _watch(self, address: str, rank: int) -> None:
        async with self._to_worker(address) as channel:
            worker = GrpcWorker(channel, self._deadline)
            replica = self._engines.add(address, worker, rank)
            try:
                await self._ask(replica, worker)
            finally:
                self._engines.remove(address)
            while replica.engaged:
                await self._clock.sleep(self._poll)
        self._watched.remove(address)

    async def _ask(self, replica: Replica, worker: GrpcWorker) -> None:
        """Ask a worker how it is, again and again, while it is listed."""
        address = replica.address
        pause = _FIRST_TRY_SECONDS
        while address in self._listed:
            try:
                await listing.ask(self._engines, address, worker.stub, _ANSWER_SECONDS)
                pause = self._poll if any(replica.voices_of) else _FIRST_TRY_SECONDS
            except grpc.aio.AioRpcError as error:
                silent = error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
                self._engines.failed(address, f"it does not answer ({error.code().name})", may_live=silent)
                pause = min(self._poll, _DOWN_SECONDS) if any(replica.voices_of) else _FIRST_TRY_SECONDS
            await self._server.set_health("dependency/engines", serving=self._engines.serving)
            await self._clock.sleep(pause)


async def watch_fragmenter(channel: grpc.aio.Channel, server: Server, clock: Clock, poll: float) -> None:
    """Keep the health of the fragmenter known, until cancelled."""
    stub = health_pb2_grpc.HealthStub(channel)
    while True:
        # Of several, the next one is asked then: one that answers is enough.
        serving = await _serves(stub) or await _serves(stub)
        await server.set_health("dependency/fragmenter", serving=serving)
        await clock.sleep(poll if serving else _FIRST_TRY_SECONDS)


async def _serves(stub: health_pb2_grpc.HealthStub) -> bool:
    try:
        answer = await stub.Check(  # type: ignore[attr-defined]  # set in its constructor
            health_pb2.HealthCheckRequest(), timeout=_ANSWER_SECONDS
        )
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
