"""Stores in Redis 6.2 or later, for any number of session services.

Every call is one round trip, of a script in `redis_scripts`. A connection that has died is replaced, and
what was asked on it asked once more: swaps can bear that. A call that is not answered in a second fails.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError

from parlando_kit.errors import ParlandoError, Reason
from parlando_session import redis_scripts as scripts
from parlando_session.ids import mint
from parlando_session.ports import MAX_TURN_BYTES, MAX_TURNS, Page, Stored, Swap, no_session

_ANSWER_SECONDS = 1.0
_RETRY_SECONDS = 1.0

CONNECTIONS = 32
"""A service's own to Redis, at most. Each that is opened is kept: there come to be as many as were once asked
for something at the same moment."""

CLIENT = "parlando-session"
"""What they are called there."""

_NO_WRITES = re.compile(r"(?:^|-)(?:MISCONF|NOREPLICAS|OOM|READONLY) ")
"""How Redis says that it takes no writes: its disk or memory is full, or its replicas or primary are away.
To a script, 6.2 says so within a message; OOM and READONLY by themselves the client knows."""

_SESSION = "parlando:session:{%s}"
_POLICIES = "parlando:{policies}"
_POLICIES_STAMP = "parlando:{policies}:stamp"


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Redis]:
    """Hold connections to a Redis. They are opened when they are first used.

    Raises:
        ParlandoError: OUT_OF_RANGE where the URL is none. It is not quoted: it may hold a password.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            # `_answer` bounds the time of all this. The client's own way, asyncio.wait_for, swallows a
            # cancel that comes as it ends, on Python 3.11.
            timeout=None,
            socket_connect_timeout=None,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 1, (NoConnectionError,)),
            client_name=CLIENT,
        )
    except ValueError as error:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            "REDIS_URL is no Redis address: use redis://host:port/db, rediss://… or unix://path",
            field="REDIS_URL",
        ) from error
    async with Redis.from_pool(pool) as client:
        yield client


class RedisSessions:
    """Sessions in Redis."""

    def __init__(self, client: Redis) -> None:
        self._create = client.register_script(scripts.CREATE)
        self._read = client.register_script(scripts.READ)
        self._swap = client.register_script(scripts.SWAP)
        self._read_turn = client.register_script(scripts.READ_TURN)
        self._swap_turn = client.register_script(scripts.SWAP_TURN)
        self._delete_turn = client.register_script(scripts.DELETE_TURN)
        self._turns = client.register_script(scripts.TURNS)
        self._client = client

    async def create(self, session_id: str, session: bytes, ttl: float) -> None:
        """Store a new session."""
        await _answer(self._create(_keys(session_id), [session, _ms(ttl)]))

    async def read(self, session_id: str) -> Stored:
        """Return a session and its account."""
        session, account = await _found(self._read(_keys(session_id)))
        return Stored(session, account)

    async def swap_session(self, session_id: str, old: bytes, new: bytes, ttl: float) -> bool:
        """Replace a session's document and its TTL; False where `old` is not there."""
        return bool(await _found(self._swap(_keys(session_id), ["session", old, new, _ms(ttl)])))

    async def swap_account(self, session_id: str, old: bytes | None, new: bytes) -> bool:
        """Replace a session's account, or store its first; False where `old` is not there."""
        return bool(await _found(self._swap(_keys(session_id), ["account", old or b"", new, ""])))

    async def delete(self, session_id: str) -> None:
        """Forget a session and all its turns. What is not there is no error."""
        await _answer(self._client.delete(*_keys(session_id)))

    async def read_turn(self, session_id: str, turn_id: str) -> bytes | None:
        """Return a turn's document; None where the session has no such turn."""
        document: bytes = await _found(self._read_turn(_keys(session_id), [turn_id]))
        return document or None

    async def swap_turn(
        self, session_id: str, turn_id: str, old: bytes | None, new: bytes, previous: str | None = None
    ) -> Swap:
        """Replace a turn in its place, or add it where `old` is None."""
        swapped: list[Any] = [turn_id, old or b"", new, MAX_TURNS, MAX_TURN_BYTES]
        if previous is not None:
            swapped.append(previous)
        swap: bytes = await _found(self._swap_turn(_keys(session_id), swapped))
        return Swap(swap.decode())

    async def delete_turn(self, session_id: str, turn_id: str) -> None:
        """Forget a turn. What is not there is no error, a session neither."""
        await _answer(self._delete_turn(_keys(session_id), [turn_id]))

    async def turns(self, session_id: str, after: int, limit: int) -> Page:
        """Return up to `limit` turns whose place is beyond `after`; 0 begins with the first."""
        last, more, *turns = await _found(self._turns(_keys(session_id), [after, limit]))
        return Page(turns=tuple(turns), last=int(last), more=more == b"1")


class RedisPolicies:
    """Policies in Redis."""

    def __init__(self, client: Redis) -> None:
        self._swap = client.register_script(scripts.SWAP_POLICY)
        self._client = client

    async def stamp(self) -> bytes:
        """Return something that differs whenever a policy has changed, or was deleted by hand."""
        both = self._client.pipeline(transaction=False)
        both.get(_POLICIES_STAMP)
        both.hlen(_POLICIES)
        stamp, count = await _answer(both.execute())
        return b"%s/%d" % (stamp or b"", count)

    async def all(self) -> dict[str, bytes]:
        """Return every policy's document by its name."""
        found: dict[bytes, bytes] = await _answer(self._client.hgetall(_POLICIES))
        return {name.decode(): document for name, document in found.items()}

    async def swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Replace a policy, or store a new one; False where `old` is not there."""
        done = self._swap([_POLICIES, _POLICIES_STAMP], [name, old or b"", new, mint()])
        return bool(await _answer(done))


def _keys(session_id: str) -> Sequence[str]:
    key = _SESSION % session_id
    return key, f"{key}:turns", f"{key}:places"


def _ms(seconds: float) -> int:
    return round(seconds * 1_000)


async def _found(call: Awaitable[Any]) -> Any:
    """Return what a script answers.

    Raises:
        ParlandoError: SESSION_NOT_FOUND where it answers none; as `_answer`.
    """
    answer = await _answer(call)
    if answer is None:
        raise no_session()
    return answer


async def _answer(call: Awaitable[Any]) -> Any:
    """Return what Redis answers.

    Raises:
        ParlandoError: DEPENDENCY_UNAVAILABLE where it does not, or takes no writes; INTERNAL where it
            refuses the command.
    """
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await call
    except (TimeoutError, NoConnectionError, OutOfMemoryError, ReadOnlyError) as error:
        raise ParlandoError(
            Reason.DEPENDENCY_UNAVAILABLE,
            f"the session store does not answer ({type(error).__name__}): try again",
            retry_after=_RETRY_SECONDS,
        ) from None
    except RedisError as error:  # its text is left out: it may quote what was sent
        if _NO_WRITES.search(str(error)):
            raise ParlandoError(
                Reason.DEPENDENCY_UNAVAILABLE,
                "the session store takes no writes at the moment: try again",
                retry_after=_RETRY_SECONDS,
            ) from None
        raise ParlandoError(
            Reason.INTERNAL, f"the session store refuses a command ({type(error).__name__})"
        ) from None
