"""Sessions and leases whose answers are lost: they are made once, and what only reads is asked for again."""

from __future__ import annotations

from collections import Counter
from typing import NoReturn

import grpc
import pytest

from parlando.session.v1 import session_pb2 as pb
from parlando.session.v1 import session_service_pb2_grpc
from parlando_kit import retries
from parlando_kit.channels import open_channel_to_replicas
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.server import Server, Service
from parlando_kit.settings import ServerSettings

_LOST = ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "it was done, and its answer is lost")


class _Losing(session_service_pb2_grpc.SessionServiceServicer):
    """Does what it is asked for, and loses each answer."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()

    async def CreateSession(self, _request: pb.CreateSessionRequest, _context: object) -> NoReturn:  # noqa: N802  # gRPC's name
        self.done["CreateSession"] += 1
        raise _LOST

    async def LeaseBudget(self, _request: pb.LeaseBudgetRequest, _context: object) -> NoReturn:  # noqa: N802  # gRPC's name
        self.done["LeaseBudget"] += 1
        raise _LOST

    async def GetSession(self, _request: pb.GetSessionRequest, _context: object) -> NoReturn:  # noqa: N802  # gRPC's name
        self.done["GetSession"] += 1
        raise _LOST


async def test_what_makes_something_is_done_once_though_its_answer_is_lost() -> None:
    servicer = _Losing()  # type: ignore[abstract]  # the rest is UNIMPLEMENTED
    service = Service(
        "parlando.session.v1.SessionService",
        lambda server: session_service_pb2_grpc.add_SessionServiceServicer_to_server(servicer, server),
    )
    server = Server(ServerSettings(port=0), [service])
    address = f"127.0.0.1:{await server.start()}"
    async with open_channel_to_replicas(address, retries.SESSION) as channel:
        stub = session_service_pb2_grpc.SessionServiceStub(channel)
        for call in (
            stub.CreateSession(pb.CreateSessionRequest(), wait_for_ready=True),
            stub.LeaseBudget(pb.LeaseBudgetRequest()),
            stub.GetSession(pb.GetSessionRequest()),
        ):
            with pytest.raises(grpc.aio.AioRpcError, match="its answer is lost"):
                await call
    assert servicer.done == {"CreateSession": 1, "LeaseBudget": 1, "GetSession": 4}
    await server.stop(0)
