"""A worker that answers as no worker of this version would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from parlando.audio.v1 import audio_pb2
from parlando.synth.v1 import synth_pb2, synth_service_pb2_grpc
from parlando_kit.errors import ParlandoError
from parlando_kit.server import Server, Service
from parlando_kit.settings import ServerSettings
from parlando_kit.status import abort
from tests.component.router.mesh import until


class OddWorker(synth_service_pb2_grpc.SynthServiceServicer):
    """Answers as it is told to.

    Attributes:
        engine: its engine's name.
        responses: to each request.
        outcome: of each stop; where there is one, a synthesis goes on until it is ended.
        code: a bare status that each synthesis ends with.
        error: that each synthesis ends with.
        requests: that have come.
        seconds_left: until each one's deadline.
        live: syntheses under way.
        stops: ids that were to be stopped.
        confirms: stops are answered while it is set.
    """

    def __init__(self, engine: str = "odd") -> None:
        self.engine = engine
        self.responses: list[synth_pb2.SynthesizeResponse] = []
        self.outcome = 0
        self.code: grpc.StatusCode | None = None
        self.error: ParlandoError | None = None
        self.requests: list[synth_pb2.SynthesizeRequest] = []
        self.seconds_left: list[float] = []
        self.live = 0
        self.stops: list[str] = []
        self.confirms = asyncio.Event()
        self.confirms.set()

    async def DescribeEngine(  # noqa: N802  # gRPC's name
        self, _: synth_pb2.DescribeEngineRequest, __: Any
    ) -> synth_pb2.DescribeEngineResponse:
        return synth_pb2.DescribeEngineResponse(
            engine=self.engine,
            worker_id="1",
            state=synth_pb2.ENGINE_STATE_READY,
            capabilities=synth_pb2.EngineCapabilities(phonemizes=True),
        )

    async def ListVoices(  # noqa: N802  # gRPC's name
        self, _: synth_pb2.ListVoicesRequest, __: Any
    ) -> synth_pb2.ListVoicesResponse:
        return synth_pb2.ListVoicesResponse(voices=[synth_pb2.Voice(id="alto", languages=["en"])])

    async def Synthesize(  # noqa: N802  # gRPC's name
        self, request: synth_pb2.SynthesizeRequest, context: Any
    ) -> AsyncIterator[synth_pb2.SynthesizeResponse]:
        self.requests.append(request)
        self.seconds_left.append(context.time_remaining())
        self.live += 1
        try:
            for response in self.responses:
                yield response
            if self.outcome:
                await asyncio.Event().wait()
            if self.code is not None:
                await context.abort(self.code, "spoken text may be in here")
            if self.error is not None:
                await abort(context, self.error)
        finally:
            self.live -= 1

    async def until_idle(self) -> None:
        """Return once no synthesis is live."""

        async def live() -> int:
            return self.live

        await until(live, 0)

    async def StopSynthesis(  # noqa: N802  # gRPC's name
        self, request: synth_pb2.StopSynthesisRequest, _: Any
    ) -> synth_pb2.StopSynthesisResponse:
        self.stops.append(request.synthesis_id)
        await self.confirms.wait()
        return synth_pb2.StopSynthesisResponse(outcome=self.outcome)  # type: ignore[arg-type]  # of a later version

    async def Phonemize(  # noqa: N802  # gRPC's name
        self, _: synth_pb2.PhonemizeRequest, __: Any
    ) -> synth_pb2.PhonemizeResponse:
        backwards = audio_pb2.SpokenSpan(start=9, end=3)
        return synth_pb2.PhonemizeResponse(words=[synth_pb2.PhonemizedWord(spoken=backwards)])


@asynccontextmanager
async def serving(worker: OddWorker) -> AsyncIterator[str]:
    """Serve it; yield its address."""
    service = Service(
        "parlando.synth.v1.SynthService",
        lambda server: synth_service_pb2_grpc.add_SynthServiceServicer_to_server(worker, server),
    )
    server = Server(ServerSettings(), [service])
    try:
        yield f"127.0.0.1:{await server.start()}"
    finally:
        await server.stop(0)


def started(quality: int = audio_pb2.TIMING_QUALITY_ESTIMATED) -> synth_pb2.SynthesizeResponse:
    """Return how an answer begins."""
    started = synth_pb2.SynthesisStarted(voice="alto", sample_rate_hz=24_000, timing_quality=quality)  # type: ignore[arg-type]  # likewise
    return synth_pb2.SynthesizeResponse(started=started)


SOUND = synth_pb2.SynthesizeResponse(audio=synth_pb2.SynthesisAudio(pcm=b"\x00\x20" * 24_000))
"""A second of sound."""
