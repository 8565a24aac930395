"""What a service's process says, and where: on stderr, a line each, with the service's name."""

from __future__ import annotations

import logging
import sys

_GRPC_CORE = "grpc._cython.cygrpc"


def begin(name: str, level: str) -> None:
    """Write what this process logs from now on.

    Args:
        name: stands in each line. Example: "router".
        level: what is written at the least. Example: "INFO".
    """
    logging.basicConfig(
        level=level, format=f"%(asctime)s %(levelname)s {name} %(name)s: %(message)s", stream=sys.stderr
    )
    logging.getLogger(_GRPC_CORE).addFilter(_is_of_use)


def _is_of_use(record: logging.LogRecord) -> bool:
    # grpc.aio (1.78 and 1.85) logs an error with its traceback where a caller leaves while the answer of a
    # unary call is on its way. Nothing has failed: nobody wants it any more.
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or kind.__name__ != "ExecuteBatchError"
