"""Web pages that may not call: a browser sends much for a page of any origin, and asks nobody first.

It connects a WebSocket, which RFC 6455 (10.2) leaves to the server to refuse, and posts what a form could,
which CORS keeps no server from answering. A page from anywhere could else speak through a system that only
this machine or its network can reach.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Scope

REFUSED = {
    "message": "pages of this origin may not call: whoever runs this names those that may",
    "type": "invalid_request_error",
    "code": "origin_not_allowed",
    "param": None,
}
"""What they are told, with status 403."""

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


def may_not_call(scope: Scope) -> bool:
    """Return whether a request or WebSocket is of a foreign page, and of the kind that such may not send.

    It may read where a browser lets it: what neither changes nor makes anything is left to CORS.
    """
    if scope["type"] == "lifespan" or scope.get("method") in _HARMLESS:
        return False
    headers = Headers(scope=scope)
    return _is_foreign(headers.get("origin"), headers.get("host", ""))


def _is_foreign(origin: str | None, host: str) -> bool:
    """Return whether it is a page that asks, and one that came from elsewhere than what it asks.

    Browsers name a page's origin, and what is no browser none, or the host that it calls. Envoy takes the
    header away where the origin is one that may call.

    Args:
        origin: the header `Origin`; None where there is none.
        host: the header `Host`.
    """
    return origin is not None and (not host or origin.partition("://")[2].casefold() != host.casefold())
