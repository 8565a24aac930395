"""Bad input gets the right error, or a clean end; nobody else notices, and nothing is left running."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator

import grpc
import pytest
from google.rpc import error_details_pb2
from google.rpc import status_pb2 as rpc_status_pb2
from grpc_status import rpc_status

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando.synth.v1 import synth_pb2
from tests.e2e.conftest import System
from tests.e2e.live import load, wait_until_idle
from tests.e2e.through import PATIENCE

Code = grpc.StatusCode
_PROSE = "The harbour is quiet in the morning, and only the gulls are awake. "


def say(text: str, **settings: object) -> speech_pb2.SayRequest:
    """Return a request to say a text."""
    return speech_pb2.SayRequest(text=text, settings=speech_pb2.SpeechSettings(**settings))  # type: ignore[arg-type]


def opened(**settings: object) -> speech_pb2.SpeakRequest:
    """Return an opener of epoch 1."""
    how = speech_pb2.SpeechSettings(**settings)  # type: ignore[arg-type]
    return speech_pb2.SpeakRequest(epoch=1, open=speech_pb2.SpeakOpen(settings=how))


def text(words: str, epoch: int = 1) -> speech_pb2.SpeakRequest:
    """Return a text message."""
    return speech_pb2.SpeakRequest(epoch=epoch, text=speech_pb2.SpeakText(text=words))


END = speech_pb2.SpeakRequest(epoch=1, end=speech_pb2.SpeakEnd())


Speak = grpc.aio.StreamStreamCall[speech_pb2.SpeakRequest, speech_pb2.SpeakResponse]


async def read_to_end(call: Speak) -> list[speech_pb2.SpeechEvent]:
    """Return all the events of a stream."""
    events: list[speech_pb2.SpeechEvent] = []
    while isinstance(response := await call.read(), speech_pb2.SpeakResponse):
        events += response.events
    return events


def outcome(call: Iterable[speech_pb2.SayResponse]) -> rpc_status_pb2.Status | None:
    """Return how a call ended: its error, or None when it was spoken."""
    try:
        assert list(call)
    except grpc.RpcError as error:
        return rpc_status.from_call(error)  # type: ignore[arg-type]  # an RpcError of a call is one
    return None


def reason_of(error: grpc.RpcError) -> tuple[str, str]:
    """Return the reason and the field an error names."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # an RpcError of a call is one
    info = error_details_pb2.ErrorInfo()
    assert status is not None
    assert status.details[0].Unpack(info)
    return info.reason, info.metadata.get("field", "")


@pytest.fixture(autouse=True)
def _nothing_left_and_nobody_harmed(system: System) -> Iterator[None]:
    """After each test the gauge is at 0, and a plain request is answered."""
    yield
    wait_until_idle(system.synth)
    with grpc.insecure_channel(system.router) as channel:
        responses = SpeechServiceStub(channel).Say(say("All is well."), timeout=30)
        assert sum(event.audio.sample_count for response in responses for event in response.events) > 0


@pytest.mark.parametrize(
    ("request_", "code", "reason", "field"),
    [
        (say(""), Code.INVALID_ARGUMENT, "FIELD_REQUIRED", "text"),
        (say(" \n\t "), Code.INVALID_ARGUMENT, "FIELD_REQUIRED", "text"),
        (say("word " * 2_000_000), Code.INVALID_ARGUMENT, "TEXT_TOO_LONG", "text"),
        (say("Hi.", voice="no-such-voice"), Code.NOT_FOUND, "VOICE_NOT_FOUND", "settings.voice"),
        (say("Hi.", engine="no-such-engine"), Code.NOT_FOUND, "ENGINE_NOT_FOUND", "settings.engine"),
        (say("Hi.", language="xx-none"), Code.NOT_FOUND, "LANGUAGE_NOT_FOUND", "settings.language"),
        (
            say("Hi.", prosody=synth_pb2.Prosody(speed=99)),
            Code.INVALID_ARGUMENT,
            "OUT_OF_RANGE",
            "settings.prosody.speed",
        ),
        (
            say("Hi.", prosody=synth_pb2.Prosody(speed=float("nan"))),
            Code.INVALID_ARGUMENT,
            "OUT_OF_RANGE",
            "settings.prosody.speed",
        ),
        (
            say("Hi.", format=audio_pb2.AudioFormat(sample_rate_hz=1)),
            Code.INVALID_ARGUMENT,
            "OUT_OF_RANGE",
            "settings.format.sample_rate_hz",
        ),
    ],
    ids=[
        "empty", "blank", "10 MB", "voice", "engine", "language", "speed 99", "speed NaN", "sample rate",
    ],
)  # fmt: skip
def test_say_refuses(
    system: System, request_: speech_pb2.SayRequest, code: grpc.StatusCode, reason: str, field: str
) -> None:
    before = load(system.synth).total
    with grpc.insecure_channel(system.router) as channel, pytest.raises(grpc.RpcError) as refused:
        list(SpeechServiceStub(channel).Say(request_, timeout=30))
    assert refused.value.code() is code
    assert reason_of(refused.value) == (reason, field)
    assert load(system.synth).total == before  # nothing was begun


def test_a_lone_surrogate_on_the_wire_is_refused(system: System) -> None:
    broken = b"\x0a\x05Hi \xed\xa0\x80"  # field 1 of SayRequest, as no library would encode it
    broken = broken[:1] + bytes([len(broken) - 2]) + broken[2:]
    with grpc.insecure_channel(system.router) as channel:
        say_bytes: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(
            "/parlando.speech.v1.SpeechService/Say"
        )
        with pytest.raises(grpc.RpcError) as refused:
            list(say_bytes(broken, timeout=30))
    assert refused.value.code() is Code.INVALID_ARGUMENT
    assert reason_of(refused.value)[0] == "MALFORMED_MESSAGE"


def test_control_characters_are_spoken_as_white_space(system: System) -> None:
    written = "Hello\x00there,\x01\x1b[m my\x07friend."
    with grpc.insecure_channel(system.router) as channel:
        events = [
            event
            for response in SpeechServiceStub(channel).Say(say(written), timeout=30)
            for event in response.events
        ]
    words = [written[w.source.start : w.source.end] for w in events[-1].finished.words]
    assert [word.strip(",.") for word in words] == ["Hello", "there", "[m", "my", "friend"]


@pytest.mark.parametrize(
    ("messages", "code", "reason", "field"),
    [
        ([text("Hi.")], Code.INVALID_ARGUMENT, "FIELD_REQUIRED", "open"),
        ([opened(), END, text("Hi.")], Code.FAILED_PRECONDITION, "OUT_OF_ORDER", "text"),
        ([opened(), text("Hi.", epoch=7)], Code.FAILED_PRECONDITION, "OUT_OF_ORDER", "epoch"),
        ([opened(), text("a" * 100_001)], Code.INVALID_ARGUMENT, "TEXT_TOO_LONG", "text.text"),
        ([opened(voice="nobody")], Code.NOT_FOUND, "VOICE_NOT_FOUND", "settings.voice"),
    ],
    ids=["no opener", "text after end", "epoch never opened", "too much at once", "voice"],
)
async def test_speak_refuses(
    system: System,
    messages: list[speech_pb2.SpeakRequest],
    code: grpc.StatusCode,
    reason: str,
    field: str,
) -> None:
    async with grpc.aio.insecure_channel(system.router) as channel:
        call = SpeechServiceStub(channel).Speak(timeout=30)
        with contextlib.suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):
            for message in messages:
                await call.write(message)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await read_to_end(call)
    assert refused.value.code() is code
    assert reason_of(refused.value) == (reason, field)


async def test_what_belongs_to_a_stale_epoch_is_ignored(system: System) -> None:
    second = speech_pb2.SpeakRequest(epoch=2, open=speech_pb2.SpeakOpen())
    async with grpc.aio.insecure_channel(system.router) as channel:
        call = SpeechServiceStub(channel).Speak(timeout=30)
        for message in (opened(), second, text("Never said.", epoch=1), text("Said.", epoch=2)):
            await call.write(message)
        await call.done_writing()
        events = await read_to_end(call)
    assert [event.fragment.spoken_text for event in events if event.HasField("fragment")] == ["Said."]
    assert {event.epoch for event in events if event.HasField("audio")} == {2}


async def test_ten_megabytes_in_parts_are_taken_as_fast_as_they_are_spoken(system: System) -> None:
    """The stream is held back, not refused; a cancel then ends it at once."""
    sent = 0

    async def write(
        call: grpc.aio.StreamStreamCall[speech_pb2.SpeakRequest, speech_pb2.SpeakResponse],
    ) -> None:
        nonlocal sent
        await call.write(opened())
        part = _PROSE * 1_000
        while sent < 10_000_000:
            await call.write(text(part))
            sent += len(part)

    async with grpc.aio.insecure_channel(system.router) as channel:
        call = SpeechServiceStub(channel).Speak(timeout=60)
        writing = asyncio.create_task(write(call))
        audio = 0
        while audio < 5 * 24_000:
            response = await call.read()
            assert isinstance(response, speech_pb2.SpeakResponse)
            audio += sum(event.audio.sample_count for event in response.events)
        call.cancel()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    assert sent < 10_000_000


@pytest.mark.parametrize("after", [0, 1, 5])
async def test_a_caller_that_vanishes_leaves_nothing_running(system: System, after: int) -> None:
    async with grpc.aio.insecure_channel(system.router) as channel:
        call = SpeechServiceStub(channel).Say(say(_PROSE * 200))
        for _ in range(after):
            await call.read()
        call.cancel()


async def test_a_caller_that_stops_reading_holds_nothing_up(system: System) -> None:
    """It blocks no engine: the worker falls idle although the caller keeps its stream open."""
    async with grpc.aio.insecure_channel(system.router) as channel:
        stuck = [SpeechServiceStub(channel).Say(say(_PROSE * 1_000)) for _ in range(8)]
        for call in stuck:
            await call.read()
        await asyncio.to_thread(wait_until_idle, system.synth)
        async with grpc.aio.insecure_channel(system.router) as other, asyncio.timeout(PATIENCE):
            async for response in SpeechServiceStub(other).Say(say("Me too.")):
                assert response.events
        for call in stuck:
            call.cancel()


def test_a_burst_beyond_capacity_is_queued_or_refused_with_a_time_to_retry(
    start_system: Callable[..., System],
) -> None:
    system = start_system("scripted", SCRIPTED_INSTANCES="1", SYNTH_MAX_QUEUED="2", SCRIPTED_RATE="4")
    with grpc.insecure_channel(system.router) as channel:
        stub = SpeechServiceStub(channel)
        calls = [stub.Say(say("One two three four five six."), timeout=30) for _ in range(12)]
        outcomes = [outcome(call) for call in calls]
    refused = [status for status in outcomes if status is not None]
    assert 0 < len(refused) < len(calls)
    for status in refused:
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        assert status.code == Code.RESOURCE_EXHAUSTED.value[0]
        assert status.details[0].Unpack(info)
        assert status.details[1].Unpack(retry)
        assert info.reason == "OVERLOADED"
        assert retry.retry_delay.ToMilliseconds() > 0
    wait_until_idle(system.synth)
