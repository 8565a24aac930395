"""How many recordings are received at a time; their bounds are shown over the wire, with a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from parlando.admin.v1 import admin_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.voice_upload import MAX_UPLOADS, VoiceUploads


async def _upload() -> AsyncIterator[admin_pb2.UploadVoiceRequest]:
    yield admin_pb2.UploadVoiceRequest(voice=synth_pb2.Voice(name="Anna"))
    yield admin_pb2.UploadVoiceRequest(chunk=b"ab")
    yield admin_pb2.UploadVoiceRequest(chunk=b"c")


async def test_an_upload_has_a_place_until_it_was_dealt_with() -> None:
    uploads = VoiceUploads()
    async with AsyncExitStack() as others:
        for _ in range(MAX_UPLOADS):
            voice, clip = await others.enter_async_context(uploads.received(_upload()))
            assert (voice.name, clip) == ("Anna", b"abc")
        with pytest.raises(ParlandoError) as refused:
            await others.enter_async_context(uploads.received(_upload()))
        assert refused.value.reason is Reason.OVERLOADED
        assert refused.value.retry_after
    async with uploads.received(_upload()) as (_, clip):
        assert clip == b"abc"
