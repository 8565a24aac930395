"""`/dev/*`, for whoever runs this system: tests of engines and of the fallback between them, and measures."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from parlando_edge.administration import Administration, FallbackBody, FlushBody, ResetBody, TrialBody
from parlando_edge.answer_models import (
    BenchAnswer,
    DoneAnswer,
    FlushAnswer,
    ResetAnswer,
    StatisticsAnswer,
    TrialAnswer,
)
from parlando_edge.answers import json_answer
from parlando_edge.benchmark import BenchBody, Benchmark
from parlando_edge.json_endpoint import JsonEndpoint
from parlando_edge.operations import Operation
from parlando_edge.settings import EdgeSettings


def dev_operations(
    administration: Administration, benchmark: Benchmark, settings: EdgeSettings
) -> tuple[Operation, ...]:
    """Return the operations."""

    async def fall_back(asked: FallbackBody) -> DoneAnswer:
        await administration.fall_back(asked)
        return DoneAnswer()

    async def statistics(_: Request) -> Response:
        return json_answer((await administration.statistics()).model_dump())

    return (
        Operation(
            "/dev/test-stream",
            "testStream",
            JsonEndpoint(TrialBody, administration.test_stream, settings, declared=True),
            "Have a fixed sentence spoken by one engine, and say how long its first audio took",
            TrialAnswer,
            method="POST",
            body=TrialBody,
        ),
        Operation(
            "/dev/fallback",
            "testFallback",
            JsonEndpoint(FallbackBody, fall_back, settings, declared=True),
            "Treat an engine as failed for a while, so that others speak in its place",
            DoneAnswer,
            method="POST",
            body=FallbackBody,
        ),
        Operation(
            "/dev/reset",
            "resetBreakers",
            JsonEndpoint(ResetBody, administration.reset, settings, declared=True),
            "Give engines work again that were kept from it",
            ResetAnswer,
            method="POST",
            body=ResetBody,
        ),
        Operation(
            "/dev/cache/flush",
            "flushCache",
            JsonEndpoint(FlushBody, administration.flush_cache, settings, declared=True),
            "Forget the previews of voices that are kept, so that they are spoken anew",
            FlushAnswer,
            method="POST",
            body=FlushBody,
        ),
        Operation(
            "/dev/bench",
            "bench",
            JsonEndpoint(BenchBody, benchmark.run, settings, declared=True),
            "Begin texts, cancel each at its first audio, and say what that took, by hop",
            BenchAnswer,
            method="POST",
            body=BenchBody,
        ),
        Operation(
            "/dev/statistics",
            "statistics",
            statistics,
            "What engines did since the router started",
            StatisticsAnswer,
        ),
    )
