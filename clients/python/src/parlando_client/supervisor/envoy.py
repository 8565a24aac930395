"""Envoy in front of the services, where it is installed. See docs/decisions/0009-envoy.md."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from parlando_client.supervisor.child import Child
from parlando_client.supervisor.http_probe import request, wait_until_http_heard

ORIGINS_OF_THIS_MACHINE = "https?://(localhost|127[.]0[.]0[.]1)(:[0-9]+)?"
"""Pages that were loaded from this machine, as a regular expression on their origin."""

_CHECKOUT = Path(__file__).parents[5]
_CONFIG = _CHECKOUT / "deploy" / "envoy" / "envoy.yaml"
_DESCRIPTORS = "descriptors.binpb"
_OTLP_PORT = 4317
_AGAIN_SECONDS = 0.05
_UNDER_WAY = re.compile(rb"http\.public\.downstream_rq_active: (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What Envoy is told.

    Attributes:
        port: where everything public is served, on 127.0.0.1.
        admin_port: where Envoy's own pages are, on 127.0.0.1.
        origins: regular expression of the origins whose pages may call from a browser.
        otlp_endpoint: URL of an OTLP/gRPC collector for traces; empty: no request is traced.
    """

    port: int
    admin_port: int
    origins: str = ORIGINS_OF_THIS_MACHINE
    otlp_endpoint: str = ""


def why_no_envoy() -> str:
    """Return in a few words why Envoy cannot be run here; "" where it can."""
    if not _program():
        return "envoy is not installed"
    if not _CONFIG.exists():
        return f"there is no {_CONFIG}"
    return ""


def envoy(
    front: Front, edges: Sequence[int], routers: Sequence[int], ready: Callable[[], Awaitable[None]]
) -> Child:
    """Return the child that runs Envoy.

    Args:
        front: what it is told.
        edges: ports of the edges.
        routers: ports of the routers.
        ready: returns once it lets requests through.
    """
    # The whole configuration is an argument, so that there is no file to write and to clear away.
    options = ("--concurrency", "1", "--disable-hot-restart", "-l", "warning")
    form = ("--log-format", "%Y-%m-%d %T,%e %l envoy %n: %v")
    return Child(
        name="envoy",
        command=(*_program(), *options, *form, "--config-yaml", configuration(front, edges, routers)),
        environment={},
        ports={"ENVOY_PORT": front.port, "ENVOY_ADMIN_PORT": front.admin_port},
        ready=ready,
        close=partial(_close, front.admin_port),
        drain=partial(_drain, front.admin_port),
        heard=partial(wait_until_http_heard, front.admin_port, "/ready"),
    )


def configuration(front: Front, edges: Sequence[int], routers: Sequence[int]) -> str:
    """Return deploy/envoy/envoy.yaml for services on this machine."""
    collector = urlsplit(front.otlp_endpoint)
    words = {
        "LISTEN_HOST": "127.0.0.1",
        "LISTEN_PORT": front.port,
        "ADMIN_PORT": front.admin_port,
        "EDGE_ENDPOINTS": _endpoints(edges),
        "ROUTER_ENDPOINTS": _endpoints(routers),
        "OTLP_HOST": _quoted(collector.hostname or "127.0.0.1"),
        "OTLP_PORT": collector.port or _OTLP_PORT,
        "TRACE_PERCENT": 100 if front.otlp_endpoint else 0,
        "DESCRIPTORS": _quoted(str(resources.files("parlando").joinpath(_DESCRIPTORS))),
        "ALLOWED_ORIGINS": front.origins.replace("'", "''"),  # it stands between single ones
        "TRUSTED_HOPS": 0,
    }
    return Template(_CONFIG.read_text()).substitute(words)


def _quoted(text: str) -> str:
    """Return a text as it stands between double quotes there, where YAML reads what JSON writes."""
    return json.dumps(text)[1:-1]


def _endpoints(ports: Sequence[int]) -> str:
    return json.dumps(
        [
            {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}
            for port in ports
        ]
    )


def _program() -> tuple[str, ...]:
    """Return the command of the wheel that this interpreter has, or of the machine's own Envoy."""
    if find_spec("envoy") is not None:
        return (sys.executable, "-m", "envoy._main")
    found = shutil.which("envoy")
    return (found,) if found else ()


async def _close(admin_port: int) -> None:
    """Take no more connections."""
    with suppress(OSError, ValueError):  # it has ended already, or does not answer
        await request(admin_port, "/drain_listeners", "POST")


async def _drain(admin_port: int) -> None:
    """Return once no request is under way: Envoy ends what is, when it ends."""
    with suppress(OSError, ValueError):  # there is nothing to wait for
        while await _requests(admin_port) > 0:  # noqa: ASYNC110  # Envoy tells only those who ask
            await asyncio.sleep(_AGAIN_SECONDS)


async def _requests(admin_port: int) -> int:
    _, stats = await request(admin_port, "/stats?filter=^http.public.downstream_rq_active$")
    found = _UNDER_WAY.search(stats)
    return int(found[1]) if found else 0
