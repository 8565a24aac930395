"""The router's keeping of voices, by gRPC."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

import grpc

from parlando.admin.v1 import admin_pb2, admin_service_pb2_grpc
from parlando.synth.v1 import synth_pb2
from parlando_edge.ports import Voice
from parlando_edge.router_messages import voice_from
from parlando_edge.voice_making import VoiceChangeBody, VoiceForm
from parlando_kit.errors import ParlandoError
from parlando_kit.status import from_rpc_error
from parlando_kit.tracing import outgoing

_SECONDS = 60.0  # that making a voice may take

_Answer = TypeVar("_Answer")

# Fields of the router's messages, and how its errors begin that name them, under the names of the form.
_NAMES = {
    "voice.name": "name",
    "voice.languages": "language",
    "voice.licence": "licence",
    "voice.consent_note": "consent",
    "voice.description": "description",
    "voice.engine": "engine",
    "voice.mix": "mix",
    "voice.id": "id",
    "chunk": "audio_sample",
}


class GrpcVoiceMaker:
    """Keeps voices through a channel to the router."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = admin_service_pb2_grpc.AdminServiceStub(channel)

    async def clone(self, said: VoiceForm, recording: AsyncIterator[bytes]) -> Voice:
        """Make a voice from a recording."""
        voice = synth_pb2.Voice(
            id=said.id,
            name=said.name,
            engine=said.engine,
            languages=[said.language] if said.language else [],
            licence=said.licence,
            consent_note=said.consent,
            description=said.description,
        )
        call = self._stub.UploadVoice(_messages(voice, recording), timeout=_SECONDS, metadata=outgoing())
        return voice_from((await _answered(call)).voice)

    async def mix(self, said: VoiceForm) -> Voice:
        """Keep a mix as a voice."""
        voice = synth_pb2.Voice(
            id=said.id, name=said.name, engine=said.engine, mix=said.mix, description=said.description
        )
        request = admin_pb2.MixVoiceRequest(voice=voice)
        call = self._stub.MixVoice(request, timeout=_SECONDS, metadata=outgoing())
        return voice_from((await _answered(call)).voice)

    async def change(self, engine: str, voice: str, said: VoiceChangeBody) -> Voice:
        """Change what is said of a voice."""
        changed = synth_pb2.Voice(
            id=voice,
            name=said.name,
            engine=engine,
            languages=[said.language] if said.language else [],
            licence=said.licence,
            description=said.description,
        )
        request = admin_pb2.UpdateVoiceRequest(voice=changed)
        call = self._stub.UpdateVoice(request, timeout=_SECONDS, metadata=outgoing())
        return voice_from((await _answered(call, {"voice.id": "voice"})).voice)

    async def remove(self, engine: str, voice: str) -> None:
        """Remove a voice."""
        request = admin_pb2.DeleteVoiceRequest(engine=engine, voice=voice)
        await _answered(self._stub.DeleteVoice(request, timeout=_SECONDS, metadata=outgoing()))


async def _messages(
    voice: synth_pb2.Voice, recording: AsyncIterator[bytes]
) -> AsyncIterator[admin_pb2.UploadVoiceRequest]:
    yield admin_pb2.UploadVoiceRequest(voice=voice)
    async for piece in recording:
        yield admin_pb2.UploadVoiceRequest(chunk=piece)


async def _answered(call: Awaitable[_Answer], names: dict[str, str] | None = None) -> _Answer:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise _renamed(from_rpc_error(error), _NAMES | (names or {})) from None


def _renamed(error: ParlandoError, names: dict[str, str]) -> ParlandoError:
    """Return an error whose field, and the message that begins with it, are as clients name it."""
    name = names.get(error.field)
    if name is not None:
        for known in (error.field, error.field.removeprefix("voice.")):
            if error.message.startswith(f"{known} "):
                error.message = name + error.message.removeprefix(known)
                break
        error.field = name
    return error
