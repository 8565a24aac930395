"""docs/protocols/grpc-web.md: its files are those that are run here, in Node by the suite and in Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.browsing import chromium
from tests.conformance.programs import CLIENTS, generate_stubs
from tests.e2e.conftest import running_through
from tests.e2e.through import Through

_PAGE = Path(__file__).parents[2] / "docs" / "protocols" / "grpc-web.md"
_PACKAGES = ("@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web")

_SAY = """async ([baseUrl, request]) => {
  const { say } = await import("/say.mjs");
  let samples = 0, last;
  try {
    for await (const event of say(baseUrl, request)) {
      if (event.case === "audio") samples += event.value.data.length / 2;
      last = event;
    }
  } catch (error) {
    return { code: error.code, message: error.message, details: error.details?.map(({ type }) => type) };
  }
  return { samples, counted: Number(last.value.sampleCount) };
}"""

_SPEAK = """async (baseUrl) => {
  const { createClient } = await import("@connectrpc/connect");
  const { createGrpcWebTransport } = await import("@connectrpc/connect-web");
  const { SpeechService } = await import("/gen/parlando/speech/v1/speech_service_pb.js");
  const client = createClient(SpeechService, createGrpcWebTransport({ baseUrl }));
  async function* requests() { yield { epoch: 1, message: { case: "open", value: { text: "Hello." } } }; }
  try {
    for await (const _ of client.speak(requests())) return "it was spoken";
  } catch (error) {
    return error.message;
  }
}"""


@pytest.fixture(scope="module")
def espeak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Through]:
    """A system behind Envoy with espeak-ng."""
    with running_through(tmp_path_factory.mktemp("grpc-web") / "log", "espeak") as running:
        yield running


def test_the_page_has_the_files_that_are_run() -> None:
    page = _PAGE.read_text()
    assert f"```js\n{(CLIENTS / 'say.mjs').read_text()}```\n" in page
    assert f"```yaml\n{(CLIENTS / 'buf.gen.yaml').read_text()}```\n" in page


def _import_map() -> dict[str, str]:
    """Return where a browser finds what is imported by the name of a package, which a bundler would know."""
    places = {}
    for package in _PACKAGES:
        exports: dict[str, Any] = json.loads(
            (CLIENTS / "node_modules" / package / "package.json").read_text()
        )["exports"]
        for name, forms in exports.items():
            form = forms["import"]
            path = form if isinstance(form, str) else form["default"]
            places[package + name.removeprefix(".")] = f"/node_modules/{package}/{path.removeprefix('./')}"
    return places


class _Pages(SimpleHTTPRequestHandler):
    """Serves a page that may import the clients' files, and those files."""

    def do_GET(self) -> None:
        """Answer with the page, or with a file."""
        if self.path != "/":
            super().do_GET()
            return
        body = f'<!doctype html><script type="importmap">{json.dumps({"imports": _import_map()})}</script>'
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def origin() -> Iterator[str]:
    """Another origin of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Pages, directory=str(CLIENTS))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_a_page_of_another_origin_calls_by_stubs_that_were_generated(
    espeak: Through, origin: str
) -> None:
    generate_stubs()
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(f"{origin}/")
        answer = await page.evaluate(_SAY, [espeak.url(""), {"text": "Hello there."}])
        assert "code" not in answer, answer
        assert answer["samples"] == answer["counted"] > 10_000
        refused = await page.evaluate(
            _SAY, [espeak.url(""), {"text": "Hello.", "settings": {"voice": "nobody"}}]
        )
        assert refused["code"] == 5
        assert "google.rpc.ErrorInfo" in refused["details"]
        said = await page.evaluate(_SPEAK, espeak.url(""))
        assert "not support" in said
