"""Pipecat's OpenAI TTS service, in a pipeline of its own."""

from __future__ import annotations

from typing import Any

from pipecat.frames.frames import (
    ErrorFrame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.services.openai.tts import OpenAITTSService
from pipecat_pipeline import Running, running
from suite import BASE_URL, LONG_TEXT, TEXT, Suite, check, seconds

suite = Suite("Pipecat, OpenAI TTS", "pipecat-ai", "openai")


def service(**settings: Any) -> OpenAITTSService:
    """Return the service, unchanged but for its base URL."""
    return OpenAITTSService(api_key="none", base_url=BASE_URL, settings=OpenAITTSService.Settings(**settings))


async def say(pipeline: Running, text: str) -> float:
    """Speak a text, and return how long it took to say."""
    await pipeline.queue(TTSSpeakFrame(text))
    await pipeline.until(TTSStartedFrame)
    pipeline.audio = b""
    await pipeline.until(TTSStoppedFrame)
    return seconds(pipeline.audio)


@suite.cell("speak", "`TTSSpeakFrame`; `TTSAudioRawFrame` as they are made")
async def speak() -> None:
    async with running(service()) as pipeline:
        length = await say(pipeline, TEXT)
        check(3 < length < 10, length)


@suite.cell("configure", "`TTSUpdateSettingsFrame`: voice, speed, instructions")
async def configure() -> None:
    async with running(service()) as pipeline:
        usual = await say(pipeline, TEXT)
        delta = OpenAITTSService.Settings(voice="nova", speed=2.0, instructions="calm")
        await pipeline.queue(TTSUpdateSettingsFrame(delta=delta))
        fast = await say(pipeline, TEXT)
        check(fast < 0.7 * usual, (fast, usual))


@suite.cell("cancel", "`InterruptionFrame`: the request is left; the next text is spoken")
async def cancel() -> None:
    async with running(service()) as pipeline:
        await pipeline.queue(TTSSpeakFrame(LONG_TEXT))
        await pipeline.until(TTSAudioRawFrame)
        await pipeline.queue(InterruptionFrame())
        await pipeline.until(InterruptionFrame)
        length = await say(pipeline, TEXT)
        check(3 < length < 10, length)


@suite.cell("errors", "a model that is not there: an `ErrorFrame`")
async def errors() -> None:
    async with running(service(model="nowhere")) as pipeline:
        await pipeline.queue(TTSSpeakFrame(TEXT))
        frame = await pipeline.until(ErrorFrame, errors=True)
        check("404" in frame.error or "model" in frame.error, frame)


if __name__ == "__main__":
    suite.run()
