"""What the service's errors mean, over HTTP and over WebSocket."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from elevenlabs.core.api_error import ApiError
from websockets.exceptions import InvalidStatus, WebSocketException

from parlando_synth.remote.trouble import Refusal, Trouble, is_untrusted, retry_after, trouble_of_status

_CODES = {
    "invalid_api_key": Trouble.KEY,
    "missing_permissions": Trouble.KEY,
    "needs_authorization": Trouble.KEY,
    "detected_unusual_activity": Trouble.KEY,
    "quota_exceeded": Trouble.QUOTA,
    "payment_required": Trouble.QUOTA,
    "too_many_concurrent_requests": Trouble.BUSY,
    "rate_limit_exceeded": Trouble.BUSY,
    "system_busy": Trouble.BUSY,
    "voice_not_found": Trouble.VOICE,
    "voice_does_not_exist": Trouble.VOICE,
    "model_not_found": Trouble.MODEL,
    "model_does_not_exist": Trouble.MODEL,
    "model_access_denied": Trouble.MODEL,
    "max_character_limit_exceeded": Trouble.LENGTH,
    "text_too_long": Trouble.LENGTH,
    "content_against_policy": Trouble.MODERATION,
    "blocked_generation": Trouble.MODERATION,
    "internal_server_error": Trouble.OUTAGE,
}

_NO_WEBSOCKET = frozenset({400, 404, 405, 426})
"""Statuses of a handshake that something between answers: it says nothing of a text yet."""


class ServiceError(Exception):
    """The service reports an error in a message of its own.

    Args:
        code: as it names it.
    """

    def __init__(self, code: str) -> None:
        super().__init__("the service reports an error")
        self.code = code


def refusal(error: Exception) -> Refusal | None:
    """Return what an error means; None for one that is none of the service's or its libraries'."""
    if isinstance(error, ServiceError):
        return Refusal(_CODES.get(error.code, Trouble.OUTAGE), error.code)
    if isinstance(error, ApiError):
        return _of_answer(error.status_code or 0, error.body, error.headers or {})
    if isinstance(error, InvalidStatus):
        return _of_handshake(error.response.status_code, dict(error.response.headers))
    if is_untrusted(error):
        return Refusal(Trouble.TRUST)
    if isinstance(error, httpx.HTTPError | WebSocketException | OSError):
        return Refusal(Trouble.OUTAGE)
    return None


def _of_handshake(status: int, headers: Mapping[str, str]) -> Refusal:
    if status in _NO_WEBSOCKET:
        return Refusal(Trouble.OUTAGE, str(status))
    return _of_answer(status, None, headers)


def _of_answer(status: int, body: object, headers: Mapping[str, str]) -> Refusal:
    detail = body.get("detail") if isinstance(body, Mapping) else None
    code = str(detail.get("status") or detail.get("code") or "") if isinstance(detail, Mapping) else ""
    wait = retry_after({name.casefold(): value for name, value in headers.items()})
    trouble = _CODES.get(code) or trouble_of_status(status)
    return Refusal(trouble, code or str(status), wait)
