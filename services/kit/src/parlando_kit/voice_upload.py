"""A voice that is uploaded: the messages of `UploadVoice`, gathered within bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parlando.admin.v1 import admin_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import ParlandoError, Reason

MAX_CHUNK = 1024 * 1024
"""Bytes of one piece."""

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of a recording."""

MAX_UPLOADS = 4
"""Recordings that are received at a time."""


class VoiceUploads:
    """Receives voices, a few at a time: what is gathered lies in memory."""

    def __init__(self) -> None:
        self._under_way = 0

    @asynccontextmanager
    async def received(
        self, messages: AsyncIterator[admin_pb2.UploadVoiceRequest]
    ) -> AsyncIterator[tuple[synth_pb2.Voice, bytes]]:
        """Give what is said of a voice, and its recording's file, once all of it is here.

        It keeps its place among those that are received until the context ends.

        Raises:
            ParlandoError: OVERLOADED, too many are received already; FIELD_REQUIRED, OUT_OF_ORDER or
                OUT_OF_RANGE, at the field.
        """
        if self._under_way >= MAX_UPLOADS:
            await _read_off(messages)
            raise ParlandoError(
                Reason.OVERLOADED,
                f"{MAX_UPLOADS} recordings are being received already: try again later",
                retry_after=1.0,
            )
        self._under_way += 1
        try:
            try:
                upload = await _gathered(messages)
            except ParlandoError:
                await _read_off(messages)
                raise
            yield upload
        finally:
            self._under_way -= 1


async def _gathered(messages: AsyncIterator[admin_pb2.UploadVoiceRequest]) -> tuple[synth_pb2.Voice, bytes]:
    voice: synth_pb2.Voice | None = None
    clip = bytearray()
    async for message in messages:
        kind = message.WhichOneof("message")
        if voice is None:
            if kind != "voice":
                raise ParlandoError(
                    Reason.FIELD_REQUIRED,
                    "voice is not set: say in the first message what it is",
                    field="voice",
                )
            voice = message.voice
            continue
        if kind != "chunk":
            raise ParlandoError(
                Reason.OUT_OF_ORDER, "chunk is not set: after the first message, send pieces of the recording"
            )
        if len(message.chunk) > MAX_CHUNK:
            raise ParlandoError(
                Reason.OUT_OF_RANGE,
                f"chunk has {len(message.chunk):,} bytes: send pieces of at most {MAX_CHUNK:,}",
                field="chunk",
            )
        clip += message.chunk
        if len(clip) > MAX_BYTES:
            raise ParlandoError(
                Reason.OUT_OF_RANGE, f"the recording has more than {MAX_BYTES:,} bytes", field="chunk"
            )
    if voice is None:
        raise ParlandoError(
            Reason.FIELD_REQUIRED, "voice is not set: say in the first message what it is", field="voice"
        )
    return voice, bytes(clip)


async def _read_off(messages: AsyncIterator[admin_pb2.UploadVoiceRequest]) -> None:
    """Read the rest of an upload: who is still writing when the answer comes may not be told what it says."""
    size = 0
    async for message in messages:
        size += len(message.chunk)
        if size > MAX_BYTES:
            return
