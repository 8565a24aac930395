from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.component.client.conftest import CommandLine

if TYPE_CHECKING:
    from tests.component.client.conftest import FakeSpeech


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else is given."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def strange_port() -> Iterator[int]:
    """A port where a web server listens."""
    with ThreadingHTTPServer(("127.0.0.1", 0), QuietHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


class QuietHandler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def all_ports(port: int) -> list[str]:
    """Return options that move every service but the router to one port."""
    services = ("envoy", "edge", "session", "fragmenter", "synth", "traces")
    return [argument for name in services for argument in (f"--{name}-port", str(port))]


@pytest.mark.parametrize("address", ["http://127.0.0.1:50051", "127.0.0.1"])
@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("say", "Hello"), "--address"),
        (("say", "Hello"), "--traces-address"),
        (("voices", "list"), "--address"),
        (("doctor",), "--address"),
        (("spending", "any"), "--address"),
        (("bench", "latency"), "--address"),
    ],
)
def test_an_address_that_is_none_is_not_looked_for(
    parlando: CommandLine, command: tuple[str, ...], option: str, address: str
) -> None:
    status, out, err = parlando.run(*command, option, address)
    assert (status, out) == (2, b"")
    assert f"Invalid value for '{option}'" in err
    assert f'"{address}" is not HOST:PORT: write it as in 127.0.0.1:50051' in err


def test_voices_are_a_table_that_a_pipe_does_not_cut(parlando: CommandLine) -> None:
    status, out, err = parlando.run("voices")
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.decode().splitlines()]
    assert lines == [
        ["engine", "voice", "name", "languages", "gender", "made"],
        ["fake", "b", "Bé", "en-GB", "en"],
        ["other", "c", "de", "female"],
    ]


def test_voices_as_json_have_every_field(parlando: CommandLine) -> None:
    status, out, _ = parlando.run("voices", "--engine", "fake", "--json")
    (voice,) = json.loads(out)
    assert status == 0
    assert (voice["id"], voice["name"], voice["languages"]) == ("b", "Bé", ["en-GB", "en"])
    assert voice["sample_rate_hz"] == 24_000


def test_voices_of_nobody_are_one_line(parlando: CommandLine) -> None:
    status, out, err = parlando.run("voices", "--address", "127.0.0.1:1")
    assert (status, out) == (1, b"")
    assert err.startswith("parlando: no answer from 127.0.0.1:1")


def test_phonemes_are_shown_as_they_can_be_put_into_a_text(parlando: CommandLine) -> None:
    status, out, err = parlando.run("phonemes", "word")
    assert (status, out.decode(), err) == (0, "wɔd\n", "")
    status, out, _ = parlando.run("phonemes", "word", "--json")
    assert (status, json.loads(out)["words"]) == (
        0,
        [{"text": "word", "start": 0, "end": 4, "phonemes": "wɔd"}],
    )
    status, _, err = parlando.run("phonemes", " ")
    assert (status, err) == (1, "parlando: there is nothing to pronounce: the text is empty\n")


def test_the_doctor_finds_a_system_that_speaks(parlando: CommandLine, silent_port: int) -> None:
    ports = all_ports(silent_port)
    status, out, err = parlando.run("doctor", *ports)
    lines = out.decode().splitlines()
    assert (status, err) == (0, "")
    assert any(line.startswith("ok    router: serving at 127.0.0.1:") for line in lines)
    assert f"note  fragmenter: not on port {silent_port}; the router has one elsewhere" in lines
    elsewhere = "browsers and HTTP go to the edge, gRPC to the router"
    assert f"note  envoy: not on port {silent_port}; {elsewhere}" in lines
    assert f"note  session: not on port {silent_port}; conversations are not kept" in lines
    assert f"note  edge: not on port {silent_port}; there is no speech over HTTP" in lines
    assert f"note  traces: not on port {silent_port}; `parlando up --trace` keeps some" in lines
    assert "ok    next: engine fake is asked first, by ENGINES" in lines
    assert "ok    engine fake at 127.0.0.1:1: version 1.2, 3 speaking, 0 waiting" in lines
    assert "note  engine fake at 127.0.0.1:2: not serving: model files are missing" in lines
    assert any(line.startswith("note  sound: ") for line in lines)
    assert any(line.startswith("ok    Python 3.") for line in lines)


def test_the_doctor_looks_where_up_would_put_everything(
    parlando: CommandLine, speech: FakeSpeech, silent_port: int
) -> None:
    names = ("ENVOY", "EDGE", "SESSION", "FRAGMENTER", "SYNTH", "TRACES")
    ports = {f"{name}_PORT": str(silent_port) for name in names}
    ports["ROUTER_PORT"] = speech.address.rpartition(":")[2]
    environment = {**parlando.environment, **ports}
    del environment["PARLANDO_ADDRESS"]
    status, out, err = CommandLine(parlando.folder, environment).run("doctor")
    assert (status, err) == (0, "")
    lines = out.decode().splitlines()
    assert f"ok    router: serving at {speech.address}" in lines
    for name in names:
        assert any(line.startswith(f"note  {name.lower()}: not on port {silent_port}") for line in lines)
    elsewhere = "note  router: other commands look at 127.0.0.1:50051: set PARLANDO_ADDRESS="
    assert lines[-1] == f"{elsewhere}{speech.address} for them"


def test_the_doctor_says_how_to_start_what_does_not_run(parlando: CommandLine, silent_port: int) -> None:
    ports = all_ports(silent_port)
    address = f"127.0.0.1:{silent_port}"
    status, out, _ = parlando.run("doctor", "--address", address, *ports)
    lines = out.decode().splitlines()
    assert status == 1
    assert f"wrong router: nobody listens at {address}: run `parlando up`, or set PARLANDO_ADDRESS" in lines
    for name in ("envoy", "edge", "session", "fragmenter", "synth"):
        assert f"wrong {name}: nobody listens on port {silent_port}: run `parlando up`" in lines
    assert f"note  traces: not on port {silent_port}; `parlando up --trace` keeps some" in lines


def test_the_doctor_names_strangers_on_our_ports(
    parlando: CommandLine, speech: FakeSpeech, strange_port: int
) -> None:
    router_port = speech.address.rpartition(":")[2]  # a gRPC server, but of another service
    ports = (*all_ports(strange_port), "--synth-port", router_port)
    address = f"127.0.0.1:{strange_port}"
    status, out, _ = parlando.run("doctor", "--address", address, *ports)
    assert status == 1
    text = out.decode()
    assert f"wrong router: what listens at {address} is not Parlando's router: stop it" in text
    strangers = {
        "edge": strange_port,
        "session": strange_port,
        "fragmenter": strange_port,
        "synth": router_port,
    }
    for name, port in strangers.items():
        remedy = f"stop it, or set {name.upper()}_PORT"
        assert f"wrong {name}: what listens on port {port} is not Parlando's: {remedy}" in text
    assert f"note  traces: what listens on port {strange_port} is not Parlando's" in text


def test_up_takes_one_collector_of_traces(parlando: CommandLine) -> None:
    status, _, err = parlando.run("up", "--trace", "--otlp-endpoint", "http://127.0.0.1:4317")
    assert status == 2
    assert "two collectors" in err


def test_up_takes_no_number_of_routers_that_are_in_one_process_with_edges(parlando: CommandLine) -> None:
    status, _, err = parlando.run("up", "--together", "--routers", "2")
    assert status == 2
    assert "--edges" in err
