"""One HTTP exchange over ASGI, for answers that stream: patience with the client, and its leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from parlando_kit.errors import ParlandoError, Reason

Headers = dict[str, str]


class ClientGoneError(Exception):
    """The client has left; there is nobody to answer."""


_BROKEN_OFF = "broken_off"


def break_off(scope: Scope) -> None:
    """Say that an answer is left without an end, on purpose: the connection closes on it.

    A client can tell that from a whole one. Call it once nothing more is sent.
    """
    scope.setdefault("state", {})[_BROKEN_OFF] = True


def is_broken_off(scope: Scope) -> bool:
    """Return whether `break_off` was called."""
    return _BROKEN_OFF in scope.get("state", {})


async def read_body(scope: Scope, receive: Receive, *, most: int, seconds: float) -> bytes:
    """Return the request's body.

    Raises:
        HTTPException: 413 when it is or says it is larger than `most`, 408 when it takes longer.
        ClientGoneError: the client has left.
    """
    stated = dict(scope["headers"]).get(b"content-length", b"0")
    if not stated.isdigit() or int(stated) > most:
        raise too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                body += message.get("body", b"")
                if len(body) > most:
                    raise too_large(most)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise HTTPException(408, f"the body did not arrive within {seconds:g} s") from None


def accept_of(scope: Scope) -> str:
    """Return the Accept header of a request; "" where there is none."""
    return b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")


def media_type_of(scope: Scope) -> str:
    """Return the media type that a request declares of its body, without parameters; "" for none."""
    stated = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
    return str(stated).partition(";")[0].strip().lower()


def query_of(scope: Scope) -> dict[str, str]:
    """Return the query of a request; of a name that comes twice, the last."""
    return dict(parse_qsl(scope["query_string"].decode("latin-1")))


def too_large(most: int) -> HTTPException:
    """Return what a body is refused with that has more bytes than it may."""
    return HTTPException(413, f"the body is larger than {most:,} bytes")


def patient(send: Send, seconds: float) -> Send:
    """Return a `send` that gives up on a client which takes nothing for `seconds`.

    It raises SLOW_READER as ParlandoError then.
    """
    loop = asyncio.get_running_loop()

    async def send_in_time(message: Message) -> None:
        try:
            async with asyncio.timeout(None) as limit:
                # Only a send that waits lets the loop come to this, and few do. A timer for each would cost
                # more than the sending.
                waits = loop.call_soon(lambda: limit.reschedule(loop.time() + seconds))
                try:
                    await send(message)
                finally:
                    waits.cancel()
        except TimeoutError:
            raise ParlandoError(Reason.SLOW_READER, f"the client took nothing for {seconds:g} s") from None

    return send_in_time


async def while_connected(
    receive: Receive, work: Coroutine[Any, Any, None], gone: Callable[[], None]
) -> None:
    """Do the work; leave it undone, cancelled and awaited, once the client has left.

    Args:
        receive: of a request whose body was read.
        work: what to do.
        gone: is called when the client has left, before the work ends.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(receive))
    both = {working, leaving}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            gone()
    finally:
        for task in both:
            task.cancel()
        await asyncio.wait(both)
    if not working.cancelled():
        working.result()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Reply:
    """The answer of an exchange, begun once.

    Args:
        send: of the exchange.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def begin(self, headers: Headers, status: int = 200) -> None:
        """Send the status and headers."""
        self.begun = True
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, body: bytes) -> None:
        """Send a part of the body."""
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def end(self, body: bytes = b"") -> None:
        """Send the last part of the body."""
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
