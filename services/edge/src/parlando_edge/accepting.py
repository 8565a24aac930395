"""What a client would rather have, by its `Accept` header (RFC 9110, 12.5.1)."""

from __future__ import annotations

import math
from collections.abc import Iterable

_LONGEST = 1_000  # characters read of the header


def preferred(accept: str, offered: Iterable[str]) -> str | None:
    """Return the media type that is named with the greatest weight, the first of equals.

    Ranges such as `audio/*` decide nothing: what is offered has a default.

    Args:
        accept: the header.
        offered: media types in lower case, without parameters.
    """
    known = frozenset(offered)
    best, chosen = 0.0, None
    for entry in accept[:_LONGEST].split(","):
        media, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = _weight(parameters)
        if media in known and weight > best:
            best, chosen = weight, media
    return chosen


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return min(weight, 1.0) if math.isfinite(weight) else 0.0
    return 1.0
