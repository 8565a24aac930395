"""What another service says of its own health."""

from __future__ import annotations

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_ANSWER_SECONDS = 1.0


async def is_serving(channel: grpc.aio.Channel) -> bool:
    """Return whether the service at the other end says SERVING, within a second."""
    stub = health_pb2_grpc.HealthStub(channel)
    try:
        answer = await stub.Check(  # type: ignore[attr-defined]  # set in its constructor
            health_pb2.HealthCheckRequest(), timeout=_ANSWER_SECONDS
        )
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
