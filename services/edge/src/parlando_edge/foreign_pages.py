"""Web pages that may not call: a browser connects a WebSocket for any page, and asks nobody first.

RFC 6455 (10.2) leaves that to the server: a page from anywhere could else speak through a system that only
this machine or its network can reach.
"""

from __future__ import annotations

REFUSED = {
    "message": "pages of this origin may not call: whoever runs this names those that may",
    "type": "invalid_request_error",
    "code": "origin_not_allowed",
    "param": None,
}
"""What they are told, with status 403."""


def is_foreign(origin: str | None, host: str) -> bool:
    """Return whether it is a page that asks, and one that came from elsewhere than what it asks.

    Browsers name a page's origin, and what is no browser none, or the host that it calls. Envoy takes the
    header away where the origin is one that may call.

    Args:
        origin: the header `Origin`; None where there is none.
        host: the header `Host`.
    """
    return origin is not None and (not host or origin.partition("://")[2].casefold() != host.casefold())
