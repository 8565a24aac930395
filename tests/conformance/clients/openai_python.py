"""openai-python: its Realtime connection."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from openai import AsyncOpenAI, OpenAIError
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.websocket_reconnection import ReconnectingEvent, ReconnectingOverrides
from suite import BASE_URL, LONG_TEXT, TEXT, Suite, check, restart_edge, seconds, user_speech

suite = Suite("openai-python", "openai")


@asynccontextmanager
async def connected(**options: Any) -> AsyncIterator[AsyncRealtimeConnection]:
    """Connect, and wait for the session."""
    async with (
        AsyncOpenAI(base_url=BASE_URL, api_key="none") as client,
        client.realtime.connect(model="gpt-realtime", **options) as connection,
    ):
        yield connection


async def until(connection: AsyncRealtimeConnection, *types: str) -> list[Any]:
    """Return the events up to the first of some types."""
    events: list[Any] = []
    async for event in connection:
        events.append(event)
        if event.type in types:
            return events
    raise AssertionError([event.type for event in events])


async def write(connection: AsyncRealtimeConnection, text: str) -> None:
    """Create an item of the user's."""
    await connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    )


def audio_of(events: list[Any]) -> bytes:
    """Return the audio in some events."""
    deltas = [event.delta for event in events if event.type == "response.output_audio.delta"]
    return b"".join(map(base64.b64decode, deltas))


@suite.cell("connect", "`realtime.connect(model=…)`; the first event is `session.created`")
async def connect() -> None:
    async with connected() as connection:
        event = await connection.recv()
        check(event.type == "session.created", event)
        check(event.session.id, event)
        check(event.session.audio.input.turn_detection.interrupt_response is True, event)


@suite.cell(
    "configure",
    "`session.update`: voice, speed, formats and turn detection, changed between responses and told by "
    "`session.updated`",
)
async def configure() -> None:
    async with connected() as connection:
        lengths = []
        for voice, speed in (("alloy", 1.0), ("espeak:en-us+f3", 2.0)):
            await connection.session.update(
                session={
                    "type": "realtime",
                    "audio": {
                        "input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 400}},
                        "output": {"voice": voice, "speed": speed},
                    },
                }
            )
            told = (await until(connection, "session.updated", "error"))[-1]
            check(told.session.audio.output.voice == voice, told)
            check(told.session.audio.output.speed == speed, told)
            check(told.session.audio.input.turn_detection.silence_duration_ms == 400, told)
            await write(connection, TEXT)
            await connection.response.create()
            events = await until(connection, "response.done", "error")
            check(events[-1].response.status == "completed", events[-1])
            lengths.append(seconds(audio_of(events)))
        check(lengths[1] < 0.7 * lengths[0], lengths)
        for name in ("audio/pcmu", "audio/pcma"):
            formats = {"input": {"format": {"type": name}}, "output": {"format": {"type": name}}}
            await connection.session.update(session={"type": "realtime", "audio": formats})
            await write(connection, TEXT)
            await connection.response.create()
            events = await until(connection, "response.done", "error")
            # a byte a sample, 8,000 of them a second
            check(abs(len(audio_of(events)) / 8_000 - lengths[1]) < 0.5, (name, len(audio_of(events))))


@suite.cell("speak", "`conversation.item.create`, `response.create`; audio, transcript, usage")
async def speak() -> None:
    async with connected() as connection:
        await write(connection, TEXT)
        await connection.response.create(response={"metadata": {"topic": "ferries"}})
        events = await until(connection, "response.done", "error")
        done = events[-1].response
        check(done.status == "completed", events[-1])
        check(done.metadata == {"topic": "ferries"}, done)
        check(done.usage.output_token_details.audio_tokens > 0, done)
        check(done.output[0].content[0].transcript == TEXT, done)
        check(3 < seconds(audio_of(events)) < 10, seconds(audio_of(events)))
        check(len({event.event_id for event in events}) == len(events), "an event_id was used twice")


@suite.cell("cancel", "`response.cancel`; every `*.done` follows, and no audio")
async def cancel() -> None:
    async with connected() as connection:
        await write(connection, LONG_TEXT)
        await connection.response.create()
        await until(connection, "response.output_audio.delta", "error")
        await connection.response.cancel()
        events = await until(connection, "response.done", "error")
        details = events[-1].response.status_details
        check(events[-1].response.status == "cancelled", events[-1])
        check(details.reason == "client_cancelled", details)
        types = [event.type for event in events]
        closed = types[types.index("response.output_audio.done") :]
        check("response.output_audio.delta" not in closed, closed)
        check(closed[1:-1] == [
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
        ], closed)  # fmt: skip


@suite.cell("truncate", "`conversation.item.truncate` after a cancel; beyond the end it is an `error`")
async def truncate() -> None:
    async with connected() as connection:
        await write(connection, LONG_TEXT)
        await connection.response.create()
        spoken = await until(connection, "response.output_audio.delta", "error")
        item_id = spoken[-1].item_id
        await connection.response.cancel()
        spoken += await until(connection, "response.done", "error")
        await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=20)
        told = await connection.recv()
        # The first audio is 30 ms long.
        check(told.type == "conversation.item.truncated" and told.audio_end_ms == 20, told)
        await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=3_600_000)
        told = await connection.recv()
        check(told.type == "error" and told.error.code == "invalid_value", told)


@suite.cell("retrieve", "`conversation.item.retrieve`, `.delete`; a truncated item shows what was heard")
async def retrieve() -> None:
    async with connected() as connection:
        await write(connection, TEXT)
        await connection.response.create()
        item_id = (await until(connection, "response.done", "error"))[-1].response.output[0].id
        await connection.conversation.item.retrieve(item_id=item_id)
        told = await connection.recv()
        check(told.item.content[0].transcript == TEXT, told)
        await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=1_000)
        await connection.conversation.item.retrieve(item_id=item_id)
        heard = (await until(connection, "conversation.item.retrieved", "error"))[-1]
        transcript = heard.item.content[0].transcript
        check(transcript and transcript != TEXT and TEXT.startswith(transcript), heard)
        await connection.conversation.item.delete(item_id=item_id)
        check((await connection.recv()).type == "conversation.item.deleted", "not deleted")
        await connection.conversation.item.retrieve(item_id=item_id, event_id="asked")
        told = await connection.recv()
        check(told.error.code == "item_retrieve_invalid_item_id" and told.error.event_id == "asked", told)


@suite.cell(
    "barge-in", "`input_audio_buffer.append` while we speak: `speech_started`, cancelled, `speech_stopped`"
)
async def barge_in() -> None:
    async with connected() as connection:
        await write(connection, LONG_TEXT)
        await connection.response.create()
        await until(connection, "response.output_audio.delta", "error")
        for piece in user_speech():
            await connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
        events = await until(connection, "response.done", "error")
        types = [event.type for event in events]
        check("input_audio_buffer.speech_started" in types, types)
        check(events[-1].response.status_details.reason == "turn_detected", events[-1])
        events = await until(connection, "conversation.item.done", "error")
        types = [event.type for event in events if event.type != "response.output_audio.delta"]
        check(types == [
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
        ], types)  # fmt: skip


@suite.cell(
    "errors", "`error` events with the client's `event_id`; `dispatch_events` raises one; the session goes on"
)
async def errors() -> None:
    async with connected() as connection:
        await until(connection, "session.created")
        await connection.response.cancel(event_id="mine")
        told = await connection.recv()
        check(told.type == "error" and told.error.code == "response_cancel_not_active", told)
        check(told.error.event_id == "mine" and told.error.type == "invalid_request_error", told)
        await connection.send_raw("no JSON")
        check((await connection.recv()).type == "error", "bad JSON was taken")
        await write(connection, LONG_TEXT)
        await connection.response.create()
        await connection.response.create(event_id="second")
        told = (await until(connection, "error"))[-1]
        check(told.error.code == "conversation_already_has_active_response", told)
        await connection.response.cancel()
        await until(connection, "response.done")
        await connection.response.cancel()
        try:
            await connection.dispatch_events()
        except OpenAIError as raised:
            check("response_cancel_not_active" in str(raised), raised)
        await write(connection, TEXT)
        await connection.response.create()
        check((await until(connection, "response.done"))[-1].response.status == "completed", "not spoken")


@suite.cell(
    "reconnect",
    "`connect(on_reconnecting=…)`: by itself, with `?session=`; settings and items are there",
)
async def reconnect() -> None:
    query: dict[str, str] = {}

    def resume(event: ReconnectingEvent) -> ReconnectingOverrides:
        return {"extra_query": {**event.extra_query, **query}}

    async with connected(on_reconnecting=resume, max_retries=20) as connection:
        created = await connection.recv()
        query["session"] = created.session.id
        await connection.session.update(
            session={
                "type": "realtime",
                "instructions": "calm",
                "audio": {
                    "input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}},
                    "output": {"voice": "espeak:en-us+f3", "speed": 1.5},
                },
            }
        )
        await write(connection, TEXT)
        await connection.response.create()
        events = await until(connection, "response.done", "error")
        item_id = events[-1].response.output[0].id
        await restart_edge()
        again = (await until(connection, "session.created", "error"))[-1].session
        check(again.id == created.session.id, again)
        check(again.audio.output.voice == "espeak:en-us+f3" and again.audio.output.speed == 1.5, again)
        check(again.audio.input.turn_detection.threshold == 0.7, again)
        check(again.instructions == "calm", again)
        await connection.conversation.item.retrieve(item_id=item_id)
        told = (await until(connection, "conversation.item.retrieved", "error"))[-1]
        check(told.item.content[0].transcript == TEXT, told)
        await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=800)
        check((await connection.recv()).type == "conversation.item.truncated", "not truncated")


if __name__ == "__main__":
    suite.run()
