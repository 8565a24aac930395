"""The router as it is served, between a fragmenter and workers that are served too, all in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.metrics import NoOpMeter

from parlando.admin.v1 import admin_service_pb2_grpc
from parlando.fragmenter.v1 import fragmenter_service_pb2_grpc
from parlando.speech.v1 import speech_pb2, speech_service_pb2, speech_service_pb2_grpc
from parlando.synth.v1 import synth_pb2, synth_service_pb2_grpc
from parlando_fragmenter.servicer import FragmenterServicer, fragmenter_service
from parlando_kit.administration import admin_service
from parlando_kit.calls import CallsUnderWay
from parlando_kit.channels import open_channel
from parlando_kit.clock import Clock, MonotonicClock
from parlando_kit.errors import ParlandoError
from parlando_kit.server import Server
from parlando_kit.settings import ServerSettings
from parlando_kit.status import from_rpc_error
from parlando_kit.tasks import background
from parlando_kit.waiting import WaitingRoom
from parlando_router.admin_servicer import AdminServicer
from parlando_router.budget_client import GrpcBudgets
from parlando_router.budgets import Budgets
from parlando_router.engines import Engines
from parlando_router.fragmenter_client import GrpcFragmenter
from parlando_router.instruments import Instruments
from parlando_router.policy_watch import watch_policies
from parlando_router.previews import Previews
from parlando_router.servicer import speech_service
from parlando_router.utterance import Studio
from parlando_router.watch import EngineWatch, LookUp, resolve, watch_fragmenter
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth import admin_servicer as synth_admin
from parlando_synth.engine import Engine, Warmth
from parlando_synth.loading import engine_of
from parlando_synth.servicer import synth_service
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.worker import Bounds, Worker

if TYPE_CHECKING:
    from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceAsyncStub
    from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceAsyncStub

NAME = speech_service_pb2.DESCRIPTOR.services_by_name["SpeechService"].full_name
POLL = 0.05
DEADLINE = 30.0
Speak: TypeAlias = "grpc.aio.StreamStreamCall[speech_pb2.SpeakRequest, speech_pb2.SpeakResponse]"


class HastyClock:
    """A clock on which time passes many times as fast."""

    def __init__(self, factor: float) -> None:
        self._factor = factor

    def now(self) -> float:
        """Return seconds since an arbitrary start."""
        return time.monotonic() * self._factor

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` of this clock have passed."""
        await asyncio.sleep(seconds / self._factor)


@dataclass
class WorkerProcess:
    """A synth worker with a scripted engine, which may be stopped and started again at its address.

    Attributes:
        script: of its engine.
        engine: makes another engine, in the scripted one's place.
        name: its engine's name.
        port: 0 before it has been started.
    """

    script: ScriptedSettings = field(default_factory=ScriptedSettings)
    name: str = "scripted"
    engine: Callable[[], Engine] | None = None
    port: int = 0
    max_queued: int = 8

    def __post_init__(self) -> None:
        self._running = AsyncExitStack()

    @property
    def address(self) -> str:
        """Where it serves."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Serve, its engine being ready."""
        settings = self.script
        worker = Worker(
            self.name,
            self.engine or (lambda: ThreadedEngine(ScriptedEngine(settings), instances=settings.instances)),
            bounds=Bounds(max_queued=self.max_queued, max_unread=300.0),
            warmth=Warmth(),
            clock=MonotonicClock(),
            meter=NoOpMeter("test"),
        )
        calls = CallsUnderWay()
        admin = synth_admin.AdminServicer(  # type: ignore[abstract]  # the rest is UNIMPLEMENTED
            worker, MonotonicClock(), calls, drain_seconds=10.0
        )
        services = [synth_service(worker, calls), admin_service(admin)]
        server = Server(ServerSettings(port=self.port), services, calls=calls)
        await self._running.enter_async_context(engine_of(worker, server))
        self.port = await server.start()
        self._running.push_async_callback(server.stop, 0)

    async def stop(self) -> None:
        """Go away at once."""
        await self._running.aclose()

    async def load(self) -> int:
        """Return how many syntheses are live and queued, as it says itself."""
        async with open_channel(self.address) as channel:
            stub = synth_service_pb2_grpc.SynthServiceStub(channel)
            said = await stub.DescribeEngine(synth_pb2.DescribeEngineRequest(), wait_for_ready=True)
            return said.load.live + said.load.queued

    async def until_load(self, load: int) -> None:
        """Return once it says that it has so many syntheses."""
        await until(self.load, load)


@dataclass(frozen=True)
class Router:
    """A router that is served.

    Attributes:
        channel: to it.
        stub: on that channel.
        admin: likewise, for administration.
        instruments: of its utterances.
    """

    address: str
    channel: grpc.aio.Channel
    stub: SpeechServiceAsyncStub
    admin: AdminServiceAsyncStub
    instruments: Instruments

    async def utterances(self) -> int:
        """Return how many utterances are under way."""
        return self.instruments.utterances

    async def health(self, name: str = "") -> bool:
        """Return whether something is serving."""
        stub = health_pb2_grpc.HealthStub(self.channel)
        request = health_pb2.HealthCheckRequest(service=name)
        answer = await stub.Check(request, wait_for_ready=True)  # type: ignore[attr-defined]  # set in its constructor
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def replicas(self) -> dict[str, speech_pb2.EngineReplica]:
        """Return the workers it knows, by address."""
        known = await self.stub.ListEngines(speech_pb2.ListEnginesRequest())
        return {replica.address: replica for engine in known.engines for replica in engine.replicas}

    async def serving(self) -> set[str]:
        """Return the addresses of the workers it would give work to."""
        return {address for address, replica in (await self.replicas()).items() if replica.serving}


async def until(read: Callable[[], Awaitable[object]], value: object) -> None:
    """Return once `read` returns `value`."""
    async with asyncio.timeout(30):
        while await read() != value:  # noqa: ASYNC110  # what is read lies beyond a wire
            await asyncio.sleep(0.005)


@asynccontextmanager
async def routing(
    targets: Sequence[str],
    *,
    fragmenter: fragmenter_service_pb2_grpc.FragmenterServiceServicer | None = None,
    clock: Clock | None = None,
    look_up: LookUp = resolve,
    ready: bool = True,
    session: grpc.aio.Channel | None = None,
    most_waiting: int = 1_000,
) -> AsyncIterator[Router]:
    """Serve a router with a fragmenter.

    Args:
        targets: of its engines.
        fragmenter: what is to take the real one's place.
        clock: of the utterances and the watch.
        look_up: how targets are resolved.
        ready: wait until the router says that it serves.
        session: to the service that has the policies and the budgets.
        most_waiting: utterances that may wait for their first audio.
    """
    clock = clock or MonotonicClock()
    async with AsyncExitStack() as stack:
        servicer = fragmenter or FragmenterServicer(MonotonicClock(), NoOpMeter("test"))
        fragmenters = Server(ServerSettings(), [fragmenter_service(servicer)])  # type: ignore[arg-type]  # or one like it
        port = await fragmenters.start()
        stack.push_async_callback(fragmenters.stop, 0)
        to_fragmenter = await stack.enter_async_context(open_channel(f"127.0.0.1:{port}"))
        engines, instruments = Engines(clock), Instruments()
        budgets = Budgets(GrpcBudgets(session) if session is not None else None, clock)
        await stack.enter_async_context(background(budgets.run()))
        waiting = WaitingRoom(most_waiting, clock)
        studio = Studio(GrpcFragmenter(to_fragmenter), engines, clock, instruments, waiting, budgets)
        calls = CallsUnderWay()
        previews = Previews(studio, 1_000_000)
        admin = AdminServicer(  # type: ignore[abstract]  # the rest is UNIMPLEMENTED
            studio, previews, clock, calls, 10.0
        )
        services = [speech_service(studio, previews), admin_service(admin)]
        server = Server(ServerSettings(max_message_bytes=16 * 1024 * 1024), services, calls=calls)
        if session is not None:
            await stack.enter_async_context(background(watch_policies(session, clock, engines.take_policies)))
        await server.set_health("dependency/engines", serving=False)
        watch = EngineWatch(
            engines, targets, clock, poll=POLL, deadline=DEADLINE, server=server, look_up=look_up
        )
        await stack.enter_async_context(background(watch.run()))
        await stack.enter_async_context(background(watch_fragmenter(to_fragmenter, server, clock, POLL)))
        address = f"127.0.0.1:{await server.start()}"
        stack.push_async_callback(server.stop, 0)
        channel = await stack.enter_async_context(open_channel(address))
        stub = speech_service_pb2_grpc.SpeechServiceStub(channel)
        admin_stub = admin_service_pb2_grpc.AdminServiceStub(channel)
        router = Router(address, channel, stub, admin_stub, instruments)
        if ready:
            await until(router.health, True)
        yield router


@asynccontextmanager
async def mesh(
    *workers: WorkerProcess,
    fragmenter: fragmenter_service_pb2_grpc.FragmenterServiceServicer | None = None,
    clock: Clock | None = None,
    session: grpc.aio.Channel | None = None,
    most_waiting: int = 1_000,
) -> AsyncIterator[Router]:
    """Serve a router with workers of its own."""
    async with AsyncExitStack() as stack:
        for worker in workers:
            await worker.start()
            stack.push_async_callback(worker.stop)
        targets = [worker.address for worker in workers]
        router = await stack.enter_async_context(
            routing(targets, fragmenter=fragmenter, clock=clock, session=session, most_waiting=most_waiting)
        )
        await until(router.serving, set(targets))
        yield router


# Messages and answers


def opened(
    epoch: int = 1, *, utterance_id: str = "", words: str = "", complete: bool = False, **settings: Any
) -> speech_pb2.SpeakRequest:
    """Return an opener, with words to begin with, or all of them."""
    how = speech_pb2.SpeechSettings(**settings)
    opener = speech_pb2.SpeakOpen(settings=how, utterance_id=utterance_id, text=words, complete=complete)
    return speech_pb2.SpeakRequest(epoch=epoch, open=opener)


def text(words: str, epoch: int = 1) -> speech_pb2.SpeakRequest:
    """Return a text message."""
    return speech_pb2.SpeakRequest(epoch=epoch, text=speech_pb2.SpeakText(text=words))


def flush(flush_id: int, epoch: int = 1) -> speech_pb2.SpeakRequest:
    """Return a flush."""
    return speech_pb2.SpeakRequest(epoch=epoch, flush=speech_pb2.SpeakFlush(id=flush_id))


def cancel(epoch: int = 1) -> speech_pb2.SpeakRequest:
    """Return a cancel."""
    return speech_pb2.SpeakRequest(epoch=epoch, cancel=speech_pb2.SpeakCancel())


def played(samples: int, epoch: int = 1) -> speech_pb2.SpeakRequest:
    """Return a report of playback."""
    return speech_pb2.SpeakRequest(epoch=epoch, playback=speech_pb2.SpeakPlayback(samples_played=samples))


END = speech_pb2.SpeakRequest(epoch=1, end=speech_pb2.SpeakEnd())


def say(words: str, **settings: Any) -> speech_pb2.SayRequest:
    """Return a request to say something."""
    return speech_pb2.SayRequest(text=words, settings=speech_pb2.SpeechSettings(**settings))


async def send(call: Speak, *messages: speech_pb2.SpeakRequest) -> None:
    """Write messages."""
    for message in messages:
        await call.write(message)


async def receive(call: Speak) -> list[speech_pb2.SpeechEvent]:
    """Return the events of the next message; there must be one."""
    response = await call.read()
    assert isinstance(response, speech_pb2.SpeakResponse)
    return list(response.events)


async def read_until(call: Speak, kind: str) -> list[speech_pb2.SpeechEvent]:
    """Return all events up to the message that holds one of a kind."""
    events: list[speech_pb2.SpeechEvent] = []
    while kind not in kinds(events):
        events += await receive(call)
    return events


async def rest(call: Speak) -> list[speech_pb2.SpeechEvent]:
    """Return all events to the end."""
    events: list[speech_pb2.SpeechEvent] = []
    while isinstance(response := await call.read(), speech_pb2.SpeakResponse):
        events += response.events
    return events


async def said(call: AsyncIterable[speech_pb2.SayResponse]) -> list[speech_pb2.SpeechEvent]:
    """Return all events of a Say."""
    return [event async for response in call for event in response.events]


def kinds(events: Sequence[speech_pb2.SpeechEvent]) -> list[str]:
    """Return what events tell of."""
    return [event.WhichOneof("event") or "" for event in events]


def pcm(events: Sequence[speech_pb2.SpeechEvent]) -> bytes:
    """Return all audio."""
    return b"".join(event.audio.data for event in events)


async def failure(call: Awaitable[object]) -> ParlandoError:
    """Return the domain error that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await call
    return from_rpc_error(ended.value)
