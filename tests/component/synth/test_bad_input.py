"""What clients may send by mistake or in malice, and the answers."""

from __future__ import annotations

import math

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from parlando.synth.v1 import synth_pb2 as pb
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import from_rpc_error
from parlando_scripted.script import ScriptedSettings
from tests.component.synth.serving import Served, collected, failure, ready, request

_PHONEMES = pb.TEXT_KIND_PHONEMES

BAD = {
    "empty text": (pb.SynthesizeRequest(text=""), Reason.FIELD_REQUIRED, "text"),
    "blank text": (pb.SynthesizeRequest(text="\0 \n"), Reason.FIELD_REQUIRED, "text"),
    "long text": (pb.SynthesizeRequest(text="a" * 5_001), Reason.TEXT_TOO_LONG, "text"),
    "phonemes": (pb.SynthesizeRequest(text="a", text_kind=_PHONEMES), Reason.NOT_SUPPORTED, "text_kind"),
    "no such kind": (
        pb.SynthesizeRequest(text="a", text_kind=99),  # type: ignore[arg-type]  # an open enum takes it
        Reason.OUT_OF_RANGE,
        "text_kind",
    ),
    "voice": (pb.SynthesizeRequest(text="a", voice="altoo"), Reason.VOICE_NOT_FOUND, "voice"),
    "language": (pb.SynthesizeRequest(text="a", language="xx"), Reason.LANGUAGE_NOT_FOUND, "language"),
    "model": (pb.SynthesizeRequest(text="a", model="other"), Reason.MODEL_NOT_FOUND, "model"),
    "speed": (
        pb.SynthesizeRequest(text="a", prosody=pb.Prosody(speed=99)),
        Reason.OUT_OF_RANGE,
        "prosody.speed",
    ),
    "no speed": (
        pb.SynthesizeRequest(text="a", prosody=pb.Prosody(speed=0)),
        Reason.OUT_OF_RANGE,
        "prosody.speed",
    ),
    "pitch": (
        pb.SynthesizeRequest(text="a", prosody=pb.Prosody(pitch_semitones=math.nan)),
        Reason.OUT_OF_RANGE,
        "prosody.pitch_semitones",
    ),
    "volume": (
        pb.SynthesizeRequest(text="a", prosody=pb.Prosody(volume_db=-math.inf)),
        Reason.OUT_OF_RANGE,
        "prosody.volume_db",
    ),
    "intensity": (
        pb.SynthesizeRequest(text="a", emotion=pb.Emotion(name="happy", intensity=-0.1)),
        Reason.OUT_OF_RANGE,
        "emotion.intensity",
    ),
    "audio queued": (
        pb.SynthesizeRequest(text="a", audio_queued=Duration(seconds=-1)),
        Reason.OUT_OF_RANGE,
        "audio_queued",
    ),
    "option": (
        pb.SynthesizeRequest(text="a", engine_options={"rate": "fast"}),
        Reason.OUT_OF_RANGE,
        "engine_options.rate",
    ),
    "options": (
        pb.SynthesizeRequest(text="a", engine_options={str(number): "1" for number in range(33)}),
        Reason.OUT_OF_RANGE,
        "engine_options",
    ),
}


async def _still_well(served: Served) -> None:
    messages = await collected(served.stub.Synthesize(request("well")))
    assert messages[-1].HasField("finished")
    load = (await served.described()).load
    assert (load.live, load.queued) == (0, 0)


@pytest.mark.parametrize(("asked", "reason", "field"), BAD.values(), ids=BAD)
async def test_the_field_is_named(asked: pb.SynthesizeRequest, reason: Reason, field: str) -> None:
    async with ready() as served:
        sent = pb.SynthesizeRequest(synthesis_id="a")
        sent.MergeFrom(asked)
        error = await failure(collected(served.stub.Synthesize(sent)))
        assert (error.reason, error.field) == (reason, field)
        await _still_well(served)


async def test_an_id_is_needed() -> None:
    async with ready() as served:
        error = await failure(collected(served.stub.Synthesize(pb.SynthesizeRequest(text="a"))))
        assert (error.reason, error.field) == (Reason.FIELD_REQUIRED, "synthesis_id")


async def test_a_refused_id_can_be_used_again() -> None:
    async with ready() as served:
        await failure(collected(served.stub.Synthesize(request("a", ""))))
        messages = await collected(served.stub.Synthesize(request("a")))
        assert messages[-1].HasField("finished")


async def _raw(served: Served, method: str, data: bytes) -> ParlandoError:
    path = f"/parlando.synth.v1.SynthService/{method}"
    raw: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = served.channel.unary_stream(path)
    call = raw(data)
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        async for _ in call:
            pass
    return from_rpc_error(ended.value)


@pytest.mark.parametrize(
    "data",
    [b"\xff\xff\xff", b"\x0a\x01a\x12\x03\xed\xa0\x80"],
    ids=["no message at all", "a lone surrogate in the text"],
)
async def test_what_cannot_be_decoded(data: bytes) -> None:
    async with ready() as served:
        assert (await _raw(served, "Synthesize", data)).reason is Reason.MALFORMED_MESSAGE
        await _still_well(served)


async def test_ten_megabytes_of_text() -> None:
    async with ready() as served:
        error = await failure(collected(served.stub.Synthesize(request("a", "word " * 2_000_000))))
        assert error.reason is Reason.OVERLOADED  # gRPC's own RESOURCE_EXHAUSTED, before any of our code
        await _still_well(served)


async def test_overload_says_when_to_come_back() -> None:
    async with ready(ScriptedSettings(instances=1), max_queued=1) as served:
        calls = [served.stub.Synthesize(request(f"{number}", hang_after_ms="0")) for number in range(2)]
        await served.described(lambda message: message.load.live + message.load.queued == 2)
        error = await failure(collected(served.stub.Synthesize(request("one too many"))))
        assert error.reason is Reason.OVERLOADED
        assert error.retry_after is not None
        assert error.retry_after > 0
        for call in calls:
            call.cancel()
        await served.described(lambda message: message.load.live + message.load.queued == 0)
        messages = await collected(served.stub.Synthesize(request("one too many")))
        assert messages[-1].HasField("finished")
