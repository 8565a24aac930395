"""The worker as a process: `python -m parlando_synth`."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceStub
from parlando.synth.v1 import synth_pb2 as pb
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_kit.channels import open_channel
from parlando_kit.errors import Reason
from tests.component.synth.serving import Served, collected, failure, request


@dataclass
class _Process:
    """A worker's process, and the lines it has logged so far."""

    child: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    async def line(self, pattern: str) -> re.Match[str]:
        """Return the match of the next line that matches."""
        assert self.child.stderr is not None
        while line := (await self.child.stderr.readline()).decode():
            self.lines.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"no line {pattern!r} in {self.lines}")

    async def end(self) -> int:
        """Return the exit status, once it has ended."""
        assert self.child.stderr is not None
        rest = await self.child.stderr.read()
        self.lines += rest.decode().splitlines(keepends=True)
        return await self.child.wait()


@asynccontextmanager
async def _worker(**variables: str) -> AsyncIterator[_Process]:
    environment = os.environ | {"SYNTH_ENGINE": "scripted", "SYNTH_PORT": "0"} | variables
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "parlando_synth", env=environment, stderr=asyncio.subprocess.PIPE
    )
    process = _Process(child)
    try:
        yield process
    finally:
        if child.returncode is None:
            child.kill()
            await process.end()


@asynccontextmanager
async def _ready(process: _Process) -> AsyncIterator[Served]:
    address = (await process.line(r"serves on (\S+)")).group(1)
    async with open_channel(address) as channel:
        served = Served(address, channel, SynthServiceStub(channel), AdminServiceStub(channel))
        await served.described(lambda message: message.state == pb.ENGINE_STATE_READY)
        yield served


async def test_it_serves_and_ends_cleanly(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with _worker(SCRIPTED_LOG=str(log)) as process, _ready(process) as served:
        messages = await collected(served.stub.Synthesize(request("a", "hello there")))
        assert messages[-1].HasField("finished")
        process.child.send_signal(signal.SIGTERM)
        assert await process.end() == 0
    events = [line.split()[1:] for line in log.read_text().splitlines()]
    assert events == [["begin", "11"], ["first-byte", "11"], ["done", "11"]]


async def test_what_is_under_way_is_finished_before_it_ends() -> None:
    async with _worker() as process, _ready(process) as served:
        call = served.stub.Synthesize(request("a", rate="2"))
        messages = [await anext(aiter(call))]
        process.child.send_signal(signal.SIGTERM)
        await process.line("drains")
        messages += await collected(call)
        assert messages[-1].HasField("finished")
        assert await process.end() == 0


async def test_an_engine_that_hears_no_stop_cannot_keep_it_alive() -> None:
    async with _worker(SYNTH_DRAIN_SECONDS="0.1") as process, _ready(process) as served:
        call = served.stub.Synthesize(request("a", hang_after_ms="40", stop_ms="600000"))
        await anext(aiter(call))
        process.child.send_signal(signal.SIGTERM)
        assert await process.end() == 0
        assert any("left behind" in line for line in process.lines)


async def test_an_unknown_engine_is_one_clear_line() -> None:
    async with _worker(SYNTH_ENGINE="kokro") as process:
        assert await process.end() == 1
        [line] = process.lines
        assert line.startswith('synth: no engine "kokro" is installed, only ')
        assert "scripted" in line


async def test_spoken_text_is_never_logged() -> None:
    async with _worker(PARLANDO_LOG_LEVEL="DEBUG") as process, _ready(process) as served:
        for options in ({}, {"fail_after_ms": "0", "fail_with": ""}, {"odd_bytes": "1"}, {"rate": "fast"}):
            call = served.stub.Synthesize(request(f"{options}"[:64], "zanzibar", **options))
            if options:
                assert (await failure(collected(call))).reason in {Reason.ENGINE_FAILED, Reason.OUT_OF_RANGE}
            else:
                await collected(call)
        process.child.send_signal(signal.SIGTERM)
        assert await process.end() == 0
        assert any("RuntimeError" in line for line in process.lines)
        assert not any("zanzibar" in line for line in process.lines)
