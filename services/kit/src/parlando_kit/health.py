"""Health as `grpc.health.v1` tells it: per service and per dependency.

gRPC's own servicer keeps its watchers open through a graceful stop, so that one watcher makes every
drain last its full grace. This one tells them NOT_SERVING and lets them go.
"""

from __future__ import annotations

import asyncio

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_Request = health_pb2.HealthCheckRequest
_Response = health_pb2.HealthCheckResponse
_Context = grpc.aio.ServicerContext[_Request, _Response]

ACCEPTING = "accepting"
"""Name that is serving while calls are taken, whatever else is wrong: who calls a replica watches it."""


class HealthServicer(health_pb2_grpc.HealthServicer):
    """What is serving and what is not, by name; "" is the whole."""

    def __init__(self) -> None:
        self._statuses: dict[str, int] = {}
        self._changed = asyncio.Event()  # set, and replaced, at every change
        self._draining = False

    def set(self, name: str, *, serving: bool) -> None:
        """Set one name's status. While draining, nothing is serving."""
        status = _Response.SERVING if serving and not self._draining else _Response.NOT_SERVING
        if self._statuses.get(name) != status:
            self._statuses[name] = status
            self._wake()

    async def serving(self, name: str) -> None:
        """Return once a name is serving."""
        while self._statuses.get(name) != _Response.SERVING:
            await self._changed.wait()

    def drain(self) -> None:
        """Take every name out of SERVING for good; watchers are told, and their calls end."""
        self._draining = True
        for name in self._statuses:
            self._statuses[name] = _Response.NOT_SERVING
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def Check(self, request: _Request, context: _Context) -> _Response:  # noqa: N802  # gRPC's name
        """Answer one name's status; NOT_FOUND where it is unknown."""
        status = self._statuses.get(request.service)
        if status is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no service or dependency of that name")
        return _Response(status=status)

    async def Watch(self, request: _Request, context: _Context) -> None:  # noqa: N802  # gRPC's name
        """Write one name's status now and whenever it changes, until the server drains."""
        told = None
        while True:
            changed = self._changed
            status = self._statuses.get(request.service, _Response.SERVICE_UNKNOWN)
            if status != told:
                await context.write(_Response(status=status))
                told = status
            elif self._draining:
                return
            else:
                await changed.wait()
