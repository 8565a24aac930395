"""What guards the administration over HTTP: a key, which pages of other origins neither know nor can send."""

from __future__ import annotations

from hmac import compare_digest

from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

_SCHEME = b"bearer "


class Guarded:
    """An ASGI application that is passed on to only with the key. Nothing of a body is read before.

    Args:
        app: what is guarded.
        key: that callers send as `Authorization: Bearer …`; "" has nobody passed on.
    """

    def __init__(self, app: ASGIApp, key: SecretStr) -> None:
        self._app = app
        self._key = key.get_secret_value().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request.

        Raises:
            HTTPException: 403, there is no key; 401, the caller has another one.
        """
        if not self._key:
            raise HTTPException(403, "voices are not administered over HTTP here: set EDGE_ADMIN_KEY")
        said = dict(scope["headers"]).get(b"authorization", b"")
        known = said[: len(_SCHEME)].lower() == _SCHEME
        if not (compare_digest(said[len(_SCHEME) :].strip(), self._key) and known):
            raise HTTPException(
                401,
                "this needs the administrator's key: send it as Authorization: Bearer …",
                {"www-authenticate": "Bearer"},
            )
        await self._app(scope, receive, send)
