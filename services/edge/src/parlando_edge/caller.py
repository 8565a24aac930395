"""Which policy and tier a caller has, as whoever authenticated it says in headers, told to the router.

Envoy takes these headers out of what comes from outside: they are of a hop that may be trusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from starlette.types import Scope

from parlando_kit.tracing import outgoing

_HEADERS = (b"x-parlando-policy", b"x-parlando-tier")
_LONGEST = 128

Metadata = tuple[tuple[str, str], ...]

_said: ContextVar[Metadata] = ContextVar("said of the caller", default=())


@contextmanager
def introduced(scope: Scope) -> Iterator[None]:
    """Remember what is said of the caller of a request or WebSocket, for all that is done for it."""
    said = tuple(
        (name.decode(), value.decode())
        for name, value in scope.get("headers", ())
        if name in _HEADERS and value.isascii() and value.decode().isprintable() and len(value) <= _LONGEST
    )
    token = _said.set(said)
    try:
        yield
    finally:
        _said.reset(token)


def to_router() -> Metadata | None:
    """Return the metadata of a call to the router: its trace, and what is said of the caller."""
    return (*(outgoing() or ()), *_said.get()) or None
