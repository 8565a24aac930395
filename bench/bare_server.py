"""A grpc.aio server that does nothing else than this: the yardstick. `bare_server.py PORT`.

It streams 30 ms of silence without end to whoever asks, and tells how it is.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc
import uvloop
from grpc_health.v1 import health, health_pb2_grpc

_FRAME = bytes(1_440)
"""30 ms of 24 kHz PCM."""


async def _stream(_: bytes, __: Any) -> AsyncIterator[bytes]:
    while True:
        yield _FRAME


async def _serve(port: int) -> None:
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    handler = grpc.method_handlers_generic_handler(
        "bench.Bare", {"Stream": grpc.unary_stream_rpc_method_handler(_stream)}
    )
    server.add_generic_rpc_handlers((handler,))
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
