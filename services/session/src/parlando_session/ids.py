"""Ids: those this service mints, and what it takes for one."""

from __future__ import annotations

import re
import uuid

from parlando_kit.errors import ParlandoError, Reason
from parlando_session.ports import no_session

_MINTED = re.compile(r"[0-9a-f]{32}")
_LEASE = re.compile(r"([0-9a-f]{32})\.[0-9a-f]{32}")
_LONGEST = 64


def mint() -> str:
    """Return a new id that nobody can guess."""
    return uuid.uuid4().hex


def mint_lease(session_id: str) -> str:
    """Return a new lease's id, which says whose lease it is."""
    return f"{session_id}.{mint()}"


def require_session(session_id: str, path: str = "session_id") -> None:
    """Refuse what cannot be a session's id.

    Raises:
        ParlandoError: FIELD_REQUIRED; SESSION_NOT_FOUND for what was never minted.
    """
    if not session_id:
        raise ParlandoError(Reason.FIELD_REQUIRED, f"{path} is empty: name the session", field=path)
    if not _MINTED.fullmatch(session_id):
        raise no_session()


def session_of(lease_id: str) -> str:
    """Return the session a lease belongs to.

    Raises:
        ParlandoError: FIELD_REQUIRED; SESSION_NOT_FOUND for what was never minted.
    """
    if not lease_id:
        raise ParlandoError(
            Reason.FIELD_REQUIRED, "lease_id is empty: send the one that was granted", field="lease_id"
        )
    minted = _LEASE.fullmatch(lease_id)
    if minted is None:
        raise ParlandoError(
            Reason.SESSION_NOT_FOUND,
            "lease_id is none that was granted: send it as it was received",
            field="lease_id",
        )
    return minted[1]


def require_turn(turn_id: str, path: str) -> None:
    """Refuse what cannot be a turn's id.

    Raises:
        ParlandoError: FIELD_REQUIRED or OUT_OF_RANGE.
    """
    if not turn_id:
        raise ParlandoError(Reason.FIELD_REQUIRED, f"{path} is empty: name the turn", field=path)
    if len(turn_id) > _LONGEST:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"{path} has {len(turn_id):,} characters: use at most {_LONGEST}",
            field=path,
        )
