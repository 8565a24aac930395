"""One WebSocket to the service, and the contexts on it: a job's text each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from parlando_elevenlabs.refusals import ServiceError
from parlando_kit.tasks import finish

MOST_CONTEXTS = 5
"""Contexts of one WebSocket, as the service allows."""

_LARGEST = 16 * 1024 * 1024  # bytes of a message

GONE = "connection_closed"
"""Code of an error of ours: the connection ended."""

Message = Mapping[str, Any]


class Context:
    """One text on its way.

    Args:
        name: its id on the connection.
        connection: it belongs to.

    Attributes:
        name: as given.
    """

    def __init__(self, name: str, connection: ClientConnection) -> None:
        self.name = name
        self._connection = connection
        self._messages: asyncio.Queue[Message | Exception] = asyncio.Queue()  # bounded by what a text can say
        self._open = True

    async def begin(self, text: str, voice_settings: Message) -> None:
        """Send the text, whole; it is to be spoken at once."""
        opening: dict[str, Any] = {"text": f"{text} ", "context_id": self.name}
        if voice_settings:
            opening["voice_settings"] = voice_settings
        await self._send(opening)
        await self._send({"context_id": self.name, "flush": True})

    async def close(self) -> None:
        """Say that nothing more is wanted than was begun; the service answers with the last message."""
        if self._open:
            self._open = False
            await self._send({"context_id": self.name, "close_context": True})

    def put(self, message: Message | Exception) -> None:
        """Take what the connection brings."""
        self._messages.put_nowait(message)

    async def messages(self) -> AsyncIterator[Message]:
        """Yield messages until the last one.

        Raises:
            ServiceError: the service reports an error, or the connection is gone.
        """
        while True:
            message = await self._messages.get()
            if isinstance(message, Exception):
                raise message
            if message.get("isFinal") or message.get("is_final"):
                return
            yield message

    async def _send(self, message: Message) -> None:
        await self._connection.send(json.dumps(message))


class Socket:
    """A WebSocket for one voice.

    Args:
        connection: opened.

    Attributes:
        kept: whether it was there before its latest user came: it may have been closed without our knowing.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self.kept = False
        self._connection = connection
        self._contexts: dict[str, Context] = {}
        self._failure: Exception = ServiceError(GONE)
        self._numbers = count()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url: str, key: str, seconds: float) -> Socket:
        """Connect.

        Raises:
            OSError, TimeoutError, WebSocketException: it cannot be.
        """
        headers = {"xi-api-key": key} if key else {}
        connection = await connect(
            url,
            additional_headers=headers,
            open_timeout=seconds,
            close_timeout=1.0,
            compression=None,  # sound in base64 gains nothing that its cost would be worth
            max_size=_LARGEST,
        )
        return cls(connection)

    @property
    def gone(self) -> bool:
        """Whether the connection has ended."""
        return self._reading.done()

    @property
    def usable(self) -> bool:
        """Whether another context may be opened on it."""
        return not self.gone and len(self._contexts) < MOST_CONTEXTS

    @property
    def idle(self) -> bool:
        """Whether nobody uses it."""
        return not self._contexts

    @asynccontextmanager
    async def context(self, text: str, voice_settings: Message) -> AsyncIterator[Context]:
        """Have a text spoken in a context of its own; leaving it closes the context, and ends what is left.

        Raises:
            ServiceError: what the connection ended with; `GONE` where nothing else is known.
        """
        if self.gone:
            raise self._failure
        context = Context(f"c{next(self._numbers)}", self._connection)
        self._contexts[context.name] = context
        try:
            await context.begin(text, voice_settings)
            yield context
        except ConnectionClosed:
            await asyncio.wait({self._reading})
            raise self._failure from None
        finally:
            del self._contexts[context.name]
            with suppress(ConnectionClosed):
                await finish(context.close())

    async def close(self) -> None:
        """Close the connection; contexts that are left end with an error."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._connection.close()

    async def _read(self) -> None:
        try:
            async for data in self._connection:
                message = json.loads(data)
                if code := message.get("error"):
                    self._failure = ServiceError(str(code))
                context = self._contexts.get(str(message.get("contextId", "")))
                if context is not None:
                    context.put(message)
                    await asyncio.sleep(0)  # more may be buffered, and who waits is not to wait for it
        except ConnectionClosed:
            pass
        except ValueError:  # no JSON
            self._failure = ServiceError("unreadable")
        finally:
            for context in self._contexts.values():
                context.put(self._failure)
