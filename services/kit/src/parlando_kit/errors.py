"""Domain errors: what went wrong, for a program (`Reason`) and for a person (the message).

They know nothing of transport; `status` holds the one table that maps them to gRPC and back.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a call failed: the names of `parlando.errors.v1.ErrorReason` without their prefix.

    Each value's meaning, status and worked example stand in protos/parlando/errors/v1/errors.proto; a
    test holds the two lists together.
    """

    MALFORMED_MESSAGE = "MALFORMED_MESSAGE"
    FIELD_REQUIRED = "FIELD_REQUIRED"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    BAD_MARKUP = "BAD_MARKUP"
    UNSUPPORTED_FORMAT = "UNSUPPORTED_FORMAT"
    FIELD_IMMUTABLE = "FIELD_IMMUTABLE"
    BAD_FIELD_MASK = "BAD_FIELD_MASK"
    BAD_POLICY = "BAD_POLICY"
    BAD_CLIP = "BAD_CLIP"
    VOICE_NOT_FOUND = "VOICE_NOT_FOUND"
    ENGINE_NOT_FOUND = "ENGINE_NOT_FOUND"
    LANGUAGE_NOT_FOUND = "LANGUAGE_NOT_FOUND"
    SESSION_NOT_FOUND = "SESSION_NOT_FOUND"
    TURN_NOT_FOUND = "TURN_NOT_FOUND"
    MODEL_NOT_FOUND = "MODEL_NOT_FOUND"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    ID_IN_USE = "ID_IN_USE"
    CONFLICT = "CONFLICT"
    POSITION_BEYOND_END = "POSITION_BEYOND_END"
    OVERLOADED = "OVERLOADED"
    BUDGET_SPENT = "BUDGET_SPENT"
    RATE_LIMITED = "RATE_LIMITED"
    SLOW_READER = "SLOW_READER"
    QUOTA_SPENT = "QUOTA_SPENT"
    NO_ENGINE_AVAILABLE = "NO_ENGINE_AVAILABLE"
    DRAINING = "DRAINING"
    DEPENDENCY_UNAVAILABLE = "DEPENDENCY_UNAVAILABLE"
    ENGINE_FAILED = "ENGINE_FAILED"
    TOO_LATE = "TOO_LATE"
    STOPPED = "STOPPED"
    ENGINE_KEY_REFUSED = "ENGINE_KEY_REFUSED"
    TEXT_REFUSED = "TEXT_REFUSED"
    INTERNAL = "INTERNAL"


class ParlandoError(Exception):
    """A failure that a caller can act on.

    Attributes:
        reason: why, for a program.
        message: what is wrong and what to do, for a person. Never holds spoken text or keys.
        field: path of the request field at fault, or "".
        retry_after: seconds after which it is worth trying again, or None.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        field: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field
        self.retry_after = retry_after

    def __repr__(self) -> str:
        return f"ParlandoError({self.reason}, {self.message!r}, field={self.field!r})"


class CallerGoneError(Exception):
    """What is written to a caller cannot arrive: it has gone, and nobody is left to be answered."""
