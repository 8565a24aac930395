"""Voices through Envoy: made with the key, heard by everybody, and administered by nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator

import grpc
import httpx2
import pytest

from parlando_client import Client, SpeechError
from tests.e2e.conftest import running_through
from tests.e2e.through import PATIENCE, Through
from tests.unit.synth.test_reference_clip import encoded, speech

_KEY = "a key of this test alone"
_TERMS = {
    "name": "Anna",
    "consent": "Anna Example signed the form of 3 May 2026",
    "language": "de-AT",
    "licence": "for our own announcements",
}
_CLIP = encoded(speech(30, 48_000), 48_000, subtype="PCM_32")  # 5.8 MB


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Through]:
    """A system behind Envoy that keeps voices."""
    folder = tmp_path_factory.mktemp("keeping")
    settings = {"SCRIPTED_VOICES": str(folder / "voices"), "EDGE_ADMIN_KEY": _KEY}
    with running_through(folder / "log", "scripted", **settings) as running:
        yield running


def _create(keeping: Through, key: str) -> httpx2.Response:
    return httpx2.post(
        keeping.url("/v1/audio/voices"),
        data=_TERMS,
        files={"audio_sample": ("anna.wav", _CLIP, "audio/wav")},
        headers={"authorization": f"Bearer {key}"},
        timeout=PATIENCE,
    )


def _remove(keeping: Through, voice: str) -> httpx2.Response:
    return httpx2.delete(
        keeping.url(f"/v1/audio/voices/{voice}"),
        headers={"authorization": f"Bearer {_KEY}"},
        timeout=PATIENCE,
    )


def test_a_voice_is_made_spoken_with_and_removed_and_outlives_its_worker(keeping: Through) -> None:
    made = _create(keeping, _KEY)
    assert made.status_code == 200, made.text
    anna = made.json()
    preview = httpx2.get(keeping.url(anna["preview_url"]), timeout=PATIENCE)
    assert (preview.status_code, preview.content[:4]) == (200, b"RIFF")
    keeping.kill("synth")
    keeping.wait_until(200)
    with Client(keeping.address) as client:
        give_up = time.monotonic() + PATIENCE
        while not (listed := client.list_voices(cloned=True)):  # the router asks its workers now and then
            assert time.monotonic() < give_up
            time.sleep(0.05)
        assert [voice.id for voice in listed] == [anna["id"]]
        assert client.preview_voice(anna["id"]).wav == preview.content
    give_up = time.monotonic() + PATIENCE
    while (removed := _remove(keeping, anna["id"])).status_code == 503:  # the worker may still be starting
        assert removed.json()["error"]["retry_after_ms"] == 1_000
        assert time.monotonic() < give_up
        time.sleep(0.1)
    assert removed.json()["deleted"] is True


def test_envoy_passes_no_administration_on(keeping: Through) -> None:
    with Client(keeping.address) as client:
        with pytest.raises(SpeechError) as refused:
            client.mix_voice("alto(1)", name="Solo")
        assert refused.value.reason == grpc.StatusCode.UNIMPLEMENTED.name
        assert [voice.name for voice in client.list_voices(text="solo")] == []
    with Client(f"127.0.0.1:{keeping.ports['router']}") as client:  # who runs the system may
        solo = client.mix_voice("alto(1)", name="Solo")
        client.remove_voice(solo.id)


def test_a_page_of_another_origin_can_neither_ask_nor_send_the_key(keeping: Through) -> None:
    asks = {
        "origin": "https://elsewhere.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    answer = httpx2.options(keeping.url("/v1/audio/voices"), headers=asks, timeout=PATIENCE)
    assert "access-control-allow-origin" not in answer.headers
    # What it can send without asking is a form, and without the header.
    form = {"mix": (None, "alto(1)"), "name": (None, "Theirs")}
    sent = httpx2.post(
        keeping.url("/v1/audio/voices"),
        files=form,
        headers={"origin": "https://elsewhere.example"},
        timeout=PATIENCE,
    )
    assert (sent.status_code, sent.json()["error"]["code"]) == (403, "origin_not_allowed")
    assert httpx2.get(keeping.url("/v1/audio/voices?text=theirs"), timeout=PATIENCE).json() == {"voices": []}
