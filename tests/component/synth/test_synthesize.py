"""Speech over the wire."""

from __future__ import annotations

import asyncio

import pytest

from parlando.audio.v1 import audio_pb2
from parlando.synth.v1 import synth_pb2 as pb
from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from parlando_scripted.signal import said
from tests.component.synth.serving import TEXT, collected, failure, kinds, pcm, ready, request

RATE = 24_000


async def test_a_text_becomes_audio_and_word_times() -> None:
    async with ready() as served:
        messages = await collected(served.stub.Synthesize(request("a")))
        started = messages[0].started
        assert (started.voice, started.sample_rate_hz) == ("alto", RATE)
        assert started.timing_quality == audio_pb2.TIMING_QUALITY_EXACT
        assert list(started.ignored) == []
        assert said(pcm(messages), RATE, TEXT.split()) == TEXT.split()
        position = 0
        for message in messages:
            if message.HasField("audio"):
                assert message.audio.first_sample == position
                position += len(message.audio.pcm) // 2
        words = [word for message in messages for word in message.words.words]
        assert [TEXT[word.spoken.start : word.spoken.end] for word in words] == TEXT.split()
        assert not any(word.HasField("source") for word in words)
        assert all(word.sample_count > 0 for word in words)
        finished = messages[-1].finished
        assert finished.sample_count == position
        assert finished.engine_time.ToNanoseconds() > 0
        assert finished.usage == pb.Usage(characters=len(TEXT))


async def test_the_first_audio_leaves_before_the_rest_is_made() -> None:
    async with ready() as served:
        call = served.stub.Synthesize(request("a", hang_after_ms="40"))
        first = await anext(aiter(call))
        assert kinds(first) == ["started", "audio"]
        assert len(first.audio.pcm) == 2 * RATE * 40 // 1000
        call.cancel()


async def test_audio_that_piled_up_comes_in_few_messages() -> None:
    async with ready() as served:
        call = served.stub.Synthesize(request("a", "lamp " * 200, chunk_ms="10"))
        await served.described(lambda message: message.load.total == 1 and message.load.live == 0)
        messages = await collected(call)
        pieces = [len(message.audio.pcm) / 2 / RATE for message in messages if message.HasField("audio")]
        assert max(pieces) <= 1.0
        assert len(pieces) < 2 * sum(pieces)
        assert messages[-1].HasField("finished")


async def test_what_cannot_be_done_is_said() -> None:
    async with ready() as served:
        asked = request("a", nonsense="1")
        asked.prosody.speed = 4.0
        asked.prosody.pitch_semitones = 3.0
        asked.emotion.name = "happy"
        started = (await collected(served.stub.Synthesize(asked)))[0].started
        assert list(started.ignored) == [
            "prosody.speed",
            "emotion",
            "prosody.pitch_semitones",
            "engine_options.nonsense",
        ]


async def test_speed_voice_and_control_characters() -> None:
    async with ready() as served:
        usual = pcm(await collected(served.stub.Synthesize(request("a"))))
        asked = request("b", TEXT.replace(" ", "\0"))
        asked.prosody.speed = 2.0
        asked.voice = "TENOR"
        messages = await collected(served.stub.Synthesize(asked))
        assert messages[0].started.voice == "tenor"
        assert len(pcm(messages)) < 0.6 * len(usual)
        assert said(pcm(messages), RATE, TEXT.split()) == TEXT.split()


async def test_many_at_once_do_not_mix() -> None:
    words = TEXT.split()
    async with ready(ScriptedSettings(instances=3), max_queued=100) as served:

        async def speak(number: int) -> None:
            text = [words[(number + step) % len(words)] for step in range(1 + number % 4)]
            messages = await collected(served.stub.Synthesize(request(f"id-{number}", " ".join(text))))
            assert said(pcm(messages), RATE, words) == text

        await asyncio.gather(*(speak(number) for number in range(30)))
        load = (await served.described()).load
        assert (load.live, load.queued, load.total) == (0, 0, 30)


async def test_what_was_made_before_a_failure_arrives() -> None:
    async with ready() as served:
        messages: list[pb.SynthesizeResponse] = []

        async def read() -> None:
            async for message in served.stub.Synthesize(request("a", fail_after_ms="200")):
                messages.append(message)  # noqa: PERF401  # what came before the failure counts

        error = await failure(read())
        assert error.reason is Reason.ENGINE_FAILED
        assert len(pcm(messages)) == 2 * RATE * 200 // 1000


@pytest.mark.parametrize("options", [{"fail_after_ms": "0", "fail_with": ""}, {"odd_bytes": "true"}])
async def test_an_engine_that_breaks_takes_nothing_with_it(options: dict[str, str]) -> None:
    async with ready(ScriptedSettings(instances=1)) as served:
        error = await failure(collected(served.stub.Synthesize(request("a", **options))))
        assert error.reason is Reason.ENGINE_FAILED
        assert TEXT not in error.message
        messages = await collected(served.stub.Synthesize(request("b")))
        assert said(pcm(messages), RATE, TEXT.split()) == TEXT.split()


async def test_a_reader_that_stops_reading_is_given_up_and_holds_no_instance() -> None:
    async with ready(ScriptedSettings(instances=1), max_unread=2.0) as served:
        stalled = served.stub.Synthesize(request("a", "lamp " * 1_000, rate="20"))
        await anext(aiter(stalled))
        messages = await collected(served.stub.Synthesize(request("b")))
        assert messages[-1].HasField("finished")
        await served.described(lambda message: message.load.live == 0)
        error = await failure(collected(stalled))
        assert error.reason is Reason.SLOW_READER
