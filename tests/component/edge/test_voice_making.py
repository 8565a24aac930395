"""Voices made, changed and removed over HTTP, with a router and a worker that keep them; and who may."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from parlando_edge.settings import EdgeSettings
from parlando_edge.voice_making_endpoint import MAX_UPLOADS
from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from tests.component.edge.router import new_router
from tests.component.edge.serving import ADMIN_KEY, NOWHERE, Edge, serving, serving_before, until, until_idle
from tests.component.router.mesh import WorkerProcess, mesh
from tests.unit.synth.test_reference_clip import BAD, Bad, encoded, flac_bomb, speech

CLIP = encoded(speech(10))
TERMS = {
    "name": "Anna",
    "consent": "Anna Example signed the form of 3 May 2026",
    "language": "de-AT",
    "licence": "for our own announcements",
}
_KEY = {"authorization": f"Bearer {ADMIN_KEY}"}


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    """An edge with a key before a router and a worker that clones and mixes."""
    async with (
        mesh(WorkerProcess(ScriptedSettings(voices=tmp_path / "voices"))) as router,
        serving_before(router.address, NOWHERE, new_router(), admin_key=ADMIN_KEY) as edge,
    ):
        edge.http.headers.update(_KEY)
        yield edge


async def create(edge: Edge, clip: bytes | None = CLIP, **said: str) -> httpx2.Response:
    """Ask for a voice."""
    files = {"audio_sample": ("anna.wav", clip, "audio/wav")} if clip is not None else None
    if files is None:  # a form all the same
        return await edge.http.post("/v1/audio/voices", files={k: (None, v) for k, v in said.items()})
    return await edge.http.post("/v1/audio/voices", data=TERMS | said, files=files)


def error(answer: httpx2.Response) -> tuple[int, str, str | None]:
    """Return the status, the code and the parameter of an error."""
    told = answer.json()["error"]
    assert set(told) >= {"message", "type", "code", "param"}
    return answer.status_code, told["code"], told["param"]


async def test_a_voice_is_made_listed_heard_renamed_and_removed(edge: Edge) -> None:
    made = await create(edge, description="For the station.")
    assert made.status_code == 200
    anna = made.json()
    assert anna["id"].startswith("anna-")
    assert (anna["object"], anna["engine"], anna["cloned"]) == ("audio.voice", "scripted", True)
    assert (anna["language"], anna["licence"]) == ("de-AT", TERMS["licence"])
    assert "consent" not in made.text  # it names a person, and the list is everybody's
    assert (await edge.http.get("/v1/audio/voices?cloned=true")).json() == {"voices": [anna]}
    first = await edge.http.get(anna["preview_url"])
    with wave.open(io.BytesIO(first.content)) as wav:
        assert wav.getframerate() == 24_000
    said = await edge.speech(input="Eins.", voice=anna["id"])
    assert said.status_code == 200
    address = f"/v1/audio/voices/{anna['id']}"
    changed = await edge.http.post(address, json={"name": "Hannah"})
    assert changed.json() == anna | {"name": "Hannah"}
    removed = await edge.http.delete(address)
    assert removed.json() == {"object": "audio.voice.deleted", "id": anna["id"], "deleted": True}
    assert (await edge.http.get("/v1/audio/voices?cloned=true")).json() == {"voices": []}
    assert error(await edge.http.delete(address)) == (404, "voice_not_found", "voice")
    assert error(await edge.http.get(anna["preview_url"])) == (404, "voice_not_found", "voice")


async def test_a_mix_is_made_of_a_form_without_a_file(edge: Edge) -> None:
    duo = (await create(edge, None, name="Duo", mix="alto(2)+tenor(1)", id="duo")).json()
    assert (duo["id"], duo["mix"], duo["cloned"]) == ("duo", "alto(2)+tenor(1)", False)
    assert duo in (await edge.http.get("/v1/tts/voices?text=duo")).json()["voices"]
    taken = await create(edge, None, name="Duo", mix="alto(1)", id="duo")
    assert error(taken) == (409, "id_in_use", "id")
    assert error(await create(edge, None, name="Duo", mix="alto+bass")) == (404, "voice_not_found", "mix")
    assert (await edge.http.delete("/v1/audio/voices/duo?engine=scripted")).status_code == 200


_CODES = {
    Reason.FIELD_REQUIRED: "missing_required_parameter",
    Reason.OUT_OF_RANGE: "invalid_value",
    Reason.BAD_CLIP: "bad_clip",
    Reason.UNSUPPORTED_FORMAT: "unsupported_format",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_a_bad_clip_has_its_own_error(edge: Edge, bad: Bad) -> None:
    refused = await create(edge, await asyncio.to_thread(bad.make))
    assert error(refused) == (400, _CODES[bad.reason], "audio_sample")
    assert bad.said in refused.json()["error"]["message"]
    assert (await edge.http.get("/v1/audio/voices?cloned=true")).json() == {"voices": []}


async def test_a_clip_that_unpacks_to_days_is_refused(edge: Edge) -> None:
    refused = await create(edge, await asyncio.to_thread(flac_bomb))
    assert error(refused) == (400, "invalid_value", "audio_sample")
    assert "unpacks to more than 30 s" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("said", "status", "code", "param", "beginning"),
    [
        ({"name": ""}, 400, "missing_required_parameter", "name", "name is missing or empty"),
        ({"consent": ""}, 400, "missing_required_parameter", "consent", "consent is empty: say who agreed"),
        ({"language": ""}, 400, "missing_required_parameter", "language", "language is empty"),
        ({"language": "German!"}, 400, "invalid_value", "language", "language: say what is spoken"),
        ({"licence": " "}, 400, "missing_required_parameter", "licence", "licence is empty"),
        ({"id": "../up"}, 400, "invalid_value", "id", "id is 1 to 64 small letters"),
        ({"id": "alto"}, 409, "id_in_use", "id", "id is another voice's"),
        ({"engine": "other"}, 404, "model_not_found", "engine", 'engine "other" is not known'),
        ({"mix": "alto(1)"}, 400, "invalid_value", "mix", "mix does not go with audio_sample"),
        ({"name": "x" * 300}, 400, "string_above_max_length", "name", "name is too long"),
    ],
)
async def test_what_is_wrong_is_named(
    edge: Edge, said: dict[str, str], status: int, code: str, param: str, beginning: str
) -> None:
    refused = await create(edge, CLIP, **said)
    assert error(refused) == (status, code, param)
    assert refused.json()["error"]["message"].startswith(beginning)


async def test_a_form_that_is_none_is_refused(edge: Edge) -> None:
    address = "/v1/audio/voices"
    unbounded = {"content-type": "multipart/form-data"}
    bounded = {"content-type": "multipart/form-data; boundary=y"}
    undefined = {"content-type": "multipart/form-data; boundary=y; charset=undefined"}
    anna = b'--y\r\nContent-Disposition: form-data; name="name"\r\n\r\nAnna\r\n--y--\r\n'
    for answer, status, param in (
        (await create(edge, None, name="Anna"), 400, "audio_sample"),
        (await create(edge, None, name="Anna", audio_sample="RIFF"), 400, "audio_sample"),
        (await edge.http.post(address, json=TERMS), 415, None),
        (await edge.http.post(address, content=b"x", headers=unbounded), 400, None),
        (await edge.http.post(address, content=b"x", headers=bounded), 400, None),
        (await edge.http.post(address, content=anna, headers=undefined), 400, None),
        (await edge.http.post(address, files={"name": ("name", b"Anna")}), 400, None),
        (await edge.http.post(address, files=[("audio_sample", ("a", CLIP))] * 2), 400, None),
        (await edge.http.post(address, files={"name": (None, b"x" * 100_000)}), 400, None),
    ):
        assert answer.status_code == status
        assert answer.json()["error"]["param"] == param
    assert error(await edge.http.post(f"{address}/alto", json={"name": "Alt"})) == (
        400,
        "not_supported",
        "voice",
    )
    assert error(await edge.http.post(f"{address}/eve", json={"name": "Eva"})) == (
        404,
        "voice_not_found",
        "voice",
    )


async def test_a_form_is_read_no_further_than_it_may_be() -> None:
    async with serving(admin_key=ADMIN_KEY, max_upload_bytes=40_000) as edge:
        edge.http.headers.update(_KEY)
        assert (await create(edge, bytes(50_000))).status_code == 413

        async def pieces() -> AsyncIterator[bytes]:  # which do not say how many they are
            yield b'--y\r\nContent-Disposition: form-data; name="audio_sample"; filename="a"\r\n\r\n'
            for _ in range(100):
                yield bytes(1_000)

        form = {"content-type": "multipart/form-data; boundary=y"}
        answer = await edge.http.post("/v1/audio/voices", content=pieces(), headers=form)
        assert answer.status_code == 413


async def test_a_form_that_does_not_go_on_is_given_up() -> None:
    async with serving(admin_key=ADMIN_KEY, upload_seconds=0.2) as edge:
        reader, writer = await _begun(edge)
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        writer.close()
        await until_idle(edge)


async def _begun(edge: Edge) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection on which a form has begun, and does not go on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    head = (
        "POST /v1/audio/voices HTTP/1.1",
        "host: edge",
        f"authorization: Bearer {ADMIN_KEY}",
        "content-type: multipart/form-data; boundary=y",
        "content-length: 1000",
    )
    writer.write("\r\n".join((*head, "", "--y\r\n")).encode())
    await writer.drain()
    return reader, writer


async def test_so_many_uploads_at_a_time_and_no_more(edge: Edge) -> None:
    uploads = [await _begun(edge) for _ in range(MAX_UPLOADS)]
    await until(lambda: edge.gate.live == MAX_UPLOADS)
    refused = await create(edge)
    assert error(refused)[:2] == (429, "overloaded")
    assert refused.headers["retry-after"] == "1"
    for _, writer in uploads:  # they leave, and their places are free
        writer.close()
    await until_idle(edge)
    assert (await create(edge)).status_code == 200


_CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/v1/audio/voices", {"data": TERMS, "files": {"audio_sample": ("a.wav", CLIP)}}),
    ("POST", "/v1/audio/voices/alto", {"json": {"name": "Mine"}}),
    ("DELETE", "/v1/audio/voices/tenor", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), _CALLS)
async def test_without_the_key_nobody_changes_anything(
    edge: Edge, method: str, path: str, body: dict[str, Any]
) -> None:
    before = (await edge.http.get("/v1/audio/voices")).json()
    for sent in ("", "Bearer", f"Bearer {ADMIN_KEY}x", f"Basic {ADMIN_KEY}", "Bearer \xe9"):
        headers = [(b"authorization", sent.encode("latin-1"))]
        refused = await edge.http.request(method, path, headers=headers, **body)
        assert error(refused) == (401, "invalid_api_key", None)
        assert refused.headers["www-authenticate"] == "Bearer"
        assert ADMIN_KEY not in refused.text
    assert (await edge.http.get("/v1/audio/voices")).json() == before


@pytest.mark.parametrize(("method", "path", "body"), _CALLS)
async def test_where_there_is_no_key_there_is_no_administration(
    method: str, path: str, body: dict[str, Any]
) -> None:
    async with serving() as edge:
        for headers in ({}, {"authorization": "Bearer"}, {"authorization": "Bearer none"}):
            refused = await edge.http.request(method, path, headers=headers, **body)
            assert error(refused) == (403, "administration_off", None)
            assert "EDGE_ADMIN_KEY" in refused.json()["error"]["message"]


async def test_what_a_path_does_not_take_is_told_all_that_it_takes(edge: Edge) -> None:
    refused = await edge.http.put("/v1/audio/voices")
    assert refused.status_code == 405
    assert {each.strip() for each in refused.headers["allow"].split(",")} == {"GET", "HEAD", "POST"}
    assert (await edge.http.head("/v1/audio/voices")).status_code == 200


def test_a_key_is_no_short_word_and_is_not_shown() -> None:
    with pytest.raises(ValidationError, match="16 characters"):
        EdgeSettings(admin_key="secret")  # type: ignore[arg-type]  # pydantic's to read
    assert ADMIN_KEY not in repr(EdgeSettings(admin_key=ADMIN_KEY))  # type: ignore[arg-type]  # likewise
