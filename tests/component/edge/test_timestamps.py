"""`POST /v1/audio/speech/timestamps` and `/estimate` over the wire, and what had no effect."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import orjson
import pytest

from tests.component.edge.router import SAMPLES, sound
from tests.component.edge.serving import Edge, serving, until_idle

TEXT = "Hello big world."
PATH = "/v1/audio/speech/timestamps"


async def _lines(edge: Edge, **body: Any) -> list[dict[str, Any]]:
    response = await edge.http.post(PATH, json={"input": TEXT, "response_format": "pcm", **body})
    assert response.headers["content-type"] == "application/x-ndjson"
    return [orjson.loads(line) for line in response.text.splitlines()]


async def test_lines_carry_audio_and_the_words_before_it_ends() -> None:
    async with serving() as edge:
        lines = await _lines(edge)
        assert [line["type"] for line in lines] == ["started", *["words", "audio"] * 3, "done"]
        assert lines[0] == {
            "type": "started",
            "engine": "fake",
            "voice": "plain",
            "media_type": "audio/pcm;rate=24000",
            "sample_rate": 24_000,
        }
        audio = [line for line in lines if line["type"] == "audio"]
        assert b"".join(base64.b64decode(line["audio"]) for line in audio) == sound(0, len(TEXT) * SAMPLES)
        assert [(line["audio_offset_ms"], line["audio_duration_ms"]) for line in audio] == [
            (0, 60),
            (60, 40),
            (100, 60),
        ]
        words = [word for line in lines if line["type"] == "words" for word in line["words"]]
        assert words[1] == {
            "text": "big",
            "source_start": 6,
            "source_end": 9,
            "audio_offset_ms": 60,
            "audio_duration_ms": 30,
            "quality": "exact",
        }
        usage = {"input_tokens": 16, "output_tokens": 4, "total_tokens": 20}
        assert lines[-1] == {"type": "done", "audio_duration_ms": 160, "usage": usage}


@pytest.mark.parametrize("chosen", ["format", "accept"])
@pytest.mark.parametrize(
    ("form", "media", "expected"),
    [
        ("srt", "application/x-subrip", "1\n00:00:00,000 --> 00:00:00,160\nHello big world.\n\n"),
        ("vtt", "text/vtt", "WEBVTT\n\n1\n00:00:00.000 --> 00:00:00.160\nHello big world.\n\n"),
    ],
)
async def test_subtitles_are_asked_for_by_field_or_header(
    chosen: str, form: str, media: str, expected: str
) -> None:
    async with serving() as edge:
        body = {"input": TEXT} | ({"format": form} if chosen == "format" else {})
        headers = {"accept": media} if chosen == "accept" else {}
        response = await edge.http.post(PATH, json=body, headers=headers)
        assert response.headers["content-type"] == f"{media}; charset=utf-8"
        assert response.text == expected


async def test_a_cue_a_word() -> None:
    async with serving() as edge:
        body = {"input": TEXT, "format": "srt", "granularity": "word"}
        cues = (await edge.http.post(PATH, json=body)).text.split("\n\n")[:-1]
        assert [cue.splitlines()[2] for cue in cues] == ["Hello", "big", "world."]


async def test_what_breaks_off_says_so() -> None:
    async with serving() as edge:
        lines = await _lines(edge, voice="breaks")
        assert lines[-1]["type"] == "error"
        assert lines[-1]["error"]["code"] == "engine_failed"
        before_a_cue = {"input": TEXT, "voice": "breaks", "format": "srt"}
        assert (await edge.http.post(PATH, json=before_a_cue)).status_code == 503


async def test_silence_is_no_cue() -> None:
    async with serving() as edge:
        body = {"input": TEXT, "voice": "silent"}
        assert (await edge.http.post(PATH, json={**body, "format": "vtt"})).text == "WEBVTT\n\n"
        assert [line["type"] for line in await _lines(edge, voice="silent")] == ["started", "done"]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"format": "txt"}, 400, "format"),
        ({"granularity": "letter"}, 400, "granularity"),
        ({"speed": 9}, 400, "speed"),
        ({"voice": "nobody"}, 404, "voice"),
    ],
)
async def test_bad_input_is_answered_in_openais_shape(body: dict[str, Any], status: int, param: str) -> None:
    async with serving() as edge:
        response = await edge.http.post(PATH, json={"input": TEXT, **body})
        assert (response.status_code, response.json()["error"]["param"]) == (status, param)


async def test_a_client_that_leaves_stops_the_speech() -> None:
    async with serving() as edge:
        for form in ("ndjson", "srt"):
            body = {"input": TEXT, "voice": "hangs", "format": form}
            asking = asyncio.create_task(edge.http.post(PATH, json=body))
            await edge.router.until_live(1)
            asking.cancel()
            await edge.router.until_live(0)
            await until_idle(edge)


async def test_an_estimate_speaks_nothing() -> None:
    async with serving() as edge:
        response = await edge.http.post("/v1/audio/speech/estimate", json={"input": TEXT, "speed": 2})
        assert response.json() == {
            "engine": "fake",
            "voice": "plain",
            "characters": 16,
            "audio_duration_ms": 160.0,
            "first_chunk_ms": 3.0,
            "cost": {"currency": "USD", "amount": "0.016"},
        }
        assert edge.router.settings[0].prosody.speed == 2
        assert not edge.router.texts
        refused = await edge.http.post("/v1/audio/speech/estimate", json={"input": TEXT, "speed": 9})
        assert refused.json()["error"]["param"] == "speed"


@pytest.mark.parametrize(
    ("instructions", "ignored"),
    [
        ("Speak calmly and slowly.", "instructions"),
        ("furious", "instructions"),
        ("Calm.", None),
        (" Please whisper. ", None),
        ("", None),
    ],
)
async def test_what_has_no_effect_is_named(instructions: str, ignored: str | None) -> None:
    async with serving() as edge:
        for path in ("/v1/audio/speech", "/v1/audio/speech?assembled=true", PATH):
            response = await edge.http.post(path, json={"input": TEXT, "instructions": instructions})
            assert response.headers.get("parlando-ignored") == ignored
            handed_on = {"instructions": instructions.strip()} if " " in instructions else {}
            assert dict(edge.router.settings[-1].engine_options) == handed_on
