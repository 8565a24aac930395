"""Where a service account's tokens come from: OAuth 2.0's grant by JWT (RFC 7523), on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs

import trustme
from google.auth import jwt

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_AUDIENCE = "https://oauth2.googleapis.com/token"  # wherever the file says that tokens are to be had
_EMAIL = "speaker@parlando.example"


class TokenEndpoint:
    """The endpoint. It gives a token to whoever signs with the account's key for it, and to nobody else.

    Attributes:
        token: what it gives.
        asked: how often it was asked.
        lasts: seconds that a token lasts; one that lasts less than four minutes is renewed for every call.
        refuses: it gives no more of them.
    """

    token = "ya29.planted-token"  # noqa: S105  # nobody's

    def __init__(self) -> None:
        self.asked = 0
        self.lasts = 3_600
        self.refuses = False
        self._account = _owner()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # as the library calls it
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                status, answer = endpoint._answer(form)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}/token"

    def account(self, path: Path, *, other: bool = False) -> Path:
        """Write the account's file; with `other`, one with a key that is not the account's."""
        owner = _owner() if other else self._account
        file = {
            "type": "service_account",
            "client_email": _EMAIL,
            "private_key": owner.private_key_pem.bytes().decode(),
            "private_key_id": "1",
            "token_uri": self.address,
        }
        path.write_text(json.dumps(file))
        return path

    def _answer(self, form: Mapping[str, Sequence[str]]) -> tuple[int, Mapping[str, object]]:
        self.asked += 1
        if self.refuses:
            return 400, {"error": "invalid_grant", "error_description": "Account has been deleted."}
        if form.get("grant_type") == [_GRANT] and self._is_signed(form["assertion"][0]):
            return 200, {"access_token": self.token, "expires_in": self.lasts, "token_type": "Bearer"}
        return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}

    def _is_signed(self, assertion: str) -> bool:
        try:
            claims = jwt.decode(  # type: ignore[no-untyped-call]  # the library types it nowhere
                assertion, certs=self._account.cert_pem.bytes(), audience=_AUDIENCE
            )
        except ValueError:
            return False
        return (claims["iss"], claims["scope"]) == (_EMAIL, _SCOPE)


def _owner() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.RSA)  # what Google's accounts have
