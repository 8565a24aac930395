"""The worker as a gRPC service: it translates, and decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc

from parlando.synth.v1 import synth_pb2 as pb
from parlando.synth.v1 import synth_service_pb2
from parlando.synth.v1.synth_service_pb2_grpc import (
    SynthServiceServicer,
    add_SynthServiceServicer_to_server,
)
from parlando_kit.calls import CallsUnderWay
from parlando_kit.server import Service
from parlando_synth import convert
from parlando_synth.worker import Worker

_Context = grpc.aio.ServicerContext[object, object]


class SynthServicer(SynthServiceServicer):
    """Serves a worker.

    Args:
        worker: the worker.
        calls: its work, which is refused while it drains.
    """

    def __init__(self, worker: Worker, calls: CallsUnderWay) -> None:
        self._worker = worker
        self._calls = calls

    async def DescribeEngine(  # noqa: N802  # the contract's name
        self, _request: pb.DescribeEngineRequest, _context: _Context
    ) -> pb.DescribeEngineResponse:
        """Tell what the worker is and what it is doing."""
        voices = await self._worker.voices.revision()
        return convert.description(self._worker.status(), voices, draining=not self._calls.taken)

    async def ListVoices(  # noqa: N802  # the contract's name
        self, request: pb.ListVoicesRequest, _context: _Context
    ) -> pb.ListVoicesResponse:
        """List the voices, of one language or all."""
        voices = self._worker.voices.speaking(request.language)
        name = self._worker.name
        return pb.ListVoicesResponse(voices=[convert.voice_message(voice, name) for voice in voices])

    async def Synthesize(  # noqa: N802  # the contract's name
        self, request: pb.SynthesizeRequest, _context: _Context
    ) -> AsyncIterator[pb.SynthesizeResponse]:
        """Speak one fragment."""
        price = self._worker.price
        async with self._worker.synthesis(convert.order(request)) as outputs:
            async for together in outputs:
                yield convert.response(together, price)

    async def StopSynthesis(  # noqa: N802  # the contract's name
        self, request: pb.StopSynthesisRequest, _context: _Context
    ) -> pb.StopSynthesisResponse:
        """End a synthesis, and answer once the engine is idle for it."""
        return convert.stop_response(await self._worker.stop(request.synthesis_id))

    async def Phonemize(  # noqa: N802  # the contract's name
        self, request: pb.PhonemizeRequest, _context: _Context
    ) -> pb.PhonemizeResponse:
        """Tell how a text would be pronounced."""
        return convert.pronunciation(await self._worker.phonemize(convert.phonemize_order(request)))


def synth_service(worker: Worker, calls: CallsUnderWay) -> Service:
    """Return the service to be served. A cancel is proven, and a drain told of, while it drains."""
    return Service(
        synth_service_pb2.DESCRIPTOR.services_by_name["SynthService"].full_name,
        lambda server: add_SynthServiceServicer_to_server(SynthServicer(worker, calls), server),
        answers_always=("DescribeEngine", "ListVoices", "StopSynthesis"),
    )
