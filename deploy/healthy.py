"""Exit with status 0 when the service of this container serves: `healthy.py SERVICE`.

The edge is asked over HTTP, the others for their gRPC health. Ports are those of the settings.
"""

# ruff: noqa: INP001  # a program that is copied into images, not a package

import os
import sys
import urllib.request
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

SECONDS = 3
PORTS = {"edge": 8000, "router": 50051, "fragmenter": 50052, "session": 50053, "synth": 50061}


def main() -> bool:
    """Ask, and return whether it serves."""
    name = sys.argv[1]
    address = f"127.0.0.1:{os.environ.get(f'{name.upper()}_PORT', PORTS[name])}"
    try:
        if name == "edge":
            with urllib.request.urlopen(f"http://{address}/healthz", timeout=SECONDS):
                return True
        with grpc.insecure_channel(address) as channel:
            health: Any = health_pb2_grpc.HealthStub(channel)  # its type stub leaves methods out
            answer = health.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
    except (OSError, grpc.RpcError):
        return False


if __name__ == "__main__":
    sys.exit(not main())
