"""What Google lets a worker in by, over TLS: an API key, a file, or what its libraries find."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import trustme
from google_server import GoogleServer
from token_endpoint import TokenEndpoint

from parlando_synth.contract import HUNG

_KEY = "planted-key"
_SPEAK = """
import asyncio
from parlando_google.engine import google
from parlando_kit.errors import ParlandoError
from parlando_synth.contract import perform
from parlando_synth.job import Job

async def speak() -> None:
    engine = google()
    try:
        await engine.load()
        performance = await perform(engine, Job("Seven lamps.", engine.describe().default_voice))
        print("spoke" if performance.samples else "was silent")
    except ParlandoError as error:
        print(error.reason, error.message)
    finally:
        await engine.close()

asyncio.run(speak())
"""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secured(authority: trustme.CA) -> Iterator[GoogleServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    server = GoogleServer(context)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(secured: GoogleServer) -> GoogleServer:
    secured.keys, secured.bearers = set(), set()
    return secured


@pytest.fixture
def tokens() -> Iterator[TokenEndpoint]:
    with TokenEndpoint() as endpoint:
        yield endpoint


async def _spoken(server: GoogleServer, authority: trustme.CA, folder: Path, told: Mapping[str, str]) -> str:
    """Return what a process says that speaks; gRPC reads which authorities to trust once in each."""
    roots = folder / "roots.pem"
    roots.write_bytes(authority.cert_pem.bytes())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SPEAK),
        env={
            **os.environ,
            "HOME": str(folder),  # where the libraries would find credentials of somebody's own
            "NO_GCE_CHECK": "true",
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(roots),
            "GOOGLE_ENDPOINT": f"https://localhost:{server.port}",
            **told,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(HUNG):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said.decode().strip()


async def test_an_api_key_lets_in(server: GoogleServer, authority: trustme.CA, tmp_path: Path) -> None:
    assert await _spoken(server, authority, tmp_path, {"GOOGLE_KEY": _KEY}) == "spoke"
    assert (server.keys, server.bearers) == ({_KEY}, {""})


@pytest.mark.parametrize("name", ["GOOGLE_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS"])
async def test_a_service_account_lets_in_by_a_token(
    name: str, server: GoogleServer, tokens: TokenEndpoint, authority: trustme.CA, tmp_path: Path
) -> None:
    file = tokens.account(tmp_path / "account.json")
    assert await _spoken(server, authority, tmp_path, {name: str(file)}) == "spoke"
    assert (server.keys, server.bearers) == ({""}, {f"Bearer {tokens.token}"})
    assert tokens.asked == 1


async def test_an_account_whose_key_is_refused_is_told_without_it(
    server: GoogleServer, tokens: TokenEndpoint, authority: trustme.CA, tmp_path: Path
) -> None:
    file = tokens.account(tmp_path / "account.json", other=True)
    said = await _spoken(server, authority, tmp_path, {"GOOGLE_CREDENTIALS": str(file)})
    assert said.startswith("ENGINE_KEY_REFUSED ")
    assert "PRIVATE KEY" not in said
    assert (server.keys, tokens.asked) == (set(), 1)


async def test_without_anything_to_be_let_in_by_the_settings_are_named(
    server: GoogleServer, authority: trustme.CA, tmp_path: Path
) -> None:
    said = await _spoken(server, authority, tmp_path, {})
    assert said.startswith("ENGINE_KEY_REFUSED ")
    assert all(
        name in said for name in ("GOOGLE_KEY", "GOOGLE_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS")
    )
