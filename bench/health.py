"""How soon a server says how it is, asked again and again: a probe is a process of its own, and so is this.

    python bench/health.py ADDRESS    until SIGTERM; then the seconds of each answer, a line of JSON

Run by bench/kokoro.py: a client that plays several voices at once would measure its own haste besides.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_EVERY = 0.02  # seconds


def main() -> None:
    """Ask, and tell how long the answers took."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: over.set())
    took: list[float] = []
    asked = health_pb2.HealthCheckRequest()
    with grpc.insecure_channel(sys.argv[1]) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        stub.Check(asked, wait_for_ready=True)  # the channel is made
        print(flush=True)
        while not over.wait(_EVERY):
            began = time.perf_counter()
            stub.Check(asked)
            took.append(time.perf_counter() - began)
    print(json.dumps(took))


if __name__ == "__main__":
    main()
