"""Voices that are uploaded, changed and removed: asked of every replica of an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, TypeVar

import grpc

from parlando.admin.v1 import admin_pb2
from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceStub
from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_kit.channels import open_channel
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import from_rpc_error
from parlando_kit.tracing import outgoing
from parlando_kit.voice_upload import MAX_CHUNK
from parlando_router import listing
from parlando_router.roster import Roster

if TYPE_CHECKING:
    from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceAsyncStub

_SECONDS = 60.0  # that a worker may take
_LIST_SECONDS = 2.0  # that it may take to list what it has
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
            ParlandoError: as the engine's workers; FIELD_REQUIRED or ENGINE_NOT_FOUND, at the field;
                NO_ENGINE_AVAILABLE, none serves.
        """
        engine = voice.engine or self._able("clones", "voice.engine")
        voice.engine = engine
        return await self._of_all(
            self.replicas(engine, "voice.engine"),
            lambda stub: stub.UploadVoice(_messages(voice, clip), timeout=_SECONDS, metadata=outgoing()),
        )

    async def mix(self, request: admin_pb2.MixVoiceRequest) -> admin_pb2.MixVoiceResponse:
        """Keep a mix on every replica.

        Raises:
            ParlandoError: as the engine's workers, also where one of them alone lacks a voice that is in it;
                as `add`.
        """
        request.voice.engine = request.voice.engine or self._able("mixes", "voice.engine")
        return await self._of_all(
            self.replicas(request.voice.engine, "voice.engine"),
            lambda stub: stub.MixVoice(request, timeout=_SECONDS, metadata=outgoing()),
        )

    async def change(self, request: admin_pb2.UpdateVoiceRequest) -> admin_pb2.UpdateVoiceResponse:
        """Change what is said of a voice, on every replica that has it."""
        voice = request.voice
        voice.engine = voice.engine or self._owner(voice.id, "voice.engine", "voice.id")
        return await self._of_all(
            self.replicas(voice.engine, "voice.engine"),
            lambda stub: stub.UpdateVoice(request, timeout=_SECONDS, metadata=outgoing()),
            some=True,
        )

    async def remove(self, request: admin_pb2.DeleteVoiceRequest) -> admin_pb2.DeleteVoiceResponse:
        """Remove a voice from every replica that has it."""
        request.engine = request.engine or self._owner(request.voice, "engine", "voice")
        return await self._of_all(
            self.replicas(request.engine, "engine"),
            lambda stub: stub.DeleteVoice(request, timeout=_SECONDS, metadata=outgoing()),
            some=True,
        )

    def replicas(self, engine: str, field: str) -> list[str]:
        """Return the addresses of an engine's workers that serve, or else of those that may just be slow.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND, at the field; NO_ENGINE_AVAILABLE, none serves.
        """
        self._roster.require_engine(engine, field)
        workers = dict(self._roster.groups()).get(engine, [])
        serving = [worker.address for worker in workers if worker.serving]
        serving = serving or [worker.address for worker in workers if worker.may_live]
        if not serving:
            raise _none_is_up(field)
        return serving

    def _able(self, what: Literal["clones", "mixes"], field: str) -> str:
        """Return the one engine that does something with voices.

        Raises:
            ParlandoError: NOT_SUPPORTED, none does; FIELD_REQUIRED, several do; NO_ENGINE_AVAILABLE, not
                all have said what they can.
        """
        able = [
            name
            for name, workers in self._roster.groups()
            if any(worker.description is not None and getattr(worker.description, what) for worker in workers)
        ]
        if not able and not self._all_have_said():
            raise _none_is_up(field)
        if not able:
            raise ParlandoError(Reason.NOT_SUPPORTED, f"no engine that is known {what} voices", field=field)
        return _only(able, field)

    def _owner(self, voice: str, field: str, at: str) -> str:
        """Return the one engine that has a voice.

        Raises:
            ParlandoError: VOICE_NOT_FOUND, none has it; FIELD_REQUIRED, several have; NO_ENGINE_AVAILABLE,
                not all have said what they have.
        """
        owners = [
            name
            for name, workers in self._roster.groups()
            if any(known.id == voice for worker in workers for known in worker.voices)
        ]
        if not owners and not self._all_have_said():
            raise _none_is_up(field)
        if not owners:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is not known: name one of those in ListVoices", field=at
            )
        return _only(owners, field)

    def _all_have_said(self) -> bool:
        """Tell whether every worker has said what it can and what voices it has: one that loads has not."""
        return all(
            worker.description is not None and worker.description.ready
            for _, workers in self._roster.groups()
            for worker in workers
        )

    async def _of_all(
        self,
        addresses: list[str],
        ask: Callable[[AdminServiceAsyncStub], Awaitable[_Answer]],
        *,
        some: bool = False,
    ) -> _Answer:
        """Return what workers answer alike. What they have now is listed then, as far as they tell.

        With `some`, that some do not have a voice is no failure where others had it: with one folder for all,
        the first that removes a voice leaves the others without it.
        """
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._of_one(address, ask)) for address in addresses]
        answers = [task.result() for task in asked]
        errors = [answer for answer in answers if isinstance(answer, ParlandoError)]
        done = [answer for answer in answers if not isinstance(answer, ParlandoError)]
        grave = [error for error in errors if not some or error.reason is not Reason.VOICE_NOT_FOUND]
        if grave or not done:
            raise (grave or errors)[0]
        return done[0]

    async def _of_one(
        self, address: str, ask: Callable[[AdminServiceAsyncStub], Awaitable[_Answer]]
    ) -> _Answer | ParlandoError:
        """Return what one worker answers, or the error it answers with: the others are asked all the same."""
        async with open_channel(address) as channel:
            try:
                answer = await ask(AdminServiceStub(channel))
            except grpc.aio.AioRpcError as error:
                known = from_rpc_error(error)
                if known.reason is Reason.DEPENDENCY_UNAVAILABLE:
                    return ParlandoError(known.reason, "a worker does not answer: try again", retry_after=1.0)
                return known
            # Where it does not tell, or others are asking it for too long, the watch finds out.
            with suppress(grpc.aio.AioRpcError, TimeoutError):
                async with asyncio.timeout(2 * _LIST_SECONDS):
                    await listing.ask(self._roster, address, SynthServiceStub(channel), _LIST_SECONDS)
        return answer


def _none_is_up(field: str) -> ParlandoError:
    return ParlandoError(
        Reason.NO_ENGINE_AVAILABLE, f"no worker of {field} is up: try again", retry_after=1.0
    )


def _only(engines: list[str], field: str) -> str:
    if len(engines) > 1:
        raise ParlandoError(
            Reason.FIELD_REQUIRED, f"{field} is empty: name one of {', '.join(engines)}", field=field
        )
    return engines[0]


def _messages(voice: synth_pb2.Voice, clip: bytes) -> Iterator[admin_pb2.UploadVoiceRequest]:
    yield admin_pb2.UploadVoiceRequest(voice=voice)
    for start in range(0, len(clip), MAX_CHUNK):
        yield admin_pb2.UploadVoiceRequest(chunk=clip[start : start + MAX_CHUNK])
