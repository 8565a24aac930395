"""The table of Parlando's services, as they run on one machine."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from itertools import zip_longest

from parlando_client.supervisor.child import Child
from parlando_client.supervisor.envoy import Front, envoy
from parlando_client.supervisor.http_probe import wait_until_http_heard, wait_until_http_serves
from parlando_client.supervisor.ports import wait_until_answering, wait_until_heard, wait_until_serving
from parlando_client.supervisor.workers import Worker

ROUTER_SERVICE = "parlando.speech.v1.SpeechService"
SESSION_SERVICE = "parlando.session.v1.SessionService"
FRAGMENTER_SERVICE = "parlando.fragmenter.v1.FragmenterService"
SYNTH_SERVICE = "parlando.synth.v1.SynthService"
TRACES_SERVICE = "parlando.traces.TraceRing"
EDGE_HEALTH = "/healthz"
EDGE_SIGN = b'"status"'
"""What the edge's answer to EDGE_HEALTH holds."""

_Returns = Callable[[], Awaitable[None]]
_SERVICES = ("edge", "router", "session", "fragmenter", "synth", "together")
_TOGETHER_STOP_SECONDS = 24.0
"""Four that leave one after the other, within one drain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the services listen, all on 127.0.0.1, and what they run.

    Attributes:
        edges: ports of the edges.
        routers: ports of the routers.
        session: port of the session service.
        fragmenter: port of the fragmenter, or of the first.
        together: whether each edge, a router, a fragmenter and a worker are one process. There are as many
            routers as edges, then; workers whose engine has an environment of its own are apart, and so are
            those that are too many.
        workers: synthesis workers, in the order in which a text is offered to them.
        engines: addresses of further workers, separated by commas, that run elsewhere.
        front: what Envoy is told; None: there is no Envoy.
        traces: port of the trace ring; None: there is none.
        otlp_endpoint: URL of the OTLP/gRPC collector of the services' traces; empty: they make none.
    """

    edges: tuple[int, ...]
    routers: tuple[int, ...]
    session: int
    fragmenter: int
    together: bool = False
    workers: tuple[Worker, ...]
    engines: str = ""
    front: Front | None = None
    traces: int | None = None
    otlp_endpoint: str = ""


def children(places: Places) -> tuple[Child, ...]:
    """Return the services, front first. Behind the router none calls another.

    Envoy stands behind edges and routers: what these finish goes through Envoy, and WebSockets and watches of
    health, which would last for ever, end with them.
    """
    front = places.front
    services = (
        *(_together(places) if places.together else _apart(places)),
        *([envoy(front, places.edges, places.routers, partial(_lets_through, front.port))] if front else []),
        *_layer(
            # With REDIS_URL in the environment it keeps everything there, else in its own memory.
            _grpc_service("session", places.session, SESSION_SERVICE),
            *([] if places.together else [_fragmenter(places.fragmenter)]),
            *(_worker(worker) for worker in places.workers if worker not in _inside(places)),
        ),
        # Last to be stopped, so that it takes the last spans of the others.
        *([_traces(places.traces)] if places.traces else []),
    )
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": places.otlp_endpoint}
    return tuple(replace(child, environment={**child.environment, **told}) for child in services)


def _apart(places: Places) -> Iterator[Child]:
    """Yield edges and routers."""
    yield from _replicas(
        _service(
            "edge",
            port,
            partial(wait_until_http_serves, port, EDGE_HEALTH, EDGE_SIGN),
            partial(wait_until_http_heard, port, EDGE_HEALTH),
            ROUTER_ADDRESS=",".join(map(_here, places.routers)),
            SESSION_ADDRESS=_here(places.session),
        )
        for port in places.edges
    )
    yield from _replicas(
        _grpc_service(
            "router",
            port,
            ROUTER_SERVICE,
            FRAGMENTER_ADDRESS=_here(places.fragmenter),
            SESSION_ADDRESS=_here(places.session),
            ENGINES=_engines(places),
        )
        for port in places.routers
    )


def _together(places: Places) -> Iterator[Child]:
    """Yield edges, each with a router, a fragmenter and perhaps a worker in its process."""
    yield from _replicas(
        Child(
            name="together",
            command=(sys.executable, "-m", "parlando_together"),
            environment={
                **{name: str(port) for name, port in ports.items()},
                **dict.fromkeys(("EDGE_HOST", "ROUTER_HOST", "FRAGMENTER_HOST", "SYNTH_HOST"), "127.0.0.1"),
                "SYNTH_ENGINE": worker.engine if worker else "",
                "SESSION_ADDRESS": _here(places.session),
                "ENGINES": _engines(places),
            },
            ports={name: port for name, port in ports.items() if port},
            ready=partial(_serves_together, ports["EDGE_PORT"], ports["ROUTER_PORT"]),
            stop_seconds=_TOGETHER_STOP_SECONDS,
            heard=partial(wait_until_http_heard, ports["EDGE_PORT"], EDGE_HEALTH),
        )
        for ports, worker in _joined(places)
    )


def _joined(places: Places) -> Iterator[tuple[dict[str, int], Worker | None]]:
    """Yield the ports of each process that has several services, and its worker; 0 is any that is free."""
    for edge, router, fragmenter, worker in zip_longest(
        places.edges, places.routers, [places.fragmenter], _inside(places)
    ):
        ports = {"EDGE_PORT": edge, "ROUTER_PORT": router, "FRAGMENTER_PORT": fragmenter or 0}
        yield {**ports, "SYNTH_PORT": worker.port if worker else 0}, worker


def _inside(places: Places) -> tuple[Worker, ...]:
    """Return the workers that are in one process with an edge each."""
    able = [worker for worker in places.workers if worker.python == sys.executable and not worker.elsewhere]
    return tuple(able[: len(places.edges)]) if places.together else ()


async def _serves_together(edge: int, router: int) -> None:
    await wait_until_serving(_here(router), ROUTER_SERVICE)
    await wait_until_http_serves(edge, EDGE_HEALTH, EDGE_SIGN)


def _engines(places: Places) -> str:
    """Return the addresses of all workers."""
    own = [_here(worker.port) for worker in places.workers]
    return ",".join([*own, places.engines] if places.engines else own)


def _here(port: int) -> str:
    return f"127.0.0.1:{port}"


def missing_modules() -> list[str]:
    """Return the services that are not installed beside this command."""
    return [name for name in _SERVICES if find_spec(f"parlando_{name}") is None]


def _replicas(alike: Iterable[Child]) -> Iterator[Child]:
    """Yield services that are alike, each but the first with its first port in its name."""
    for place, child in enumerate(_layer(*alike)):
        port = next(iter(child.ports.values()))
        yield replace(child, name=f"{child.name}-{port}") if place else child


def _layer(*children: Child) -> Iterator[Child]:
    """Yield services none of which calls another, so that they are stopped together."""
    for child in children:
        yield replace(child, layer=children[0].name)


async def _lets_through(port: int) -> None:
    """Return once the edge and the router are heard through Envoy."""
    await wait_until_http_serves(port, EDGE_HEALTH, EDGE_SIGN)
    await wait_until_serving(_here(port), ROUTER_SERVICE)


def _traces(port: int) -> Child:
    child = _grpc_service("traces", port, TRACES_SERVICE)
    return replace(child, command=(sys.executable, "-m", "parlando_kit.traces"))


def _worker(worker: Worker) -> Child:
    child = _grpc_service("synth", worker.port, SYNTH_SERVICE, SYNTH_ENGINE=worker.engine)
    if worker.elsewhere:
        ready = partial(wait_until_answering, _here(worker.port), SYNTH_SERVICE)
        child = replace(child, ready=ready)
    return replace(child, name=worker.name, command=(worker.python, *child.command[1:]))


def _fragmenter(port: int) -> Child:
    return _grpc_service("fragmenter", port, FRAGMENTER_SERVICE)


def _grpc_service(name: str, port: int, service: str, **environment: str) -> Child:
    address = _here(port)
    ready, heard = partial(wait_until_serving, address, service), partial(wait_until_heard, address, service)
    return _service(name, port, ready, heard, **environment)


def _service(name: str, port: int, ready: _Returns, heard: _Returns, **environment: str) -> Child:
    prefix = name.upper()
    return Child(
        name=name,
        command=(sys.executable, "-m", f"parlando_{name}"),
        environment={f"{prefix}_HOST": "127.0.0.1", f"{prefix}_PORT": str(port), **environment},
        ports={f"{prefix}_PORT": port},
        ready=ready,
        heard=heard,
    )
