"""`parlando doctor`: what runs, what is missing, and what to do."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import click

from parlando_client.aio import AsyncClient
from parlando_client.channel import DEFAULT_ADDRESS
from parlando_client.cli.findings import Finding, Verdict
from parlando_client.cli.options import (
    address_or_port_option,
    edge_port_option,
    envoy_port_option,
    fragmenter_port_option,
    router_port_option,
    session_port_option,
    synth_port_option,
    traces_port_option,
)
from parlando_client.cli.playback import find_player, why_silent
from parlando_client.cli.who_is_next import report
from parlando_client.errors import SpeechError
from parlando_client.supervisor.http_probe import who_listens_over_http
from parlando_client.supervisor.ports import Listener, who_listens
from parlando_client.supervisor.system import (
    EDGE_HEALTH,
    EDGE_SIGN,
    FRAGMENTER_SERVICE,
    ROUTER_SERVICE,
    SESSION_SERVICE,
    SYNTH_SERVICE,
    TRACES_SERVICE,
    missing_modules,
)

_OLDEST, _NEWEST = (3, 11), (3, 13)
_THIS_MACHINE = {"127.0.0.1", "localhost", "[::1]"}


@dataclass(frozen=True, slots=True)
class _Place:
    """A service that `parlando up` runs on this machine: its port, and what is not so `without` it.

    Nothing that is `extra` keeps speech from being made.
    """

    name: str
    port: int
    service: str = ""
    without: str = "the router has one elsewhere"
    extra: bool = False


@click.command()
@envoy_port_option
@edge_port_option
@router_port_option
@session_port_option
@fragmenter_port_option
@synth_port_option
@traces_port_option
@address_or_port_option
@click.option(
    "--language",
    default="",
    metavar="TAG",
    help="Say who would speak a text in this language, such as hi.",
)
def doctor(
    envoy_port: int,
    edge_port: int,
    router_port: int,
    session_port: int,
    fragmenter_port: int,
    synth_port: int,
    traces_port: int,
    address: str | None,
    language: str,
) -> None:
    """Say what runs, what is missing and what to do. Status 1 where speech cannot be made."""
    over_http = (
        _Place("envoy", envoy_port, without="browsers and HTTP go to the edge, gRPC to the router"),
        _Place("edge", edge_port, without="there is no speech over HTTP"),
    )
    behind = (
        _Place("session", session_port, SESSION_SERVICE, without="conversations are not kept"),
        _Place("fragmenter", fragmenter_port, FRAGMENTER_SERVICE),
        _Place("synth", synth_port, SYNTH_SERVICE),
        _Place("traces", traces_port, TRACES_SERVICE, without="`parlando up --trace` keeps some", extra=True),
    )
    router = address or f"127.0.0.1:{router_port}"
    findings = [*_machine(os.environ), *asyncio.run(_system(router, language, over_http, behind))]
    if not address and router != DEFAULT_ADDRESS:
        line = f"router: other commands look at {DEFAULT_ADDRESS}: set PARLANDO_ADDRESS={router} for them"
        findings.append(Finding(Verdict.NOTE, line))
    for finding in findings:
        click.echo(f"{finding.verdict.value:<6}{finding.line}")
    sys.exit(any(finding.verdict is Verdict.WRONG for finding in findings))


def _machine(environment: Mapping[str, str]) -> Iterator[Finding]:
    supported = _OLDEST <= sys.version_info[:2] <= _NEWEST
    remedy = "" if supported else ": use 3.11 to 3.13"
    yield Finding(Verdict.FINE if supported else Verdict.WRONG, f"Python {platform.python_version()}{remedy}")
    missing = missing_modules()
    if missing:
        yield Finding(
            Verdict.NOTE,
            f"services: {', '.join(missing)} not installed here, which `parlando up` needs: "
            "run `make up` in Parlando's own folder",
        )
    else:
        yield Finding(Verdict.FINE, "services: installed")
    player = find_player(environment)
    if player is None:
        yield Finding(Verdict.NOTE, f"sound: {why_silent(environment)}")
    else:
        yield Finding(Verdict.FINE, f"sound: played by {player.program}")


async def _system(
    address: str, language: str, over_http: Sequence[_Place], behind: Sequence[_Place]
) -> list[Finding]:
    async with asyncio.TaskGroup() as tasks:
        at_router = tasks.create_task(who_listens(address, ROUTER_SERVICE))
        places = [
            (place, tasks.create_task(who_listens_over_http(place.port, EDGE_HEALTH, EDGE_SIGN)))
            for place in over_http
        ]
        places += [
            (place, tasks.create_task(who_listens(f"127.0.0.1:{place.port}", place.service)))
            for place in behind
        ]
    router = at_router.result()
    findings = [_router(router, address)]
    if address.rpartition(":")[0] in _THIS_MACHINE:
        findings += [_behind(place, listener.result(), router) for place, listener in places]
    if router in {Listener.SERVING, Listener.NOT_SERVING}:
        findings += await _engines(address, language)
    return findings


def _router(listener: Listener, address: str) -> Finding:
    match listener:
        case Listener.SERVING:
            return Finding(Verdict.FINE, f"router: serving at {address}")
        case Listener.NOT_SERVING:
            return Finding(
                Verdict.WRONG, f"router: up at {address}, but not serving: see what is wrong below"
            )
        case Listener.NOBODY:
            return Finding(
                Verdict.WRONG,
                f"router: nobody listens at {address}: run `parlando up`, or set PARLANDO_ADDRESS",
            )
        case Listener.STRANGER:
            return Finding(
                Verdict.WRONG,
                f"router: what listens at {address} is not Parlando's router: stop it, "
                "or set ROUTER_PORT for `parlando up` and PARLANDO_ADDRESS for the rest",
            )


def _behind(place: _Place, listener: Listener, router: Listener) -> Finding:
    name, port, fault = place.name, place.port, Verdict.NOTE if place.extra else Verdict.WRONG
    match listener:
        case Listener.SERVING:
            return Finding(Verdict.FINE, f"{name}: serving at 127.0.0.1:{port}")
        case Listener.NOT_SERVING:
            fault = Verdict.NOTE if router is Listener.SERVING else fault  # another one serves
            return Finding(fault, f"{name}: up at 127.0.0.1:{port}, but not serving: its log says why")
        case Listener.STRANGER:
            return Finding(
                fault,
                f"{name}: what listens on port {port} is not Parlando's: stop it, or set {name.upper()}_PORT",
            )
        case Listener.NOBODY if router is Listener.SERVING or place.extra:
            return Finding(Verdict.NOTE, f"{name}: not on port {port}; {place.without}")
        case Listener.NOBODY:
            return Finding(Verdict.WRONG, f"{name}: nobody listens on port {port}: run `parlando up`")


async def _engines(address: str, language: str) -> list[Finding]:
    async with AsyncClient(address) as client:
        try:
            engines = await client.list_engines(language=language)
        except SpeechError as error:
            return [Finding(Verdict.WRONG, f"engines: {error.message}")]
    return list(report(engines, language))
