"""The router's administration, by gRPC."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import grpc

from parlando.admin.v1 import admin_pb2, admin_service_pb2_grpc
from parlando_edge.administration import FallbackBody, FlushBody, ResetBody, TrialBody
from parlando_edge.answer_models import (
    EngineFiguresAnswer,
    FlushAnswer,
    ResetAnswer,
    StatisticsAnswer,
    TrialAnswer,
)
from parlando_edge.voice_client import GrpcVoiceMaker
from parlando_kit.status import from_rpc_error
from parlando_kit.tracing import outgoing

_ANSWER_SECONDS = 2.0
_TEST_SECONDS = 30.0
_NANOS, _MICROS_PER_MS = 1_000_000_000, 1_000

_Answer = TypeVar("_Answer")


class GrpcAdministration:
    """Administers through a channel to the router; `voices` keeps voices."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = admin_service_pb2_grpc.AdminServiceStub(channel)
        self.voices = GrpcVoiceMaker(channel)

    async def test_stream(self, asked: TrialBody) -> TrialAnswer:
        """Have a fixed sentence spoken by one engine."""
        request = admin_pb2.RunTestStreamRequest(engine=asked.engine, voice=asked.voice)
        call = self._stub.RunTestStream(request, timeout=_TEST_SECONDS, metadata=outgoing())
        said = await _answered(call)
        return TrialAnswer(
            engine=said.engine,
            first_chunk_ms=said.first_chunk.ToMicroseconds() / _MICROS_PER_MS,
            audio_duration_ms=said.audio.ToMicroseconds() / _MICROS_PER_MS,
        )

    async def fall_back(self, asked: FallbackBody) -> None:
        """Treat an engine as failed for a while."""
        request = admin_pb2.TriggerFallbackRequest(engine=asked.engine)
        request.duration.FromNanoseconds(round(asked.seconds * _NANOS))
        await _answered(self._stub.TriggerFallback(request, timeout=_ANSWER_SECONDS, metadata=outgoing()))

    async def reset(self, asked: ResetBody) -> ResetAnswer:
        """Close breakers."""
        request = admin_pb2.ResetBreakerRequest(engine=asked.engine)
        said = await _answered(self._stub.ResetBreaker(request, timeout=_ANSWER_SECONDS, metadata=outgoing()))
        return ResetAnswer(reset=said.reset)

    async def flush_cache(self, asked: FlushBody) -> FlushAnswer:
        """Forget the previews of voices that are kept."""
        request = admin_pb2.FlushCacheRequest(engine=asked.engine)
        said = await _answered(self._stub.FlushCache(request, timeout=_ANSWER_SECONDS, metadata=outgoing()))
        return FlushAnswer(entries=said.entries)

    async def statistics(self) -> StatisticsAnswer:
        """Return what engines did since the router started."""
        request = admin_pb2.GetStatisticsRequest()
        said = await _answered(
            self._stub.GetStatistics(request, timeout=_ANSWER_SECONDS, metadata=outgoing())
        )
        return StatisticsAnswer(
            engines=tuple(map(_figures, said.engines)),
            live=said.live,
            uptime_seconds=said.uptime.ToNanoseconds() / _NANOS,
        )


async def _answered(call: Awaitable[_Answer]) -> _Answer:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from None


def _figures(said: admin_pb2.EngineStatistics) -> EngineFiguresAnswer:
    return EngineFiguresAnswer(
        engine=said.engine,
        requests=said.requests,
        failures=dict(said.failures),
        failovers=said.failovers,
        audio_ms=said.audio.ToMicroseconds() / _MICROS_PER_MS,
    )
