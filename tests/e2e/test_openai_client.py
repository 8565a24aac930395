"""The stock OpenAI client, unchanged but for its base URL, through Envoy to espeak-ng."""

from __future__ import annotations

import asyncio
import base64
import io
import itertools
import time
import wave
from dataclasses import dataclass

import av
import pytest
from openai import AsyncOpenAI

from tests.e2e.live import wait_until_idle
from tests.e2e.through import Through

TEXT = "Good morning. It costs $5 today, or so Dr. Brown says, in the old town by the sea."
_RATE = 24_000
_FRAME = {"mp3": 1_152, "aac": 1_024}
_DELAY = {"mp3": 1_105, "aac": 1_024}
"""Samples that the two formats put before the first one, and in a frame: what they may be longer by."""


@dataclass(frozen=True)
class _Answer:
    """What came of a request, and after how many seconds its first bytes and its last."""

    audio: bytes
    first: float
    last: float


async def _spoken(client: AsyncOpenAI, text: str, name: str) -> _Answer:
    asked = time.monotonic()
    async with client.audio.speech.with_streaming_response.create(
        model="tts-1",
        voice="alloy",
        input=text,
        response_format=name,  # type: ignore[arg-type]  # one of its own
    ) as response:
        assert float(response.headers["server-timing"].removeprefix("first-chunk;dur=")) > 0
        chunks = response.iter_bytes()
        audio = await anext(chunks)
        first = time.monotonic() - asked
        audio += b"".join([chunk async for chunk in chunks])
    return _Answer(audio, first, time.monotonic() - asked)


def _samples(name: str, data: bytes) -> int:
    """Return how many samples a file holds, at 24,000 Hz."""
    if name == "pcm":
        return len(data) // 2
    with av.open(io.BytesIO(data), mode="r", format={"opus": "ogg"}.get(name, name)) as file:
        seconds = [frame.samples / frame.sample_rate for frame in file.decode(file.streams.audio[0])]
    return round(sum(seconds) * _RATE)


@pytest.mark.parametrize("name", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
async def test_each_format_is_heard_as_it_is_made(espeak_through: Through, name: str) -> None:
    async with espeak_through.openai() as client:
        pcm = await _spoken(client, TEXT * 6, "pcm")
        answer = await _spoken(client, TEXT * 6, name)
    assert len(set(pcm.audio)) > 200  # sound, not silence
    samples = _samples("pcm", pcm.audio)
    assert samples > 20 * _RATE
    # From call to call espeak-ng's own samples differ a little.
    assert _samples(name, answer.audio) == pytest.approx(samples, abs=3_000)
    assert answer.first < answer.last / 2


async def test_each_format_lasts_as_long_as_its_sound(through: Through) -> None:
    async with through.openai() as client:
        pcm = await _spoken(client, "Hello there.", "pcm")
        samples = _samples("pcm", pcm.audio)
        for name in ("mp3", "opus", "aac", "flac", "wav"):
            longer = _samples(name, (await _spoken(client, "Hello there.", name)).audio) - samples
            most = _DELAY.get(name, 0) + _FRAME.get(name, 0)
            assert _DELAY.get(name, 0) <= longer <= most, name


async def test_a_streamed_wav_file_opens(espeak_through: Through) -> None:
    async with espeak_through.openai() as client:
        answer = await _spoken(client, TEXT, "wav")
    with wave.open(io.BytesIO(answer.audio)) as opened:
        assert (opened.getframerate(), opened.getnchannels(), opened.getsampwidth()) == (_RATE, 1, 2)


async def test_the_stock_client_has_a_sentence_spoken_in_realtime(espeak_through: Through) -> None:
    async with (
        espeak_through.openai() as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.session.update(session={"type": "realtime", "audio": {"output": {"voice": "alloy"}}})
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
        )
        await connection.response.create()
        kinds: list[str] = []
        audio, transcript = b"", ""
        async for event in connection:
            kinds.append(event.type)
            if event.type == "response.output_audio.delta":
                audio += base64.b64decode(event.delta)
            if event.type == "response.output_audio_transcript.delta":
                transcript += event.delta
            if event.type == "response.done":
                assert event.response.status == "completed"
                break
    deltas = ("response.output_audio.delta", "response.output_audio_transcript.delta")
    once = [kind for kind, _ in itertools.groupby("delta" if kind in deltas else kind for kind in kinds)]
    assert once == [
        "session.created",
        "session.updated",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    assert transcript == TEXT
    assert len(audio) > 2 * 3 * 24_000


async def test_the_stock_clients_cancel_stops_real_engines(espeak_through: Through) -> None:
    async with (
        espeak_through.openai() as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.response.create(
            response={
                "input": [
                    {
                        "type": "message",
                        "role": "user",
                        "content": [{"type": "input_text", "text": TEXT * 50}],
                    }
                ]
            }
        )
        kinds: list[str] = []
        async for event in connection:
            if event.type == "response.output_audio.delta":
                break
        await connection.response.cancel()
        async for event in connection:
            kinds.append(event.type)
            if event.type == "response.done":
                assert event.response.status == "cancelled"
                break
        assert "response.output_audio.delta" not in kinds[kinds.index("response.output_audio.done") :]
    await asyncio.to_thread(wait_until_idle, espeak_through.synth)
