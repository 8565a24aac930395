"""openai-python: speech over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from openai import AsyncOpenAI, NotFoundError
from suite import BASE_URL, LONG_TEXT, TEXT, Suite, check, seconds

suite = Suite("openai-python, speech", "openai")

HEADS = {"mp3": b"", "opus": b"OggS", "flac": b"fLaC", "wav": b"RIFF", "aac": b"\xff"}


@asynccontextmanager
async def speaking() -> AsyncIterator[AsyncOpenAI]:
    """Return the client, unchanged but for its base URL."""
    async with AsyncOpenAI(base_url=BASE_URL, api_key="none", max_retries=0) as client:
        yield client


async def length_of(client: AsyncOpenAI, **more: Any) -> float:
    """Return how long a text is spoken."""
    asked = {"model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": "pcm", **more}
    return seconds((await client.audio.speech.create(**asked)).content)


@suite.cell("speak", '`audio.speech.create` in each format, and `stream_format="sse"`')
async def speak() -> None:
    async with speaking() as client:
        length = await length_of(client)
        check(3 < length < 10, length)
        for name, head in HEADS.items():
            answer = await client.audio.speech.create(
                model="tts-1",
                voice="alloy",
                input=TEXT,
                response_format=name,  # type: ignore[arg-type]
            )
            check(answer.content.startswith(head) and len(answer.content) > 5_000, name)
        async with client.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=TEXT, response_format="pcm", stream_format="sse"
        ) as answer:
            lines = [line async for line in answer.iter_lines() if line.startswith("data:")]
        check("speech.audio.delta" in lines[0] and "speech.audio.done" in lines[-1], lines[-1])


@suite.cell("configure", "`voice` (by name and by `{id}`), `speed`, `instructions`")
async def configure() -> None:
    async with speaking() as client:
        usual = await length_of(client)
        for voice in ("espeak:en-us+f3", {"id": "espeak:en-us+f3"}):
            fast = await length_of(client, voice=voice, speed=2.0, instructions="calm")
            check(fast < 0.7 * usual, (fast, usual))


@suite.cell("cancel", "a streamed answer is left after its first bytes; the next one is spoken")
async def cancel() -> None:
    async with speaking() as client:
        async with client.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=LONG_TEXT, response_format="pcm"
        ) as answer:
            await anext(aiter(answer.iter_bytes()))
        check(await length_of(client) > 3, "not spoken")


@suite.cell("errors", "`NotFoundError` with our code, message and request id")
async def errors() -> None:
    async with speaking() as client:
        try:
            await length_of(client, model="nowhere")
        except NotFoundError as error:
            check(error.code == "model_not_found", error)
            check(error.request_id, "no x-request-id")
        else:
            raise AssertionError("it was spoken")


if __name__ == "__main__":
    suite.run()
