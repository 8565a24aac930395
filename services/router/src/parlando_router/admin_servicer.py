"""`parlando.admin.v1.AdminService`, as far as a router has something to administer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc

from parlando.admin.v1 import admin_pb2
from parlando_kit.administration import DrainServicer
from parlando_kit.calls import CallsUnderWay
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.voice_upload import VoiceUploads
from parlando_router.convert import duration, seconds
from parlando_router.events import Finished, SpeechEvent, Started
from parlando_router.previews import Previews
from parlando_router.request import PlayoutMode, SpeechSettings, require_range
from parlando_router.speak_protocol import Append, BeginEpoch, Command
from parlando_router.statistics import EngineFigures
from parlando_router.utterance import Studio, Utterance
from parlando_router.voice_keeping import VoiceKeeping

_Context = grpc.aio.ServicerContext[Any, Any]

_FALLBACK_SECONDS = 60.0
_LONGEST_FALLBACK_SECONDS = 3_600.0
_TEST_TEXT = "One, two, three: this is a test."


class AdminServicer(DrainServicer):
    """Serves what administers engines; the other methods answer UNIMPLEMENTED.

    Args:
        studio: what the router speaks with.
        previews: that it keeps.
        clock: tells how long it has been up.
        calls: the router's work.
        drain_seconds: how long work under way may take in a drain, where that is not said.
    """

    def __init__(
        self, studio: Studio, previews: Previews, clock: Clock, calls: CallsUnderWay, drain_seconds: float
    ) -> None:
        super().__init__(calls, drain_seconds)
        self._studio = studio
        self._previews = previews
        self._clock = clock
        self._began = clock.now()
        self._uploads = VoiceUploads()
        self._voices = VoiceKeeping(studio.engines)

    async def ResetBreaker(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.ResetBreakerRequest, _: _Context
    ) -> admin_pb2.ResetBreakerResponse:
        """Close breakers."""
        reset = self._studio.engines.reset_breakers(request.engine, request.address)
        return admin_pb2.ResetBreakerResponse(reset=reset)

    async def ResetPrimary(  # noqa: N802  # gRPC's name
        self, _request: admin_pb2.ResetPrimaryRequest, _: _Context
    ) -> admin_pb2.ResetPrimaryResponse:
        """Take the primary engine back: its breakers are closed."""
        engines = self._studio.engines
        primary = engines.primary
        if not primary:
            raise ParlandoError(Reason.NO_ENGINE_AVAILABLE, "no engine has answered yet", retry_after=1.0)
        engines.reset_breakers(primary, "")
        return admin_pb2.ResetPrimaryResponse(engine=primary)

    async def FlushCache(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.FlushCacheRequest, _: _Context
    ) -> admin_pb2.FlushCacheResponse:
        """Forget previews of voices."""
        return admin_pb2.FlushCacheResponse(entries=self._previews.flush(request.engine))

    async def TriggerFallback(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.TriggerFallbackRequest, _: _Context
    ) -> admin_pb2.TriggerFallbackResponse:
        """Treat an engine as failed for a while."""
        lasts = seconds(request.duration) if request.HasField("duration") else _FALLBACK_SECONDS
        require_range(lasts, 0.001, _LONGEST_FALLBACK_SECONDS, "duration", "s")
        self._studio.engines.trip(request.engine, lasts)
        return admin_pb2.TriggerFallbackResponse()

    async def RunTestStream(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.RunTestStreamRequest, _: _Context
    ) -> admin_pb2.RunTestStreamResponse:
        """Speak a sentence through one engine."""
        engine = request.engine or self._studio.engines.primary
        settings = SpeechSettings(engine=engine, voice=request.voice)
        answer = admin_pb2.RunTestStreamResponse()

        async def note(batch: Sequence[tuple[int, SpeechEvent]]) -> None:
            for _, event in batch:
                if isinstance(event, Started):
                    answer.engine = event.engine
                elif isinstance(event, Finished):
                    audio = event.sample_count / settings.output.sample_rate_hz
                    answer.audio.CopyFrom(duration(audio))
                    answer.first_chunk.CopyFrom(duration(event.first_chunk or 0.0))

        await Utterance(settings, PlayoutMode.UNPACED, self._studio, note).run(_test(settings))
        return answer

    async def GetStatistics(  # noqa: N802  # gRPC's name
        self, _request: admin_pb2.GetStatisticsRequest, _: _Context
    ) -> admin_pb2.GetStatisticsResponse:
        """Say what engines did since the start."""
        figures = self._studio.engines.statistics.engines
        return admin_pb2.GetStatisticsResponse(
            engines=[_figures(name, figures[name]) for name in sorted(figures)],
            live=self._studio.instruments.utterances,
            uptime=duration(self._clock.now() - self._began),
        )

    async def UploadVoice(  # noqa: N802  # gRPC's name
        self, requests: AsyncIterator[admin_pb2.UploadVoiceRequest], _: _Context
    ) -> admin_pb2.UploadVoiceResponse:
        """Clone a voice, on every replica of its engine."""
        async with self._uploads.received(requests) as (voice, clip):
            return await self._voices.add(voice, clip)

    async def MixVoice(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.MixVoiceRequest, _: _Context
    ) -> admin_pb2.MixVoiceResponse:
        """Keep a mix as a voice, on every replica of its engine."""
        return await self._voices.mix(request)

    async def UpdateVoice(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.UpdateVoiceRequest, _: _Context
    ) -> admin_pb2.UpdateVoiceResponse:
        """Change what is said of a voice."""
        return await self._voices.change(request)

    async def DeleteVoice(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.DeleteVoiceRequest, _: _Context
    ) -> admin_pb2.DeleteVoiceResponse:
        """Remove a voice."""
        return await self._voices.remove(request)


async def _test(settings: SpeechSettings) -> AsyncIterator[Command]:
    yield BeginEpoch(1, settings, None)
    yield Append(_TEST_TEXT)


def _figures(name: str, figures: EngineFigures) -> admin_pb2.EngineStatistics:
    return admin_pb2.EngineStatistics(
        engine=name,
        requests=figures.requests,
        failures={reason.value: count for reason, count in figures.failures.items()},
        failovers=figures.failovers,
        seams={quality.name: count for quality, count in figures.seams.items()},
        audio=duration(figures.audio),
    )
