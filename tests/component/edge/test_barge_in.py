"""A user who speaks over our voice, on a real WebSocket."""

from __future__ import annotations

import asyncio
import base64

import numpy as np
import pytest
from sayings import recorded, synthesised
from sounds import RATE, Sound
from talk import encoded, pieces
from websockets.asyncio.client import ClientConnection

from parlando_edge.formats import REALTIME_FORMATS
from tests.component.edge.serving import serving, until_idle
from tests.component.edge.test_realtime import Event, send, until

LONG = "Nobody knows how long it goes on. " * 200


@pytest.fixture(scope="module", params=["recorded", "synthesised"])
def speech(request: pytest.FixtureRequest) -> Sound:
    silence = np.zeros(RATE, np.float32)
    (saying,) = {"recorded": recorded, "synthesised": synthesised}[request.param](1)
    return np.concatenate([silence, saying.sound, silence])


async def _talk(socket: ClientConnection, sound: Sound, name: str = "audio/pcm") -> None:
    """Send a sound as fast as it is taken."""
    audio = REALTIME_FORMATS[name]
    for piece in pieces(encoded(sound, audio), audio):
        await send(socket, "input_audio_buffer.append", audio=base64.b64encode(piece.data).decode())


async def _ask(socket: ClientConnection, voice: str) -> None:
    content = [{"type": "input_text", "text": LONG}]
    item = {"type": "message", "role": "user", "content": content}
    await send(socket, "conversation.item.create", item=item)
    await send(socket, "response.create", response={"audio": {"output": {"voice": voice}}})
    await until(socket, "response.output_audio.delta")


async def _configure(socket: ClientConnection, **session: object) -> Event:
    await send(socket, "session.update", session={"type": "realtime", **session})
    return (await until(socket, "session.updated"))[-1]["session"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("detector", ["silero", "loudness"])
async def test_speech_over_speech_stops_it_and_becomes_an_item(detector: str, speech: Sound) -> None:
    async with serving(barge_in=detector) as edge, edge.websocket() as socket:
        for name in REALTIME_FORMATS:
            shown = await _configure(socket, audio={"input": {"format": {"type": name}}})
            assert shown["parlando"]["detector"] == detector
            assert shown["audio"]["input"]["turn_detection"]["interrupt_response"] is True
            await _ask(socket, "halts")  # one word, and then it waits
            await _talk(socket, speech, name)
            began = (await until(socket, "input_audio_buffer.speech_started"))[-1]
            closing = await until(socket, "response.done")
            assert "response.output_audio.delta" not in [event["type"] for event in closing]
            details = closing[-1]["response"]["status_details"]
            assert details == {"type": "cancelled", "reason": "turn_detected"}
            committed = (await until(socket, "input_audio_buffer.committed"))[-1]
            assert committed["item_id"] == began["item_id"]
            await until(socket, "conversation.item.done")
        assert edge.router.cancels == 3


async def test_a_flood_of_our_voice_is_silent_with_the_news_of_speech(speech: Sound) -> None:
    async with serving() as edge, edge.websocket() as socket:
        await _ask(socket, "floods")
        talking = asyncio.create_task(_talk(socket, speech))
        before = await until(socket, "input_audio_buffer.speech_started")
        assert "response.output_audio.delta" in [event["type"] for event in before]
        closing = await until(socket, "response.done")
        assert "response.output_audio.delta" not in [event["type"] for event in closing]
        await talking


@pytest.mark.parametrize(("echo", "decibels"), [("present", 0), ("cancelled", -32)])
async def test_our_own_voice_does_not_stop_us(echo: str, decibels: float, speech: Sound) -> None:
    async with serving() as edge, edge.websocket() as socket:
        await _configure(socket, parlando={"echo": echo})
        await _ask(socket, "plain")  # a minute of it is sent at once, and plays on
        await until(socket, "response.done")
        heard_again = speech * np.float32(10 ** (decibels / 20))
        await _talk(socket, heard_again)
        if echo == "present":  # from now on, it is the user
            await _configure(socket, parlando={"echo": "unknown"})
        await _talk(socket, speech)
        began = (await until(socket, "input_audio_buffer.speech_started"))[-1]
        assert began["audio_start_ms"] > len(heard_again) * 1000 / RATE


async def test_bad_audio_is_an_error_and_the_session_goes_on(speech: Sound) -> None:
    async with serving() as edge:
        async with edge.websocket() as socket:
            for audio in ("!", "AAAA", 7, "A" * 960_004):
                await send(socket, "input_audio_buffer.append", audio=audio)
                assert (await until(socket, "error"))[-1]["error"]["param"] == "audio"
            await _talk(socket, speech)
            await until(socket, "input_audio_buffer.speech_started")
        await until_idle(edge)
