"""What Envoy does by itself: nobody stands behind it, or somebody who never answers, or has little to say."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import grpc
import httpx2
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando_client.supervisor.envoy import Front, configuration, envoy
from parlando_edge.answer_models import ErrorAnswer
from parlando_edge.gate import Gate
from parlando_edge.http_server import HttpServer
from parlando_edge.openai_errors import describe, status_of
from parlando_edge.settings import EdgeSettings
from parlando_kit.channels import open_channel
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.server import Server
from parlando_kit.settings import ServerSettings
from tests.component.kit.echo import echo_service
from tests.e2e.conftest import clean_environment
from tests.e2e.through import PATIENCE
from tests.ports import free_port

_AT_ONCE = 400
_SHORT = {"idle_timeout: 120s": "idle_timeout: 1s"}


async def _never() -> None:
    raise AssertionError


@contextmanager
def _alone(edges: Sequence[int], changed: Mapping[str, str], router: int | None = None) -> Iterator[str]:
    """Run Envoy with its configuration changed, before edges, and a router or none; yield where it is."""
    front, router = Front(port=free_port(), admin_port=free_port()), router or free_port()
    child = envoy(front, edges, [router], _never)
    text = configuration(front, edges, [router])
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    child = replace(child, command=(*child.command[:-1], text))
    with subprocess.Popen(child.command, env=clean_environment()) as process:
        try:
            until_it_listens(front.port)
            yield f"127.0.0.1:{front.port}"
        finally:
            process.terminate()


def until_it_listens(port: int) -> None:
    """Return once somebody listens on a port."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module")
def before_nobody() -> Iterator[str]:
    """Envoy without anybody behind it."""
    with _alone([free_port()], {}) as address:
        yield address


@pytest.fixture(scope="module")
def before_a_mute() -> Iterator[str]:
    """Envoy, less patient than it is, before somebody who takes all and answers nothing."""
    with ExitStack() as stack:
        mute = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
        yield stack.enter_context(_alone([mute.getsockname()[1]], _SHORT))


def _shape(answer: httpx2.Response) -> dict[str, Any]:
    """Return the error of an answer, which has the one shape, whole."""
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    ErrorAnswer.model_validate(document, strict=True)
    error = dict(document["error"])
    assert {"message", "type", "code", "param"} <= set(error)
    assert error.pop("message")
    return error


def _of_the_edge(reason: Reason) -> tuple[int, dict[str, Any]]:
    """Return the status and the error that the edge itself would answer, without its words."""
    error = ParlandoError(reason, "")
    said = describe(error)
    del said["message"]
    return status_of(error), said


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/audio/speech", {"input": "Hello."}),
        ("GET", "/v1/audio/voices", None),
        ("GET", "/", None),
        ("POST", "/v1/speech:stream", {"text": "Hello."}),  # gRPC by the time that it fails
    ],
)
def test_that_nobody_answers_is_told_as_the_edge_would(
    before_nobody: str, method: str, path: str, body: dict[str, str] | None
) -> None:
    answer = httpx2.request(method, f"http://{before_nobody}{path}", json=body, timeout=PATIENCE)
    assert (answer.status_code, _shape(answer)) == _of_the_edge(Reason.DEPENDENCY_UNAVAILABLE)
    assert (answer.headers["retry-after"], answer.headers["retry-after-ms"]) == ("1", "1000")
    assert "try again" in answer.json()["error"]["message"]


def test_grpc_is_told_in_its_own_terms(before_nobody: str) -> None:
    with grpc.insecure_channel(before_nobody) as channel:
        call = SpeechServiceStub(channel).Say(speech_pb2.SayRequest(text="Hello."), timeout=PATIENCE)
        with pytest.raises(grpc.RpcError) as told:
            next(call)
    error: Any = told.value
    assert (error.code(), "{" in error.details()) == (grpc.StatusCode.UNAVAILABLE, False)


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        ("/v1/speech:stream?loud=1", '{"text": "Hello."}', {}, 400, "http_error"),
        ("/v1/speech:stream", "{not JSON", {}, 400, "http_error"),
        ("/v1/speech:stream", json.dumps({"text": "x" * 10_000_000}), {}, 413, "request_too_large"),
        ("/", "", {f"h{number}": "1" for number in range(100)}, 431, "http_error"),
        ("/v1/audio/speech", "", {"connection": "upgrade", "upgrade": "other"}, 403, "http_error"),
    ],
)
def test_what_is_wrong_with_a_request_has_the_same_shape(
    before_nobody: str, path: str, body: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = httpx2.post(f"http://{before_nobody}{path}", content=body, headers=headers, timeout=PATIENCE)
    assert answer.status_code == status
    assert _shape(answer) == {"type": "invalid_request_error", "code": code, "param": None}


def test_that_no_answer_comes_is_told_as_the_edge_would(before_a_mute: str) -> None:
    answer = httpx2.post(
        f"http://{before_a_mute}/v1/audio/speech", json={"input": "Hello."}, timeout=PATIENCE
    )
    assert (answer.status_code, _shape(answer)) == _of_the_edge(Reason.TOO_LATE)


def test_that_no_request_comes_has_the_same_shape(before_a_mute: str) -> None:
    host, _, port = before_a_mute.partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
        client.sendall(b"POST /v1/audio/speech HTTP/1.1\r\nHost: parlando\r\nContent-Length: 100\r\n\r\n{")
        answer = b""
        while more := client.recv(65_536):
            answer += more
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    error = json.loads(body)["error"]
    assert error.pop("message")
    assert error == {"type": "invalid_request_error", "code": "request_timeout", "param": None}


async def test_who_watches_health_is_told_of_a_change_however_late() -> None:
    idle = 0.5
    server = Server(ServerSettings(port=0), [echo_service()])
    port = await server.start()
    impatient = {"stream_idle_timeout: 300s": f"stream_idle_timeout: {idle}s"}
    try:
        with _alone([free_port()], impatient, port) as address:
            async with open_channel(address) as channel:
                stub: Any = health_pb2_grpc.HealthStub(channel)
                watch = stub.Watch(health_pb2.HealthCheckRequest())
                told = [(await watch.read()).status]
                await asyncio.sleep(4 * idle)
                await server.set_health("dependency/fragmenter", serving=False)
                told.append((await watch.read()).status)
    finally:
        await server.stop(0)
    assert told == [health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING]


@dataclass
class _Edge:
    """Answers all that is asked, but for what is asked of /held.

    Attributes:
        asked: whether anything was, probes apart.
        holding: whether one waits at /held.
    """

    asked: bool = False
    holding: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/held":
            self.holding = True
            await asyncio.Event().wait()
        self.asked = self.asked or scope["path"] != "/healthz"
        await Response()(scope, receive, send)


@asynccontextmanager
async def _before_two_edges(changed: Mapping[str, str], path: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Run Envoy before two edges, one of which holds a request and stays; yield once the other is gone.

    Envoy's probes are so seldom that it goes on asking both.
    """
    unprobed = {" interval: 1s": " interval: 600s", "_interval: 1s": "_interval: 600s"}
    stays, goes = _Edge(), _Edge()
    servers = [HttpServer(EdgeSettings(port=0), edge, Gate(1)) for edge in (stays, goes)]
    try:
        with ExitStack() as stack:
            ports = [await server.start() for server in servers]
            # On a thread: the first probes are answered meanwhile.
            address = await asyncio.to_thread(stack.enter_context, _alone(ports, {**unprobed, **changed}))
            bounds = httpx2.Limits(max_connections=_AT_ONCE + 10)
            async with httpx2.AsyncClient(
                base_url=f"http://{address}", limits=bounds, timeout=PATIENCE
            ) as client:
                while not (stays.asked and goes.asked):
                    await client.get(path)
                held = []  # so that who goes has fewer requests
                while not stays.holding:
                    held.append(asyncio.create_task(client.get("/held")))
                    await client.get(path)
                await servers[1].stop(0)
                yield client
                for each in held:
                    each.cancel()
    finally:
        for server in servers:
            await server.stop(0)


@pytest.mark.parametrize("path", ["/", "/v1/audio/speech"])
async def test_an_edge_that_is_gone_is_not_asked_twice(path: str) -> None:
    async with _before_two_edges({"num_retries: 2": "num_retries: 1"}, path) as client:
        answers = [await client.get(path) for _ in range(100)]
    assert Counter(answer.status_code for answer in answers) == {200: 100}


async def test_all_who_ask_at_once_are_led_to_the_edge_that_stays() -> None:
    async with _before_two_edges({}, "/") as client:
        answers = await asyncio.gather(*(client.get("/") for _ in range(_AT_ONCE)))
    assert Counter(answer.status_code for answer in answers) == {200: _AT_ONCE}
