"""`parlando bench`."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import click
import grpc
from rich.console import Console
from rich.table import Table

from parlando_client.channel import CHANNEL_OPTIONS
from parlando_client.cli.failure import Failure
from parlando_client.cli.options import Address
from parlando_client.client import Client
from parlando_client.latency.figures import PERCENTILES, Kind, Latency, by_kind, percentile

_WARM_UP = 3  # rounds that do not count
_MOST_FRAMES = 6  # of audio before a cancel: from none to more than are under way at a time

Road = Callable[[int], list[Latency]]
"""Measures once, cancelling after so many frames."""


@click.group()
def bench() -> None:
    """Measure a running system."""


@bench.command()
@click.option(
    "--address",
    envvar="PARLANDO_PUBLIC_ADDRESS",
    default="127.0.0.1:8080",
    show_default=True,
    show_envvar=True,
    type=Address(),
    help="The public listener: Envoy.",
)
@click.option(
    "--engine", "engines", multiple=True, help="Only this engine; may be given again. Default: all up."
)
@click.option(
    "--rounds", default=100, show_default=True, type=click.IntRange(1, 10_000), help="Of each road."
)
@click.option(
    "--seconds", default=120.0, show_default=True, type=click.FloatRange(1, 3_600), help="At most so long."
)
@click.option(
    "--plots", type=click.Path(file_okay=False, path_type=Path), help="Folder to draw charts to, as SVG."
)
def latency(address: str, engines: tuple[str, ...], rounds: int, seconds: float, plots: Path | None) -> None:
    """Measure first chunk and cancel by gRPC, Realtime and HTTP, as one client sees them."""
    try:
        from parlando_client.latency import plots as drawing  # noqa: PLC0415  # of the extra [bench]
    except ImportError:
        raise Failure("what measures is not installed: pip install 'parlando[bench]'") from None
    with Client(address) as client:
        up = [each.name for each in client.list_engines() if any(one.serving for one in each.replicas)]
    unknown = sorted(set(engines) - set(up))
    if unknown:
        raise Failure(f"no such engine is up: {', '.join(unknown)}; there are {', '.join(up)}")
    measured = by_kind(_measured(address, engines or up, rounds, time.monotonic() + seconds))
    Console().print(_table(measured))
    if plots is not None:
        for file in drawing.draw(measured, plots):
            click.echo(f"drawn: {file}")


def _measured(address: str, engines: Iterable[str], rounds: int, until: float) -> Iterator[Latency]:
    from parlando_client.latency import grpc_road, web_roads  # noqa: PLC0415  # of the extra [bench]

    chance = random.Random(0)  # noqa: S311  # moments to cancel at
    try:
        with (
            grpc.insecure_channel(address, options=CHANNEL_OPTIONS) as channel,
            web_roads.opened(address) as socket,
        ):
            for engine in engines:
                roads: Sequence[Road] = (
                    partial(grpc_road.measure, channel, address, engine),
                    partial(web_roads.realtime, socket, engine),
                    partial(web_roads.http, address, engine),
                )
                for number, road in itertools.product(range(-_WARM_UP, rounds), roads):
                    if time.monotonic() > until:
                        return
                    found = road(chance.randint(0, _MOST_FRAMES))
                    if number >= 0:
                        yield from found
    except (OSError, web_roads.RoadError) as error:
        raise Failure(f"{address}: {error}") from error


def _table(measured: Mapping[Kind, Sequence[float]]) -> Table:
    table = Table(box=None, pad_edge=False, title="milliseconds", title_justify="left")
    for heading in ("figure", "engine", "road", "hop"):
        table.add_column(heading)
    for heading in ("count", *(f"p{share:.0%}".rstrip("%") for share in PERCENTILES)):
        table.add_column(heading, justify="right")
    for kind, seconds in measured.items():
        told = [f"{percentile(seconds, share) * 1000:.2f}" for share in PERCENTILES]
        table.add_row(kind.figure, kind.engine, kind.road, kind.hop, str(len(seconds)), *told)
    return table
