"""Sound in each format that a server may send it in."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest
from asking import KOKORO, LOCALAI, OPENAI, SPEACHES, TEXT, VLLM_OMNI, Kind, loaded, spoken
from speech_server import SpeechServer

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.contract import HUNG
from parlando_synth.events import Audio, EngineEvent, Started
from parlando_synth.job import Job
from parlando_synth.remote.service import Fault
from parlando_synth.remote.service import speech as made
from parlando_synth.stop_flag import StopFlag


@pytest.mark.parametrize("form", ["wav", "mp3", "opus", "aac", "flac"])
@pytest.mark.parametrize("kind", [OPENAI, KOKORO, SPEACHES], ids=lambda kind: kind[0].name)
async def test_sound_is_decoded_as_it_comes(server: SpeechServer, kind: Kind, form: str) -> None:
    server.voices = ["af_heart"]
    text = TEXT * 6
    async with loaded(server, kind, format=form) as engine:
        server.fault = Fault.HANG_MIDDLE if form != "flac" else Fault.NONE  # FLAC is held back for a second
        stop, early = StopFlag(), list[EngineEvent]()
        async for event in engine.synthesize(Job(text, engine.describe().default_voice), stop):
            early.append(event)
            if isinstance(event, Audio):
                stop.set()
        assert any(isinstance(event, Audio) for event in early), "before the last of it was made"
        server.fault = Fault.NONE
        events = await spoken(engine, text=text)
    assert server.body["response_format"] == form
    (started,) = [event for event in events if isinstance(event, Started)]
    rate = 48_000 if form == "opus" else 24_000
    assert started.sample_rate_hz == rate
    heard = np.frombuffer(b"".join(event.pcm for event in events if isinstance(event, Audio)), "<i2")
    expected = len(made(text, rate)) // 2
    assert expected <= len(heard) <= expected + rate // 10, "all of it, and a little silence of the encoder's"
    assert np.abs(np.fft.rfft(heard.astype(float))).argmax() == pytest.approx(200 * len(heard) / rate, abs=4)


@pytest.mark.parametrize(
    ("kind", "form", "streamed"),
    [(LOCALAI, "wav", True), (LOCALAI, "pcm", False), (LOCALAI, "mp3", False), (VLLM_OMNI, "wav", True),
        (VLLM_OMNI, "flac", False)],
)  # fmt: skip
async def test_what_a_server_does_not_stream_is_not_said_to_be_streamed(
    server: SpeechServer, kind: Kind, form: str, *, streamed: bool
) -> None:
    server.voices = ["vivian"]
    async with loaded(server, kind, format=form) as engine:
        assert engine.describe().streams is streamed
        await spoken(engine)
    assert (server.body["response_format"], server.body["stream"]) == (form, streamed)
    assert ("stream_format" in server.body) is (streamed and kind is VLLM_OMNI)


@pytest.mark.parametrize("form", ["mp3", "opus", "aac", "flac"])
async def test_sound_of_another_format_is_an_outage(server: SpeechServer, form: str) -> None:
    server.voices, server.fault = ["af_heart"], Fault.GARBAGE
    async with loaded(server, KOKORO, format=form) as engine:
        with pytest.raises(ParlandoError) as failed:
            await spoken(engine)
    assert failed.value.reason is Reason.ENGINE_FAILED


@pytest.mark.parametrize("form", ["mp3", "aac", "flac"])
async def test_a_rate_that_the_sound_itself_states_is_checked(server: SpeechServer, form: str) -> None:
    server.voices = ["af_heart"]
    async with loaded(server, KOKORO, format=form, sample_rate_hz=16_000) as engine:
        with pytest.raises(ParlandoError, match="24000 Hz") as failed:
            await spoken(engine)
    assert failed.value.reason is Reason.ENGINE_FAILED


async def test_more_streams_are_decoded_at_once_than_there_are_cores(server: SpeechServer) -> None:
    server.voices = ["af_heart"]
    async with loaded(server, KOKORO, format="mp3", live=64) as engine:
        answers = await asyncio.gather(*(spoken(engine) for _ in range(40)))
    lengths = {sum(len(event.pcm) for event in events if isinstance(event, Audio)) for events in answers}
    assert len(lengths) == 1
    async with asyncio.timeout(HUNG):  # for the threads to end, which nobody waits for
        while any(thread.name.startswith("decoder") for thread in threading.enumerate()):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
