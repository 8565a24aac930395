"""What is asked of a system, and when: drawn from a seed, whatever the system does meanwhile."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from texts import PARAGRAPH

_PROSE = re.findall(r"\w+", PARAGRAPH.lower())
_WORDS_A_SENTENCE = 12
WORDS_A_SECOND = 3.6  # espeak's default voice, of texts of 10 to 90 words 3.6 to 4

_Choice = TypeVar("_Choice")


class Road(StrEnum):
    """The protocol an order goes by."""

    REALTIME = "Realtime"
    HTTP = "HTTP"
    GRPC = "gRPC"


class Conduct(StrEnum):
    """How a caller behaves. What only a conversation has is done over Realtime.

    Who reconnects comes back to the same session first; who leaves hangs up afterwards, and another one's
    session begins.
    """

    LISTEN = "listen"
    CANCEL = "cancel"
    BARGE_IN = "barge in"
    STALL = "stall"
    RECONNECT = "reconnect"
    LEAVE = "leave"


_OF_CONVERSATIONS = (Conduct.BARGE_IN, Conduct.STALL, Conduct.RECONNECT, Conduct.LEAVE)


@dataclass(frozen=True, slots=True)
class Plan:
    """A load.

    Attributes:
        sessions: Realtime sessions that are open throughout; an order takes one that is free.
        rate: orders a second, on average.
        seconds: how long orders are due.
        calm_seconds: how long before that, and after it, orders come at `calm_rate`.
        calm_rate: orders a second meanwhile, on average.
        most: orders at most.
        words: lengths of texts, each as likely as the others; who stalls has the longest, since a short one
            fits into what lies between, and nobody notices that it is not read.
        engines: engines asked for, likewise; "" leaves it to the system.
        roads: weight of each road.
        conducts: share of each conduct; what is left of 1 listens to the end.
        cancel_within: a cancel comes at a random moment of so many seconds after its order was due; None: of
            the time that its text takes to be heard.
        stall_seconds: how long one that stalls reads nothing, less than the twenty for which the edge waits.
        even: True for orders at even distances; else they come at random, as of many callers (Poisson).
        seed: of all that is drawn.

    Raises:
        ValueError: a share, a rate or a length that cannot be.
    """

    sessions: int = 50
    rate: float = 5.0
    seconds: float = 20.0
    calm_seconds: float = 0.0
    calm_rate: float = 0.0
    most: int = 1_000_000
    words: tuple[int, ...] = (10,)
    engines: tuple[str, ...] = ("",)
    roads: Mapping[Road, float] = field(default_factory=lambda: {Road.REALTIME: 1.0})
    conducts: Mapping[Conduct, float] = field(default_factory=dict)
    cancel_within: float | None = None
    stall_seconds: float = 15.0
    even: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        if min(self.rate, self.seconds, self.calm_rate, self.calm_seconds, self.sessions) < 0:
            raise ValueError("rates, seconds and sessions are 0 or more")
        if not self.words or min(self.words) < 1:
            raise ValueError("a text has at least one word")
        if sum(self.conducts.values()) > 1 + 1e-9 or min(self.conducts.values(), default=0) < 0:
            raise ValueError("the shares of conducts add up to at most 1")
        if not self.roads or min(self.roads.values()) < 0 or not sum(self.roads.values()):
            raise ValueError("some road has a weight")

    @property
    def talks(self) -> bool:
        """Whether any order is over Realtime."""
        converses = any(self.conducts.get(each) for each in _OF_CONVERSATIONS)
        return bool(max(self.rate, self.calm_rate) and (converses or self.roads.get(Road.REALTIME)))

    @property
    def lasts(self) -> float:
        """Seconds in which orders are due, the calm before and after included."""
        return self.seconds + 2 * self.calm_seconds


@dataclass(frozen=True, slots=True)
class Order:
    """One text to be spoken.

    Attributes:
        number: from 0.
        due: seconds after the clock starts.
        cancel_after: seconds after `due` when it is cancelled; None unless it is.
        stall_seconds: how long one that stalls reads nothing.
    """

    number: int
    due: float
    road: Road
    conduct: Conduct
    text: str
    engine: str
    cancel_after: float | None = None
    stall_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """About how long it is, spoken."""
        return len(self.text.split()) / WORDS_A_SECOND


def orders(plan: Plan) -> Iterator[Order]:
    """Yield the orders of a plan as they fall due. The same plan yields the same."""
    chance = random.Random(plan.seed)  # noqa: S311  # a load, not a secret
    numbers = iter(range(plan.most))
    calm = (plan.calm_rate, plan.calm_seconds)
    begins = 0.0
    for rate, seconds in (calm, (plan.rate, plan.seconds), calm):
        due, begins = begins, begins + seconds
        while rate:
            due += 1 / rate if plan.even else chance.expovariate(rate)
            if due >= begins or (number := next(numbers, None)) is None:
                break
            yield _order(number, due, plan, chance)


def _order(number: int, due: float, plan: Plan, chance: random.Random) -> Order:
    shares = dict(plan.conducts)
    shares[Conduct.LISTEN] = shares.get(Conduct.LISTEN, 0.0) + max(1 - sum(plan.conducts.values()), 0.0)
    conduct = _drawn(shares, chance)
    road = _drawn(plan.roads, chance)
    order = Order(
        number=number,
        due=due,
        road=Road.REALTIME if conduct in _OF_CONVERSATIONS else road,
        conduct=conduct,
        text=text_of(max(plan.words) if conduct is Conduct.STALL else chance.choice(plan.words), chance),
        engine=chance.choice(plan.engines),
        stall_seconds=plan.stall_seconds if conduct is Conduct.STALL else 0.0,
    )
    if conduct is not Conduct.CANCEL:
        return order
    within = order.seconds if plan.cancel_within is None else plan.cancel_within
    return replace(order, cancel_after=chance.uniform(0, within))


def _drawn(weights: Mapping[_Choice, float], chance: random.Random) -> _Choice:
    return chance.choices(list(weights), list(weights.values()))[0]


def text_of(words: int, chance: random.Random) -> str:
    """Return prose of so many words, in sentences, seldom the same twice."""
    start = chance.randrange(len(_PROSE))
    said = [_PROSE[(start + place) % len(_PROSE)] for place in range(words)]
    sentences = [said[place : place + _WORDS_A_SENTENCE] for place in range(0, words, _WORDS_A_SENTENCE)]
    return " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)
