"""Ports for services that tests start: given out once, and never to an outgoing connection."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

# Below the ports that the kernel gives to outgoing connections, so that none is taken in between: before a
# service has begun to listen, or while it is started again.
_PORTS = range(20_000, 32_000)
_unused = iter(random.sample(_PORTS, len(_PORTS)))


def free_port() -> int:
    """Return a port that nobody listens on, and that was not returned before."""
    for port in _unused:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is left")
