"""What every service does that `parlando.admin.v1` administers: it drains, and takes work again."""

from __future__ import annotations

from typing import Any

import grpc

from parlando.admin.v1 import admin_pb2, admin_service_pb2, admin_service_pb2_grpc
from parlando_kit.calls import CallsUnderWay
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.server import Service

_Context = grpc.aio.ServicerContext[Any, Any]

_LONGEST_SECONDS = 3_600.0
_CONTRACT = admin_service_pb2.DESCRIPTOR.services_by_name["AdminService"]


class DrainServicer(admin_service_pb2_grpc.AdminServiceServicer):
    """Serves Drain and Undrain; a service adds what it has, and the rest answers UNIMPLEMENTED.

    Args:
        calls: the service's work.
        seconds: how long work under way may take where a request does not say.
    """

    def __init__(self, calls: CallsUnderWay, seconds: float) -> None:
        self._calls = calls
        self._seconds = seconds

    async def Drain(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.DrainRequest, _: _Context
    ) -> admin_pb2.DrainResponse:
        """Take no more work."""
        seconds = self._seconds
        if request.HasField("timeout"):
            seconds = request.timeout.seconds + request.timeout.nanos / 1e9
            if not 0 <= seconds <= _LONGEST_SECONDS:
                raise ParlandoError(
                    Reason.OUT_OF_RANGE,
                    f"timeout is {seconds:g} s: use 0 to {_LONGEST_SECONDS:g} s",
                    field="timeout",
                )
        self._calls.refuse(end_after=seconds)
        return admin_pb2.DrainResponse(live=self._calls.live)

    async def Undrain(  # noqa: N802  # gRPC's name
        self, _request: admin_pb2.UndrainRequest, _: _Context
    ) -> admin_pb2.UndrainResponse:
        """Take work again."""
        self._calls.accept()
        return admin_pb2.UndrainResponse()


def admin_service(servicer: DrainServicer) -> Service:
    """Return the service to be served; it answers while the others drain."""
    return Service(
        _CONTRACT.full_name,
        lambda server: admin_service_pb2_grpc.add_AdminServiceServicer_to_server(servicer, server),
        answers_always=[method.name for method in _CONTRACT.methods],
    )
