"""Bad input gets its status, its reason and its field; nobody else notices, and nothing is left running."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from parlando.audio.v1 import audio_pb2
from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import STATUS
from parlando_router.progress import STALLED_SECONDS
from parlando_scripted.script import ScriptedSettings
from tests.component.router.mesh import (
    END,
    HastyClock,
    Router,
    WorkerProcess,
    cancel,
    failure,
    flush,
    kinds,
    mesh,
    opened,
    pcm,
    played,
    read_until,
    rest,
    said,
    say,
    send,
    text,
    until,
)

_Settings = speech_pb2.SpeechSettings
_SHORT = "Seven green steps down. " * 6
_LONG = "Seven green steps down. " * 40


@pytest.fixture(autouse=True)
async def _nothing_is_left_and_nobody_is_harmed(router: Router, worker: WorkerProcess) -> AsyncIterator[None]:
    """Another call goes on meanwhile; afterwards the worker is idle and the router speaks."""
    other = asyncio.ensure_future(said(router.stub.Say(say(_SHORT))))
    yield
    assert kinds(await other)[-1] == "finished"
    await worker.until_load(0)
    assert pcm(await said(router.stub.Say(say("All is well."))))


# What is refused of settings, by every method that takes them

_BAD: list[tuple[_Settings, Reason, str]] = [
    (_Settings(voice="bass"), Reason.VOICE_NOT_FOUND, "settings.voice"),
    (_Settings(voice="scripted:bass"), Reason.VOICE_NOT_FOUND, "settings.voice"),
    (_Settings(engine="kokro"), Reason.ENGINE_NOT_FOUND, "settings.engine"),
    (_Settings(language="xx"), Reason.LANGUAGE_NOT_FOUND, "settings.language"),
    (_Settings(prosody=synth_pb2.Prosody(speed=99)), Reason.OUT_OF_RANGE, "settings.prosody.speed"),
    (
        _Settings(prosody=synth_pb2.Prosody(volume_db=float("nan"))),
        Reason.OUT_OF_RANGE,
        "settings.prosody.volume_db",
    ),
    (
        _Settings(format=audio_pb2.AudioFormat(sample_rate_hz=7_999)),
        Reason.OUT_OF_RANGE,
        "settings.format.sample_rate_hz",
    ),
    (
        _Settings(
            format=audio_pb2.AudioFormat(
                codec=audio_pb2.AUDIO_CODEC_OPUS, container=audio_pb2.AUDIO_CONTAINER_WAV
            )
        ),
        Reason.UNSUPPORTED_FORMAT,
        "settings.format.container",
    ),
    (_Settings(playout_budget=Duration(seconds=61)), Reason.OUT_OF_RANGE, "settings.playout_budget"),
    (
        _Settings(schedule=fragmenter_pb2.Schedule(growth=0.5)),
        Reason.OUT_OF_RANGE,
        "settings.schedule.growth",
    ),
    (
        _Settings(engine_options={str(number): "1" for number in range(33)}),
        Reason.OUT_OF_RANGE,
        "settings.engine_options",
    ),
    (_Settings(engine_options={"r": "1" * 4_097}), Reason.OUT_OF_RANGE, "settings.engine_options.r"),
    (_Settings(disabled_rules=["money"] * 65), Reason.OUT_OF_RANGE, "settings.disabled_rules"),
]
_bad = pytest.mark.parametrize(
    ("settings", "reason", "field"), _BAD, ids=[f"{bad[1]} {bad[2]}" for bad in _BAD]
)


def _is(error: ParlandoError, reason: Reason, field: str) -> None:
    assert (error.reason, error.field) == (reason, field)
    assert error.message


@_bad
async def test_settings_are_refused(router: Router, settings: _Settings, reason: Reason, field: str) -> None:
    words = "Orange lamp."
    stub = router.stub
    request = speech_pb2.SayRequest(text=words, settings=settings)
    _is(await failure(said(stub.Say(request))), reason, field)
    stream = stub.StreamAudio(speech_pb2.StreamAudioRequest(text=words, settings=settings))
    _is(await failure(stream.read()), reason, field)
    estimated = speech_pb2.EstimateCostRequest(text=words, settings=settings)
    _is(await failure(stub.EstimateCost(estimated)), reason, field)
    call = stub.Speak()
    opener = speech_pb2.SpeakRequest(epoch=1, open=speech_pb2.SpeakOpen(settings=settings))
    await send(call, opener)  # and no text
    error = await failure(rest(call))
    assert error.reason is reason
    assert error.field in {field, f"open.{field}"}
    assert await call.code() is STATUS[reason]


async def test_only_a_caller_that_can_report_is_waited_for(router: Router) -> None:
    reported = _Settings(playout_mode=speech_pb2.PLAYOUT_MODE_REPORTED)
    field = "settings.playout_mode"
    request = speech_pb2.SayRequest(text=_LONG, settings=reported)
    _is(await failure(said(router.stub.Say(request))), Reason.OUT_OF_RANGE, field)
    stream = router.stub.StreamAudio(speech_pb2.StreamAudioRequest(text=_LONG, settings=reported))
    _is(await failure(stream.read()), Reason.OUT_OF_RANGE, field)


async def test_a_rule_that_there_is_none_of_is_refused_in_the_callers_terms(router: Router) -> None:
    settings = _Settings(disabled_rules=["money", "monney"])
    field = "settings.disabled_rules"
    request = speech_pb2.SayRequest(text="Orange lamp.", settings=settings)
    error = await failure(said(router.stub.Say(request)))
    _is(error, Reason.OUT_OF_RANGE, field)
    assert error.message.startswith(f"{field} must be names of rules ('monney' is none): abbreviation, ")
    stream = router.stub.StreamAudio(speech_pb2.StreamAudioRequest(text="Orange lamp.", settings=settings))
    _is(await failure(stream.read()), Reason.OUT_OF_RANGE, field)
    call = router.stub.Speak()
    await send(call, speech_pb2.SpeakRequest(epoch=1, open=speech_pb2.SpeakOpen(settings=settings)))
    _is(await failure(rest(call)), Reason.OUT_OF_RANGE, field)


# Texts


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", Reason.FIELD_REQUIRED),
        (" \n\t\u2003", Reason.FIELD_REQUIRED),
        ("word " * 2_000_000, Reason.TEXT_TOO_LONG),
        ("w" * 100_001, Reason.TEXT_TOO_LONG),
    ],
    ids=["empty", "blank", "10 MB", "one too many"],
)
async def test_a_text_is_refused(router: Router, words: str, reason: Reason) -> None:
    stub = router.stub
    _is(await failure(said(stub.Say(speech_pb2.SayRequest(text=words)))), reason, "text")
    stream = stub.StreamAudio(speech_pb2.StreamAudioRequest(text=words))
    _is(await failure(stream.read()), reason, "text")
    _is(await failure(stub.EstimateCost(speech_pb2.EstimateCostRequest(text=words))), reason, "text")


@pytest.mark.parametrize("words", ["\x00", "\x00\x01\x1b", "...", "🎺"])
async def test_a_text_of_marks_ends_well(router: Router, words: str) -> None:
    events = await said(router.stub.Say(say(words)))
    assert kinds(events)[-1] == "finished"
    assert events[-1].finished.source_length == len(words)


async def test_control_characters_are_white_space(router: Router) -> None:
    words = "Orange\x00lamp\x07 stands\x1b here."
    events = await said(router.stub.Say(say(words)))
    finished = events[-1].finished
    assert "".join(words[each.source.start : each.source.end] for each in finished.words).startswith("Orange")
    assert finished.words[-1].source.end == len(words)


def _same(message: bytes) -> bytes:
    return message


async def _raw(router: Router, method: str, message: bytes) -> ParlandoError:
    """Send bytes as a message, and return what they are refused with."""
    raw = router.channel.unary_stream(f"/parlando.speech.v1.SpeechService/{method}", _same, _same)
    return await failure(raw(message).read())


@pytest.mark.parametrize(
    "message",
    [
        b"\x0a\x03\xed\xa0\x80",  # a lone surrogate
        b"\x0a\x04\xff\xfe\xff\xfe",  # no UTF-8
        b"\x0a\xff\x01short",  # less than it says
        b"\xff" * 20,
    ],
    ids=["surrogate", "UTF-8", "cut off", "noise"],
)
async def test_what_cannot_be_decoded_is_refused(router: Router, message: bytes) -> None:
    for method in ("Say", "StreamAudio"):
        assert (await _raw(router, method, message)).reason is Reason.MALFORMED_MESSAGE
    call = router.channel.stream_stream("/parlando.speech.v1.SpeechService/Speak", _same, _same)()
    await call.write(opened().SerializeToString())
    await call.write(b"\x08\x01\x1a" + bytes([len(message)]) + message)
    error = await failure(_drained(call))
    assert error.reason is Reason.MALFORMED_MESSAGE


async def _drained(call: grpc.aio.StreamStreamCall[bytes, bytes]) -> None:
    while await call.read() is not grpc.aio.EOF:
        pass


async def test_an_id_that_is_too_long_is_refused(router: Router) -> None:
    request = say("Orange lamp.")
    request.utterance_id = "x" * 65
    _is(await failure(said(router.stub.Say(request))), Reason.OUT_OF_RANGE, "utterance_id")
    call = router.stub.Speak()
    await send(call, opened(utterance_id="x" * 65))
    _is(await failure(rest(call)), Reason.OUT_OF_RANGE, "open.utterance_id")


# The order of a stream


@pytest.mark.parametrize(
    ("messages", "reason", "field"),
    [
        ([], Reason.FIELD_REQUIRED, "open"),
        ([text("words")], Reason.FIELD_REQUIRED, "open"),
        ([speech_pb2.SpeakRequest()], Reason.FIELD_REQUIRED, "open"),
        ([opened(0)], Reason.OUT_OF_RANGE, "epoch"),
        ([opened(), text("words.", 2)], Reason.OUT_OF_ORDER, "epoch"),
        ([opened(), text("words."), END, text("more.")], Reason.OUT_OF_ORDER, "text"),
        ([opened(), text("words."), END, flush(1)], Reason.OUT_OF_ORDER, "flush"),
        ([opened(), text("words."), END, opened(2)], Reason.OUT_OF_ORDER, "open"),
        ([opened(), played(-1)], Reason.OUT_OF_RANGE, "playback.samples_played"),
        ([opened(), text("w" * 100_001)], Reason.TEXT_TOO_LONG, "text.text"),
        ([opened(words="w" * 100_001)], Reason.TEXT_TOO_LONG, "open.text"),
        ([opened(words="words.", complete=True), text("more")], Reason.OUT_OF_ORDER, "text"),
        (
            [opened(), opened(2, playout_mode=speech_pb2.PLAYOUT_MODE_UNPACED)],
            Reason.FIELD_IMMUTABLE,
            "settings.playout_mode",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_comes_out_of_order_is_refused(
    router: Router, messages: list[speech_pb2.SpeakRequest], reason: Reason, field: str
) -> None:
    call = router.stub.Speak()
    await send(call, *messages)
    await call.done_writing()
    _is(await failure(rest(call)), reason, field)


async def test_what_is_stale_is_ignored_and_a_stale_cancel_answered(router: Router) -> None:
    call = router.stub.Speak()
    await send(call, opened(3), opened(2), text("Orange.", 1), flush(5, 1), played(9, 1), cancel(2))
    await send(call, text("House garden.", 3))
    await call.done_writing()
    events = await rest(call)
    assert [event.cancelled.epoch for event in events if event.HasField("cancelled")] == [2]
    assert "flushed" not in kinds(events)
    assert events[-1].finished.source_length == len("House garden.")


# Callers that go


@pytest.mark.parametrize("method", ["Say", "Speak", "StreamAudio"])
async def test_a_caller_that_vanishes_leaves_nothing_and_no_line_in_the_log(
    router: Router, worker: WorkerProcess, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(8):
            call = await _begun(router, method)
            await call.read()
            call.cancel()
            await asyncio.sleep(0)
        await worker.until_load(0)
    assert caplog.records == []


_Call: TypeAlias = "grpc.aio.UnaryStreamCall[Any, Any] | grpc.aio.StreamStreamCall[Any, Any]"


async def _begun(router: Router, method: str) -> _Call:
    """Return a call that is being spoken."""
    how = _Settings(engine_options={"rate": "3"})
    if method == "Speak":
        call = router.stub.Speak()
        await send(call, opened(), text(_LONG))
        return call
    if method == "Say":
        return router.stub.Say(speech_pb2.SayRequest(text=_LONG, settings=how))
    return router.stub.StreamAudio(speech_pb2.StreamAudioRequest(text=_LONG, settings=how))


async def test_a_caller_whose_deadline_passes_leaves_nothing(router: Router, worker: WorkerProcess) -> None:
    call = router.stub.Say(say(_LONG, engine_options={"rate": "1"}), timeout=0.3)
    error = await failure(said(call))
    assert error.reason is Reason.TOO_LATE
    await worker.until_load(0)


async def test_a_caller_that_does_not_read_is_given_up_and_its_worker_is_free() -> None:
    # Windows of gRPC hold some audio: the text is longer than that.
    clock = HastyClock(100.0)
    worker = WorkerProcess(ScriptedSettings(character_ms=200))
    async with mesh(worker, clock=clock) as router:
        call = router.stub.Speak()
        await send(call, opened(playout_mode=speech_pb2.PLAYOUT_MODE_UNPACED), text(_LONG), END)
        began = clock.now()
        await until(router.utterances, 1)
        await until(router.utterances, 0)
        assert clock.now() - began >= STALLED_SECONDS
        _is(await failure(rest(call)), Reason.SLOW_READER, "")
        await worker.until_load(0)


async def test_sound_that_comes_too_late_is_told_so(router: Router, worker: WorkerProcess) -> None:
    limits = speech_pb2.LatencyLimits(first_chunk=Duration(nanos=50_000_000))
    call = router.stub.Say(say(_LONG, limits=limits, engine_options={"first_chunk_ms": "60000"}))
    _is(await failure(said(call)), Reason.TOO_LATE, "settings.limits.first_chunk")
    await worker.until_load(0)


async def test_a_cancel_overtakes_what_is_not_read(router: Router) -> None:
    call = router.stub.Speak()
    await send(call, opened(), text(_LONG * 5))
    await asyncio.sleep(0)
    await send(call, cancel(), opened(2), text("House garden.", 2))
    await call.done_writing()
    events = await read_until(call, "finished")
    assert kinds(events).count("cancelled") == 1
    assert events[-1].finished.words[-1].source.end == len(_LONG * 5) + len("House garden.")
