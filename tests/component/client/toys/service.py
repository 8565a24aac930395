"""A service of nothing but health: `service.py NAME PORT [grandchild] [stubborn] [failing] [lingering]`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


def main() -> None:
    name, port, *ways = sys.argv[1:]
    if "failing" in ways:
        sys.exit(f"{name}: cannot start")
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    if "grandchild" in ways:
        subprocess.Popen(["sleep", "1000"])
    server = grpc.server(ThreadPoolExecutor(2), options=(("grpc.so_reuseport", 0),))
    healthy = health.HealthServicer()
    healthy.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    asked.wait()
    print(f"{name} is asked to end", flush=True)  # noqa: T201  # it is a program
    if "stubborn" in ways:
        threading.Event().wait()
    server.stop(0).wait()
    if "lingering" in ways:
        print(f"{name} is still there", flush=True)  # noqa: T201  # it is a program
        threading.Event().wait()
    print(f"{name} ends", flush=True)  # noqa: T201  # it is a program


if __name__ == "__main__":
    main()
