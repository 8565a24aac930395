"""A router with its workers, each a process of its own, which can be killed, stopped and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlando.admin.v1 import admin_service_pb2_grpc
from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_kit.channels import open_channel
from tests.ports import free_port

if TYPE_CHECKING:
    from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceAsyncStub
    from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceAsyncStub

Engine = tuple[str, Mapping[str, str]]
"""An engine's name, and the settings of its worker."""

ESPEAK: Engine = ("espeak", {})
SCRIPTED: Engine = (
    "scripted",
    {
        "SCRIPTED_TIMING": "estimated",
        "SCRIPTED_RATE": "3",
        "SCRIPTED_INSTANCES": "32",
        "SCRIPTED_CHARACTER_MS": "50",
    },
)
# Chatterbox imports for 12 seconds of CPU, which is three minutes where thirty others want two cores, too.
BACK_SECONDS = 300.0
"""How long a service may take to be up."""


@dataclass
class Service:
    """A process of one of our services, which may be killed and started again at its address.

    Attributes:
        command: what runs it, where that is not this interpreter and the module.
    """

    module: str
    environment: Mapping[str, str]
    command: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None
    known_as: str = ""  # id of the worker, as the router knew it last

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    @property
    def runs(self) -> bool:
        """Whether its process was started and has not ended."""
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """Start it; it need not serve yet."""
        prefix = self.module.removeprefix("parlando_").upper()
        added = {f"{prefix}_PORT": str(self.port), "PARLANDO_LOG_LEVEL": "ERROR", **self.environment}
        self.process = await asyncio.create_subprocess_exec(
            *(self.command or (sys.executable, "-m", self.module)),
            env={**os.environ, **added},
            start_new_session=True,
        )

    async def serves(self) -> None:
        """Return once it says itself that it serves."""
        async with open_channel(self.address) as channel, asyncio.timeout(BACK_SECONDS):
            stub = health_pb2_grpc.HealthStub(channel)
            while True:
                answer = await stub.Check(  # type: ignore[attr-defined]  # set in its constructor
                    health_pb2.HealthCheckRequest(), wait_for_ready=True
                )
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
                await asyncio.sleep(0.01)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    async def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it, and wait for that."""
        if self.process is not None and self.runs:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            await self.process.wait()


@dataclass(frozen=True)
class System:
    """A router with its workers.

    Attributes:
        stub: to the router.
        admin: likewise.
    """

    router: Service
    fragmenter: Service
    workers: Sequence[Service]
    stub: SpeechServiceAsyncStub
    admin: AdminServiceAsyncStub

    async def replica(self, worker: Service) -> speech_pb2.EngineReplica:
        """Return a worker as the router sees it."""
        known = await self.stub.ListEngines(speech_pb2.ListEnginesRequest(), wait_for_ready=True)
        replicas = (each for engine in known.engines for each in engine.replicas)
        return next(each for each in replicas if each.address == worker.address)

    async def until_up(self, worker: Service, *, new: bool = True) -> None:
        """Return once the router knows that a worker is up, though a breaker may keep work from it.

        Args:
            worker: the worker.
            new: it was started anew, and what was known of it before says nothing.
        """
        async with asyncio.timeout(BACK_SECONDS):
            while True:
                seen = await self.replica(worker)
                up = seen.serving or "breaker" in seen.detail
                if up and not (new and seen.description.worker_id == worker.known_as):
                    worker.known_as = seen.description.worker_id
                    return
                await asyncio.sleep(0.02)


def _worker(engine: str, settings: Mapping[str, str]) -> Service:
    return Service("parlando_synth", {"SYNTH_ENGINE": engine, **settings})


@asynccontextmanager
async def running(
    engines: Sequence[Engine | Service], fragmenter: Service | None = None, **settings: str
) -> AsyncIterator[System]:
    """Run a router with workers of these engines, or with these workers; ready once all of them serve.

    Workers and a fragmenter that run already are left running in the end.
    """
    async with AsyncExitStack() as stack:
        workers = [each if isinstance(each, Service) else _worker(*each) for each in engines]
        fragmenter = fragmenter or Service("parlando_fragmenter", {})
        targets = ",".join(worker.address for worker in workers)
        told = {"ENGINES": targets, "FRAGMENTER_ADDRESS": fragmenter.address, **settings}
        router = Service("parlando_router", told)
        for service in (*workers, fragmenter, router):
            service.known_as = ""  # to a router that has not heard of any
            if not service.runs:
                await service.start()
                stack.push_async_callback(service.end)
        channel = await stack.enter_async_context(open_channel(router.address))
        system = System(
            router,
            fragmenter,
            workers,
            speech_service_pb2_grpc.SpeechServiceStub(channel),
            admin_service_pb2_grpc.AdminServiceStub(channel),
        )
        for worker in workers:
            await system.until_up(worker)
        yield system


async def until_it_speaks(stub: SpeechServiceAsyncStub, workers: int = 1) -> None:
    """Return once a router has so many workers that serve."""
    async with asyncio.timeout(BACK_SECONDS):
        while True:
            known = await stub.ListEngines(speech_pb2.ListEnginesRequest(), wait_for_ready=True)
            if sum(each.serving for engine in known.engines for each in engine.replicas) >= workers:
                return
            await asyncio.sleep(0.02)
