"""What Google lets a worker in by, over TLS: an API key, a file, or what its libraries find."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import trustme
from google.auth.exceptions import TransportError
from google_server import GoogleServer
from token_endpoint import TokenEndpoint

from parlando_google.connection import connect
from parlando_google.refusals import refusal
from parlando_google.settings import ChirpSettings
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.contract import HUNG
from parlando_synth.remote.trouble import Refusal, Trouble

_KEY = "planted-key"
_FILES = ("GOOGLE_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS")
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
        print("loaded", flush=True)
        input()
        performance = await perform(engine, Job("Seven lamps.", engine.describe().default_voice))
        print("spoke" if performance.samples else "was silent")
    except ParlandoError as error:
        print(error.reason, error.message)
    finally:
        await engine.close()

asyncio.run(speak())
"""


def _with_key(account: str, key: object) -> str:
    return json.dumps({**json.loads(account), "private_key": key})


_SPOILT: Mapping[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "the key alone": lambda account: json.loads(account)["private_key"],
    "no object": lambda account: json.dumps([account]),
    "half a key": lambda account: _with_key(account, json.loads(account)["private_key"][:300]),
    "a number for a key": lambda account: _with_key(account, 5),
    "a key that is none of RSA": lambda account: _with_key(
        account, trustme.CA(key_type=trustme.KeyType.ECDSA).private_key_pem.bytes().decode()
    ),
}


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


async def _spoken(
    server: GoogleServer,
    authority: trustme.CA,
    folder: Path,
    told: Mapping[str, str],
    loaded: Callable[[], None] = lambda: None,
) -> str:
    """Return what a process says that speaks; gRPC reads which authorities to trust once in each.

    `loaded` is called in between: once the engine is loaded, and before it speaks.
    """
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
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(HUNG):
            assert process.stdout is not None
            first = await process.stdout.readline()
            loaded()
            said, _ = await process.communicate(b"\n")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return (said if first == b"loaded\n" else first + said).decode().strip()


async def test_an_api_key_lets_in(server: GoogleServer, authority: trustme.CA, tmp_path: Path) -> None:
    assert await _spoken(server, authority, tmp_path, {"GOOGLE_KEY": _KEY}) == "spoke"
    assert (server.keys, server.bearers) == ({_KEY}, {""})


@pytest.mark.parametrize("name", _FILES)
async def test_a_service_account_lets_in_by_a_token(
    name: str, server: GoogleServer, tokens: TokenEndpoint, authority: trustme.CA, tmp_path: Path
) -> None:
    file = tokens.account(tmp_path / "account.json")
    assert await _spoken(server, authority, tmp_path, {name: str(file)}) == "spoke"
    assert (server.keys, server.bearers) == ({""}, {f"Bearer {tokens.token}"})
    assert tokens.asked == 1


@pytest.mark.parametrize("name", _FILES)
async def test_an_account_whose_key_is_refused_is_told_without_it(
    name: str, server: GoogleServer, tokens: TokenEndpoint, authority: trustme.CA, tmp_path: Path
) -> None:
    file = tokens.account(tmp_path / "account.json", other=True)
    said = await _spoken(server, authority, tmp_path, {name: str(file)})
    assert said.startswith(f"ENGINE_KEY_REFUSED {name} ")
    assert "PRIVATE KEY" not in said
    assert (server.keys, tokens.asked) == (set(), 1)


async def test_an_account_that_is_refused_once_its_engine_is_loaded_is_told_so(
    server: GoogleServer, tokens: TokenEndpoint, authority: trustme.CA, tmp_path: Path
) -> None:
    tokens.lasts = 1
    file = tokens.account(tmp_path / "account.json")

    def refuse() -> None:
        tokens.refuses = True

    told = {"GOOGLE_CREDENTIALS": str(file)}
    said = await _spoken(server, authority, tmp_path, told, refuse)
    assert said.startswith("ENGINE_KEY_REFUSED Google refuses the key")
    assert "deleted" not in said


@pytest.mark.parametrize("name", _FILES)
@pytest.mark.parametrize("spoil", _SPOILT.values(), ids=_SPOILT)
async def test_a_file_that_is_wrong_is_told_by_its_setting_and_without_its_key(
    name: str,
    spoil: Callable[[str], str],
    tokens: TokenEndpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tokens.account(tmp_path / "account.json")
    file.write_text(spoil(file.read_text()))
    monkeypatch.setenv(name, str(file))
    with pytest.raises(ParlandoError) as refused:
        await connect(ChirpSettings())
    assert refused.value.reason is Reason.ENGINE_KEY_REFUSED
    assert refused.value.message.startswith(f"{name} ")
    assert refused.value.__context__ is None  # it would hold what stands in the file
    assert tokens.asked == 0


async def test_a_file_that_is_not_there_is_told_by_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_CREDENTIALS", str(tmp_path / "account.json"))
    with pytest.raises(ParlandoError, match=r"^GOOGLE_CREDENTIALS .*FileNotFoundError"):
        await connect(ChirpSettings())


async def test_who_gives_tokens_and_is_out_is_no_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TokenEndpoint() as tokens:
        file = tokens.account(tmp_path / "account.json")
    monkeypatch.setenv("GOOGLE_CREDENTIALS", str(file))
    with pytest.raises(TransportError) as out:
        await connect(ChirpSettings())
    assert refusal(out.value) == Refusal(Trouble.OUTAGE)


async def test_without_anything_to_be_let_in_by_the_settings_are_named(
    server: GoogleServer, authority: trustme.CA, tmp_path: Path
) -> None:
    said = await _spoken(server, authority, tmp_path, {})
    assert said.startswith("ENGINE_KEY_REFUSED ")
    assert all(
        name in said for name in ("GOOGLE_KEY", "GOOGLE_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS")
    )
