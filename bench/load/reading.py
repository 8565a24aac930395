"""One text spoken over HTTP, read as it comes, whatever becomes of it on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Protocol

from load.asking import Heard

_OK = 200


class Answer(Protocol):
    """An answer of requests, and so of Locust, whose body has not been read."""

    status_code: int

    @property
    def content(self) -> bytes | None:
        """Its body, read in full; None where there is no answer."""
        ...

    def iter_content(self, chunk_size: int | None) -> Iterator[bytes]:
        """Return its body in pieces, as they come."""
        ...


def read(answer: Answer, began: float) -> Heard:
    """Read an answer to its end, and return what its caller heard; a connection that breaks off is an error.

    Args:
        answer: to a request for speech.
        began: when it was asked for, by `time.perf_counter`.
    """
    first: float | None = None
    error = ""
    try:
        if answer.status_code != _OK:
            error = _code(answer)
        else:
            for piece in answer.iter_content(None):
                if piece and first is None:
                    first = time.perf_counter() - began
            error = "" if first is not None else "no sound"
    except OSError as broken:  # as requests' own exceptions are
        error = type(broken).__name__
    return Heard(first, time.perf_counter() - began, error)


def _code(answer: Answer) -> str:
    """Return the code of a refusal; its status where it has none, as one of a proxy's."""
    try:
        return str(json.loads(answer.content or b"")["error"]["code"])
    except (ValueError, TypeError, KeyError):
        return f"status {answer.status_code}"
