"""Voices, previews, models and health over the wire."""

from __future__ import annotations

import asyncio

from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from tests.component.edge.serving import NOWHERE, serving, serving_before
from tests.component.edge.sessions import new_sessions, serving_sessions


async def test_voices_are_listed_under_both_paths() -> None:
    async with serving() as edge:
        listed = (await edge.http.get("/v1/tts/voices")).json()
        assert listed == (await edge.http.get("/v1/audio/voices")).json()
        assert listed["voices"][0] == {
            "object": "audio.voice",
            "id": "plain",
            "name": "Plain",
            "language": "en-GB",
            "languages": ["en-GB", "en"],
            "engine": "fake",
            "gender": "",
            "cloned": False,
            "licence": "",
            "description": "",
            "mix": "",
            "preview_url": "/v1/tts/voices/fake/plain/preview",
        }
        (german,) = (await edge.http.get("/v1/tts/voices?language=de")).json()["voices"]
        assert (german["id"], german["gender"]) == ("gmw/de", "female")


async def test_voices_are_asked_for_by_what_they_must_have() -> None:
    async with serving() as edge:
        query = "language=en&engine=fake&gender=male&cloned=true&text=plain"
        assert (await edge.http.get(f"/v1/audio/voices?{query}")).status_code == 200
        await edge.http.get("/v1/audio/voices?cloned=false")
        await edge.http.get("/v1/audio/voices?cloned=&gender=")
        whole, others, nothing = edge.router.wanted
        assert (whole.language, whole.engine, whole.gender) == ("en", "fake", synth_pb2.VOICE_GENDER_MALE)
        assert (whole.HasField("cloned"), whole.cloned, whole.text) == (True, True, "plain")
        assert (others.HasField("cloned"), others.cloned) == (True, False)
        assert nothing == speech_pb2.ListVoicesRequest()
        for query, param in (("gender=robot", "gender"), ("cloned=yes", "cloned")):
            refused = await edge.http.get(f"/v1/audio/voices?{query}")
            assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)


async def test_a_preview_is_at_the_url_that_is_given() -> None:
    async with serving() as edge:
        voices = (await edge.http.get("/v1/tts/voices?language=en")).json()["voices"]
        preview = await edge.http.get(voices[0]["preview_url"])
        assert (preview.headers["content-type"], preview.headers["cache-control"]) == (
            "audio/wav",
            "no-cache",
        )
        assert preview.content.startswith(b"RIFF")
        german = await edge.http.get("/v1/tts/voices/fake/gmw/de/preview")
        assert german.status_code == 404  # listed, but the engine does not know it
        assert german.json()["error"]["code"] == "voice_not_found"


async def test_models_are_ours_and_the_engines() -> None:
    async with serving() as edge, edge.openai() as client:
        models = [model async for model in client.models.list()]
        assert [model.id for model in models] == ["parlando", "fake", "kokoro"]
        assert (await client.models.retrieve("fake")).id == "fake"


async def test_health_has_each_parts_own_word() -> None:
    async with serving_sessions(new_sessions()) as sessions, serving(session=sessions) as edge:
        assert (await edge.http.get("/healthz")).json() == {"status": "ok"}
        ready = await edge.http.get("/readyz")
        assert ready.status_code == 200
        assert ready.json() == {
            "status": "ok",
            "draining": False,
            "dependencies": {
                "router": {"serving": True, "detail": ""},
                "session": {"serving": True, "detail": ""},
            },
            "engines": {
                "fake": {
                    "serving": True,
                    "primary": True,
                    "state": "ready",
                    "detail": "",
                    "version": "1",
                    "workers": 1,
                    "workers_serving": 1,
                    "predicted_first_chunk_ms": 3.0,
                },
                "kokoro": {
                    "serving": False,
                    "primary": False,
                    "state": "failed",
                    "detail": "its files are missing",
                    "version": "",
                    "workers": 1,
                    "workers_serving": 0,
                    "model": "kokoro-v1.0",
                },
            },
            "workers_unreached": 0,
            "kokoro_model_present": False,
        }
        assert "10.0.0.1" not in ready.text


async def test_without_the_session_service_the_edge_works_on_and_says_so() -> None:
    async with serving() as edge:
        ready = await edge.http.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert ready.json()["dependencies"]["session"]["serving"] is False


async def test_without_the_router_nothing_is_ready_but_the_process_is_up() -> None:
    async with serving() as other, serving_before(NOWHERE, NOWHERE, other.router) as edge:
        assert (await edge.http.get("/healthz")).status_code == 200
        ready, health = await asyncio.gather(edge.http.get("/readyz"), edge.http.get("/health"))
        assert (ready.status_code, health.status_code) == (503, 200)
        assert ready.json() == health.json()
        assert health.json()["status"] == "unavailable"
