"""What becomes of an exception that an engine raised."""

from __future__ import annotations

import logging
import traceback

from parlando_kit.errors import ParlandoError, Reason

_log = logging.getLogger(__name__)


def engine_failure(error: Exception) -> ParlandoError:
    """Return what callers are told of it. One that no engine should raise is logged, without its message."""
    if isinstance(error, ParlandoError):
        return error
    # Where it was raised, but not what it says: that may hold spoken text.
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("the engine raised %s\n%s", type(error).__name__, where)
    return ParlandoError(
        Reason.ENGINE_FAILED, f"the engine raised {type(error).__name__}; its log says where"
    )
