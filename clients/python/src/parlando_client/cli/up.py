"""`parlando up`."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import click

from parlando_client.channel import DEFAULT_ADDRESS
from parlando_client.cli.failure import Failure
from parlando_client.cli.options import (
    edge_port_option,
    envoy_admin_port_option,
    envoy_port_option,
    fragmenter_port_option,
    router_port_option,
    session_port_option,
    synth_port_option,
    traces_port_option,
)
from parlando_client.cli.playback import find_player
from parlando_client.supervisor.envoy import ORIGINS_OF_THIS_MACHINE, Front, why_no_envoy
from parlando_client.supervisor.supervisor import StartError, supervise
from parlando_client.supervisor.system import Places, children, missing_modules
from parlando_client.supervisor.workers import local_workers


@click.command()
@envoy_port_option
@envoy_admin_port_option
@edge_port_option
@router_port_option
@session_port_option
@fragmenter_port_option
@synth_port_option
@traces_port_option
@click.option(
    "--engine",
    envvar="SYNTH_ENGINE",
    default="",
    show_envvar=True,
    help="The only engine to start; by default espeak-ng, and each that has its files or its account.",
)
@click.option(
    "--workers",
    envvar="SYNTH_WORKERS",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    show_envvar=True,
    help="Workers of espeak-ng, or of --engine, on the synth port and those above it: one can fail.",
)
@click.option(
    "--edges",
    envvar="EDGES",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    show_envvar=True,
    help="Edges, the first on the edge port and the others 100 above it and on: each uses one core.",
)
@click.option(
    "--routers",
    envvar="ROUTERS",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    show_envvar=True,
    help="Routers, the first on the router port and the others 100 above it and on: one can be restarted.",
)
@click.option(
    "--together",
    is_flag=True,
    envvar="TOGETHER",
    show_envvar=True,
    help="Run edge, router, fragmenter and a worker as one process, and as many of those as --edges says: "
    "sound comes sooner, for a third less CPU, and what ends one of them ends all four.",
)
@click.option(
    "--engines",
    envvar="ENGINES",
    default="",
    show_envvar=True,
    metavar="ADDRESS,…",
    help="Further workers, which run elsewhere.",
)
@click.option(
    "--allowed-origins",
    envvar="ENVOY_ALLOWED_ORIGINS",
    default=ORIGINS_OF_THIS_MACHINE,
    show_envvar=True,
    metavar="REGEX",
    help="Origins of web pages that may call, besides the page itself; by default this machine's.",
)
@click.option(
    "--otlp-endpoint",
    envvar="OTEL_EXPORTER_OTLP_ENDPOINT",
    default="",
    show_envvar=True,
    metavar="URL",
    help="Collector of traces over OTLP/gRPC; without it none are made.",
)
@click.option(
    "--trace",
    is_flag=True,
    envvar="PARLANDO_TRACE",
    help="Keep the last 500 traces in memory, for `parlando say --trace`.",
)
def up(
    envoy_port: int,
    envoy_admin_port: int,
    edge_port: int,
    router_port: int,
    session_port: int,
    fragmenter_port: int,
    synth_port: int,
    traces_port: int,
    engine: str,
    workers: int,
    edges: int,
    routers: int,
    together: bool,  # noqa: FBT001  # click passes by name
    engines: str,
    allowed_origins: str,
    otlp_endpoint: str,
    trace: bool,  # noqa: FBT001  # click passes by name
) -> None:
    """Start every service, and keep them running until Ctrl-C.

    Ctrl-C stops them front to back, each finishing what it has; a second one stops them at once.
    """
    missing = missing_modules()
    if missing:
        raise Failure(
            f"not installed beside this command: {', '.join(missing)}. Run `make up` in Parlando's own folder"
        )
    if together and routers > 1:
        raise click.UsageError("--together runs a router in each edge: say with --edges how many")
    if trace and otlp_endpoint:
        raise click.UsageError("--trace and --otlp-endpoint name two collectors of traces: give one")
    if trace:
        otlp_endpoint = f"http://127.0.0.1:{traces_port}"
    no_envoy = why_no_envoy()
    front = Front(
        port=envoy_port, admin_port=envoy_admin_port, origins=allowed_origins, otlp_endpoint=otlp_endpoint
    )
    places = Places(
        edges=_ports(edge_port, edges),
        routers=_ports(router_port, edges if together else routers),
        session=session_port,
        fragmenter=fragmenter_port,
        together=together,
        workers=local_workers(engine, synth_port, max(workers, edges) if together else workers),
        engines=engines,
        front=None if no_envoy else front,
        traces=traces_port if trace else None,
        otlp_endpoint=otlp_endpoint,
    )
    page = f"http://127.0.0.1:{edge_port if no_envoy else envoy_port}/"

    def ready(seconds: float) -> None:
        click.echo(f"Parlando is up at {page} after {seconds:.1f} s. Hear it:")
        click.echo(f"  {_try_it(f'127.0.0.1:{router_port}')}")
        click.echo(f"  {_try_it_over_http(page)}")

    if no_envoy:
        _report(f"{no_envoy}: the first edge alone is the way in, with no gRPC for browsers")
    try:
        asyncio.run(supervise(children(places), _report, ready))
    except StartError as error:
        raise Failure(str(error)) from None


def _ports(first: int, count: int) -> tuple[int, ...]:
    """Return the ports of services that are alike: the first, and the others 100 above it and on."""
    return (first, *(first + 99 + place for place in range(1, count)))


def _report(line: str) -> None:
    click.echo(f"parlando: {line}", err=True)


def _try_it_over_http(page: str) -> str:
    body = json.dumps({"input": "Hello, I am speaking.", "voice": "alloy", "response_format": "wav"})
    return (
        f"curl -s -X POST {page}v1/audio/speech -H 'content-type: application/json' -d '{body}' -o hello.wav"
    )


def _try_it(address: str) -> str:
    """Return a command that makes sound here, or a sound file where there is no device."""
    command = Path(sys.argv[0])
    found = shutil.which("parlando")
    if found is None or not command.exists() or not Path(found).samefile(command):
        name = os.path.relpath(command)
    else:
        name = "parlando"
    where = "" if address == DEFAULT_ADDRESS else f" --address {address}"
    output = "" if find_player(os.environ) else " -o hello.wav"
    return f'{name} say "Hello, I am speaking."{where}{output}'
