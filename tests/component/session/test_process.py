"""The session service as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
import pytest

from parlando.session.v1 import session_pb2 as pb
from parlando.session.v1.session_service_pb2_grpc import SessionServiceStub
from parlando_kit.channels import open_channel
from parlando_kit.errors import Reason
from tests.component.session.redis_server import RedisServer
from tests.component.session.serving import failure
from tests.component.session.test_turns import said

if TYPE_CHECKING:
    from parlando.session.v1.session_service_pb2_grpc import SessionServiceAsyncStub

_PLANTED = "Xyzzy, the planted word"


class _Service:
    """A session service that serves."""

    def __init__(self, process: asyncio.subprocess.Process, address: str, log: list[str]) -> None:
        self.process = process
        self.address = address
        self.log = log

    async def stopped(self) -> str:
        """Tell it to stop, and return what it wrote once it has."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        assert self.process.stderr is not None
        self.log.append((await self.process.stderr.read()).decode())
        assert await self.process.wait() == 0
        return "".join(self.log)


async def _start(**settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "parlando_session",
        env={**os.environ, "SESSION_PORT": "0", "PARLANDO_LOG_LEVEL": "DEBUG", **settings},
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def _service(**settings: str) -> AsyncIterator[_Service]:
    process = await _start(**settings)
    try:
        assert process.stderr is not None
        log: list[str] = []
        while not log or "serves on" not in log[-1]:
            line = await process.stderr.readline()
            assert line, f"the process ended before it served: {log}"
            log.append(line.decode())
        yield _Service(process, log[-1].split()[-1], log)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def _stub(address: str) -> AsyncIterator[SessionServiceAsyncStub]:
    async with open_channel(address) as channel:
        await asyncio.wait_for(channel.channel_ready(), 60)
        yield SessionServiceStub(channel)


@pytest.mark.parametrize("on", ["memory", "redis"])
async def test_it_serves_drains_and_logs_nothing_that_was_said(on: str, redis_server: RedisServer) -> None:
    settings = {"REDIS_URL": redis_server.url if on == "redis" else ""}
    async with _service(**settings) as service, _stub(service.address) as stub:
        made = await stub.CreateSession(pb.CreateSessionRequest(session=pb.Session(metadata={"a": _PLANTED})))
        session_id = made.session.id
        await stub.PutTurn(pb.PutTurnRequest(session_id=session_id, turn=said("a", _PLANTED)))
        exported = await stub.ExportConversation(pb.ExportConversationRequest(session_id=session_id))
        assert _PLANTED.encode() in exported.json
        answers = aiter(stub.WatchPolicy(pb.WatchPolicyRequest()))
        await anext(answers)
        stopping = asyncio.ensure_future(service.stopped())
        # The drain may take ten seconds, but a watch does not hold it up: it ends by itself.
        assert (await failure(anext(answers))).reason is Reason.DRAINING
        log = await stopping
        assert "Xyzzy" not in log
        assert "session stopped" in log


async def test_what_memory_holds_ends_with_the_process_and_what_redis_holds_does_not(
    redis_server: RedisServer,
) -> None:
    async def survives(redis_url: str) -> bool:
        async with _service(REDIS_URL=redis_url) as service, _stub(service.address) as stub:
            session_id = (await stub.CreateSession(pb.CreateSessionRequest())).session.id
            await service.stopped()
        async with _service(REDIS_URL=redis_url) as service, _stub(service.address) as stub:
            call = stub.GetSession(pb.GetSessionRequest(session_id=session_id))
            return await call.code() is grpc.StatusCode.OK

    assert await survives(redis_server.url)
    assert not await survives("")


async def test_an_address_that_is_none_ends_the_start_in_one_line() -> None:
    process = await _start(REDIS_URL="redis.local:6379/secret")
    _, told = await process.communicate()
    assert process.returncode == 1
    (line,) = told.decode().splitlines()
    assert line.startswith("session: REDIS_URL is no Redis address")
    assert "secret" not in line


async def test_without_redis_its_client_is_not_imported() -> None:
    program = (
        "import asyncio, sys, time\n"
        "import parlando_session.__main__\n"
        "from parlando_session.settings import SessionSettings\n"
        "from parlando_session.stores import open_stores\n"
        "async def main():\n"
        "    async with open_stores(SessionSettings(redis_url=''), time.time): pass\n"
        "asyncio.run(main())\n"
        "print(*sorted(sys.modules))\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    modules = told.decode().split()
    assert "parlando_session.memory_store" in modules
    assert [name for name in modules if name.partition(".")[0] in {"redis", "hiredis"}] == []
