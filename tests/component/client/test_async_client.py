from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

import grpc
import pytest

from parlando.speech.v1 import speech_pb2
from parlando_client import (
    AsyncClient,
    AsyncLiveUtterance,
    Audio,
    Cancelled,
    Finished,
    Flushed,
    SpeechError,
    Started,
    StopReport,
    Words,
)

if TYPE_CHECKING:
    from tests.component.client.conftest import FakeSpeech

Context = grpc.ServicerContext


@pytest.fixture
async def client(speech: FakeSpeech) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(speech.address) as client:
        yield client


async def broken_off(speech: FakeSpeech) -> bool:
    """Wait until the call is over on the server's side, and return whether it was broken off."""
    assert await asyncio.to_thread(speech.over.wait, 10)
    return speech.broken_off


def endless(speech: FakeSpeech) -> None:
    """Let Say send one frame and then nothing, until the caller goes away."""

    def say(_: speech_pb2.SayRequest, _context: Context) -> Iterator[speech_pb2.SpeechEvent]:
        yield speech.started()
        yield from speech.sounding("one")
        assert speech.over.wait(20)

    speech.say = say


async def test_say_returns_what_happens_in_order(client: AsyncClient, speech: FakeSpeech) -> None:
    events = [event async for event in client.say("Hello there", speed=1.5)]
    assert [type(event) for event in events] == [Started, Words, Audio, Finished]
    assert speech.said[0].settings.prosody.speed == 1.5
    assert not await broken_off(speech)


async def test_leaving_the_loop_cancels_the_call(client: AsyncClient, speech: FakeSpeech) -> None:
    endless(speech)
    async for event in client.say("one"):
        if isinstance(event, Audio):
            break
    assert await broken_off(speech)


async def test_letting_go_cancels_the_call(client: AsyncClient, speech: FakeSpeech) -> None:
    endless(speech)
    assert isinstance(await anext(client.say("one")), Started)
    assert await broken_off(speech)


async def test_cancelling_the_reading_task_cancels_the_call(client: AsyncClient, speech: FakeSpeech) -> None:
    endless(speech)
    got_audio = asyncio.Event()

    async def read() -> None:
        async with client.say("one") as utterance:
            async for event in utterance:
                if isinstance(event, Audio):
                    got_audio.set()

    reader = asyncio.create_task(read())
    await got_audio.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await broken_off(speech)


async def test_closing_ends_an_iteration_that_waits(client: AsyncClient, speech: FakeSpeech) -> None:
    endless(speech)
    utterance = client.say("one")
    got_audio = asyncio.Event()

    async def read() -> list[type]:
        kinds = []
        async for event in utterance:
            kinds.append(type(event))
            if isinstance(event, Audio):
                got_audio.set()
        return kinds

    reader = asyncio.create_task(read())
    await got_audio.wait()
    utterance.close()
    assert await reader == [Started, Words, Audio]
    assert await broken_off(speech)


async def test_a_refusal_is_decoded(client: AsyncClient, speech: FakeSpeech) -> None:
    def speak(_: Iterator[speech_pb2.SpeakRequest], context: Context) -> Iterator[speech_pb2.SpeechEvent]:
        context.abort_with_status(
            speech.refusal(grpc.StatusCode.NOT_FOUND, "no such voice", "VOICE_NOT_FOUND", "settings.voice", 2)
        )

    speech.speak = speak
    async with client.speak(voice="x") as utterance:
        with pytest.raises(SpeechError, match="no such voice") as raised:
            await anext(utterance)
        assert (raised.value.reason, raised.value.field) == ("VOICE_NOT_FOUND", "settings.voice")
        with pytest.raises(SpeechError, match="over"):
            await until_it_is_over(utterance)


async def until_it_is_over(utterance: AsyncLiveUtterance) -> None:
    while True:
        await utterance.send("word ")
        await asyncio.sleep(0)


async def test_nobody_there_says_where_and_what_to_do() -> None:
    async with AsyncClient("127.0.0.1:1") as client:
        with pytest.raises(SpeechError, match=r"no answer from 127\.0\.0\.1:1"):
            await client.list_engines()
        with pytest.raises(SpeechError, match=r"no answer from 127\.0\.0\.1:1"):
            await anext(client.say("one"))


async def test_a_growing_text_is_spoken_part_by_part(client: AsyncClient, speech: FakeSpeech) -> None:
    async with client.speak() as utterance:
        await utterance.send("Good ")
        flush_id = utterance.flush()
        async for event in utterance:
            if isinstance(event, Flushed):
                assert event.flush_id == flush_id
                break
        await utterance.send("morning")
        utterance.end()
        rest = [event async for event in utterance]
    assert [type(event) for event in rest] == [Words, Audio, Finished]
    assert not await broken_off(speech)


async def test_a_cancel_is_answered_and_the_next_text_opens_another_epoch(
    client: AsyncClient, speech: FakeSpeech
) -> None:
    async with client.speak() as utterance:
        await utterance.send("one ")
        async for event in utterance:
            if isinstance(event, Audio):
                break
        utterance.cancel()
        await utterance.send("two")
        utterance.end()
        rest = [event async for event in utterance]
        assert utterance.heard(10**9).text == "onetwo"
    assert [type(event) for event in rest] == [Cancelled, StopReport, Words, Audio, Finished]
    assert [request.epoch for request in speech.asked] == [1, 1, 1, 2, 2, 2]


async def test_leaving_the_block_cancels_what_is_left(client: AsyncClient, speech: FakeSpeech) -> None:
    async with client.speak() as utterance:
        await utterance.send("one")
        await anext(utterance)
    assert await broken_off(speech)
    assert [event async for event in utterance] == []


async def test_much_text_is_sent_while_it_is_read(client: AsyncClient, speech: FakeSpeech) -> None:
    def speak(requests: Iterator[speech_pb2.SpeakRequest], _: Context) -> Iterator[speech_pb2.SpeechEvent]:
        yield speech.started()
        texts = takewhile(lambda request: not request.HasField("end"), requests)
        yield speech.finished(sum(len(request.text.text) for request in texts))

    speech.speak = speak
    text = "word " * 100_000

    async def write(utterance: AsyncLiveUtterance) -> None:
        for start in range(0, len(text), 5_000):
            await utterance.send(text[start : start + 5_000])
        utterance.end()

    async with client.speak() as utterance, asyncio.TaskGroup() as tasks:
        tasks.create_task(write(utterance))
        last = [event async for event in utterance][-1]
    assert isinstance(last, Finished)
    assert last.source_length == len(text)


async def test_what_is_said_of_playback_too_late_costs_nothing_of_the_end(
    client: AsyncClient, speech: FakeSpeech
) -> None:
    words = 40

    def speak(requests: Iterator[speech_pb2.SpeakRequest], _: Context) -> Iterator[speech_pb2.SpeechEvent]:
        next(requests)
        yield speech.started()
        for number in range(words):
            yield from speech.sounding("sounding ", 9 * number)
        yield speech.finished(9 * words)  # and the call ends, whatever else is on its way

    speech.speak = speak
    for _ in range(30):
        async with client.speak() as utterance:
            events = []
            async for event in utterance:
                events.append(event)
                for samples in range(20):
                    utterance.played(samples)
                await asyncio.sleep(0)
        assert sum(isinstance(event, Audio) for event in events) == words
        assert isinstance(events[-1], Finished)


async def test_voices_engines_and_costs_are_listed(client: AsyncClient) -> None:
    assert [voice.id for voice in await client.list_voices(engine="fake")] == ["b"]
    assert [engine.name for engine in await client.list_engines()] == ["fake"]
    assert (await client.estimate_cost("four", voice="v")).characters == 4
    assert (await client.phonemize("word")).phonemes == "wɔd"
