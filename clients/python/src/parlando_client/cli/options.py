"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from parlando_client import sessions
from parlando_client.channel import DEFAULT_ADDRESS
from parlando_client.cli.tracing import DEFAULT_TRACES

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Address(click.ParamType[str]):
    """Where a service is, as gRPC takes it: not a page's address, which gRPC would look up as a name."""

    name = "HOST:PORT"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address as it is, or end with what is wrong with it."""
        if value.startswith(("http://", "https://")) or ":" not in value:
            self.fail(f'"{value}" is not HOST:PORT: write it as in {DEFAULT_ADDRESS}', param, ctx)
        return value


def _address_option(default: str | None, *, shown: str | bool) -> Callable[[_Command], _Command]:
    return click.option(
        "--address",
        envvar="PARLANDO_ADDRESS",
        default=default,
        show_default=shown,
        show_envvar=True,
        type=Address(),
        help="Where the router is.",
    )


address_option = _address_option(DEFAULT_ADDRESS, shown=True)
address_or_port_option = _address_option(None, shown="the router port of this machine")


def _port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


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
router_port_option = _port_option("router", _port_of(DEFAULT_ADDRESS))
traces_port_option = _port_option("traces", _port_of(DEFAULT_TRACES), "the trace ring")
session_port_option = _port_option("session", _port_of(sessions.DEFAULT_ADDRESS))
fragmenter_port_option = _port_option("fragmenter", 50_052)
synth_port_option = _port_option("synth", 50_061)
