"""openai-agents-python: a `RealtimeRunner` and its session, which hold every server event to its schema."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession
from agents.realtime.model_inputs import RealtimeModelSendRawMessage
from suite import LONG_TEXT, RATE, TEXT, WS_URL, Suite, check, restart_edge, seconds, user_speech

suite = Suite("openai-agents-python", "openai-agents")

URL = f"{WS_URL}/realtime?model=gpt-realtime"


class Told:
    """What a session tells, in order."""

    def __init__(self, session: RealtimeSession) -> None:
        self._events = aiter(session)
        self.audio = b""
        self.raw: list[dict[str, Any]] = []
        self.types: list[str] = []

    async def until(self, meant: Callable[[Any], bool], *, errors: bool = False) -> Any:
        """Return the first event that is meant; any error before it fails, unless `errors`."""
        async for event in self._events:
            self.types.append(event.type)
            if event.type == "audio":
                self.audio += event.audio.data
            if event.type == "raw_model_event" and event.data.type == "raw_server_event":
                self.raw.append(event.data.data)
            if meant(event):
                return event
            check(errors or event.type != "error", event)
        raise AssertionError(self.types)

    async def server(self, kind: str, *, errors: bool = False) -> dict[str, Any]:
        """Return the next event of the server of some type, as it came."""
        event = await self.until(
            lambda event: (
                event.type == "raw_model_event"
                and event.data.type == "raw_server_event"
                and event.data.data["type"] == kind
            ),
            errors=errors,
        )
        found: dict[str, Any] = event.data.data
        return found

    async def event(self, kind: str, *, errors: bool = False) -> Any:
        """Return the session's next event of some type."""
        return await self.until(lambda event: event.type == kind, errors=errors)


@asynccontextmanager
async def connected(url: str = URL, **settings: Any) -> AsyncIterator[tuple[RealtimeSession, Told]]:
    """Run an agent's session."""
    detection = {"type": "server_vad", "interrupt_response": True, "create_response": False}
    runner = RealtimeRunner(
        RealtimeAgent(name="Speaker", instructions="Say what you are given."),
        config={"model_settings": {"turn_detection": detection, **settings}},
    )
    session = await runner.run(model_config={"url": url, "api_key": "none"})
    async with session:
        yield session, Told(session)


@suite.cell(
    "connect", '`RealtimeRunner.run(model_config={"url": …})`; its `session.update` and tracing are taken'
)
async def connect() -> None:
    async with connected() as (_, told):
        await told.server("session.created")
        await told.server("session.updated")
        await told.server("session.updated")  # its tracing


@suite.cell("configure", "`model_settings`: voice, speed, turn detection")
async def configure() -> None:
    lengths = []
    for speed in (1.0, 2.0):
        async with connected(voice="espeak:en-us+f3", speed=speed) as (session, told):
            output = (await told.server("session.updated"))["session"]["audio"]["output"]
            check(output["voice"] == "espeak:en-us+f3" and output["speed"] == speed, output)
            await session.send_message(TEXT)
            await told.event("agent_end")
            lengths.append(seconds(told.audio))
    check(lengths[1] < 0.7 * lengths[0], lengths)


@suite.cell("speak", "`session.send_message`; `audio`, `history_added`, `agent_end`, no `error`")
async def speak() -> None:
    async with connected() as (session, told):
        await session.send_message(TEXT)
        await told.event("agent_end")
        check(3 < seconds(told.audio) < 10, seconds(told.audio))
        said = session._history[-1]  # the session's own account of the conversation
        check(said.type == "message" and said.role == "assistant", said)
        check(said.content[0].transcript == TEXT, said)


@suite.cell("cancel", "`session.interrupt()` where turn detection does not: `response.cancel`")
async def cancel() -> None:
    async with connected(turn_detection={"type": "server_vad", "interrupt_response": False}) as (
        session,
        told,
    ):
        await told.server("session.updated")
        await session.send_message(LONG_TEXT)
        await told.event("audio")
        await session.interrupt()
        done = (await told.server("response.done"))["response"]
        check(done["status"] == "cancelled", done)
        check(done["status_details"]["reason"] == "client_cancelled", done)


@suite.cell("truncate", "`session.interrupt()`: `conversation.item.truncate` where its playback stands")
async def truncate() -> None:
    async with connected(turn_detection={"type": "server_vad", "interrupt_response": False}) as (
        session,
        told,
    ):
        await told.server("session.updated")
        await session.send_message(LONG_TEXT)
        await told.event("audio")
        await asyncio.sleep(0.7)  # so much is played, by the session's own clock
        await session.interrupt()
        await told.event("audio_interrupted")
        cut = await told.server("conversation.item.truncated")
        check(cut["audio_end_ms"] >= 600, cut)


@suite.cell("retrieve", "by itself after `truncated`; the item shows what was heard")
async def retrieve() -> None:
    async with connected(turn_detection={"type": "server_vad", "interrupt_response": False}) as (
        session,
        told,
    ):
        await told.server("session.updated")
        await session.send_message(LONG_TEXT)
        await told.event("audio")
        await asyncio.sleep(1.2)
        await session.interrupt()
        item = (await told.server("conversation.item.retrieved"))["item"]
        heard = item["content"][0]["transcript"]
        check(heard and LONG_TEXT.startswith(heard) and len(heard) < 100, item)


@suite.cell(
    "barge-in",
    "`session.send_audio` while we speak: `audio_interrupted`, its own truncate, the server's cancel",
)
async def barge_in() -> None:
    async with connected() as (session, told):
        await told.server("session.updated")
        await session.send_message(LONG_TEXT)
        await told.event("audio")
        for piece in user_speech():
            await session.send_audio(piece)
        await told.event("audio_interrupted")
        done = (await told.server("response.done"))["response"]
        check(done["status_details"]["reason"] == "turn_detected", done)
        await told.server("conversation.item.truncated")
        heard = len(told.audio)
        await told.server("input_audio_buffer.speech_stopped")
        check(len(told.audio) - heard < RATE, "audio went on")


@suite.cell("errors", "`error` events of the session; it goes on")
async def errors() -> None:
    async with connected() as (session, told):
        await session.model.send_event(RealtimeModelSendRawMessage(message={"type": "response.cancel"}))
        event = await told.event("error", errors=True)
        check(event.error.code == "response_cancel_not_active", event)
        await session.send_message(TEXT)
        await told.event("agent_end")
        check(seconds(told.audio) > 3, seconds(told.audio))


@suite.cell("reconnect", "by the caller, with `?session=` in the URL")
async def reconnect() -> None:
    async with connected(voice="espeak:en-us+f3") as (session, told):
        session_id = (await told.server("session.created"))["session"]["id"]
        await session.send_message(TEXT)
        await told.event("agent_end")
        item_id = session._history[-1].item_id
        await restart_edge()
        try:
            await told.event("agent_end")
        except Exception as lost:  # noqa: BLE001  # the session ends with whatever its socket raised
            check("close frame" in str(lost) or "going away" in str(lost), lost)
    async with connected(f"{URL}&session={session_id}", voice="espeak:en-us+f3") as (session, told):
        created = (await told.server("session.created"))["session"]
        check(
            created["id"] == session_id and created["audio"]["output"]["voice"] == "espeak:en-us+f3", created
        )
        again = {"type": "conversation.item.retrieve", "other_data": {"item_id": item_id}}
        await session.model.send_event(RealtimeModelSendRawMessage(message=again))  # type: ignore[arg-type]
        item = (await told.server("conversation.item.retrieved"))["item"]
        check(item["content"][0]["transcript"] == TEXT, item)


if __name__ == "__main__":
    suite.run()
