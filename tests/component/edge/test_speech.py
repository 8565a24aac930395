"""`POST /v1/audio/speech` over the wire."""

from __future__ import annotations

import asyncio
import base64
import io
import wave

import httpx2
import openai
import orjson
import pytest

from tests.component.edge.router import SAMPLES, WAV_HEADER, sound
from tests.component.edge.serving import serving, until_idle

TEXT = "Hello big world."
SOUND = sound(0, len(TEXT) * SAMPLES)


async def test_the_stock_client_hears_every_sample() -> None:
    async with serving() as edge, edge.openai() as client:
        async with client.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=TEXT, response_format="pcm", speed=1.25
        ) as response:
            audio = b"".join([chunk async for chunk in response.iter_bytes()])
            assert response.headers["content-type"] == "audio/pcm;rate=24000"
        assert audio == SOUND
        (settings,) = edge.router.settings
        assert (settings.voice, settings.prosody.speed) == ("", 1.25)  # no engine here has an "alloy"


async def test_audio_leaves_as_it_is_made_and_its_first_chunk_is_timed() -> None:
    async with serving() as edge:
        body = {"input": TEXT, "voice": "hangs", "response_format": "pcm"}
        async with edge.http.stream("POST", "/v1/audio/speech", json=body) as response:
            assert response.status_code == 200
            metric, _, duration = response.headers["server-timing"].partition(";dur=")
            assert metric == "first-chunk"
            assert float(duration) > 0
            assert await anext(response.aiter_raw()) == sound(0, 6 * SAMPLES)
            assert edge.router.live == 1  # it is still speaking
        await edge.router.until_live(0)


async def test_headers_wait_for_the_first_sound() -> None:
    async with serving() as edge:
        asking = asyncio.create_task(edge.speech(input=TEXT, voice="late"))
        await edge.router.until_live(1)
        assert not asking.done()
        edge.router.released.set()
        assert (await asking).content == SOUND


async def test_events_carry_the_audio_and_the_usage() -> None:
    async with serving() as edge:
        response = await edge.speech(input=TEXT, stream_format="sse")
        assert response.headers["content-type"] == "text/event-stream"
        events = [orjson.loads(part.removeprefix("data: ")) for part in response.text.split("\n\n")[:-1]]
        *deltas, done = events
        assert {event["type"] for event in deltas} == {"speech.audio.delta"}
        assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == SOUND
        usage = {"input_tokens": 16, "output_tokens": 4, "total_tokens": 20}
        assert done == {"type": "speech.audio.done", "usage": usage}


async def test_a_text_without_sound_is_an_empty_answer() -> None:
    async with serving() as edge:
        response = await edge.speech(input="...", voice="silent")
        assert (response.status_code, response.content) == (200, b"")
        assert "server-timing" not in response.headers


async def test_an_assembled_answer_says_how_long_it_is() -> None:
    async with serving() as edge:
        body = {"input": TEXT, "response_format": "pcm"}
        response = await edge.http.post("/v1/audio/speech?assembled=true", json=body)
        assert response.headers["content-length"] == str(len(SOUND))
        assert "transfer-encoding" not in response.headers
        assert response.headers["server-timing"].startswith("first-chunk;dur=")
        assert response.content == SOUND


async def test_a_streamed_wav_header_knows_no_length_and_an_assembled_one_does() -> None:
    async with serving() as edge:
        streamed = await edge.speech(input=TEXT, response_format="wav")
        assert streamed.content == WAV_HEADER + SOUND
        body = {"input": TEXT, "response_format": "wav"}
        assembled = await edge.http.post("/v1/audio/speech?assembled=true", json=body)
        with wave.open(io.BytesIO(assembled.content)) as wav:
            assert (wav.getnframes(), wav.readframes(len(SOUND))) == (len(SOUND) // 2, SOUND)


async def test_what_is_too_long_to_assemble_is_refused() -> None:
    async with serving(max_assembled_bytes=1024) as edge:
        body = {"input": TEXT, "response_format": "pcm"}
        response = await edge.http.post("/v1/audio/speech?assembled=true", json=body)
        assert response.status_code == 400
        assert response.json()["error"]["param"] == "assembled"
        await edge.router.until_live(0)


async def test_a_client_that_leaves_stops_the_speech() -> None:
    async with serving() as edge:
        for voice in ("hangs", "late"):
            asking = asyncio.create_task(edge.speech(input=TEXT, voice=voice))
            await edge.router.until_live(1)
            asking.cancel()
            await edge.router.until_live(0)
            await until_idle(edge)


async def test_an_answer_that_breaks_does_not_look_whole(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as edge:
        with pytest.raises(httpx2.RemoteProtocolError):
            await edge.speech(input=TEXT, voice="breaks")
        response = await edge.speech(input=TEXT, voice="breaks", stream_format="sse")
        last = orjson.loads(response.text.split("\n\n")[-2].removeprefix("data: "))
        assert last == {
            "error": {
                "message": "the engine died",
                "type": "server_error",
                "code": "engine_failed",
                "param": None,
                "retry_after_ms": 1_000,
            }
        }
    # It is told as a warning, by its reason, and by no server's error.
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert ("WARNING", "an answer was broken off: ENGINE_FAILED") in told
    assert "ERROR" not in {level for level, _ in told}


async def test_before_the_first_sound_a_failure_is_an_error() -> None:
    async with serving() as edge, edge.openai() as client:
        with pytest.raises(openai.NotFoundError) as failed:
            await client.audio.speech.create(model="tts-1", voice="nobody", input=TEXT)
        assert failed.value.code == "voice_not_found"
        assert failed.value.param == "voice"
        assert failed.value.body == {
            "message": 'voice "nobody" is not known',
            "type": "invalid_request_error",
            "code": "voice_not_found",
            "param": "voice",
        }


async def test_requests_go_to_the_router_as_they_are_meant() -> None:
    async with serving() as edge:
        for name in ("mp3", "opus", "aac", "flac", "wav", "mulaw"):
            await edge.speech(input=TEXT, response_format=name, language="en", engine="fake", voice="plain")
        formats = [settings.format for settings in edge.router.settings]
        assert [(f.codec, f.container, f.sample_rate_hz) for f in formats] == [
            (4, 0, 24_000),
            (5, 0, 24_000),
            (6, 0, 24_000),
            (7, 0, 24_000),
            (1, 2, 24_000),
            (2, 0, 8_000),
        ]
        last = edge.router.settings[-1]
        assert (last.engine, last.language, last.voice) == ("fake", "en", "plain")
        assert not last.prosody.HasField("speed")
