"""A worker as it runs: nothing that it logs, traces, answers or crashes with shows the key or the text."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
from speech_server import SpeechServer

from parlando.synth.v1 import synth_pb2 as pb
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_synth.remote.service import Fault

KEY = "sk-planted-4e7a1b"
TEXT = "the quokka keeps the ledger under the stairs"
_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


class Collector(grpc.GenericRpcHandler):
    """Takes traces, as bytes."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if handler_call_details.method != _EXPORT:
            return None

        async def export(request: bytes, _: object) -> bytes:
            self.taken.append(request)
            return b""

        return grpc.unary_unary_rpc_method_handler(export)


@asynccontextmanager
async def _collecting() -> AsyncIterator[tuple[Collector, str]]:
    collector, server = Collector(), grpc.aio.server()
    server.add_generic_rpc_handlers((collector,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield collector, f"http://127.0.0.1:{port}"
    await server.stop(0)


class Running:
    """A worker's process; its outputs are read as one."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = b""

    async def says(self, words: bytes) -> bytes:
        """Return the next line that holds some words."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.said += line
            if words in line:
                return line
        raise AssertionError(f"it never said {words!r}")

    async def ends(self) -> int:
        """Return its exit status, once all it said is read."""
        assert self.process.stdout is not None
        self.said += await self.process.stdout.read()
        return await self.process.wait()


@asynccontextmanager
async def _worker(**variables: str) -> AsyncIterator[Running]:
    environment = os.environ | {
        "SYNTH_ENGINE": "openai",
        "SYNTH_PORT": "0",
        "PARLANDO_LOG_LEVEL": "DEBUG",
        "PYTHONASYNCIODEBUG": "1",
        **variables,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "parlando_synth",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    running = Running(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await running.ends()


async def _ask(stub: SynthServiceStub, name: str) -> str:
    """Have the text spoken; return all that an error of it says."""
    request = pb.SynthesizeRequest(synthesis_id=name, text=TEXT)
    try:
        async for _ in stub.Synthesize(request):  # type: ignore[attr-defined]  # the stub of an aio channel
            pass
    except grpc.aio.AioRpcError as error:
        return repr(error) + str(error.trailing_metadata())
    return ""


async def test_neither_key_nor_text_leaves_the_worker(server: SpeechServer, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    url = f"http://127.0.0.1:{server.port}/v1"
    shown = ""
    async with _collecting() as (collector, endpoint), _worker(
        OPENAI_KEY_FILE=str(file),
        OPENAI_BASE_URL=url,
        OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
        OTEL_BSP_SCHEDULE_DELAY="100",
    ) as worker:  # fmt: skip
        address = (await worker.says(b"serves on ")).rpartition(b" ")[2].strip().decode()
        await worker.says(b"is ready")
        async with grpc.aio.insecure_channel(address) as channel:
            stub = SynthServiceStub(channel)
            assert await _ask(stub, "whole") == ""
            assert server.key == KEY
            faults = (
                Fault.KEY,
                Fault.QUOTA,
                Fault.MODERATION,
                Fault.LENGTH,
                Fault.ERROR,
                Fault.CUT,
                Fault.GARBAGE,
            )
            for fault in faults:
                server.fault = fault
                refused = await _ask(stub, fault.name)
                assert "ErrorInfo" in refused, "a failure has our own details"
                shown += refused
        worker.process.send_signal(signal.SIGTERM)
        assert await worker.ends() == 0
    traced = b"".join(collector.taken)
    assert b"Synthesize" in traced, "there were traces to look at"
    for place in (shown.encode(), worker.said, traced):
        assert KEY.encode() not in place
        assert b"quokka" not in place


async def _fails(variables: dict[str, str]) -> bytes:
    """Return all that a worker says that cannot be set up."""
    async with _worker(**variables) as worker:
        await worker.says(b"cannot work")
        worker.process.send_signal(signal.SIGTERM)
        await worker.ends()
        return worker.said


async def test_a_worker_that_cannot_be_set_up_shows_no_key() -> None:
    wrong = [
        {"OPENAI_KEY": KEY, "OPENAI_LIVE": "many"},
        {"OPENAI_KEY": KEY, "OPENAI_BASE_URL": f"ftp://{KEY}@server"},
        {"OPENAI_KEY": f"{KEY} two"},
    ]
    for said in await asyncio.gather(*map(_fails, wrong)):
        assert KEY.encode() not in said
