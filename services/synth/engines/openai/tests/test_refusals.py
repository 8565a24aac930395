"""Errors of OpenAI's SDK are read right, whoever's server it was."""

from __future__ import annotations

from typing import Any

import pytest
from openai import APIStatusError, AsyncOpenAI
from speech_server import SpeechServer

from parlando_openai.refusals import refusal
from parlando_synth.remote.trouble import Trouble


def _openai(
    code: str | None, *, kind: str = "invalid_request_error", param: str | None = None
) -> dict[str, Any]:
    return {"error": {"message": "words of no interest", "type": kind, "code": code, "param": param}}


def _fastapi(code: str, message: str) -> dict[str, Any]:
    return {"detail": {"error": code, "message": message}}


@pytest.mark.parametrize(
    ("status", "body", "headers", "trouble", "retry_after"),
    [
        (401, _openai("invalid_api_key"), {}, Trouble.KEY, None),
        (403, _openai("unsupported_country"), {}, Trouble.KEY, None),
        (429, _openai("insufficient_quota"), {"retry-after": "5"}, Trouble.QUOTA, 5.0),
        (429, _openai("rate_limit_exceeded"), {"retry-after": "5"}, Trouble.BUSY, 5.0),
        (429, "too many", {"retry-after-ms": "40"}, Trouble.BUSY, 0.04),
        (503, _openai(None), {"retry-after": "2"}, Trouble.BUSY, 2.0),
        (503, _openai(None), {}, Trouble.OUTAGE, None),
        (500, _openai("server_error"), {}, Trouble.OUTAGE, None),
        (502, "<html>Bad Gateway</html>", {}, Trouble.OUTAGE, None),
        (404, _openai("model_not_found", param="model"), {}, Trouble.MODEL, None),
        (400, _openai(None, param="voice"), {}, Trouble.VOICE, None),
        (400, _openai("string_above_max_length", param="input"), {}, Trouble.LENGTH, None),
        (400, _openai("content_policy_violation"), {}, Trouble.MODERATION, None),
        (400, _openai("unknown_parameter", param="stream"), {}, Trouble.REQUEST, None),
        # Kokoro-FastAPI
        (400, _fastapi("invalid_model", "Unsupported model: x"), {}, Trouble.MODEL, None),
        (400, _fastapi("validation_error", "Voice 'x' not found."), {}, Trouble.VOICE, None),
        (500, _fastapi("processing_error", "no"), {}, Trouble.OUTAGE, None),
        # speaches
        (404, {"detail": "Model 'x' is not installed locally, not found"}, {}, Trouble.MODEL, None),
        (422, {"detail": "speed must be between 0.5 and 2.0"}, {}, Trouble.REQUEST, None),
        # vLLM-Omni
        (404, {"error": {"message": "The model `x` does not exist.", "code": 404}}, {}, Trouble.MODEL, None),
        (400, {"error": {"message": "Unknown speaker 'x'", "code": 400}}, {}, Trouble.VOICE, None),
    ],
)  # fmt: skip
async def test_an_answer_is_read(
    server: SpeechServer,
    status: int,
    body: object,
    headers: dict[str, str],
    trouble: Trouble,
    retry_after: float | None,
) -> None:
    server.refused = status, body, headers
    async with AsyncOpenAI(api_key="k", base_url=f"http://127.0.0.1:{server.port}/v1", max_retries=0) as sdk:
        with pytest.raises(APIStatusError) as failed:
            await sdk.audio.speech.create(input="a", model="m", voice="v")
    found = refusal(failed.value)
    assert found is not None
    assert (found.trouble, found.retry_after) == (trouble, retry_after)


def test_what_is_none_of_the_sdks_is_left_alone() -> None:
    assert refusal(ValueError("a")) is None
