"""One disturbance under load: what callers noticed, and whether what must hold has held."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx2
from load.plan import Conduct, Order, Plan, Road

from tests.chaos.callers import TEXTS, Callers, Lengths, calling
from tests.chaos.calls import STUCK, Account, account
from tests.chaos.conversation import LOST, SESSION, Forgotten
from tests.chaos.faults import Fault, Kind, found_at_work
from tests.chaos.probes import all_workers_serve, is_well
from tests.chaos.under_way import Held, asked_again, close_breakers, held, more, since
from tests.chaos.wired import AwayError, Wired

RECOVERY_SECONDS = 30.0
"""Within so long after a disturbance is over, all callers are served again; a bound, and no measure."""

LOAD = Plan(
    sessions=0,
    rate=3.0,
    seconds=600.0,
    roads={Road.GRPC: 1.0, Road.HTTP: 1.0, Road.REALTIME: 1.0},
)
_LEAD_SECONDS = 4.0
"""By then callers of every road are under way."""

_WRITTEN_SECONDS = 1.0
"""An edge writes behind a conversation's back: what is older than this must be written."""

_GOOD_CALLS = 6
_IDLE_SECONDS = 20.0
_REST_SECONDS = 60.0
_SAME = 6
"""Looks in a row that show the same."""

_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class Outcome:
    """What came of a disturbance.

    Attributes:
        noticed: by callers.
        hit: calls under way in each service when it was disturbed, by its name.
        again: how often a router asked for a synthesis again, or Envoy for an answer.
        returns: how often a Realtime caller's connection was lost or closed, and it went on over another one.
        broken: what must hold and did not, in words.
        forgotten: sessions, and turns in them, that were there before and are not any more, in words.
    """

    noticed: Account
    hit: Mapping[str, int]
    again: int
    returns: int
    broken: Sequence[str]
    forgotten: Sequence[str]


@dataclass(frozen=True)
class Undisturbed:
    """A system that nobody disturbs.

    Attributes:
        lengths: how long each text is by each road.
        rest: what is under way in its parts without callers.
    """

    lengths: Lengths
    rest: Held


async def undisturbed(wired: Wired) -> Undisturbed:
    """Have each text spoken by each road, and return what was to be learned of a system by that."""
    lengths = await measure_lengths(wired)
    async with httpx2.AsyncClient(timeout=_IDLE_SECONDS) as http:
        for edge in wired.of("edge"):  # one may have been passed over so far, and connects when it is asked
            await http.get(f"http://127.0.0.1:{edge.port}/health")
    return Undisturbed(lengths, await _at_rest(wired))


async def _at_rest(wired: Wired) -> Held:
    """Return what is under way once it is the same for a while."""
    looks: list[Held] = []
    async with asyncio.timeout(_REST_SECONDS):
        while len(looks) < _SAME or looks[-_SAME:] != [looks[-1]] * _SAME:
            await asyncio.sleep(_AGAIN_SECONDS)
            with suppress(AwayError):  # it has too much to do to answer in time
                looks.append(await held(wired))
    return looks[-1]


async def measure_lengths(wired: Wired) -> Lengths:
    """Return how long each text is by each road, in a system that nobody disturbs."""
    lengths: Lengths = {}
    async with calling(wired.address, lengths) as callers, asyncio.TaskGroup() as tasks:
        for road in Road:
            for text in TEXTS:
                tasks.create_task(_spoken(callers, _order(road, text)))
    return lengths


async def _spoken(callers: Callers, order: Order) -> None:
    call = await callers.one(order, time.monotonic())
    assert call.well, f"{order.road}: {call.status}"
    assert not call.wrong, call.wrong


def _order(road: Road, text: str) -> Order:
    return Order(0, 0.0, road, Conduct.LISTEN, text, "")


async def disturbed(
    wired: Wired,
    faults: Sequence[Fault],
    before: Undisturbed,
    recovery: float = RECOVERY_SECONDS,
    plan: Plan = LOAD,
) -> Outcome:
    """Let disturbances happen at once under load, and return what came of it once all is well again.

    Args:
        wired: the system.
        faults: what happens to it.
        before: what it is undisturbed.
        recovery: seconds after which all must be well again.
        plan: what callers ask for meanwhile.

    Raises:
        AwayError: what is to be disturbed is not there, or nobody ends it where it hangs.
    """
    broken: list[str] = []
    await close_breakers(wired)
    async with calling(wired.address, before.lengths) as callers:
        load = asyncio.create_task(callers.call(plan))
        try:
            await asyncio.sleep(_LEAD_SECONDS)
            asked = await asked_again(wired)
            hit = await found_at_work(faults, wired, callers.calls)
            began = time.monotonic()
            await hit.by(faults)
            over = time.monotonic()
            if not await within(recovery, lambda: _well_again(wired, faults, callers, over)):
                broken.append(f"not well again {recovery:g} s after the disturbance was over")
        finally:
            load.cancel()
            await asyncio.wait({load})
        load.result()  # it ends well when it is cancelled: anything else is a fault of a caller's own
        returns = sum(each.returns for each in callers.conversations)
        forgotten = await _forgotten(callers, began, recovery)
    noticed, again = account(callers.calls, began), since(asked, await asked_again(wired))
    broken += [f"{each.what} is lost" for each in forgotten if not excused(each, wired, faults, began)]
    broken += [call.wrong for call in noticed.calls if call.wrong]
    broken += [f"{call.order.road}: stuck" for call in noticed.calls if call.status == STUCK]
    if not await within(_REST_SECONDS, lambda: _at_rest_again(wired, before.rest)):
        broken += [f"left behind: {each}" for each in await _left_behind(wired, before.rest)]
    return Outcome(noticed, hit.under_way, again, returns, broken, [each.what for each in forgotten])


async def _well_again(wired: Wired, faults: Sequence[Fault], callers: Callers, over: float) -> bool:
    """Return whether the system and what was disturbed say so, and calls that came later bear it out."""
    later = [call for call in callers.calls if call.due > over and call.ended]
    good = later[-_GOOD_CALLS:]
    if len(good) < _GOOD_CALLS or not all(call.well for call in good):
        return False
    try:
        async with httpx2.AsyncClient() as http:
            answer = await http.get(f"http://{wired.address}/health", timeout=5.0)
    except httpx2.TransportError:
        return False
    if answer.status_code != 200 or answer.json()["status"] != "ok":
        return False
    wells = [await is_well(wired.parts[fault.part], wired) for fault in faults]
    return all(wells) and await all_workers_serve(wired)


async def _forgotten(callers: Callers, began: float, seconds: float) -> list[Forgotten]:
    """Return which sessions, and turns in them, from before a moment are not there any more."""
    found: list[Forgotten] = []
    for conversation in callers.conversations:
        try:
            async with asyncio.timeout(seconds):
                found += await conversation.forgotten(began)
        except LOST:  # or it took too long
            found.append(Forgotten(f"{SESSION} that does not answer", conversation.since))
    return found


def excused(forgotten: Forgotten, wired: Wired, faults: Sequence[Fault], began: float) -> bool:
    """Return whether nobody promises that something is kept."""
    if not wired.of("redis"):
        return True
    killed = any(
        service.kind == "edge" and each.kind is Kind.KILL
        for each in faults
        for service in wired.parts[each.part].services
    )
    young = abs(began - forgotten.since) < _WRITTEN_SECONDS
    return killed and young and not forgotten.what.startswith(SESSION)


async def _at_rest_again(wired: Wired, rest: Held) -> bool:
    return not await _left_behind(wired, rest)


async def _left_behind(wired: Wired, rest: Held) -> list[str]:
    try:
        return more(rest, await held(wired))
    except AwayError as error:
        return [str(error)]


async def within(seconds: float, holds: Callable[[], Awaitable[bool]]) -> bool:
    """Return whether something came to hold in so many seconds."""
    until = time.monotonic() + seconds
    while True:
        good = await holds()
        if good or time.monotonic() > until:
            return good and time.monotonic() <= until  # to find out may have taken longer
        await asyncio.sleep(_AGAIN_SECONDS)
