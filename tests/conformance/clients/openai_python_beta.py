"""openai-python's client of the beta, which asks for `OpenAI-Beta: realtime=v1`: flat settings, old names."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from openai import AsyncOpenAI
from openai.resources.beta.realtime.realtime import AsyncRealtimeConnection
from suite import BASE_URL, LONG_TEXT, TEXT, WS_URL, Suite, check, restart_edge, seconds, user_speech

suite = Suite("openai-python, beta", "openai")


@asynccontextmanager
async def connected(**query: str) -> AsyncIterator[AsyncRealtimeConnection]:
    """Connect. Without a base URL for WebSockets this client speaks to `wss` addresses alone."""
    async with (
        AsyncOpenAI(base_url=BASE_URL, websocket_base_url=WS_URL, api_key="none") as client,
        client.beta.realtime.connect(model="gpt-4o-realtime-preview", extra_query=query) as connection,
    ):
        yield connection


async def until(connection: AsyncRealtimeConnection, *types: str) -> list[Any]:
    """Return the events up to the first of some types."""
    events: list[Any] = []
    async for event in connection:
        events.append(event)
        check("output_audio" not in event.type, f"a name of today: {event.type}")
        if event.type in types:
            return events
    raise AssertionError([event.type for event in events])


async def say(connection: AsyncRealtimeConnection, text: str) -> None:
    """Write something, and ask for a response."""
    await connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    )
    await connection.response.create(response={"modalities": ["audio", "text"]})


def audio_of(events: list[Any]) -> bytes:
    """Return the audio in some events."""
    deltas = [event.delta for event in events if event.type == "response.audio.delta"]
    return b"".join(map(base64.b64decode, deltas))


@suite.cell("connect", "`beta.realtime.connect(model=…)`; the session is told in flat names")
async def connect() -> None:
    async with connected() as connection:
        event = await connection.recv()
        check(event.type == "session.created", event)
        check(event.session.input_audio_format == "pcm16", event)
        check(event.session.modalities == ["audio", "text"], event)
        check(event.session.turn_detection.type == "server_vad", event)


@suite.cell(
    "configure", "`session.update` with flat `voice`, `speed`, `output_audio_format`, `turn_detection`"
)
async def configure() -> None:
    async with connected() as connection:
        await connection.session.update(
            session={
                "modalities": ["audio", "text"],
                "voice": "espeak:en-us+f3",  # type: ignore[typeddict-item]  # a voice of ours
                "output_audio_format": "g711_ulaw",
                "turn_detection": {"type": "server_vad", "threshold": 0.6},
            }
        )
        told = (await until(connection, "session.updated", "error"))[-1]
        check(told.session.voice == "espeak:en-us+f3", told)
        check(told.session.output_audio_format == "g711_ulaw", told)
        check(told.session.turn_detection.threshold == 0.6, told)
        await say(connection, TEXT)
        events = await until(connection, "response.done", "error")
        check(24_000 < len(audio_of(events)) < 80_000, len(audio_of(events)))  # 3 to 10 s of 8,000 bytes


@suite.cell("speak", "`conversation.item.create`, `response.create`; `response.audio.delta` and its like")
async def speak() -> None:
    async with connected() as connection:
        await say(connection, TEXT)
        events = await until(connection, "response.done", "error")
        types = {event.type for event in events}
        expected = {
            "conversation.item.created",
            "response.content_part.added",
            "response.audio_transcript.delta",
            "response.audio.done",
            "response.audio_transcript.done",
        }
        check(expected <= types, types)
        check("conversation.item.added" not in types, types)
        part = events[-1].response.output[0].content[0]
        check(part.type == "audio" and part.transcript == TEXT, part)
        check(3 < seconds(audio_of(events)) < 10, seconds(audio_of(events)))


@suite.cell("cancel", "`response.cancel`")
async def cancel() -> None:
    async with connected() as connection:
        await say(connection, LONG_TEXT)
        await until(connection, "response.audio.delta", "error")
        await connection.response.cancel()
        events = await until(connection, "response.done", "error")
        check(events[-1].response.status == "cancelled", events[-1])
        check(events[-1].response.status_details.reason == "client_cancelled", events[-1])


@suite.cell("truncate", "`conversation.item.truncate`")
async def truncate() -> None:
    async with connected() as connection:
        await say(connection, TEXT)
        item_id = (await until(connection, "response.done", "error"))[-1].response.output[0].id
        await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=900)
        told = await connection.recv()
        check(told.type == "conversation.item.truncated" and told.audio_end_ms == 900, told)


@suite.cell("retrieve", "`conversation.item.retrieve`; content of type `audio`")
async def retrieve() -> None:
    async with connected() as connection:
        await say(connection, TEXT)
        item_id = (await until(connection, "response.done", "error"))[-1].response.output[0].id
        await connection.conversation.item.retrieve(item_id=item_id)
        told = await connection.recv()
        check(told.type == "conversation.item.retrieved", told)
        check(told.item.content[0].type == "audio" and told.item.content[0].transcript == TEXT, told)


@suite.cell("barge-in", "`input_audio_buffer.append` while we speak")
async def barge_in() -> None:
    async with connected() as connection:
        await say(connection, LONG_TEXT)
        await until(connection, "response.audio.delta", "error")
        for piece in user_speech():
            await connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
        events = await until(connection, "response.done", "error")
        check(any(event.type == "input_audio_buffer.speech_started" for event in events), "nobody was heard")
        check(events[-1].response.status_details.reason == "turn_detected", events[-1])
        types = [event.type for event in await until(connection, "conversation.item.created", "error")]
        check(types[-3:-1] == ["input_audio_buffer.speech_stopped", "input_audio_buffer.committed"], types)


@suite.cell("errors", "`error` with the client's `event_id`; the session goes on")
async def errors() -> None:
    async with connected() as connection:
        await until(connection, "session.created")
        await connection.response.cancel(event_id="mine")
        told = await connection.recv()
        check(told.error.code == "response_cancel_not_active" and told.error.event_id == "mine", told)
        await say(connection, TEXT)
        check((await until(connection, "response.done"))[-1].response.status == "completed", "not spoken")


@suite.cell("reconnect", 'by the caller, with `extra_query={"session": …}`')
async def reconnect() -> None:
    async with connected() as connection:
        session = (await connection.recv()).session
        await connection.session.update(session={"voice": "espeak:en-us+f3"})  # type: ignore[typeddict-item]
        await say(connection, TEXT)
        item_id = (await until(connection, "response.done", "error"))[-1].response.output[0].id
        await restart_edge()
    async with connected(session=session.id) as connection:
        again = (await connection.recv()).session
        check(again.id == session.id and again.voice == "espeak:en-us+f3", again)
        await connection.conversation.item.retrieve(item_id=item_id)
        told = await connection.recv()
        check(told.item.content[0].transcript == TEXT, told)


if __name__ == "__main__":
    suite.run()
