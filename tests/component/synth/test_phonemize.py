"""How a text would be pronounced, as a worker tells it."""

from __future__ import annotations

import grpc
import pytest

from parlando.synth.v1 import synth_pb2 as pb
from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from tests.component.synth.serving import failure, ready


async def test_each_word_has_its_phonemes() -> None:
    async with ready() as served:
        told = await served.stub.Phonemize(pb.PhonemizeRequest(text="red lamp", language="fr"))
    assert (told.voice, told.phonemes) == ("tenor", "der pmal")
    words = [(word.spoken.start, word.spoken.end, word.phonemes) for word in told.words]
    assert words == [(0, 3, "der"), (4, 8, "pmal")]


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (pb.PhonemizeRequest(), Reason.FIELD_REQUIRED, "text"),
        (pb.PhonemizeRequest(text="a" * 5_001), Reason.TEXT_TOO_LONG, "text"),
        (pb.PhonemizeRequest(text="a", voice="nobody"), Reason.VOICE_NOT_FOUND, "voice"),
        (pb.PhonemizeRequest(text="a", language="xx"), Reason.LANGUAGE_NOT_FOUND, "language"),
    ],
)
async def test_a_bad_request_is_refused(request_: pb.PhonemizeRequest, reason: Reason, field: str) -> None:
    async with ready() as served:
        error = await failure(served.stub.Phonemize(request_))
    assert (error.reason, error.field) == (reason, field)


async def test_an_engine_that_does_not_tell_says_so() -> None:
    async with ready(ScriptedSettings(phonemizes=False)) as served:
        call = served.stub.Phonemize(pb.PhonemizeRequest(text="red lamp"))
        error = await failure(call)
        assert await call.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert not (await served.described()).capabilities.phonemizes
    assert error.reason is Reason.NOT_SUPPORTED
