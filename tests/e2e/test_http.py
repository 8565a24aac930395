"""What the edge offers over HTTP besides plain speech, before the real router and espeak-ng."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from tests.component.edge.router import new_router
from tests.component.edge.serving import NOWHERE, serving_before
from tests.e2e.conftest import System

TEXT = 'It costs $5. "Take it," she said, "or leave it."'
_BYTES_A_MS = 48


async def test_words_and_audio_agree_and_the_estimate_is_near_them(system: System) -> None:
    async with serving_before(system.router, NOWHERE, new_router()) as edge:
        body: dict[str, Any] = {"input": TEXT, "response_format": "pcm"}
        answer = await edge.http.post("/v1/audio/speech/timestamps", json=body)
        estimate = (await edge.http.post("/v1/audio/speech/estimate", json=body)).json()
        subtitles = (
            await edge.http.post("/v1/audio/speech/timestamps", json={"input": TEXT, "format": "vtt"})
        ).text
    lines = [orjson.loads(line) for line in answer.text.splitlines()]
    sound = b"".join(base64.b64decode(line["audio"]) for line in lines if line["type"] == "audio")
    length = lines[-1]["audio_duration_ms"]
    assert abs(len(sound) / _BYTES_A_MS - length) < 1
    assert length / 2 < estimate["audio_duration_ms"] < length * 2
    assert (estimate["engine"], estimate["cost"]) == ("espeak", None)
    words = [word for line in lines if line["type"] == "words" for word in line["words"]]
    assert {word["quality"] for word in words} == {"exact"}
    assert [word["text"].strip('".,') for word in words] == [
        *("It", "costs", "$5", "$5", "Take", "it", "she", "said", "or", "leave", "it"),
    ]
    ends = [word["audio_offset_ms"] + word["audio_duration_ms"] for word in words]
    assert ends == sorted(ends)
    assert ends[-1] <= length
    assert [line for line in subtitles.splitlines() if line and not line[0].isdigit()] == [
        "WEBVTT",
        "It costs $5.",
        '"Take it," she said, "or leave it."',
    ]


@pytest.mark.parametrize("instructions", ["Bored!", "Whisper all of it."])
async def test_what_the_engine_has_not_is_said_to_be_ignored(system: System, instructions: str) -> None:
    async with serving_before(system.router, NOWHERE, new_router()) as edge:
        answer = await edge.http.post("/v1/audio/speech", json={"input": TEXT, "instructions": instructions})
        assert answer.headers["parlando-ignored"] == "instructions"
        assert answer.content


async def test_an_engine_can_be_tried(system: System) -> None:
    async with serving_before(system.router, NOWHERE, new_router()) as edge:
        tried = (await edge.http.post("/dev/test-stream", json={"engine": "espeak"})).json()
        assert tried["engine"] == "espeak"
        assert 0 < tried["first_chunk_ms"] < tried["audio_duration_ms"]
        figures = (await edge.http.get("/dev/statistics")).json()["engines"]
        assert figures[0]["requests"] >= 1
