"""Wrong, slow and vanished clients through Envoy: a clear answer or a clean end, and nothing is left."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from parlando.admin.v1 import admin_pb2
from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceStub
from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando_client import Finished
from parlando_client.aio import AsyncClient
from tests.e2e.conftest import running_through
from tests.e2e.live import load, wait_until_idle
from tests.e2e.through import PATIENCE, Through

_log = logging.getLogger(__name__)
_READER_SECONDS = 4.0
# Envoy's own limit for the head of a request, in deploy/envoy/envoy.yaml.
_HEAD_SECONDS = 10.0
# And for a client that takes nothing, likewise.
_LET_GO_SECONDS = 20.0
_PROSE = "The harbour is quiet in the morning, and only the gulls are awake. " * 60
_SMALL_WINDOWS = (("grpc.use_local_subchannel_pool", 1), ("grpc.http2.bdp_probe", 0))
_MANY = 24
"""Streams of which each may hold 64 KiB: more than a megabyte together."""

_SERVICES = ("envoy", "edge", "router", "fragmenter", "synth")


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Through]:
    """A system with espeak-ng whose edge waits four seconds for a client, and not twenty."""
    log = tmp_path_factory.mktemp("patient") / "log"
    with running_through(log, "espeak", EDGE_READER_SECONDS=str(_READER_SECONDS)) as running:
        yield running
    said = Path(log).read_text()
    assert "harbour" not in said
    assert "Traceback" not in said


@pytest.fixture(autouse=True)
def _nothing_is_left(patient: Through) -> Iterator[None]:
    """After each test nothing more is under way, in Envoy or in a worker, and speech is made as before."""
    figures = ("http.public.downstream_rq_active", "http.public.downstream_cx_active")
    before = {figure: patient.gauge(figure) for figure in figures}
    yield
    wait_until_idle(patient.synth)
    give_up = time.monotonic() + PATIENCE
    for figure in figures:
        while (now := patient.gauge(figure)) > before[figure]:
            assert time.monotonic() < give_up, f"{figure}: {now}"
            time.sleep(0.02)
    assert patient.post("/v1/audio/speech", _speech("Hello.")).status_code == 200


def _speech(text: str, **more: str) -> dict[str, str]:
    return {"input": text, "voice": "alloy", "response_format": "pcm", **more}


@pytest.mark.parametrize(
    ("content", "status", "code", "param"),
    [
        (b"{not JSON", 400, "malformed_message", None),
        (b"\x00\xff", 400, "malformed_message", None),
        (_speech("Hello.", response_format="mpeg"), 400, "unsupported_format", "response_format"),
        (_speech("x" * 10_000_000), 413, "request_too_large", None),
    ],
    ids=["no JSON", "bytes", "format", "10 MB"],
)
def test_a_bad_body_is_answered_in_openais_shape(
    patient: Through, content: bytes | dict[str, Any], status: int, code: str, param: str | None
) -> None:
    before = load(patient.synth).total
    answer = patient.post("/v1/audio/speech", content)
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "code", "param"}
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert load(patient.synth).total == before


def _websocket(through: Through) -> connect:
    return connect(f"ws://{through.address}/v1/realtime", max_size=None, open_timeout=PATIENCE)


async def _next(client: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE):
        return json.loads(await client.recv())


@pytest.mark.parametrize(
    "message",
    [
        "{not JSON",
        '["a list"]',
        b"\x00\x01\x02",
        '{"type": "no.such.event"}',
        '{"type": "session.update", "session": {"audio": {"output": {"format": {"type": "audio/mp3"}}}}}',
        '{"type": "response.cancel"}',
    ],
    ids=["no JSON", "a list", "binary", "unknown event", "unknown format", "nothing to cancel"],
)
async def test_a_bad_event_is_answered_and_the_conversation_goes_on(
    patient: Through, message: str | bytes
) -> None:
    async with _websocket(patient) as client:
        assert (await _next(client))["type"] == "session.created"
        await client.send(message)
        told = await _next(client)
        assert told["type"] == "error"
        assert {"type", "code", "message", "param", "event_id"} <= set(told["error"])
        await client.send(_response_create("Hello."))
        while (event := await _next(client))["type"] != "response.done":
            assert event["type"] != "error"
        assert event["response"]["status"] == "completed"


async def test_ten_megabytes_in_one_event_close_the_connection(patient: Through) -> None:
    async with _websocket(patient) as client:
        with suppress(ConnectionClosed):  # perhaps before all was sent
            await client.send(_response_create("x" * 10_000_000))
        async with asyncio.timeout(PATIENCE):
            await client.wait_closed()
        # Too big; a reset may overtake the word, as it does where more comes than is read.
        assert client.close_code in {1009, 1006}


def _response_create(text: str) -> str:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return json.dumps({"type": "response.create", "response": {"input": [item]}})


def _post(path: str, body: dict[str, Any]) -> bytes:
    content = json.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: p\r\nContent-Length: {len(content)}"
    return f"{head}\r\nContent-Type: application/json\r\n\r\n{content}".encode()


def _frame(text: str) -> bytes:
    """Return a text frame as clients send it, masked with zeros (RFC 6455, 5.2)."""
    payload = text.encode()
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, len(payload)) + payload


_UPGRADE = (
    b"GET /v1/realtime HTTP/1.1\r\nHost: p\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDAwMDAwMDAwMDAwMDAwMA==\r\n\r\n"
)


async def _connected(through: Through) -> socket.socket:
    """Connect a client that has a small buffer, and reads only what a test has it read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", through.port))
    return client


async def _asked(through: Through, kind: str) -> socket.socket:
    """Connect a client that asks for minutes of speech, and reads only the beginning of an answer."""
    loop, client = asyncio.get_running_loop(), await _connected(through)
    if kind == "http":
        await loop.sock_sendall(client, _post("/v1/audio/speech", _speech(_PROSE)))
    else:
        await loop.sock_sendall(client, _UPGRADE)
        assert b" 101 " in await loop.sock_recv(client, 64)
        await loop.sock_sendall(client, _frame(_response_create(_PROSE)))
    assert await loop.sock_recv(client, 1_024)
    return client


def _cpu_seconds(through: Through) -> dict[str, float]:
    return {name: sum(through.service(name).cpu_times()[:2]) for name in _SERVICES}


async def test_readers_that_stall_hold_no_engine_and_cost_nothing(patient: Through) -> None:
    clients = await asyncio.gather(*(_asked(patient, kind) for kind in ("http", "websocket") * 2))
    try:
        await asyncio.to_thread(wait_until_idle, patient.synth)  # nothing is made that nobody takes
        spent = _cpu_seconds(patient)
        await asyncio.sleep(_READER_SECONDS / 4)
        used = {name: seconds - spent[name] for name, seconds in _cpu_seconds(patient).items()}
        assert max(used.values()) < _READER_SECONDS / 8, used  # a task that spins would take all of it
    finally:
        for client in clients:
            client.close()


async def test_many_readers_that_stall_share_no_window_with_others(patient: Through) -> None:
    asked = speech_pb2.SayRequest(text=_PROSE)
    async with AsyncExitStack() as stack, asyncio.timeout(3 * PATIENCE):
        for _ in range(_MANY):
            own = grpc.aio.insecure_channel(patient.address, options=_SMALL_WINDOWS)
            call = SpeechServiceStub(await stack.enter_async_context(own)).Say(asked)
            stack.callback(call.cancel)
            assert await call.read() is not grpc.aio.EOF
            await asyncio.to_thread(wait_until_idle, patient.synth)  # its windows are full
        async with AsyncClient(patient.address) as other:
            *_, last = [event async for event in other.say("Good morning.")]
        assert isinstance(last, Finished)


@pytest.mark.slow
async def test_readers_that_stall_are_let_go(patient: Through) -> None:
    clients = await asyncio.gather(*(_asked(patient, kind) for kind in ("http", "websocket") * 2))
    began = time.monotonic()
    try:
        while patient.gauge("http.public.downstream_rq_active"):
            assert time.monotonic() - began < 3 * _LET_GO_SECONDS
            await asyncio.sleep(0.1)
    finally:
        for client in clients:
            client.close()
    _log.info("let go after %.0f s", time.monotonic() - began)


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_client_that_resets_its_connection_leaves_nothing(patient: Through, kind: str) -> None:
    for _ in range(4):
        client = await _asked(patient, kind)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()  # with a reset
    await asyncio.to_thread(wait_until_idle, patient.synth)


_HEARS = """
import sys, time
from parlando_client import Audio, Client

with Client(sys.argv[1]) as client, client.speak() as utterance:
    utterance.send("Hello. ")
    utterance.flush()
    for event in utterance:
        if isinstance(event, Audio):
            print("heard", flush=True)
"""


def _utterances(address: str) -> int:
    """Return how many a router has under way."""
    with grpc.insecure_channel(address) as channel:
        return int(AdminServiceStub(channel).GetStatistics(admin_pb2.GetStatisticsRequest()).live)


@contextmanager
def _frozen(address: str) -> Iterator[None]:
    """Run a client that hangs once it has heard something: its kernel goes on to take what it is sent."""
    command = [sys.executable, "-c", _HEARS, address]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
        try:
            assert client.stdout is not None
            assert client.stdout.readline() == b"heard\n"
            client.send_signal(signal.SIGSTOP)
            yield
        finally:
            client.kill()


def test_clients_that_neither_read_nor_leave_are_found_out(patient: Through) -> None:
    router = f"127.0.0.1:{patient.ports['router']}"
    with _frozen(patient.address), _frozen(router):
        assert _utterances(router) == 2
        give_up = time.monotonic() + 2 * PATIENCE
        while left := _utterances(router):
            assert time.monotonic() < give_up, f"utterances under way: {left}"
            time.sleep(0.2)


async def _rest(client: socket.socket) -> bytes:
    """Return what a client is sent until it is hung up on."""
    received = b""
    with client:
        async with asyncio.timeout(PATIENCE):
            while more := await asyncio.get_running_loop().sock_recv(client, 4_096):
                received += more
    return received


async def test_half_a_request_is_not_waited_for(patient: Through) -> None:
    whole, loop = _post("/v1/audio/speech", _speech("Hello.")), asyncio.get_running_loop()
    head, body = await _connected(patient), await _connected(patient)
    began = loop.time()
    await loop.sock_sendall(head, whole[:40])
    await loop.sock_sendall(body, whole[:-10])
    answered = b""
    with body:
        async with asyncio.timeout(PATIENCE):
            while b"request_timeout" not in answered and (more := await loop.sock_recv(body, 4_096)):
                answered += more
    assert b" 408 " in answered.splitlines()[0]
    assert b"request_timeout" in answered
    assert b" 408 " in (await _rest(head)).splitlines()[0]
    assert loop.time() - began > _HEAD_SECONDS - 0.5  # and before PATIENCE is at its end
