"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from parlando_client.channel import DEFAULT_ADDRESS

_Command = TypeVar("_Command", bound=Callable[..., Any])

address_option = click.option(
    "--address",
    envvar="PARLANDO_ADDRESS",
    default=DEFAULT_ADDRESS,
    show_default=True,
    show_envvar=True,
    metavar="HOST:PORT",
    help="Where the router is.",
)


def _port_option(name: str, default: int, what: str = "") -> Callable[[_Command], _Command]:
    return click.option(
        f"--{name}-port",
        envvar=f"{name.upper().replace('-', '_')}_PORT",
        default=default,
        show_default=True,
        show_envvar=True,
        type=click.IntRange(1, 65_535),
        help=f"Port of {what or f'the {name}'}.",
    )


envoy_port_option = _port_option("envoy", 8_080, "Envoy, where everything public is")
envoy_admin_port_option = _port_option("envoy-admin", 9_901, "Envoy's own pages")
edge_port_option = _port_option("edge", 8_000)
router_port_option = _port_option("router", 50_051)
traces_port_option = _port_option("traces", 4_317, "the trace ring")
session_port_option = _port_option("session", 50_053)
fragmenter_port_option = _port_option("fragmenter", 50_052)
synth_port_option = _port_option("synth", 50_061)
