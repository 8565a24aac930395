"""What callers over HTTP and gRPC make of answers that they should not get."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from load.figures import Figures
from load.grpc_road import GrpcRoad
from load.http_road import HttpRoad
from load.plan import Conduct, Order, Road
from load.take import Take

from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc


def _take(road: Road, figures: Figures, cancel_after: float | None = None) -> Take:
    conduct = Conduct.LISTEN if cancel_after is None else Conduct.CANCEL
    return Take(
        Order(0, 0.0, road, conduct, "One two three.", "", cancel_after), time.perf_counter(), figures, 0.0
    )


async def test_an_error_of_a_proxy_that_says_no_json_is_told_by_its_status() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 4\r\n\r\noops")
        await writer.drain()
        writer.close()

    figures = Figures()
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        road = HttpRoad(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await road.speak(_take(Road.HTTP, figures))
        road.close()
    assert figures.counts == {"error: status 502": 1}


async def test_a_connection_that_is_not_made_in_time_is_no_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(asyncio, "open_connection", never)
    take = _take(Road.HTTP, Figures(), 5.0)
    with pytest.raises(TimeoutError):
        await HttpRoad("127.0.0.1:1").speak(take)
    assert not take.cancelled


class _Deaf(speech_service_pb2_grpc.SpeechServiceServicer):
    """Ends as though nobody had cancelled."""

    async def Speak(  # noqa: N802  # gRPC's name
        self, requests: AsyncIterator[speech_pb2.SpeakRequest], _context: Any
    ) -> AsyncIterator[speech_pb2.SpeakResponse]:
        """Say a second once all has come."""
        async for _ in requests:
            pass
        frame = speech_pb2.AudioFrame(data=bytes(48_000), sample_count=24_000)
        yield speech_pb2.SpeakResponse(events=[speech_pb2.SpeechEvent(epoch=1, audio=frame)])


async def test_a_cancel_over_grpc_that_comes_to_nothing_is_an_error() -> None:
    figures = Figures()
    server = grpc.aio.server()
    speech_service_pb2_grpc.add_SpeechServiceServicer_to_server(
        _Deaf(),  # type: ignore[abstract]  # the rest is UNIMPLEMENTED
        server,
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    road = GrpcRoad(f"127.0.0.1:{port}")
    await road.open()
    await road.speak(_take(Road.GRPC, figures, 0.02))
    await road.close()
    await server.stop(0)
    assert figures.counts == {"error: cancel ignored": 1}
