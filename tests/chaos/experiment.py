"""One disturbance under load: what callers noticed, and whether what must hold has held."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx2
from load.plan import Conduct, Order, Plan, Road

from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_client.supervisor.http_probe import request
from parlando_kit.channels import open_channel
from tests.chaos.callers import TEXTS, Callers, Lengths, calling
from tests.chaos.calls import STUCK, Account, account
from tests.chaos.faults import Fault, together
from tests.chaos.wired import Wired

RECOVERY_SECONDS = 30.0
"""Within so long after a disturbance is over, all callers are served again; a bound, and no measure."""

LOAD = Plan(
    sessions=0,
    rate=3.0,
    seconds=600.0,
    roads={Road.GRPC: 1.0, Road.HTTP: 1.0, Road.REALTIME: 1.0},
)
_LEAD_SECONDS = 2.5
_GOOD_CALLS = 6
_IDLE_SECONDS = 20.0
_AGAIN_SECONDS = 0.1
_UNDER_WAY = re.compile(rb"downstream_rq_active: (\d+)")


@dataclass(frozen=True)
class Outcome:
    """What came of a disturbance.

    Attributes:
        noticed: by callers.
        broken: what must hold and did not, in words.
        forgotten: sessions, and turns in them, that were there before and are not any more, in words.
    """

    noticed: Account
    broken: Sequence[str]
    forgotten: Sequence[str]


async def measure_lengths(wired: Wired) -> Lengths:
    """Return how long each text is by each road, in a system that nobody disturbs."""
    lengths: Lengths = {}
    async with calling(wired.address, lengths) as callers, asyncio.TaskGroup() as tasks:
        for road in Road:
            for text in TEXTS:
                tasks.create_task(_undisturbed(callers, _order(road, text)))
    return lengths


async def _undisturbed(callers: Callers, order: Order) -> None:
    call = await callers.one(order, time.monotonic())
    assert call.well, f"{order.road}: {call.status}"
    assert not call.wrong, call.wrong


def _order(road: Road, text: str) -> Order:
    return Order(0, 0.0, road, Conduct.LISTEN, text, "")


async def disturbed(
    wired: Wired, faults: Sequence[Fault], lengths: Lengths, recovery: float = RECOVERY_SECONDS
) -> Outcome:
    """Let disturbances happen at once under load, and return what came of it once all is well again.

    Args:
        wired: the system.
        faults: what happens to it.
        lengths: of each text by each road, undisturbed.
        recovery: seconds after which all must be well again.
    """
    broken: list[str] = []
    async with calling(wired.address, lengths) as callers:
        load = asyncio.create_task(callers.call(LOAD))
        try:
            await asyncio.sleep(_LEAD_SECONDS)
            began = time.monotonic()
            await together(faults, wired)
            over = time.monotonic()
            if not await _within(recovery, lambda: _well_again(wired, callers, over)):
                broken.append(f"not well again {recovery:g} s after the disturbance was over")
            callers.leave_off(over)
        finally:
            load.cancel()
            await asyncio.wait({load})
        load.result()  # it ends well when it is cancelled: anything else is a fault of a caller's own
        forgotten = await _forgotten(callers, began, recovery)
    noticed = account(callers.calls, began)
    broken += [call.wrong for call in noticed.calls if call.wrong]
    broken += [f"{call.order.road}: stuck" for call in noticed.calls if call.status == STUCK]
    if not await _within(_IDLE_SECONDS, lambda: _idle(wired)):
        broken.append(f"syntheses or requests are left: {await _left(wired)}")
    return Outcome(noticed, broken, forgotten)


async def _well_again(wired: Wired, callers: Callers, over: float) -> bool:
    """Return whether the system says so, and a few calls that came after the disturbance bear it out."""
    later = [call for call in callers.calls if call.due > over and call.ended]
    good = later[-_GOOD_CALLS:]
    if len(good) < _GOOD_CALLS or not all(call.well for call in good):
        return False
    try:
        async with httpx2.AsyncClient() as http:
            answer = await http.get(f"http://{wired.address}/health", timeout=5.0)
    except httpx2.TransportError:
        return False
    return answer.status_code == 200 and answer.json()["status"] == "ok"


async def _forgotten(callers: Callers, began: float, seconds: float) -> list[str]:
    """Return which sessions, and turns in them, from before a moment are not there any more."""
    found: list[str] = []
    for conversation in callers.conversations:
        try:
            async with asyncio.timeout(seconds):
                found += await conversation.forgotten(began)
        except TimeoutError:
            found.append("a session that does not answer")
    return found


async def _idle(wired: Wired) -> bool:
    return not any((await _left(wired)).values())


async def _left(wired: Wired) -> dict[str, int]:
    """Return how much is under way in each part that counts it, without callers."""
    left: dict[str, int] = {}
    for part in wired.of("synth"):
        async with open_channel(f"127.0.0.1:{part.port}") as channel:
            stub = SynthServiceStub(channel)
            about = await stub.DescribeEngine(
                synth_pb2.DescribeEngineRequest(), wait_for_ready=True, timeout=_IDLE_SECONDS
            )
            left[part.name] = about.load.live + about.load.queued
    _, stats = await request(wired.admin_port, "/stats?filter=^http.public.downstream_rq_active$")
    found = _UNDER_WAY.search(stats)
    assert found is not None, "Envoy counts its requests"
    left["envoy"] = int(found[1])
    return left


async def _within(seconds: float, holds: Callable[[], Awaitable[bool]]) -> bool:
    """Return whether something came to hold in so many seconds."""
    until = time.monotonic() + seconds
    while not await holds():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(_AGAIN_SECONDS)
    return True
