"""What must hold when a disturbance is over, and what nobody promises."""

from __future__ import annotations

import asyncio

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2_grpc

from parlando_kit.health import HealthServicer
from tests.chaos.conversation import SESSION, Forgotten
from tests.chaos.experiment import excused, within
from tests.chaos.faults import Fault, Hit, Kind, found_at_work
from tests.chaos.probes import SERVICES, all_workers_serve, is_well
from tests.chaos.wired import AwayError, Part, Wired
from tests.ports import free_port

_BEGAN = 10.0


def _wired(*names: str) -> Wired:
    return Wired({name: Part(name, 0, 0, [], [], psutil.Process()) for name in names}, "", 0)


@pytest.mark.parametrize(
    ("what", "since", "fault", "promised"),
    [
        ("turn item_1", 9.5, Fault("edge", Kind.KILL), 0),
        ("settings", 9.5, Fault("edge", Kind.KILL), 0),
        ("turn item_1", 8.5, Fault("edge", Kind.KILL), 1),
        ("settings", 8.5, Fault("edge", Kind.KILL), 1),
        (SESSION, 9.5, Fault("edge", Kind.KILL), 1),
        ("turn item_1", 9.5, Fault("edge", Kind.PAUSE), 1),
        ("turn item_1", 9.5, Fault("session", Kind.KILL), 1),
    ],
)
def test_only_what_is_young_goes_with_its_edge(what: str, since: float, fault: Fault, promised: int) -> None:
    forgotten = Forgotten(what, since)
    assert excused(forgotten, _wired("edge", "session", "redis"), [fault], _BEGAN) is not bool(promised)
    assert excused(forgotten, _wired("edge", "session"), [fault], _BEGAN)


def test_what_is_young_goes_with_an_edge_in_one_process_with_others_too() -> None:
    edge, redis = (Part(kind, 0, 0, [], [], psutil.Process()) for kind in ("edge", "redis"))
    whole = Part("together", 0, 0, [], [], psutil.Process(), inside=[edge])
    wired = Wired({"together": whole, "redis": redis}, "", 0)
    assert wired.of("edge") == [edge]
    young = Forgotten("settings", 9.5)
    assert excused(young, wired, [Fault("together", Kind.KILL)], _BEGAN)
    assert not excused(young, wired, [Fault("together", Kind.PAUSE)], _BEGAN)


async def test_one_process_is_well_where_all_that_it_runs_are() -> None:
    server, health = grpc.aio.server(), HealthServicer()
    health.set(SERVICES["router"], serving=True)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    router, worker = (Part(kind, port, 0, [], [], psutil.Process()) for kind in ("router", "synth"))
    whole = Part("together", port, 0, [], [], psutil.Process(), inside=[router, worker])
    assert not await is_well(whole, Wired({}, "", 0))
    health.set(SERVICES["synth"], serving=True)
    assert await is_well(whole, Wired({}, "", 0))
    await server.stop(None)


async def test_what_comes_to_hold_too_late_does_not_hold() -> None:
    async def slowly() -> bool:
        await asyncio.sleep(0.1)
        return True

    assert await within(5.0, slowly)
    assert not await within(0.05, slowly)


@pytest.mark.parametrize("kind", ["synth", "router", "fragmenter", "session", "edge", "envoy", "redis"])
async def test_a_part_that_is_not_there_is_not_well(kind: str) -> None:
    part = Part(kind, free_port(), 0, [], [], psutil.Process())
    wired = Wired({kind: part}, "", admin_port=free_port())
    assert not await is_well(part, wired)
    assert kind != "router" or not await all_workers_serve(wired)


async def test_what_is_not_there_or_ends_by_itself_cannot_be_disturbed() -> None:
    wired = _wired("redis")
    with pytest.raises(AwayError, match="redis does not run"):
        await found_at_work([Fault("redis", Kind.KILL)], wired, [])
    brief = await asyncio.create_subprocess_exec("sleep", "60")
    process = psutil.Process(brief.pid)
    brief.kill()
    await brief.wait()
    with pytest.raises(AwayError, match="redis has ended"):
        await Hit({}, wired, {"redis": process}).by([Fault("redis", Kind.KILL)])
