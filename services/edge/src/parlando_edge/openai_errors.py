"""The one table between domain errors and what OpenAI's clients expect: status, type, code.

The shape is `{"error": {"message", "type", "code", "param"}}`, over HTTP and, as the `error` of an event,
over WebSocket. `code` is the reason in lower case, unless OpenAI has a word of its own for it. Ours beside
them, where waiting helps, is `retry_after_ms`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from parlando_kit.errors import ParlandoError, Reason

_INVALID = "invalid_request_error"
_LIMIT = "rate_limit_error"
_QUOTA = "insufficient_quota"
_SERVER = "server_error"


class NamedError(ParlandoError):
    """An error that OpenAI has a code of its own for.

    Attributes:
        code: the code.
    """

    def __init__(self, reason: Reason, code: str, message: str, *, field: str = "") -> None:
        super().__init__(reason, message, field=field)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    kind: str
    code: str = ""
    retry: bool = False
    """True where waiting helps: it is told how long."""


_TABLE: dict[Reason, _Answer] = {
    Reason.MALFORMED_MESSAGE: _Answer(400, _INVALID),
    Reason.FIELD_REQUIRED: _Answer(400, _INVALID, "missing_required_parameter"),
    Reason.OUT_OF_RANGE: _Answer(400, _INVALID, "invalid_value"),
    Reason.TEXT_TOO_LONG: _Answer(400, _INVALID, "string_above_max_length"),
    Reason.BAD_MARKUP: _Answer(400, _INVALID),
    Reason.UNSUPPORTED_FORMAT: _Answer(400, _INVALID),
    Reason.FIELD_IMMUTABLE: _Answer(400, _INVALID),
    Reason.BAD_FIELD_MASK: _Answer(400, _INVALID),
    Reason.BAD_POLICY: _Answer(400, _INVALID),
    Reason.BAD_CLIP: _Answer(400, _INVALID),
    Reason.VOICE_NOT_FOUND: _Answer(404, _INVALID),
    Reason.ENGINE_NOT_FOUND: _Answer(404, _INVALID, "model_not_found"),
    Reason.LANGUAGE_NOT_FOUND: _Answer(404, _INVALID),
    Reason.SESSION_NOT_FOUND: _Answer(404, _INVALID),
    Reason.TURN_NOT_FOUND: _Answer(404, _INVALID),
    Reason.MODEL_NOT_FOUND: _Answer(404, _INVALID),
    Reason.OUT_OF_ORDER: _Answer(400, _INVALID),
    Reason.NOT_SUPPORTED: _Answer(400, _INVALID),
    Reason.ID_IN_USE: _Answer(409, _INVALID),
    Reason.CONFLICT: _Answer(409, _INVALID),
    Reason.POSITION_BEYOND_END: _Answer(400, _INVALID, "invalid_value"),
    Reason.OVERLOADED: _Answer(429, _LIMIT, retry=True),
    Reason.BUDGET_SPENT: _Answer(429, _QUOTA, _QUOTA),
    Reason.RATE_LIMITED: _Answer(429, _LIMIT, "rate_limit_exceeded", retry=True),
    Reason.SLOW_READER: _Answer(408, _INVALID),
    Reason.QUOTA_SPENT: _Answer(429, _QUOTA, _QUOTA),
    Reason.NO_ENGINE_AVAILABLE: _Answer(503, _SERVER, retry=True),
    Reason.DRAINING: _Answer(503, _SERVER, retry=True),
    Reason.DEPENDENCY_UNAVAILABLE: _Answer(503, _SERVER, retry=True),
    Reason.ENGINE_FAILED: _Answer(503, _SERVER, retry=True),
    Reason.TOO_LATE: _Answer(504, _SERVER),
    Reason.STOPPED: _Answer(499, _SERVER),
    Reason.ENGINE_KEY_REFUSED: _Answer(502, _SERVER),  # our key, not the caller's
    Reason.TEXT_REFUSED: _Answer(403, _INVALID, "content_policy_violation"),
    Reason.INTERNAL: _Answer(500, _SERVER, "internal_error"),
}

# Fields of the router's messages under the names this protocol has for them.
_PARAMS = {
    "text": "input",
    "settings.voice": "voice",
    "settings.engine": "model",
    "settings.language": "language",
    "settings.prosody.speed": "speed",
    "settings.emotion": "instructions",
    "settings.engine_options.instructions": "instructions",
    "settings.format": "response_format",
    "settings.format.codec": "response_format",
    "settings.format.container": "response_format",
    "settings.format.sample_rate_hz": "sample_rate",
}

_RETRY_SECONDS = 1.0
"""How long to wait where waiting helps and nobody said how long."""

UNEXPECTED = ParlandoError(Reason.INTERNAL, "an unexpected fault; the service has logged it")
"""What a caller is told of an exception that nobody foresaw."""


def status_of(error: ParlandoError) -> int:
    """Return the HTTP status of an error."""
    return _TABLE[error.reason].status


def retry_after_ms(error: ParlandoError) -> int | None:
    """Return the milliseconds to wait before trying again; None where waiting does not help."""
    if not _TABLE[error.reason].retry:
        return None
    return math.ceil((error.retry_after or _RETRY_SECONDS) * 1000)


def param_of(field: str) -> str:
    """Return what this protocol calls a field of the router's messages."""
    return _PARAMS.get(field, field.removeprefix("settings."))


def describe(error: ParlandoError) -> dict[str, Any]:
    """Return the `error` object: message, type, code and, null where no field is at fault, param.

    Where waiting helps, `retry_after_ms` is there, too.
    """
    answer = _TABLE[error.reason]
    param = param_of(error.field)
    message = error.message
    if error.field and message.startswith(error.field):
        message = param + message.removeprefix(error.field)
    said = {
        "message": message,
        "type": answer.kind,
        "code": error.code if isinstance(error, NamedError) else answer.code or error.reason.value.lower(),
        "param": param or None,
    }
    milliseconds = retry_after_ms(error)
    return said if milliseconds is None else {**said, "retry_after_ms": milliseconds}
