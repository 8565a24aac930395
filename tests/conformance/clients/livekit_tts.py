"""LiveKit's OpenAI plugin: its `TTS`."""

from __future__ import annotations

from typing import Any

from livekit.agents import APIStatusError, tts
from livekit.plugins import openai
from suite import BASE_URL, LONG_TEXT, TEXT, Suite, check

suite = Suite("LiveKit, OpenAI TTS", "livekit-plugins-openai", "openai")


def client(**options: Any) -> openai.TTS:
    """Return the plugin's client, unchanged but for its base URL."""
    return openai.TTS(base_url=BASE_URL, api_key="none", **options)


async def length_of(stream: tts.ChunkedStream) -> float:
    """Return how many seconds were spoken."""
    async with stream:
        return sum([audio.frame.duration async for audio in stream])


@suite.cell("speak", "`synthesize`: server-sent events and plain audio, MP3, Opus, WAV and PCM")
async def speak() -> None:
    for options in (
        {},
        {"model": "tts-1"},
        {"response_format": "opus"},
        {"response_format": "wav"},
        {"response_format": "pcm"},
    ):
        async with client(**options) as speaker:
            length = await length_of(speaker.synthesize(TEXT))
            check(3 < length < 10, (options, length))


@suite.cell("configure", "`update_options`: voice, speed, instructions")
async def configure() -> None:
    async with client() as speaker:
        usual = await length_of(speaker.synthesize(TEXT))
        speaker.update_options(voice="espeak:en-us+f3", speed=2.0, instructions="calm")
        fast = await length_of(speaker.synthesize(TEXT))
        check(fast < 0.7 * usual, (fast, usual))


@suite.cell("cancel", "the stream is closed in the middle; the next text is spoken")
async def cancel() -> None:
    async with client() as speaker:
        async with speaker.synthesize(LONG_TEXT) as stream:
            await anext(aiter(stream))
        check(await length_of(speaker.synthesize(TEXT)) > 3, "not spoken")


@suite.cell("errors", "a model that is not there: `APIStatusError` with its status")
async def errors() -> None:
    async with client(model="nowhere") as speaker:
        try:
            await length_of(speaker.synthesize(TEXT))
        except APIStatusError as error:
            check(error.status_code == 404, error)
        else:
            raise AssertionError("it was spoken")


if __name__ == "__main__":
    suite.run()
