"""Sound is decoded whatever the cuts in it, and nothing is at work for who has left."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterable

import numpy as np
import pytest
from speech_encoding import encoded

from parlando_openai.decoding import decoded
from parlando_openai.formats import UndecodableError, WireFormat
from parlando_synth.contract import HUNG
from parlando_synth.remote.service import pieces, speech
from parlando_synth.remote.vendor import Exchange, Said

RATE = 24_000
SOUND = speech("seven grey lamps were lit", RATE)
FORMS = [WireFormat.MP3, WireFormat.OPUS, WireFormat.AAC, WireFormat.FLAC]


async def _file(form: WireFormat) -> bytes:
    async def sound() -> AsyncIterator[bytes]:
        for piece in pieces(SOUND):
            yield piece

    return b"".join([data async for data in encoded(sound(), form.value, RATE)])


async def _answer(parts: Iterable[bytes]) -> AsyncGenerator[Said, None]:
    for part in parts:
        yield part


async def _decoded(parts: Iterable[bytes], form: WireFormat) -> tuple[bytes, int | None]:
    exchange = Exchange()
    async with asyncio.timeout(HUNG):
        said = [item async for item in decoded(_answer(parts), form, exchange)]
    return b"".join(item for item in said if isinstance(item, bytes)), exchange.rate


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [7, 1_000, 100_000])
async def test_the_cuts_make_no_difference(form: WireFormat, size: int) -> None:
    file = await _file(form)
    parts = [b"", *(file[at : at + size] for at in range(0, len(file), size)), b""]
    pcm, rate = await _decoded(parts, form)
    assert rate == (48_000 if form is WireFormat.OPUS else RATE)
    heard = np.frombuffer(pcm, "<i2")
    made = len(SOUND) // 2 * rate // RATE
    assert made <= len(heard) <= made + rate // 10
    tone = np.abs(np.fft.rfft(heard.astype(float)))
    assert tone.argmax() == pytest.approx(200 * len(heard) / rate, abs=2)
    assert np.sqrt((heard.astype(float) ** 2).mean()) == pytest.approx(9_000 / np.sqrt(2), rel=0.1), "no gaps"


@pytest.mark.parametrize("form", FORMS)
async def test_a_file_after_a_file_is_heard_too(form: WireFormat) -> None:
    file = await _file(form)
    once, _ = await _decoded([file], form)
    twice, _ = await _decoded([file, file], form)
    assert len(twice) >= 1.9 * len(once)


@pytest.mark.parametrize("form", FORMS)
async def test_an_answer_without_a_byte_is_one_without_sound(form: WireFormat) -> None:
    assert await _decoded([], form) == (b"", None)


@pytest.mark.parametrize("form", [WireFormat.MP3, WireFormat.OPUS, WireFormat.AAC])
async def test_what_is_not_of_the_format_is_said_so(form: WireFormat) -> None:
    with pytest.raises(UndecodableError):
        await _decoded([b"RIFF" + SOUND], form)


@pytest.mark.parametrize(
    "form", [WireFormat.MP3, WireFormat.OPUS, WireFormat.AAC]
)  # FLAC is not heard so soon
@pytest.mark.parametrize("heard", [0, 1])
async def test_nothing_is_at_work_for_who_has_left(form: WireFormat, heard: int) -> None:
    file = await _file(form)
    never = asyncio.Event()

    async def hanging() -> AsyncGenerator[Said, None]:
        for at in range(0, len(file), 500):
            yield file[at : at + 500]
        await never.wait()

    async def listen() -> None:
        count = 0
        async for _ in decoded(hanging(), form, Exchange()):
            count += 1
            if heard and count == heard:
                return
        raise AssertionError("it ended")

    listening = asyncio.create_task(listen())
    if heard:
        async with asyncio.timeout(HUNG):
            await listening
    else:
        await asyncio.sleep(0)  # it has begun
        listening.cancel()
        await asyncio.wait({listening})
        assert listening.cancelled()
    async with asyncio.timeout(HUNG):
        while any(thread.name.startswith("decoder") for thread in threading.enumerate()):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
