from __future__ import annotations

import asyncio

import pytest

from parlando.speech.v1 import speech_pb2
from parlando_client.aio_outgoing import HIGH, AsyncOutgoing
from parlando_client.errors import SpeechError
from parlando_client.outgoing import MAX_UNSENT, Outgoing


def text(length: int) -> speech_pb2.SpeakRequest:
    return speech_pb2.SpeakRequest(epoch=1, text=speech_pb2.SpeakText(text="x" * length))


CANCEL = speech_pb2.SpeakRequest(epoch=1, cancel=speech_pb2.SpeakCancel())


def test_text_beyond_the_bound_is_refused_and_a_cancel_is_not() -> None:
    outgoing = Outgoing()
    assert outgoing.put([text(MAX_UNSENT), text(1)])
    with pytest.raises(SpeechError) as raised:
        outgoing.put([text(1)])
    assert raised.value.reason == "SLOW_READER"
    assert outgoing.put([CANCEL])
    next(outgoing)
    assert outgoing.put([text(1)])
    assert [next(outgoing).WhichOneof("message") for _ in range(3)] == ["text", "cancel", "text"]


def test_a_closed_stream_takes_nothing_and_ends() -> None:
    outgoing = Outgoing()
    outgoing.put([text(3)])
    outgoing.close()
    assert not outgoing.put([text(3)])
    assert list(outgoing) == []


async def test_the_asynchronous_writer_waits_for_room() -> None:
    outgoing = AsyncOutgoing()
    outgoing.put([text(HIGH), text(1)])
    waiting = asyncio.create_task(outgoing.wait_for_room())
    await asyncio.sleep(0)
    assert not waiting.done()
    await anext(outgoing)
    await waiting


async def test_closing_lets_both_ends_go() -> None:
    outgoing = AsyncOutgoing()
    reader = asyncio.ensure_future(anext(outgoing, None))
    await asyncio.sleep(0)
    outgoing.put([text(HIGH), text(1), text(1)])
    assert await reader is not None
    writer = asyncio.create_task(outgoing.wait_for_room())
    outgoing.close()
    await writer
    assert await anext(outgoing, None) is None
