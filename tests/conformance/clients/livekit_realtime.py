"""LiveKit's OpenAI plugin: a session of its `RealtimeModel`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from livekit import rtc
from livekit.agents import llm
from livekit.plugins.openai.realtime import RealtimeModel
from livekit.plugins.openai.realtime.realtime_model import RealtimeSession
from openai.types.realtime import realtime_audio_input_turn_detection as detection
from suite import BASE_URL, LONG_TEXT, RATE, TEXT, Suite, check, restart_edge, user_speech

suite = Suite("LiveKit, OpenAI Realtime", "livekit-plugins-openai", "livekit-agents")


class Client:
    """A session, and what came from the server."""

    def __init__(self, session: RealtimeSession) -> None:
        self.session = session
        self.errors: list[llm.RealtimeModelError] = []
        self._told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        session.on("openai_server_event_received", self._told.put_nowait)
        session.on("error", self.errors.append)

    async def server(self, kind: str) -> dict[str, Any]:
        """Return the next event of the server of some type."""
        seen = []
        while (event := await self._told.get())["type"] != kind:
            seen.append(event["type"])
            check(event["type"] != "error", event)
        return event

    async def generate(self, text: str) -> llm.MessageGeneration:
        """Have a text spoken, and return it as it is being said."""
        context = self.session.chat_ctx.copy()
        context.add_message(role="user", content=text)
        await self.session.update_chat_ctx(context)
        generation = await self.session.generate_reply()
        return await anext(aiter(generation.message_stream))


async def heard(message: llm.MessageGeneration) -> tuple[float, str]:
    """Return how many seconds of audio a message has, and its text."""
    length = 0.0
    async for frame in message.audio_stream:
        length += frame.duration
    return length, "".join([text async for text in message.text_stream])


@asynccontextmanager
async def connected(**options: Any) -> AsyncIterator[Client]:
    """Open a session."""
    async with aiohttp.ClientSession() as http:
        model = RealtimeModel(base_url=BASE_URL, api_key="none", http_session=http, **options)
        session = model.session()
        try:
            yield Client(session)
        finally:
            await session.aclose()
            await model.aclose()


@suite.cell("connect", "`RealtimeModel(base_url=…).session()`; its `session.update` is taken")
async def connect() -> None:
    async with connected() as client:
        await client.server("session.created")
        await client.server("session.updated")


@suite.cell("configure", "`update_options`: voice, speed, turn detection; `update_instructions`")
async def configure() -> None:
    lengths = []
    async with connected() as client:
        await client.server("session.updated")
        for speed in (1.1, 2.0):
            client.session.update_options(
                voice="espeak:en-us+f3",
                speed=speed,
                turn_detection=detection.ServerVad(
                    type="server_vad", threshold=0.6, silence_duration_ms=int(200 * speed)
                ),
            )
            audio = (await client.server("session.updated"))["session"]["audio"]
            check(audio["output"]["speed"] == speed, audio)
            check(audio["output"]["voice"] == "espeak:en-us+f3", audio)
            check(audio["input"]["turn_detection"]["silence_duration_ms"] == int(200 * speed), audio)
            lengths.append((await heard(await client.generate(TEXT)))[0])
        await client.session.update_instructions("calm")
        check((await client.server("session.updated"))["session"]["instructions"] == "calm", "not told")
    check(lengths[1] < 0.75 * lengths[0], lengths)


@suite.cell(
    "speak", "`update_chat_ctx`, `generate_reply`: its `client_event_id` comes back; audio and text streams"
)
async def speak() -> None:
    async with connected() as client:
        length, text = await heard(await client.generate(TEXT))
        check(3 < length < 10, length)
        check(text == TEXT, text)
        check(not client.errors, client.errors)


@suite.cell("cancel", "`interrupt()`: `response.cancel`; once more, when nothing is spoken, is no error")
async def cancel() -> None:
    async with connected() as client:
        message = await client.generate(LONG_TEXT)
        await anext(aiter(message.audio_stream))
        client.session.interrupt()
        client.session.interrupt()  # the second finds nothing to cancel
        done = (await client.server("response.done"))["response"]
        check(done["status_details"]["reason"] == "client_cancelled", done)
        length, _ = await heard(message)
        check(length < 30, length)
        check((await client._told.get())["error"]["code"] == "response_cancel_not_active", "cancelled twice")
        check(not client.errors, client.errors)


@suite.cell("truncate", "`truncate(message_id=…, audio_end_ms=…)`")
async def truncate() -> None:
    async with connected() as client:
        message = await client.generate(TEXT)
        await heard(message)
        await client.server("response.done")
        client.session.truncate(message_id=message.message_id, modalities=["audio"], audio_end_ms=900)
        told = await client.server("conversation.item.truncated")
        check(told["audio_end_ms"] == 900 and told["item_id"] == message.message_id, told)
        check(not client.errors, client.errors)


suite.not_offered(
    "retrieve",
    "`livekit.agents.llm._realtime.openai` sends no `conversation.item.retrieve`: it keeps a copy of the "
    "conversation, `chat_ctx`, by itself",
)


@suite.cell(
    "barge-in",
    "`push_audio` while we speak: `input_speech_started`, the server's cancel, `input_speech_stopped`",
)
async def barge_in() -> None:
    async with connected(
        turn_detection=detection.ServerVad(type="server_vad", interrupt_response=True, create_response=True)
    ) as client:
        told: list[str] = []
        client.session.on("input_speech_started", lambda _: told.append("started"))
        client.session.on("input_speech_stopped", lambda _: told.append("stopped"))
        message = await client.generate(LONG_TEXT)
        await anext(aiter(message.audio_stream))
        for piece in user_speech():
            client.session.push_audio(rtc.AudioFrame(piece, RATE, 1, len(piece) // 2))
        done = (await client.server("response.done"))["response"]
        check(done["status_details"]["reason"] == "turn_detected", done)
        await client.server("input_audio_buffer.committed")
        check(told == ["started", "stopped"], told)
        check((await heard(message))[0] < 30, "audio went on")


@suite.cell("errors", "a text that cannot be spoken fails `generate_reply` at once; the session goes on")
async def errors() -> None:
    async with connected() as client:
        await client.server("session.updated")
        try:
            await client.session.generate_reply()
        except llm.RealtimeError as error:
            check("nothing to speak" in str(error), error)
        check(client.errors[0].recoverable, client.errors)
        length, _ = await heard(await client.generate(TEXT))
        check(length > 3, length)


@suite.cell(
    "reconnect",
    "by itself: its settings and its copy of the conversation are sent anew",
)
async def reconnect() -> None:
    async with connected(voice="espeak:en-us+f3") as client:
        back = asyncio.Event()
        client.session.on("session_reconnected", lambda _: back.set())
        first = await client.generate(TEXT)
        length, _ = await heard(first)
        await restart_edge()
        await back.wait()
        output = (await client.server("session.updated"))["session"]["audio"]["output"]
        check(output["voice"] == "espeak:en-us+f3", output)
        items = client.session.chat_ctx.items
        for item in items:
            if item.type == "message":
                await client.server("conversation.item.done")
        again, _ = await heard(await client.generate(TEXT))
        check(abs(again - 2 * length) < 1.5, (again, length))


if __name__ == "__main__":
    suite.run()
