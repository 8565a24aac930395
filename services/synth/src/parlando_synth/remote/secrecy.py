"""What every remote engine's worker keeps to itself, as tests: a key is planted, and all it shows searched.

    from parlando_synth.remote.secrecy import SecrecyContract

    class TestAcme(SecrecyContract):
        engine, prefix, address = "acme", "ACME_", "BASE_URL"
        create_service = AcmeService

Each test runs the worker as it is run: a process, with its log, its traces and an environment of its own.
"""

# ruff: noqa: D102  # a test's name is its documentation
from __future__ import annotations

import asyncio
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import grpc
import pytest

from parlando.synth.v1 import synth_pb2 as pb
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_synth.contract import HUNG, expect
from parlando_synth.remote.contract import KEY, PRIVATE_TEXT
from parlando_synth.remote.service import Fault, LocalService

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_FAULTS = frozenset(Fault) - {Fault.NONE, Fault.HANG_BEFORE, Fault.HANG_MIDDLE}  # those take their time


class SecrecyContract:
    """The tests. Subclasses say how their service is made, and how a worker is led to it.

    Attributes:
        engine: name of the engine.
        prefix: of the environment variables of its settings.
        address: of those, the one that says where the service is, without the prefix.
        path: of the service, behind host and port.
        more: further variables that it needs.
        cannot: as in `RemoteContract`.
    """

    engine: ClassVar[str]
    prefix: ClassVar[str]
    address: ClassVar[str] = "BASE_URL"
    path: ClassVar[str] = ""
    more: ClassVar[Mapping[str, str]] = {}
    cannot: ClassVar[Mapping[Fault, str]] = {}

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        """Return the server, not started."""
        raise NotImplementedError

    @pytest.fixture
    def service(self) -> Iterator[LocalService]:
        """The server."""
        service = self.create_service(None)
        service.start()
        yield service
        service.stop()

    async def test_neither_key_nor_text_leaves_the_worker(
        self, service: LocalService, tmp_path: Path
    ) -> None:
        file = tmp_path / "key"
        file.write_text(KEY + "\n")
        told = {
            f"{self.prefix}KEY_FILE": str(file),
            f"{self.prefix}{self.address}": f"http://127.0.0.1:{service.port}{self.path}",
            f"{self.prefix}VOICES_SECONDS": "0.05",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        shown = ""
        async with _collecting() as (collector, endpoint), self._worker(
            {**told, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        ) as worker:  # fmt: skip
            address = (await worker.says(b"serves on ")).rpartition(b" ")[2].strip().decode()
            await worker.says(b"is ready")
            async with grpc.aio.insecure_channel(address) as channel:
                stub = SynthServiceStub(channel)
                expect(await _ask(stub, "whole") == "", "the text is spoken")
                expect(service.key == KEY, "with the key")
                service.lists = False  # what is listed is asked for all the while
                for fault in sorted(_FAULTS - self.cannot.keys(), key=lambda fault: fault.name):
                    service.fault = fault
                    refused = await _ask(stub, fault.name)
                    expect("ErrorInfo" in refused, f"{fault.name} has our own details")
                    shown += refused
            worker.process.send_signal(signal.SIGTERM)
            expect(await worker.ends() == 0, "the worker ends well")
        traced = b"".join(collector.taken)
        expect(b"Synthesize" in traced, "there are traces to look at")
        for place in (shown.encode(), worker.said, traced):
            expect(KEY.encode() not in place, "the key is nowhere to be seen")
            expect(b"quokka" not in place, "the text is nowhere to be seen")

    @pytest.mark.parametrize("wrong", ["LIVE", "address", "KEY"])
    async def test_a_worker_that_cannot_be_set_up_shows_no_key(self, wrong: str) -> None:
        told = {f"{self.prefix}KEY": KEY}
        told |= {
            "LIVE": {f"{self.prefix}LIVE": f"many {KEY}"},
            "address": {f"{self.prefix}{self.address}": f"ftp://{KEY}@server"},
            "KEY": {
                f"{self.prefix}KEY": f"{KEY} two",
                f"{self.prefix}{self.address}": f"http://127.0.0.1:9{self.path}",
            },
        }[wrong]
        async with self._worker(told) as worker:
            await worker.says(b"cannot work")
            worker.process.send_signal(signal.SIGTERM)
            await worker.ends()
        expect(KEY.encode() not in worker.said, "the key is nowhere to be seen")

    async def test_a_worker_that_is_killed_by_a_fault_shows_no_key(self, service: LocalService) -> None:
        told = {
            f"{self.prefix}KEY": KEY,
            f"{self.prefix}{self.address}": f"http://127.0.0.1:{service.port}{self.path}",
            "PYTHONFAULTHANDLER": "1",
        }
        service.fault = Fault.HANG_BEFORE
        async with self._worker(told) as worker:
            address = (await worker.says(b"serves on ")).rpartition(b" ")[2].strip().decode()
            await worker.says(b"is ready")
            async with grpc.aio.insecure_channel(address) as channel:
                asking = asyncio.create_task(_ask(SynthServiceStub(channel), "whole"))
                await asyncio.to_thread(service.wait_until_asked)
                worker.process.send_signal(signal.SIGABRT)
                expect(await worker.ends() == -signal.SIGABRT, "it crashes")
                shown = await asking
        expect(b"Fatal Python error" in worker.said, "it says where")
        for place in (worker.said, shown.encode()):
            expect(KEY.encode() not in place and b"quokka" not in place, "and nothing of key and text")

    @asynccontextmanager
    async def _worker(self, told: Mapping[str, str]) -> AsyncIterator[_Running]:
        """Run a worker while the block lasts."""
        own = {"SYNTH_ENGINE": self.engine, "SYNTH_PORT": "0", "PARLANDO_LOG_LEVEL": "DEBUG"}
        with pytest.MonkeyPatch.context() as environment:
            for name, value in {"PYTHONASYNCIODEBUG": "1", **own, **self.more, **told}.items():
                environment.setenv(name, value)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "parlando_synth"),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        running = _Running(process)
        try:
            async with asyncio.timeout(HUNG):
                yield running
        finally:
            if process.returncode is None:
                process.kill()
                await running.ends()


class _Running:
    """A worker's process; its outputs are read as one."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = b""

    async def says(self, words: bytes) -> bytes:
        """Return the next line that holds some words."""
        assert self.process.stdout is not None  # noqa: S101  # it is a pipe
        while line := await self.process.stdout.readline():
            self.said += line
            if words in line:
                return line
        raise AssertionError(f"it never said {words!r}")

    async def ends(self) -> int:
        """Return its exit status, once all it said is read."""
        assert self.process.stdout is not None  # noqa: S101  # likewise
        self.said += await self.process.stdout.read()
        return await self.process.wait()


class _Collector(grpc.GenericRpcHandler):
    """Takes traces, as bytes."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        if handler_call_details.method != _EXPORT:
            return None

        async def export(request: bytes, _: object) -> bytes:
            self.taken.append(request)
            return b""

        return grpc.unary_unary_rpc_method_handler(export)


@asynccontextmanager
async def _collecting() -> AsyncIterator[tuple[_Collector, str]]:
    collector, server = _Collector(), grpc.aio.server()
    server.add_generic_rpc_handlers((collector,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield collector, f"http://127.0.0.1:{port}"
    await server.stop(0)


async def _ask(stub: SynthServiceStub, name: str) -> str:
    """Have the text spoken; return all that an error of it says."""
    request = pb.SynthesizeRequest(synthesis_id=name, text=PRIVATE_TEXT)
    try:
        async for _ in stub.Synthesize(request):  # type: ignore[attr-defined]  # the stub of an aio channel
            pass
    except grpc.aio.AioRpcError as error:
        return repr(error) + str(error.trailing_metadata())
    return ""
