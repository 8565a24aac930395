"""What an administrator may do to a worker: its engine, the voices of that, and what it has done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import grpc

from parlando.admin.v1 import admin_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.administration import DrainServicer
from parlando_kit.calls import CallsUnderWay
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.voice_upload import VoiceUploads
from parlando_synth.cloned_voice import VoiceChange, VoiceTerms, VoiceUpload
from parlando_synth.convert import duration, voice_message
from parlando_synth.description import EngineDescription
from parlando_synth.mixed_voice import VoiceMix
from parlando_synth.slot import State
from parlando_synth.worker import Worker

_Context = grpc.aio.ServicerContext[Any, Any]


class AdminServicer(DrainServicer):
    """Administers a worker.

    Args:
        worker: the worker.
        clock: measures how long loading takes, and how long the worker is up.
        calls: the worker's work.
        drain_seconds: how long work under way may take in a drain, where that is not said.
    """

    def __init__(self, worker: Worker, clock: Clock, calls: CallsUnderWay, drain_seconds: float) -> None:
        super().__init__(calls, drain_seconds)
        self._worker = worker
        self._clock = clock
        self._uploads = VoiceUploads()

    async def LoadModel(  # noqa: N802  # the contract's name
        self, request: admin_pb2.LoadModelRequest, _: _Context
    ) -> admin_pb2.LoadModelResponse:
        """Load the engine, or hold another number of its instances."""
        about = self._check(request.model)
        if request.instances < 0 or (about is not None and request.instances > about.max_live):
            most = about.max_live if about is not None else "a number of"
            raise ParlandoError(
                Reason.OUT_OF_RANGE,
                f"instances is {request.instances}: use 1 to {most}, or 0 for as many as are configured",
                field="instances",
            )
        began = self._clock.now()
        if await self._worker.load(request.instances) is not State.READY:
            raise ParlandoError(Reason.ENGINE_FAILED, self._worker.status().detail)
        return admin_pb2.LoadModelResponse(took=duration(self._clock.now() - began))

    async def UnloadModel(  # noqa: N802  # the contract's name
        self, request: admin_pb2.UnloadModelRequest, _: _Context
    ) -> admin_pb2.UnloadModelResponse:
        """Finish what there is, and give the engine back."""
        self._check(request.model)
        await self._worker.unload()
        return admin_pb2.UnloadModelResponse()

    async def GetStatistics(  # noqa: N802  # the contract's name
        self, _request: admin_pb2.GetStatisticsRequest, _: _Context
    ) -> admin_pb2.GetStatisticsResponse:
        """Say what the worker did since its start."""
        tally = self._worker.tally
        figures = admin_pb2.EngineStatistics(
            engine=self._worker.name,
            requests=tally.requests,
            failures={reason.value: count for reason, count in tally.failures.items()},
            audio=duration(tally.audio),
        )
        return admin_pb2.GetStatisticsResponse(
            engines=[figures],
            live=self._worker.status().live,
            uptime=duration(self._clock.now() - self._worker.began),
        )

    async def UploadVoice(  # noqa: N802  # the contract's name
        self, requests: AsyncIterator[admin_pb2.UploadVoiceRequest], _: _Context
    ) -> admin_pb2.UploadVoiceResponse:
        """Clone a voice."""
        async with self._uploads.received(requests) as (voice, clip):
            self._check_engine(voice.engine, "voice.engine")
            with _at(_UPLOADED):
                upload = VoiceUpload(_terms(voice), clip, voice.id)
                made = await self._worker.voices.add(upload)
        return admin_pb2.UploadVoiceResponse(voice=voice_message(made, self._worker.name))

    async def MixVoice(  # noqa: N802  # the contract's name
        self, request: admin_pb2.MixVoiceRequest, _: _Context
    ) -> admin_pb2.MixVoiceResponse:
        """Keep a mix as a voice."""
        voice = request.voice
        self._check_engine(voice.engine, "voice.engine")
        mix = VoiceMix(voice.mix, voice.name, voice.description, voice.id)
        with _at(_UPLOADED):
            made = await self._worker.voices.mix(mix)
        return admin_pb2.MixVoiceResponse(voice=voice_message(made, self._worker.name))

    async def UpdateVoice(  # noqa: N802  # the contract's name
        self, request: admin_pb2.UpdateVoiceRequest, _: _Context
    ) -> admin_pb2.UpdateVoiceResponse:
        """Change what is said of a voice."""
        voice = request.voice
        self._check_engine(voice.engine, "voice.engine")
        change = VoiceChange(voice.name, _language(voice), voice.licence, voice.description)
        with _at(_UPDATED):
            changed = await self._worker.voices.change(voice.id, change)
        return admin_pb2.UpdateVoiceResponse(voice=voice_message(changed, self._worker.name))

    async def DeleteVoice(  # noqa: N802  # the contract's name
        self, request: admin_pb2.DeleteVoiceRequest, _: _Context
    ) -> admin_pb2.DeleteVoiceResponse:
        """Remove a voice."""
        self._check_engine(request.engine, "engine")
        await self._worker.voices.remove(request.voice)
        return admin_pb2.DeleteVoiceResponse()

    def _check_engine(self, engine: str, field: str) -> None:
        if engine not in ("", self._worker.name):
            raise ParlandoError(
                Reason.ENGINE_NOT_FOUND,
                f"{field} is not this worker's, which is {self._worker.name}",
                field=field,
            )

    def _check(self, model: str) -> EngineDescription | None:
        about = self._worker.status().about
        if model and (about is None or model != about.model):
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND, "model is not this worker's: leave it empty", field="model"
            )
        return about


_TERMS = {
    "name": "voice.name",
    "language": "voice.languages",
    "licence": "voice.licence",
    "consent_note": "voice.consent_note",
    "description": "voice.description",
    "mix": "voice.mix",
}
_UPLOADED = _TERMS | {"id": "voice.id", "clip": "chunk"}
_UPDATED = _TERMS | {"voice": "voice.id"}


@contextmanager
def _at(paths: Mapping[str, str]) -> Iterator[None]:
    """Have errors name the fields of a request."""
    try:
        yield
    except ParlandoError as error:
        error.field = paths.get(error.field, error.field)
        raise


def _terms(voice: synth_pb2.Voice) -> VoiceTerms:
    return VoiceTerms(
        name=voice.name,
        language=_language(voice),
        licence=voice.licence,
        consent_note=voice.consent_note,
        description=voice.description,
    )


def _language(voice: synth_pb2.Voice) -> str:
    return voice.languages[0] if voice.languages else ""
