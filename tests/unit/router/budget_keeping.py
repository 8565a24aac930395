"""A budget kept in memory, and workers that are paid from it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.tasks import background
from parlando_router.budget_keeper import Amount, Lease, Settlement
from parlando_router.policy import Policy
from parlando_router.ports import Cost
from parlando_router.price import Price
from parlando_router.request import PlayoutMode, SpeechSettings
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import run, settled

T = TypeVar("T")

TEXT = "Orange lamp stands here. Seven green steps down!"
PRICE = 1_000.0
PAID = Play(price=PRICE)
FIRST, SECOND = len("Orange lamp stands here."), len("Seven green steps down!")
NO = ParlandoError(Reason.ENGINE_FAILED, "no")
AWAY = ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "a service answered UNAVAILABLE")


@dataclass
class Keeper:
    """Keeps one budget in memory.

    Attributes:
        left: what is not spent or set aside, in nanos.
        downgrade: as in a budget.
        away: what every call ends with, where it is set.
        fails: what settlements of a session end with, by its id.
        delay: seconds that a settlement takes.
        slow: seconds that a lease takes, once it is granted.
        asked: amounts that were to be set aside.
        settled: what was settled, in order.
    """

    left: float = float("inf")
    downgrade: bool = False
    away: ParlandoError | None = None
    fails: Mapping[str, Exception] = field(default_factory=dict)
    delay: float = 0.0
    slow: float = 0.0
    asked: list[Amount] = field(default_factory=list)
    settled: list[Settlement] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = count()

    async def lease(self, session_id: str, amount: Amount) -> Lease:
        """Set something aside."""
        if self.away is not None:
            raise self.away
        self.asked.append(amount)
        granted = int(min(amount.nanos, self.left))
        if not granted and not self.downgrade:
            raise ParlandoError(Reason.BUDGET_SPENT, "spent", field="cost")
        self.left -= granted
        await asyncio.sleep(self.slow)
        return Lease(f"{next(self._ids)}", session_id, replace(amount, nanos=granted), self.downgrade)

    async def settle(self, settlement: Settlement) -> None:
        """Take back what was not spent."""
        await asyncio.sleep(self.delay)
        failure = self.fails.get(settlement.lease.session_id, self.away)
        if failure is not None:
            raise failure
        self.left += settlement.lease.granted.nanos - settlement.spent.nanos
        self.settled.append(settlement)

    @property
    def spent(self) -> list[tuple[str, int]]:
        """What was settled, as engines and nanos."""
        return [(each.engine, each.spent.nanos) for each in self.settled]


@dataclass
class Show:
    """Workers by the name of their engine, what they cost, and who keeps the budget.

    Attributes:
        stage: once it plays.
    """

    workers: Mapping[str, ScriptedWorker]
    keeper: Keeper
    prices: dict[str, float]
    agreed: Mapping[str, float] = field(default_factory=dict)

    def play(self, part: Callable[[Stage], Awaitable[T]]) -> T:
        """Carry a part out while settlements are, and return what it returns."""

        async def main() -> T:
            policy = Policy(
                prices={name: Price(Cost("USD", int(each * 1e6))) for name, each in self.agreed.items()}
            )
            self.stage = Stage({**self.workers}, keeper=self.keeper, prices=self.prices, policy=policy)
            async with background(self.stage.budgets.run()):
                result = await part(self.stage)
                await settled()
                return result

        return run(main())

    def spoken(self, session_id: str = "s1") -> Call:
        """Speak the text to its end."""

        async def part(stage: Stage) -> Call:
            call = called(stage, session_id)
            call.end()
            await call.done()
            return call

        return self.play(part)

    def refused(self) -> ParlandoError:
        """Return what speaking the text ends with."""

        async def part(stage: Stage) -> ParlandoError:
            call = called(stage)
            call.end()
            return await call.refusal()

        return self.play(part)


def called(stage: Stage, session_id: str = "s1", mode: PlayoutMode = PlayoutMode.UNPACED) -> Call:
    """Begin a call that has the text, and may have more."""
    call = stage.speak(SpeechSettings(session_id=session_id), mode)
    call.open(1)
    call.text(1, TEXT)
    return call
