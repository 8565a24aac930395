"""Edge, router, fragmenter and worker in one process: to their callers all is as with four of them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlando.synth.v1 import synth_pb2, synth_service_pb2_grpc
from parlando_client import Audio
from parlando_client.aio import AsyncClient
from parlando_client.supervisor.http_probe import wait_until_http_serves
from parlando_client.supervisor.ports import wait_until_serving
from parlando_client.supervisor.system import (
    EDGE_HEALTH,
    EDGE_SIGN,
    FRAGMENTER_SERVICE,
    ROUTER_SERVICE,
    SYNTH_SERVICE,
)
from parlando_kit.channels import open_channel
from tests.chaos.callers import calling
from tests.chaos.experiment import LOAD, measure_lengths
from tests.chaos.wired import Wired
from tests.e2e.conftest import clean_environment, running_through, running_up
from tests.e2e.through import PATIENCE, Through
from tests.ports import free_port

_PAUSE_SECONDS = 2.0
"""Between two restarts, as docs/rolling.md has it."""


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Through]:
    """A system in which they are one, with the scripted engine, three times as fast as one hears."""
    log = tmp_path_factory.mktemp("together") / "log"
    with running_through(log, "scripted", TOGETHER="1", SCRIPTED_RATE="3", SCRIPTED_INSTANCES="8") as running:
        yield running


def _wired(through: Through) -> Wired:
    return Wired({}, through.address, through.ports["envoy_admin"])


async def _health(port: int, service: str) -> int:
    async with open_channel(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service=service)
        return int((await stub.Check(request, timeout=PATIENCE)).status)  # type: ignore[attr-defined]


async def test_one_process_serves_at_the_ports_of_four(together: Through) -> None:
    modules = {each.cmdline()[2] for each in together.mark.processes() if each.cmdline()[1:2] == ["-m"]}
    services = {module for module in modules if module.startswith("parlando_")}
    assert services == {"parlando_together", "parlando_session"}
    for name, service in (
        ("router", ROUTER_SERVICE),
        ("fragmenter", FRAGMENTER_SERVICE),
        ("synth", SYNTH_SERVICE),
    ):
        assert await _health(together.ports[name], service) == health_pb2.HealthCheckResponse.SERVING


async def test_every_word_is_heard_once_by_every_road(together: Through) -> None:
    lengths = await measure_lengths(_wired(together))
    async with calling(together.address, lengths) as callers:
        load = asyncio.create_task(callers.call(LOAD))
        await asyncio.sleep(6)
        load.cancel()
        await asyncio.wait({load})
    assert {call.order.road for call in callers.calls} == {road for road, _ in lengths}
    assert [call.status for call in callers.calls if not call.well] == []
    assert [call.wrong for call in callers.calls if call.wrong] == []


async def test_a_cancel_reaches_the_engine(together: Through) -> None:
    async with (
        open_channel(together.synth) as channel,
        AsyncClient(together.address) as client,
        client.speak(playout="unpaced") as live,
    ):
        stub = synth_service_pb2_grpc.SynthServiceStub(channel)
        await live.send("The harbour is quiet in the morning. " * 100)
        async for event in live:
            if isinstance(event, Audio):
                break
        assert await _speaking(stub) == 1
        live.cancel()
        live.end()
        async for _ in live:
            pass
        give_up = time.monotonic() + PATIENCE
        while await _speaking(stub):
            assert time.monotonic() < give_up
            await asyncio.sleep(0.02)


async def _speaking(stub: synth_service_pb2_grpc.SynthServiceAsyncStub) -> int:
    return (await stub.DescribeEngine(synth_pb2.DescribeEngineRequest(), timeout=PATIENCE)).load.live


async def test_it_is_killed_and_back(together: Through) -> None:
    together.kill("together")
    together.wait_until(200)
    answer = together.post("/v1/audio/speech", {"input": "It is back.", "response_format": "pcm"})
    assert answer.status_code == 200


def test_an_utterance_is_one_trace(tmp_path: Path, ports: dict[str, int]) -> None:
    ports |= {"traces": free_port()}
    environment = {f"{name.upper()}_PORT": str(port) for name, port in ports.items()}
    with (tmp_path / "log").open("wb") as log, running_up({**environment, "TOGETHER": "1"}, log, "--trace"):
        drawn = subprocess.run(
            [
                *(Path(sys.executable).with_name("parlando"), "say", "Good morning.", "-o", "-"),
                *("--trace", "--traces-address", f"127.0.0.1:{ports['traces']}"),
                *("--address", f"127.0.0.1:{ports['envoy']}"),
            ],
            env={**clean_environment(), "COLUMNS": "160"},
            capture_output=True,
            check=True,
        )
    spans = [line.split()[:2] for line in drawn.stderr.decode().splitlines()]
    assert spans == [
        ["service", "span"],
        ["envoy", "ingress"],
        ["envoy", "router"],
        ["together", "Speak"],
        ["together", "Fragment"],
        ["together", "Synthesize"],
        ["together", "engine"],
    ]


async def test_two_are_restarted_in_turn_and_no_caller_sees_an_error(
    tmp_path: Path, ports: dict[str, int]
) -> None:
    settings = {f"{name.upper()}_PORT": str(port) for name, port in ports.items()}
    settings |= {"TOGETHER": "1", "EDGES": "2", "SYNTH_ENGINE": "espeak", "PARLANDO_LOG_LEVEL": "ERROR"}
    with (tmp_path / "log").open("wb") as log, running_up(settings, log) as mark:
        through = Through(mark, ports)
        lengths = await measure_lengths(_wired(through))
        async with calling(through.address, lengths) as callers:
            load = asyncio.create_task(callers.call(LOAD))
            for place in (0, 100):
                edge, router = ports["edge"] + place, ports["router"] + place
                (process,) = [
                    each
                    for each in mark.processes()
                    if each.cmdline()[1:3] == ["-m", "parlando_together"]
                    and each.environ()["EDGE_PORT"] == str(edge)
                ]
                process.terminate()
                await asyncio.to_thread(process.wait, PATIENCE)
                await wait_until_serving(f"127.0.0.1:{router}", ROUTER_SERVICE)
                await wait_until_http_serves(edge, EDGE_HEALTH, EDGE_SIGN)
                await asyncio.sleep(_PAUSE_SECONDS)
            load.cancel()
            await asyncio.wait({load})
        assert {call.order.road for call in callers.calls} == {road for road, _ in lengths}
        assert [call.status for call in callers.calls if not call.well] == []
        assert [call.wrong for call in callers.calls if call.wrong] == []
        assert not any(conversation.lost for conversation in callers.conversations)
