"""Voices that are uploaded, changed and removed: asked of every replica of an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import grpc

from parlando.admin.v1 import admin_pb2
from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceStub
from parlando.synth.v1 import synth_pb2
from parlando_kit.channels import open_channel
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import from_rpc_error
from parlando_kit.tracing import outgoing
from parlando_kit.voice_upload import MAX_CHUNK
from parlando_router.roster import Roster

if TYPE_CHECKING:
    from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceAsyncStub

_SECONDS = 60.0  # that a worker may take
_Answer = TypeVar("_Answer")


class VoiceKeeping:
    """Keeps the voices of an engine's replicas the same.

    The same upload is the same voice on each, whether or not they share what they keep voices in. A replica
    that is not serving is not asked: it has what its own folder has when it comes back.

    Args:
        roster: of the workers there are.
    """

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    async def add(self, voice: synth_pb2.Voice, clip: bytes) -> admin_pb2.UploadVoiceResponse:
        """Upload a voice to every replica.

        Raises:
            ParlandoError: as the engine's workers, or as `replicas`.
        """
        addresses = self.replicas(voice.engine, "voice.engine")
        return await _of_all(
            addresses,
            lambda stub: stub.UploadVoice(_messages(voice, clip), timeout=_SECONDS, metadata=outgoing()),
        )

    async def change(self, request: admin_pb2.UpdateVoiceRequest) -> admin_pb2.UpdateVoiceResponse:
        """Change what is said of a voice, on every replica that has it."""
        addresses = self.replicas(request.voice.engine, "voice.engine")
        return await _of_all(
            addresses, lambda stub: stub.UpdateVoice(request, timeout=_SECONDS, metadata=outgoing())
        )

    async def remove(self, request: admin_pb2.DeleteVoiceRequest) -> admin_pb2.DeleteVoiceResponse:
        """Remove a voice from every replica that has it."""
        addresses = self.replicas(request.engine, "engine")
        return await _of_all(
            addresses, lambda stub: stub.DeleteVoice(request, timeout=_SECONDS, metadata=outgoing())
        )

    def replicas(self, engine: str, field: str) -> list[str]:
        """Return the addresses of an engine's workers that are serving.

        Raises:
            ParlandoError: FIELD_REQUIRED or ENGINE_NOT_FOUND, at the field; NO_ENGINE_AVAILABLE, none serves.
        """
        if not engine:
            raise ParlandoError(
                Reason.FIELD_REQUIRED, f"{field} is empty: name the engine that has the voice", field=field
            )
        self._roster.require_engine(engine, field)
        workers = dict(self._roster.groups()).get(engine, [])
        serving = [worker.address for worker in workers if worker.serving]
        if not serving:
            raise ParlandoError(
                Reason.NO_ENGINE_AVAILABLE, f"no worker of {field} is up: try again", retry_after=1.0
            )
        return serving


def _messages(voice: synth_pb2.Voice, clip: bytes) -> Iterator[admin_pb2.UploadVoiceRequest]:
    yield admin_pb2.UploadVoiceRequest(voice=voice)
    for start in range(0, len(clip), MAX_CHUNK):
        yield admin_pb2.UploadVoiceRequest(chunk=clip[start : start + MAX_CHUNK])


async def _of_all(
    addresses: list[str], ask: Callable[[AdminServiceAsyncStub], Awaitable[_Answer]]
) -> _Answer:
    """Return what workers answer alike. That some do not have a voice is no failure where others had it.

    With one folder for all, the first that removes a voice leaves the others without it.
    """
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_of_one(address, ask)) for address in addresses]
    answers = [task.result() for task in asked]
    errors = [answer for answer in answers if isinstance(answer, ParlandoError)]
    done = [answer for answer in answers if not isinstance(answer, ParlandoError)]
    grave = [error for error in errors if error.reason is not Reason.VOICE_NOT_FOUND]
    if grave or not done:
        raise (grave or errors)[0]
    return done[0]


async def _of_one(
    address: str, ask: Callable[[AdminServiceAsyncStub], Awaitable[_Answer]]
) -> _Answer | ParlandoError:
    """Return what one worker answers, or the error it answers with: the others are asked all the same."""
    async with open_channel(address) as channel:
        try:
            return await ask(AdminServiceStub(channel))
        except grpc.aio.AioRpcError as error:
            return from_rpc_error(error)
