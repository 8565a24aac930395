"""Where sessions are kept in a test: the same tests run in each place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from parlando_session.budgets import Budgets
from parlando_session.memory_store import MemoryPolicies, MemorySessions
from parlando_session.policies import PolicyBook
from parlando_session.ports import PolicyStore, SessionStore
from parlando_session.redis_store import RedisPolicies, RedisSessions, connected
from parlando_session.sessions import Sessions
from parlando_session.turns import Turns
from tests.component.session.redis_server import RedisServer

LEASE_SECONDS = 60.0


class TimeOfDay:
    """A time of day that moves only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Place:
    """A store, with the domain on it.

    Attributes:
        now: its time of day.
    """

    store: SessionStore
    policy_store: PolicyStore
    now: TimeOfDay
    redis: Redis | None = None

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.store, self.now)
        self.turns = Turns(self.store, self.now)
        self.budgets = Budgets(self.store, self.now, LEASE_SECONDS)

    def book(self) -> PolicyBook:
        """Return another book of the policies, as another service would have it."""
        return PolicyBook(self.policy_store, ())

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, for Redis by taking it from what its keys have left."""
        self.now.seconds += seconds
        if self.redis is not None:
            async for key in self.redis.scan_iter():
                left = await self.redis.pttl(key)
                if left >= 0:
                    await self.redis.pexpire(key, left - round(seconds * 1_000))


@asynccontextmanager
async def opened(server: RedisServer | None) -> AsyncIterator[Place]:
    """Hold a place that is empty: a Redis, or memory where there is none."""
    now = TimeOfDay()
    if server is None:
        yield Place(MemorySessions(now, max_sessions=1_000, max_bytes=2**25), MemoryPolicies(), now)
        return
    server.clear()
    async with connected(server.url) as client:
        yield Place(RedisSessions(client), RedisPolicies(client), now, client)
