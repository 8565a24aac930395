"""A gRPC server as every service of ours has it: health, reflection, interceptors, bounds."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import cast

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from parlando_kit.calls import CallsUnderWay
from parlando_kit.health import ACCEPTING, HealthServicer
from parlando_kit.interceptors import ErrorInterceptor
from parlando_kit.local import LocalChannel, LocalMethods
from parlando_kit.settings import ServerSettings

LEAVING_SECONDS = 2.0
"""How much longer than its grace a stop may take, until the last of what was under way has left."""

_QUIET_SECONDS = 0.1  # without a call, until nobody is taken to be about to call


class PortTakenError(Exception):
    """The address cannot be listened on; the message is fit for the person who started the service."""


@dataclass(frozen=True, slots=True)
class Service:
    """A servicer to be served.

    Attributes:
        name: full name of the gRPC service. Example: "parlando.speech.v1.SpeechService".
        register: adds the servicer to a server.
        answers_always: methods that are no work: they are answered while the service drains, and it does not
            wait for them. Example: "StopSynthesis".
    """

    name: str
    register: Callable[[grpc.aio.Server], None]
    answers_always: Collection[str] = ()


class Server:
    """A gRPC server with health and reflection.

    Health is kept per service and per dependency: `set_health("dependency/fragmenter", serving=False)`
    also takes the services and the whole ("") out of SERVING, until it is set back. "accepting" is SERVING
    while calls are taken, and answered, whatever a dependency does.

    Args:
        settings: address, port and bounds.
        services: what is served.
        tracing: interceptors that go first.
        calls: counts the calls under way, and tells whether new ones are taken; by default its own.
    """

    def __init__(
        self,
        settings: ServerSettings,
        services: Sequence[Service],
        tracing: Sequence[grpc.aio.ServerInterceptor] = (),
        calls: CallsUnderWay | None = None,
    ) -> None:
        self._settings = settings
        self._services = [service.name for service in services]
        self._dependencies: dict[str, bool] = {}
        self._bound = False
        self._left = False  # all has been waited for that will be
        self._calls = calls or CallsUnderWay()
        self._calls.on_change(self._publish)
        self._drained: list[Callable[[], None]] = []
        excepted = {f"/{each.name}/{method}" for each in services for method in each.answers_always}
        interceptors = [*tracing, ErrorInterceptor(self._calls, excepted)]
        self._local = LocalMethods(interceptors)
        self._server = grpc.aio.server(
            interceptors=interceptors,
            options=(
                ("grpc.so_reuseport", 0),  # or a second system would share the port in silence
                ("grpc.http2.bdp_probe", 0),  # or megabytes pile up before a reader that stopped
                ("grpc.max_receive_message_length", settings.max_message_bytes),
                ("grpc.keepalive_time_ms", 20_000),
                ("grpc.keepalive_timeout_ms", 5_000),
                ("grpc.http2.ping_timeout_ms", 5_000),  # or it waits a minute for the answer to that ping
                ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
                ("grpc.keepalive_permit_without_calls", 1),
            ),
        )
        self._health = HealthServicer()
        for server in (self._server, cast("grpc.aio.Server", self._local)):
            for service in services:
                service.register(server)
            health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.enable_server_reflection(
            [*self._services, health.SERVICE_NAME, reflection.SERVICE_NAME],
            self._server,
        )

    @property
    def live(self) -> int:
        """Calls under way that are work."""
        return self._calls.live

    def channel(self) -> LocalChannel:
        """Return a channel to it for callers in its process, started or not."""
        return LocalChannel(self._local)

    async def start(self) -> int:
        """Bind, start serving, and return the port.

        Raises:
            PortTakenError: the port is in use, or the address is not this machine's.
        """
        host, port = self._settings.host, self._settings.port
        await _probe(host, port)
        try:
            bound = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:  # taken since the probe
            raise PortTakenError(f"cannot listen on {host}:{port}: another process was quicker") from error
        self._bound = True
        self._publish()
        await self._server.start()
        return int(bound)

    async def ready(self, within: float) -> bool:
        """Return whether it and what it depends on serve, once they do or `within` seconds have passed."""
        try:
            async with asyncio.timeout(within):
                await self._health.serving("")
        except TimeoutError:
            return False
        return True

    async def set_health(self, name: str, *, serving: bool) -> None:
        """Set the health of a dependency; the services follow."""
        self._dependencies[name] = serving
        self._publish()

    def _publish(self) -> None:
        for name, serving in self._dependencies.items():
            self._health.set(name, serving=serving)
        accepting = self._bound and self._calls.taken
        self._health.set(ACCEPTING, serving=accepting)
        whole = accepting and all(self._dependencies.values())
        for name in (*self._services, ""):
            self._health.set(name, serving=whole)

    def on_drain(self, end: Callable[[], None]) -> None:
        """Call `end` when the server begins to stop: what is held open without an end must end there."""
        self._drained.append(end)

    async def stop(self, grace: float) -> None:
        """Say NOT_SERVING, refuse new calls (DRAINING), and wait up to `grace` seconds for those under way.

        It takes `LEAVING_SECONDS` longer at most; what has not left by then is not waited for again. A second
        call, while the first still waits, ends what is left after its own grace.
        """
        if self._left:
            return
        self._health.drain()
        for end in self._drained:
            end()
        self._calls.refuse()
        in_time = await self._calls.none(within=grace)
        leaving = min(grace, LEAVING_SECONDS) if in_time else 0.0
        if in_time:  # whoever was just answered calls again at once
            await self._calls.quiet(_QUIET_SECONDS, leaving / 2)
        # Only now is gRPC told: a call that arrives just then ends with CANCELLED, which nobody repeats, or
        # is lost in it, unanswered, and would hold the stop up for as long as it may last. What is waited
        # for are last bytes on their way.
        await self._server.stop(leaving / 2)
        self._local.end()
        # Calls that were ended may still be leaving: what they use is closed only after them.
        await self._calls.none(within=LEAVING_SECONDS - leaving)
        self._left = True


async def _probe(host: str, port: int) -> None:
    """Raise PortTakenError if nothing can listen there. gRPC alone would not say why, and not in one line."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = "the port is taken; stop what holds it, or choose another"
        else:
            why = error.strerror or str(error)
        raise PortTakenError(f"cannot listen on {host}:{port}: {why}") from error
