"""Realtime over a real WebSocket."""

from __future__ import annotations

import asyncio
import base64
import logging
from typing import Any

import orjson
import pytest
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
)

from parlando.audio.v1 import audio_pb2
from parlando.session.v1 import session_pb2
from tests.component.edge.router import SAMPLES, USAGE, sound
from tests.component.edge.serving import Edge, serving, until_idle
from tests.component.edge.sessions import new_sessions, serving_sessions

TEXT = "Hello big world."
Event = dict[str, Any]


async def send(socket: ClientConnection, kind: str, **fields: Any) -> None:
    """Send an event."""
    await socket.send(orjson.dumps({"type": kind, **fields}).decode())


async def say(socket: ClientConnection, text: str = TEXT, voice: str = "plain") -> None:
    """Have a text spoken outside the conversation."""
    content = [{"type": "input_text", "text": text}]
    await send(
        socket,
        "response.create",
        response={
            "conversation": "none",
            "input": [{"type": "message", "role": "user", "content": content}],
            "audio": {"output": {"voice": voice}},
        },
    )


async def until(socket: ClientConnection, kind: str) -> list[Event]:
    """Return the events up to the first of a kind."""
    events: list[Event] = []
    while not events or events[-1]["type"] != kind:
        message = await socket.recv()
        assert isinstance(message, str)
        events.append(orjson.loads(message))
    return events


def audio_of(events: list[Event]) -> bytes:
    """Return the audio in events."""
    deltas = [event["delta"] for event in events if event["type"] == "response.output_audio.delta"]
    return b"".join(map(base64.b64decode, deltas))


async def spoken_by(connection: AsyncRealtimeConnection) -> list[Any]:
    """Return the stock client's events up to the end of a response."""
    events = []
    async for event in connection:
        events.append(event)
        if event.type == "response.done":
            break
    return events


async def test_the_stock_client_hears_a_sentence_in_the_contracts_order() -> None:
    async with serving() as edge, edge.openai() as client:
        async with client.realtime.connect(model="gpt-realtime") as connection:
            assert (await connection.recv()).type == "session.created"
            await connection.session.update(
                session={"type": "realtime", "audio": {"output": {"voice": "marin", "speed": 1.5}}}
            )
            assert (await connection.recv()).type == "session.updated"
            await connection.conversation.item.create(
                item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
            )
            await connection.response.create()
            events = await spoken_by(connection)
        word = ["response.output_audio_transcript.delta", "response.output_audio.delta"]
        assert [event.type for event in events] == [
            "conversation.item.added",
            "conversation.item.done",
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            *word,
            *word,
            *word,
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
        ]
        assert audio_of([event.to_dict() for event in events]) == sound(0, len(TEXT) * SAMPLES)
        assert events[-1].response.status == "completed"
        (settings,) = edge.router.settings
        assert (settings.voice, settings.prosody.speed, settings.format.sample_rate_hz) == ("", 1.5, 24_000)


async def test_the_stock_clients_cancel_ends_the_response_and_the_engines() -> None:
    async with (
        serving() as edge,
        edge.openai() as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.response.create(
            response={
                "input": [
                    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
                ],
                "audio": {"output": {"voice": "hangs"}},
            }
        )
        async for event in connection:
            if event.type == "response.output_audio.delta":
                break
        await connection.response.cancel()
        events = await spoken_by(connection)
        assert [event.type for event in events] == [
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
        ]
        done = events[-1].response
        assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
        await edge.router.until_live(0)
        assert edge.router.cancels == 1


async def test_telephone_formats_are_asked_for_as_such() -> None:
    async with serving() as edge, edge.websocket() as socket:
        for kind in ("audio/pcmu", "audio/pcma"):
            await send(socket, "session.update", session={"audio": {"output": {"format": {"type": kind}}}})
            await say(socket)
            await until(socket, "response.done")
        assert [(s.format.codec, s.format.sample_rate_hz) for s in edge.router.settings] == [
            (audio_pb2.AUDIO_CODEC_MULAW, 8_000),
            (audio_pb2.AUDIO_CODEC_ALAW, 8_000),
        ]


async def test_a_whole_text_goes_to_the_router_in_one_message() -> None:
    async with serving() as edge, edge.websocket() as socket:
        await say(socket)
        await until(socket, "response.done")
        assert (edge.router.texts, edge.router.messages) == ([TEXT], 1)


async def test_a_text_that_grows_goes_to_the_router_bit_by_bit() -> None:
    async with serving() as edge, edge.websocket() as socket:
        await send(socket, "response.create", response={"parlando": {"text_stream": True}})
        await until(socket, "response.created")
        for word in TEXT.split(" "):
            await send(socket, "parlando.text.append", delta=f"{word} ")
        await send(socket, "parlando.text.end")
        events = await until(socket, "response.done")
        assert edge.router.texts == [f"{TEXT} "]
        assert edge.router.messages == 1 + len(TEXT.split(" ")) + 1
        assert len(audio_of(events)) == 2 * SAMPLES * len(edge.router.texts[0])


async def test_words_are_told_when_they_are_asked_for() -> None:
    async with serving() as edge, edge.websocket() as socket:
        await send(socket, "session.update", session={"parlando": {"word_timestamps": True}})
        await say(socket)
        events = await until(socket, "response.done")
        words = [event for event in events if event["type"] == "response.audio_timestamp.delta"]
        assert [(word["text"], word["audio_offset_ms"]) for word in words] == [
            ("Hello", 0),
            ("big", 60),
            ("world.", 100),
        ]


@pytest.mark.parametrize("how", ["header", "subprotocol"])
async def test_the_beta_is_served_to_those_who_ask_for_it(how: str) -> None:
    options: dict[str, Any] = {"additional_headers": {"OpenAI-Beta": "realtime=v1"}}
    if how == "subprotocol":
        options = {"subprotocols": ["realtime", "openai-insecure-api-key.x", "openai-beta.realtime-v1"]}
    async with serving() as edge, edge.websocket(**options) as socket:
        assert socket.subprotocol == ("realtime" if how == "subprotocol" else None)
        (created,) = await until(socket, "session.created")
        assert created["session"]["output_audio_format"] == "pcm16"
        content = [{"type": "input_text", "text": TEXT}]
        await send(
            socket, "conversation.item.create", item={"type": "message", "role": "user", "content": content}
        )
        await send(socket, "response.create")
        names = [event["type"] for event in await until(socket, "response.done")]
        assert "response.audio.delta" in names
        assert "response.output_audio.delta" not in names


async def test_bad_messages_are_errors_and_the_session_goes_on() -> None:
    async with serving() as edge, edge.websocket() as socket:
        await until(socket, "session.created")
        for message in ("{", "[]", b"\0\1\2", '{"type": "response.speak"}', '{"type": "response.cancel"}'):
            await socket.send(message)
            (error,) = await until(socket, "error")
            assert set(error["error"]) == {"type", "code", "message", "param", "event_id"}
        await say(socket, voice="nobody")
        done = (await until(socket, "response.done"))[-1]["response"]
        assert (done["status"], done["status_details"]["error"]["code"]) == ("failed", "voice_not_found")
        await say(socket, voice="breaks")
        done = (await until(socket, "response.done"))[-1]["response"]
        assert (done["status"], done["status_details"]["error"]["code"]) == ("failed", "engine_failed")
        await say(socket)
        assert audio_of(await until(socket, "response.done")) == sound(0, len(TEXT) * SAMPLES)


async def test_a_message_beyond_the_bound_closes_the_connection() -> None:
    async with serving() as edge, edge.websocket() as socket:
        await until(socket, "session.created")
        sending = asyncio.create_task(socket.send('{"type": "' + "x" * 10_000_000))
        with pytest.raises(ConnectionClosedError) as closed:
            await until(socket, "never")
        await asyncio.wait({sending})
        assert isinstance(sending.exception(), ConnectionClosedError | None)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_a_message_beyond_the_bound_while_there_is_speech_is_no_fault_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as edge:
        for _ in range(5):
            async with edge.websocket() as socket:
                await say(socket, "x " * 2_000, voice="floods")
                await until(socket, "response.output_audio.delta")
                sending = asyncio.create_task(socket.send("x" * 2 * 1024 * 1024))
                with pytest.raises(ConnectionClosedError):
                    await until(socket, "never")
                await asyncio.wait({sending})
                assert isinstance(sending.exception(), ConnectionClosedError | None)
            await until_idle(edge)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_client_that_leaves_stops_the_speech() -> None:
    async with serving() as edge:
        for leave in (_close, _tear):
            socket = await edge.websocket()
            await say(socket, voice="hangs")
            await until(socket, "response.output_audio.delta")
            assert edge.router.live == 1
            await leave(socket)
            await edge.router.until_live(0)
            await until_idle(edge)


async def _close(socket: ClientConnection) -> None:
    await socket.close()


async def _tear(socket: ClientConnection) -> None:
    socket.transport.abort()


def _refused(events: list[Event]) -> bool:
    """Return whether a response was told that too many wait."""
    details = events[-1]["response"]["status_details"] or {}
    return bool(details.get("error", {}).get("code") == "overloaded")


async def test_many_sessions_do_not_disturb_one_another() -> None:
    async def one(edge: Edge, number: int) -> None:
        text = f"This is session number {number}."
        async with edge.websocket() as socket:
            for _ in range(3):
                await say(socket, text)
                while _refused(events := await until(socket, "response.done")):
                    await say(socket, text)  # a busy machine lets in as many as it serves soon
                assert audio_of(events) == sound(0, len(text) * SAMPLES)
                spoken = [e for e in events if e["type"] == "response.output_audio_transcript.done"]
                assert spoken[0]["transcript"] == text

    async with serving() as edge:
        await asyncio.gather(*(one(edge, number) for number in range(15)))


async def test_a_session_is_kept_where_there_is_a_session_service() -> None:
    sessions = new_sessions()
    async with serving_sessions(sessions) as address, serving(session=address) as edge:
        async with edge.websocket() as socket:
            (created,) = await until(socket, "session.created")
            session_id = created["session"]["id"]
            assert session_id == "s1"
            update = {
                "instructions": "Be brief.",
                "audio": {
                    "input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}},
                    "output": {"voice": "plain", "speed": 2},
                },
                "parlando": {"word_timestamps": True},
            }
            await send(socket, "session.update", session=update)
            content = [{"type": "input_text", "text": TEXT}]
            item = {"type": "message", "role": "user", "content": content, "id": "item_u"}
            await send(socket, "conversation.item.create", item=item)
            await send(socket, "response.create")
            await until(socket, "response.done")
            user, assistant = await sessions.until_turns(session_id, 2)
            await send(socket, "conversation.item.delete", item_id="item_u")
            await sessions.until_turns(session_id, 1)
        assert edge.router.settings[0].session_id == session_id
        kept = sessions.sessions[session_id]
        assert (kept.settings.voice, kept.settings.prosody.speed) == ("plain", 2.0)
        assert kept.metadata["origin"] == "realtime"
        assert "settings.prosody.speed" in sessions.masks[0]
        assert (user.id, user.role, user.text) == ("item_u", session_pb2.TURN_ROLE_USER, TEXT)
        assert (assistant.role, assistant.status, assistant.text) == (
            session_pb2.TURN_ROLE_ASSISTANT,
            session_pb2.TURN_STATUS_COMPLETED,
            TEXT,
        )
        assert (assistant.engine, assistant.voice, assistant.sample_rate_hz) == ("fake", "plain", 24_000)
        assert [TEXT[w.source.start : w.source.end] for w in assistant.words] == ["Hello", "big", "world."]
        assert assistant.sample_count == len(TEXT) * SAMPLES
        assert list(assistant.usage) == [USAGE]

        async with edge.websocket(f"?session={session_id}") as socket:  # taken up again
            (created,) = await until(socket, "session.created")
            session = created["session"]
            assert (session["id"], session["instructions"]) == (session_id, "Be brief.")
            assert (session["audio"]["output"]["voice"], session["audio"]["output"]["speed"]) == ("plain", 2)
            assert session["audio"]["input"]["turn_detection"]["threshold"] == 0.7
            assert session["parlando"]["word_timestamps"] is True


async def test_what_is_put_between_others_is_kept_there() -> None:
    sessions = new_sessions()
    async with (
        serving_sessions(sessions) as address,
        serving(session=address) as edge,
        edge.websocket() as socket,
    ):
        (created,) = await until(socket, "session.created")
        for name, place in (
            ("first", {}),
            ("last", {"previous_item_id": "first"}),
            ("between", {"previous_item_id": "first"}),
            ("before", {"previous_item_id": "root"}),
        ):
            content = [{"type": "input_text", "text": TEXT}]
            item = {"type": "message", "role": "user", "content": content, "id": name}
            await send(socket, "conversation.item.create", item=item, **place)
        await sessions.until_turns(created["session"]["id"], 4)
    assert sessions.behind == {"first": None, "last": None, "between": "first", "before": ""}


async def test_what_was_being_spoken_when_the_client_left_is_kept_as_interrupted() -> None:
    sessions = new_sessions()
    async with serving_sessions(sessions) as address, serving(session=address) as edge:
        async with edge.websocket() as socket:
            content = [{"type": "input_text", "text": TEXT}]
            item = {"type": "message", "role": "user", "content": content}
            await send(socket, "conversation.item.create", item=item)
            await send(socket, "response.create", response={"audio": {"output": {"voice": "hangs"}}})
            await until(socket, "response.output_audio.delta")
        _, assistant = await sessions.until_turns("s1", 2)
        assert assistant.status == session_pb2.TURN_STATUS_INTERRUPTED
        assert assistant.sample_count == len("Hello ") * SAMPLES


async def test_a_session_service_that_dies_costs_nothing_but_its_memory() -> None:
    sessions = new_sessions()
    async with (
        serving_sessions(sessions) as address,
        serving(session=address) as edge,
        edge.websocket() as socket,
    ):
        await until(socket, "session.created")
        sessions.sessions.clear()  # what it knew is gone: every write is refused from now on
        for _ in range(3):
            await send(socket, "session.update", session={"audio": {"output": {"speed": 2}}})
            await say(socket)
            events = await until(socket, "response.done")
            assert events[-1]["response"]["status"] == "completed"


async def test_at_a_drain_idle_sessions_close_and_speaking_ones_finish_first() -> None:
    async with serving() as edge:
        async with edge.websocket() as idle, edge.websocket() as speaking:
            await until(idle, "session.created")
            await say(speaking, voice="late")
            await edge.router.until_live(1)
            stopping = asyncio.create_task(edge.server.stop(30))
            with pytest.raises(ConnectionClosed) as closed:
                await until(idle, "never")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
            assert not stopping.done()
            edge.router.released.set()
            events = await until(speaking, "response.done")
            assert events[-1]["response"]["status"] == "completed"
            with pytest.raises(ConnectionClosed):
                await until(speaking, "never")
        await stopping


async def test_a_session_ends_when_it_has_lasted_long_enough() -> None:
    async with serving(longest_session_seconds=0.5) as edge:
        async with edge.websocket() as socket:
            await until(socket, "session.created")
            await say(socket, voice="hangs")
            events = await until(socket, "response.done")
            assert [event["error"]["code"] for event in events if event["type"] == "error"] == [
                "session_expired"
            ]
            response = events[-1]["response"]
            assert (response["status"], response["status_details"]["error"]["code"]) == (
                "failed",
                "session_expired",
            )
            with pytest.raises(ConnectionClosed) as closed:
                await until(socket, "never")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
        await until_idle(edge)
        await edge.router.until_live(0)


async def test_a_session_that_nobody_uses_ends() -> None:
    async with serving(idle_session_seconds=0.2) as edge, edge.websocket() as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await until(socket, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
