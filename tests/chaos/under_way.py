"""How much is under way in each part of a system, as the parts tell it themselves."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException

import grpc
from load.gauges import Gauge, scraped
from load.plan import Road

from parlando.admin.v1 import admin_pb2
from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceStub
from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_client.supervisor.http_probe import request
from parlando_kit.channels import open_channel
from tests.chaos.calls import Call
from tests.chaos.table import kind_of
from tests.chaos.wired import AwayError, Part, Wired

_ANSWER_SECONDS = 20.0
_WORK_SECONDS = 20.0
_AGAIN_SECONDS = 0.02
_STATISTIC = re.compile(rb"^[\w.]+: (\d+)\r?$", re.MULTILINE)  # between those are the sizes of chunks of HTTP
_BRIEF = ("fragmenter", "session", "redis")
"""Kinds whose work takes a moment: it is caught when it passes a cable, and so not within a process."""


_ROADS = {"edge": (Road.HTTP, Road.REALTIME), "envoy": tuple(Road)}
"""What leads through kinds that count an idle WebSocket as a call."""

_SOUND_SECONDS = 0.1
"""What has passed no sound for so long says nothing."""


@contextmanager
def _answering(who: str) -> Iterator[None]:
    """Raise an AwayError where somebody is not there, breaks off, or says what makes no sense."""
    try:
        yield
    except (OSError, ValueError, HTTPException, grpc.aio.AioRpcError) as error:
        raise AwayError(f"{who} does not answer") from error


async def gauges(parts: Sequence[Part]) -> Mapping[str, Gauge]:
    """Return what those say that are scraped, by name.

    Raises:
        AwayError: one does not answer.
    """
    ports = {part.name: part.metrics_port for part in parts if part.metrics_port}
    with _answering(f"one of {', '.join(ports)}"):
        return await asyncio.to_thread(scraped, ports, kind_of)


async def requests_in_envoy(admin_port: int) -> int:
    """Return how many requests are under way in Envoy.

    Raises:
        AwayError: it does not answer.
    """
    with _answering("envoy"):
        [number] = await _stats(admin_port, "^http.public.downstream_rq_active$")
        return number


async def _stats(admin_port: int, names: str) -> list[int]:
    _, stats = await request(admin_port, f"/stats?filter={names}")
    return [int(number) for number in _STATISTIC.findall(stats)]


async def syntheses(worker: Part) -> int:
    """Return how many syntheses a worker has, or has waiting.

    Raises:
        AwayError: it does not answer.
    """
    with _answering(worker.name):
        async with open_channel(f"127.0.0.1:{worker.port}") as channel:
            about = await SynthServiceStub(channel).DescribeEngine(
                synth_pb2.DescribeEngineRequest(), wait_for_ready=True, timeout=_ANSWER_SECONDS
            )
            return about.load.live + about.load.queued


Held = Mapping[str, int]
"""How much is under way in each part, by its name and what is counted. Example: "router: calls"."""


async def held(wired: Wired) -> Held:
    """Return how much is under way in each part that counts it.

    Raises:
        AwayError: one does not answer.
    """
    found: dict[str, int] = {}
    counting = [each for part in wired.parts.values() for each in (part, *part.inside)]
    for name, gauge in (await gauges(counting)).items():
        found |= {f"{name}: calls": gauge.calls, f"{name}: tasks": gauge.tasks}
    for worker in wired.of("synth"):
        found[f"{worker.name}: syntheses"] = await syntheses(worker)
    if wired.of("envoy"):
        found["envoy: requests"] = await requests_in_envoy(wired.admin_port)
    return found


def more(before: Held, after: Held) -> list[str]:
    """Return what is more than it was, in words."""
    return [f"{name} {after[name]}, before {then}" for name, then in before.items() if after[name] > then]


async def asked_again(wired: Wired) -> Held:
    """Return what was asked for again so far, by who did: routers of workers, and Envoy of edges and routers.

    Of a router each synthesis that failed it, of Envoy each answer that it had by asking again.

    What is not there, or does not answer, has counted nothing yet.
    """
    found: dict[str, int] = {}
    for router in wired.of("router"):
        with suppress(AwayError), _answering(router.name):
            async with open_channel(f"127.0.0.1:{router.port}") as channel:
                asked = admin_pb2.GetStatisticsRequest()
                told = await AdminServiceStub(channel).GetStatistics(asked, timeout=_ANSWER_SECONDS)
            found[router.name] = sum(sum(engine.failures.values()) for engine in told.engines)
    with suppress(AwayError), _answering("envoy"):
        if wired.of("envoy"):
            found["envoy"] = sum(
                await _stats(wired.admin_port, "^cluster.(edge|router).upstream_rq_retry_success$")
            )
    return found


async def close_breakers(wired: Wired) -> None:
    """Have routers forget what failed so far: each time a worker fails they keep away from it for longer.

    Where one is not there, or does not answer, nothing is forgotten.
    """
    for router in wired.of("router"):
        with suppress(AwayError), _answering(router.name):
            async with open_channel(f"127.0.0.1:{router.port}") as channel:
                everything = admin_pb2.ResetBreakerRequest()
                await AdminServiceStub(channel).ResetBreaker(everything, timeout=_ANSWER_SECONDS)


def since(before: Held, after: Held) -> int:
    """Return how much has been counted since, by whom it may be that they began anew in between."""
    return sum(now - then if now >= (then := before.get(name, 0)) else now for name, now in after.items())


async def until_at_work(parts: Sequence[Part], calls: Sequence[Call]) -> dict[str, int]:
    """Return what is under way in each part once there is something in all of them, by name.

    What has none for a long time is returned with 0, and what could not be caught at work is left out.

    Args:
        parts: which.
        calls: of all callers, those included that are made meanwhile.
    """
    lasting = [part for part in parts if part.kind not in _BRIEF]
    brief = [part for part in parts if part.kind in _BRIEF and part.into]
    found = dict.fromkeys((part.name for part in (*lasting, *brief)), 0)
    with suppress(TimeoutError):
        async with asyncio.timeout(_WORK_SECONDS):
            while not all(found.values()):
                found |= await _lasting(lasting, calls)
                if all(found[part.name] for part in lasting):
                    async with asyncio.TaskGroup() as tasks:
                        for part in brief:
                            tasks.create_task(_asked(part))
                    found |= dict.fromkeys((part.name for part in brief), 1)
                    if brief:  # the others may have come to an end meanwhile
                        found |= await _lasting(lasting, calls)
    return found


async def _lasting(parts: Sequence[Part], calls: Sequence[Call]) -> dict[str, int]:
    await asyncio.sleep(_AGAIN_SECONDS if parts else 0)
    try:
        return {part.name: await _calls(part, calls) for part in parts}
    except AwayError:  # it has too much to do to answer in time
        return dict.fromkeys((part.name for part in parts), 0)


async def _calls(part: Part, calls: Sequence[Call]) -> int:
    if part.kind == "envoy":
        return heard_through(part, calls)
    if part.kind == "synth":
        return await syntheses(part)
    counted = (await gauges([part]))[part.name].calls
    if part.kind == "edge":  # of two edges each has some of them
        return min(counted, heard_through(part, calls))
    return counted


def heard_through(part: Part, calls: Sequence[Call]) -> int:
    """Return how many calls are being heard by roads that lead through a part; 0 while it passes no sound."""
    # Of an edge in one process with its router, sound passes a cable only on its way to Envoy.
    cables = part.into if part.kind == "envoy" or not part.out else part.out
    if time.monotonic() > max(cable.answered for cable in cables) + _SOUND_SECONDS:
        return 0
    return sum(call.being_heard and call.order.road in _ROADS[part.kind] for call in calls)


async def _asked(part: Part) -> None:
    asked = [asyncio.ensure_future(cable.asked()) for cable in part.into]
    try:
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in asked:
            each.cancel()
        await asyncio.wait(asked)
