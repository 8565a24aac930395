"""Connections to Realtime, kept open for the next text of the same voice and speed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from websockets.protocol import State

from parlando_kit.tasks import finish
from parlando_openai import refusals
from parlando_synth.remote.trouble import Refusal, Trouble

OLDEST = 3_000.0
"""Seconds after which a connection is not used again: the service ends sessions after an hour."""

CLOSE_SECONDS = 0.5
"""How long the other end may take to agree that a connection is closed."""

Manner = tuple[str, float]
"""Voice and speed: neither can change in a session that has spoken."""


class RealtimeError(Exception):
    """The service reports an error, or says what it may not.

    Args:
        refusal: what it means.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.trouble.name)
        self.refusal = refusal


class Connection:
    """One session.

    Args:
        connection: the SDK's.

    Attributes:
        used: whether it has spoken before.
    """

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.used = False
        self._connection = connection
        self._opened = time.monotonic()

    @property
    def old(self) -> bool:
        """True once it is not to be used again: for its age, or because the other end has closed it."""
        gone = self._connection._connection.state is not State.OPEN  # noqa: SLF001  # the SDK does not say so
        return gone or time.monotonic() - self._opened > OLDEST

    async def send(self, event: Mapping[str, Any]) -> None:
        """Send an event."""
        await self._connection.send(event)  # type: ignore[arg-type]  # a union of TypedDicts

    async def receive(self) -> Mapping[str, Any]:
        """Return the next event.

        Raises:
            RealtimeError: it is an error, or no event.
        """
        try:
            event = json.loads(await self._connection.recv_bytes())
        except ValueError:
            event = None
        if not isinstance(event, Mapping):
            raise RealtimeError(Refusal(Trouble.OUTAGE))
        if event.get("type") == "error":
            error = event.get("error")
            about = error if isinstance(error, Mapping) else {}
            raise RealtimeError(refusals.of_error(about))
        return event

    async def until(self, kind: str) -> None:
        """Return once an event of a kind came."""
        while (await self.receive()).get("type") != kind:
            pass

    async def close(self) -> None:
        """Close it, waiting no longer than need be for a peer that may be gone."""
        # By another task: in one that is cancelled a timeout of Python 3.11.2 and before is a cancel.
        await finish(self._close())

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.close()
        except TimeoutError:  # the SDK has no way to say so
            self._connection._connection.transport.abort()  # noqa: SLF001


class Connections:
    """Opens connections, and keeps those that are idle.

    Args:
        client: the SDK's.
        model: of all sessions.
        open_seconds: how long opening one may take.
        most_idle: how many are kept.
    """

    def __init__(self, client: AsyncOpenAI, model: str, *, open_seconds: float, most_idle: int) -> None:
        self._client = client
        self._model = model
        self._open_seconds = open_seconds
        self._most_idle = most_idle
        self._idle: list[tuple[Manner, Connection]] = []

    async def take(self, manner: Manner, session: Mapping[str, Any]) -> Connection:
        """Return a connection for a manner of speaking: one that is idle, or else a new one.

        Args:
            manner: voice and speed.
            session: what a new one is set to.
        """
        for place, (known, connection) in enumerate(self._idle):
            if known == manner:
                del self._idle[place]
                if not connection.old:
                    return connection
                await connection.close()
                break
        return await self.open(session)

    async def open(self, session: Mapping[str, Any]) -> Connection:
        """Return a new connection."""
        async with asyncio.timeout(self._open_seconds):
            connection = Connection(await self._client.realtime.connect(model=self._model).enter())
            try:
                await connection.until("session.created")
                await connection.send({"type": "session.update", "session": session})
                await connection.until("session.updated")
            except BaseException:
                await connection.close()
                raise
        return connection

    async def give_back(self, manner: Manner, connection: Connection) -> None:
        """Keep a connection that has said its text, and close the one that was idle for longest instead."""
        connection.used = True
        self._idle.append((manner, connection))
        if len(self._idle) > self._most_idle:
            _, oldest = self._idle.pop(0)
            await oldest.close()

    async def warm(self, manner: Manner, session: Mapping[str, Any]) -> None:
        """Open a connection where none that is idle can be used.

        Args:
            manner: of one that is opened.
            session: what it is set to.
        """
        old = [each for each in self._idle if each[1].old]
        self._idle = [each for each in self._idle if not each[1].old]
        for _, connection in old:
            await connection.close()
        if not self._idle:
            self._idle.append((manner, await self.open(session)))

    async def close(self) -> None:
        """Close those that are idle."""
        idle, self._idle = self._idle, []
        for _, connection in idle:
            await connection.close()
