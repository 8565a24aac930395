"""What reaches the system through Envoy: real processes, started by `parlando up`."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from tests.e2e.through import PATIENCE, Through

_BIN = Path(sys.executable).parent
_SERVICE = "parlando.speech.v1.SpeechService"
_LONG = "One two three four five six seven eight nine ten. " * 20


def speech_body(text: str = "Hello.", **more: str) -> dict[str, str]:
    return {"input": text, "voice": "alloy", "response_format": "wav", **more}


def test_speech_over_http(through: Through) -> None:
    answer = through.post("/v1/audio/speech", speech_body())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert "first-chunk" in answer.headers["server-timing"]
    assert answer.content[:4] == b"RIFF"
    assert len(answer.content) > 10_000


def test_what_is_wrong_over_http_is_said_in_openais_shape(through: Through) -> None:
    answer = through.post("/v1/audio/speech", speech_body(response_format="mpeg"))
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "response_format"
    other = through.post("/v1/audio/speech", speech_body(response_format="mpeg"))
    assert len({answer.headers["x-request-id"], other.headers["x-request-id"]}) == 2


def test_grpc(through: Through) -> None:
    with grpc.insecure_channel(through.address) as channel:
        responses = list(SpeechServiceStub(channel).Say(speech_pb2.SayRequest(text="Hello."), timeout=30))
    events = [event for response in responses for event in response.events]
    assert events[0].HasField("started")
    assert events[-1].HasField("finished")
    assert events[-1].finished.sample_count == sum(event.audio.sample_count for event in events)


def test_grpc_errors_keep_their_details(through: Through) -> None:
    settings = speech_pb2.SpeechSettings(voice="nobody")
    with grpc.insecure_channel(through.address) as channel:
        call = SpeechServiceStub(channel).Say(speech_pb2.SayRequest(text="Hello.", settings=settings))
        with pytest.raises(grpc.RpcError):
            list(call)
        assert call.code() is grpc.StatusCode.NOT_FOUND
        assert "grpc-status-details-bin" in dict(call.trailing_metadata())


def test_a_client_without_stubs_finds_the_methods(through: Through) -> None:
    command = [str(_BIN / "buf"), "curl", "--http2-prior-knowledge", "--protocol", "grpc", "--list-methods"]
    listed = subprocess.run(
        [*command, through.url("")], capture_output=True, text=True, timeout=60, check=False
    )
    assert listed.returncode == 0, listed.stderr
    assert f"{_SERVICE}/StreamAudio" in listed.stdout.split()


def test_text_to_bytes_over_plain_http(through: Through) -> None:
    answer = through.post("/v1/speech:stream", {"text": "Hello."})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/pcm;rate=24000")
    assert len(answer.content) > 10_000


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_text_is_taken_from_a_body_alone(through: Through, method: str) -> None:
    answer = httpx2.request(method, through.url("/v1/speech:stream?text=Hello."), timeout=PATIENCE)
    assert answer.status_code in {404, 405}


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/v1/speech:stream?text=Hello.&loud=1", {"text": "Hello."}, 400),
        ("/v1/speech:stream", "{not JSON", 400),
        ("/v1/speech:stream", {"text": ""}, 400),
        ("/v1/speech:stream", {"text": "Hello.", "settings": {"voice": "nobody"}}, 404),
    ],
)
def test_what_is_wrong_with_a_transcoded_call(
    through: Through, path: str, content: str | dict[str, Any], status: int
) -> None:
    assert through.post(path, content).status_code == status


def test_a_body_too_large_is_refused_unread(through: Through) -> None:
    large = {"text": "x" * 10_000_000, "input": "x" * 10_000_000, "voice": "alloy"}
    assert through.post("/v1/speech:stream", large).status_code == 413
    answer = through.post("/v1/audio/speech", large)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


def frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield flags and content of each frame of a gRPC-Web body."""
    while data:
        length = int.from_bytes(data[1:5], "big")
        yield data[0], data[5 : 5 + length]
        data = data[5 + length :]


def decoded(body: bytes) -> bytes:
    """Return what base64 pieces, each padded for itself, hold."""
    pieces = [piece for piece in body.replace(b"=", b"= ").replace(b"= = ", b"== ").split() if piece]
    return b"".join(base64.b64decode(piece) for piece in pieces)


@pytest.mark.parametrize("kind", ["application/grpc-web+proto", "application/grpc-web-text+proto"])
def test_grpc_web(through: Through, kind: str) -> None:
    message = speech_pb2.SayRequest(text="Hello.").SerializeToString()
    body = b"\x00" + len(message).to_bytes(4, "big") + message
    text = "text" in kind
    answer = through.post(
        f"/{_SERVICE}/Say",
        base64.b64encode(body) if text else body,
        content_type=kind,
        accept=kind,
        x_grpc_web="1",
        origin="http://localhost:3000",
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "grpc-status" in answer.headers["access-control-expose-headers"]
    *messages, (flags, trailers) = frames(decoded(answer.content) if text else answer.content)
    assert flags == 0x80
    assert b"grpc-status:0" in trailers
    responses = [speech_pb2.SayResponse.FromString(content) for flags, content in messages if flags == 0]
    assert responses[-1].events[-1].HasField("finished")


_of_origins = pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1:8080", True),
        ("https://elsewhere.example", False),
        ("http://localhost.elsewhere.example", False),
        ("http://127x0x0x1", False),
        ("null", False),
    ],
)


@pytest.mark.parametrize("path", [f"/{_SERVICE}/Say", "/v1/audio/speech", "/v1/speech:stream"])
@_of_origins
def test_pages_of_this_machine_may_call_and_no_others(
    through: Through, path: str, origin: str, *, allowed: bool
) -> None:
    asks = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-grpc-web",
    }
    answer = httpx2.options(through.url(path), headers=asks, timeout=PATIENCE)
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
    if allowed:
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == "authorization,*"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/audio/speech", speech_body()),
        ("/v1/audio/speech/estimate", {"input": "Hello."}),
        ("/v1/speech:stream", {"text": "Hello."}),
    ],
)
@pytest.mark.parametrize("kind", [{"content_type": "text/plain"}, {}])
@_of_origins
def test_what_a_browser_sends_without_asking_is_taken_of_pages_of_this_machine_alone(
    through: Through, path: str, body: dict[str, str], kind: dict[str, str], origin: str, *, allowed: bool
) -> None:
    answer = through.post(path, body, origin=origin, **kind)
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
    if allowed:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed")


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/audio/speech", speech_body()), ("/v1/speech:stream", {"text": "Hello."})],
)
def test_the_host_that_is_called_may_have_any_name(
    through: Through, path: str, body: dict[str, str], kind: str
) -> None:
    answer = through.post(path, body, content_type=kind, host="own.example", origin="https://own.example")
    assert answer.status_code == (404 if (path, kind) == ("/v1/speech:stream", "text/plain") else 200)


def test_grpc_takes_nothing_that_a_browser_sends_without_asking(through: Through) -> None:
    message = speech_pb2.SayRequest(text="Hello.").SerializeToString()
    body = b"\x00" + len(message).to_bytes(4, "big") + message
    answer = through.post(
        f"/{_SERVICE}/Say", body, content_type="text/plain", origin="https://elsewhere.example"
    )
    assert answer.content == b""
    assert answer.headers["grpc-status"] != "0"


def test_realtime_begins_with_a_session(through: Through) -> None:
    with connect(f"ws://{through.address}/v1/realtime?model=espeak", open_timeout=PATIENCE) as socket_:
        first = json.loads(socket_.recv(timeout=PATIENCE))
    assert first["type"] == "session.created"


@_of_origins
def test_pages_of_this_machine_may_connect_and_no_others(
    through: Through, origin: str, *, allowed: bool
) -> None:
    address = f"ws://{through.address}/v1/realtime"
    if allowed:
        with connect(address, origin=Origin(origin), open_timeout=PATIENCE) as socket_:
            assert json.loads(socket_.recv(timeout=PATIENCE))["type"] == "session.created"
        return
    with pytest.raises(InvalidStatus) as refused, connect(address, origin=Origin(origin)):
        pass
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["error"]["code"] == "origin_not_allowed"


def test_nothing_else_becomes_a_websocket(through: Through) -> None:
    with pytest.raises(InvalidStatus), connect(f"ws://{through.address}/v1/audio/speech"):
        pass


def test_the_admin_pages_are_not_public(through: Through) -> None:
    assert httpx2.get(through.url("/config_dump"), timeout=PATIENCE).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/speech:stream", {"text": _LONG}), ("/v1/audio/speech", speech_body(_LONG))],
)
def test_a_stream_that_breaks_is_seen_as_broken_over_http_1(
    through: Through, path: str, body: dict[str, str]
) -> None:
    content = json.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: parlando\r\nContent-Length: {len(content)}\r\n"
    with socket.create_connection(("127.0.0.1", through.port), timeout=PATIENCE) as client:
        client.sendall(f"{head}Content-Type: application/json\r\n\r\n{content}".encode())
        answer = b""
        while len(answer) < 20_000:  # speech, and not its end
            answer += client.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 200 OK")
        through.kill("synth")
        complete = False
        while not complete and (more := client.recv(65_536)):
            answer += more
            complete = b"\r\n0\r\n" in answer and answer.endswith(b"\r\n\r\n")
    trailers = answer.rpartition(b"\r\n0\r\n")[2] if complete else b""
    assert not complete or (b"grpc-status" in trailers and b"grpc-status: 0" not in trailers)
    through.wait_until(200)
