"""Which stores there are: Redis where it is named, the process's own memory otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from parlando_session.memory_store import MemoryPolicies, MemorySessions
from parlando_session.ports import PolicyStore, SessionStore
from parlando_session.settings import SessionSettings
from parlando_session.times import Now


@dataclass(frozen=True, slots=True)
class Stores:
    """Where everything is kept."""

    sessions: SessionStore
    policies: PolicyStore


@asynccontextmanager
async def open_stores(settings: SessionSettings, now: Now) -> AsyncIterator[Stores]:
    """Hold the stores that the settings ask for.

    Raises:
        ParlandoError: OUT_OF_RANGE where REDIS_URL is no address.
    """
    url = settings.redis_url.get_secret_value()
    if not url:
        sessions = MemorySessions(now, max_sessions=settings.memory_sessions, max_bytes=settings.memory_bytes)
        yield Stores(sessions, MemoryPolicies())
        return
    # Imported here: a system without Redis should not pay 30 MB for its client.
    from parlando_session.redis_store import (  # noqa: PLC0415  # as said
        RedisPolicies,
        RedisSessions,
        connected,
    )

    async with connected(url) as client:
        yield Stores(RedisSessions(client), RedisPolicies(client))
