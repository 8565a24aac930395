"""Pipecat's OpenAI Realtime service, in a pipeline of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pipecat.frames.frames import (
    ErrorFrame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMUpdateSettingsFrame,
    ProposedUserStartedSpeakingFrame,
    ProposedUserStoppedSpeakingFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.openai.realtime.events import (
    AudioConfiguration,
    AudioInput,
    AudioOutput,
    ConversationItem,
    ConversationItemCreateEvent,
    ResponseCancelEvent,
    SessionProperties,
    TurnDetection,
)
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat_pipeline import Running, running
from suite import LONG_TEXT, RATE, TEXT, WS_URL, Suite, check, restart_edge, seconds, user_speech

suite = Suite("Pipecat, OpenAI Realtime", "pipecat-ai")


class Conversing:
    """The service in its pipeline; `items` are those it was told of."""

    def __init__(self, pipeline: Running, service: OpenAIRealtimeLLMService) -> None:
        self.pipeline = pipeline
        self.service = service
        self.items: dict[str, ConversationItem] = {}
        service.add_event_handler("on_conversation_item_created", self._created)

    async def _created(self, _: object, item_id: str, item: ConversationItem) -> None:
        self.items[item_id] = item

    async def say(self, text: str) -> None:
        """Have the service answer a first user's message."""
        context = LLMContext([{"role": "user", "content": text}])
        await self.pipeline.queue(LLMContextFrame(context=context))


@asynccontextmanager
async def connected(audio: AudioConfiguration | None = None) -> AsyncIterator[Conversing]:
    """Run a pipeline with the service."""
    service = OpenAIRealtimeLLMService(
        api_key="none",
        base_url=f"{WS_URL}/realtime",
        settings=OpenAIRealtimeLLMService.Settings(session_properties=SessionProperties(audio=audio)),
    )
    async with running(service) as pipeline:
        yield Conversing(pipeline, service)


async def until(holds: Callable[[], object]) -> None:
    """Wait for something that no frame tells."""
    while not holds():  # noqa: ASYNC110  # the service has no event for it
        await asyncio.sleep(0.01)


@suite.cell("connect", "`OpenAIRealtimeLLMService(base_url=…)` in a pipeline")
async def connect() -> None:
    async with connected() as client:
        await until(lambda: client.service._api_session_ready)  # after its `session.updated`


@suite.cell("configure", "`SessionProperties` and `LLMUpdateSettingsFrame`: voice, speed, turn detection")
async def configure() -> None:
    lengths = []
    for speed in (1.0, 2.0):
        async with connected() as client:
            audio = AudioConfiguration(
                input=AudioInput(turn_detection=TurnDetection(threshold=0.6)),
                output=AudioOutput(voice="espeak:en-us+f3", speed=speed),
            )
            properties = SessionProperties(audio=audio)
            delta = OpenAIRealtimeLLMService.Settings(session_properties=properties)
            await client.pipeline.queue(LLMUpdateSettingsFrame(delta=delta))
            await client.say(TEXT)
            await client.pipeline.until(TTSStoppedFrame)
            lengths.append(seconds(client.pipeline.audio))
    check(lengths[1] < 0.7 * lengths[0], lengths)


@suite.cell("speak", "`LLMContextFrame`; `TTSAudioRawFrame`, `TTSTextFrame`, `TTSStoppedFrame`")
async def speak() -> None:
    async with connected() as client:
        await client.say(TEXT)
        await client.pipeline.until(LLMFullResponseEndFrame)
        check(3 < seconds(client.pipeline.audio) < 10, seconds(client.pipeline.audio))
        check(client.pipeline.text.strip() == TEXT, client.pipeline.text)


async def interrupted(client: Conversing) -> None:
    """Interrupt a long response as a turn that was detected locally does."""
    await client.say(LONG_TEXT)
    await client.pipeline.until(TTSAudioRawFrame)
    await asyncio.sleep(0.5)  # so much is played, by the service's own clock
    await client.pipeline.queue(InterruptionFrame())


LOCAL_TURNS = AudioConfiguration(input=AudioInput(turn_detection=False))


@suite.cell("cancel", "`InterruptionFrame` where turns are detected locally: `response.cancel`")
async def cancel() -> None:
    async with connected(LOCAL_TURNS) as client:
        await interrupted(client)
        await until(lambda: not client.service._response_active)
        check(seconds(client.pipeline.audio) < 30, seconds(client.pipeline.audio))


@suite.cell("truncate", "by itself with an interruption, at what was played")
async def truncate() -> None:
    async with connected(LOCAL_TURNS) as client:
        await interrupted(client)
        await until(lambda: not client.service._response_active)
        (item_id,) = [item_id for item_id, item in client.items.items() if item.role == "assistant"]
        item = await client.service.retrieve_conversation_item(item_id)
        heard = item.content[0].transcript
        check(heard and LONG_TEXT.startswith(heard) and len(heard) < 60, item)


@suite.cell(
    "retrieve", "`retrieve_conversation_item`; one that is not there raises, and the pipeline goes on"
)
async def retrieve() -> None:
    async with connected() as client:
        await client.say(TEXT)
        await client.pipeline.until(LLMFullResponseEndFrame)
        for item_id, item in client.items.items():
            found = await client.service.retrieve_conversation_item(item_id)
            check(found.role == item.role, found)
        try:
            found = await client.service.retrieve_conversation_item("item_nowhere")
        except Exception as missing:  # noqa: BLE001  # it raises no narrower one
            check("item_nowhere" in str(missing) or "no item" in str(missing), missing)
        else:
            raise AssertionError(found)


@suite.cell(
    "barge-in", "`InputAudioRawFrame` while we speak: its own truncate, the server's cancel, turn frames"
)
async def barge_in() -> None:
    async with connected() as client:
        await client.say(LONG_TEXT)
        await client.pipeline.until(TTSAudioRawFrame)
        for piece in user_speech():
            await client.pipeline.queue(InputAudioRawFrame(audio=piece, sample_rate=RATE, num_channels=1))
        await client.pipeline.until(ProposedUserStartedSpeakingFrame)
        await client.pipeline.until(LLMFullResponseEndFrame)
        await client.pipeline.until(ProposedUserStoppedSpeakingFrame)
        check(seconds(client.pipeline.audio) < 30, seconds(client.pipeline.audio))


@suite.cell(
    "errors",
    "`response_cancel_not_active` is passed over; every other `error` is an `ErrorFrame` and the end",
)
async def errors() -> None:
    async with connected() as client:
        await until(lambda: client.service._api_session_ready)
        await client.service.send_client_event(ResponseCancelEvent())
        await client.say(TEXT)
        await client.pipeline.until(LLMFullResponseEndFrame)
        check(seconds(client.pipeline.audio) > 3, seconds(client.pipeline.audio))
        item = ConversationItem(type="message", role="user", content=[], id="x" * 65)
        await client.service.send_client_event(ConversationItemCreateEvent(item=item))
        frame = await client.pipeline.until(ErrorFrame, errors=True)
        check("item.id" in frame.error, frame)


@suite.cell("reconnect", "`reset_conversation()`: the service tells its context anew")
async def reconnect() -> None:
    async with connected() as client:
        await client.say(TEXT)
        await client.pipeline.until(LLMFullResponseEndFrame)
        length = seconds(client.pipeline.audio)
        await restart_edge()
        await client.service.reset_conversation()
        client.pipeline.audio, client.pipeline.text = b"", ""
        await client.service._create_response()
        await client.pipeline.until(LLMFullResponseEndFrame, errors=True)
        check(abs(seconds(client.pipeline.audio) - length) < 0.5, (seconds(client.pipeline.audio), length))


if __name__ == "__main__":
    suite.run()
