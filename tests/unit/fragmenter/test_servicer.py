"""The servicer without a wire: how much it reads, and what it records."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader

from parlando.fragmenter.v1 import fragmenter_pb2 as pb
from parlando_fragmenter.servicer import PART, FragmenterServicer
from parlando_kit.telemetry_names import FIRST_CHUNK, HOP
from parlando_scripted.clock import ManualClock


def _text(text: str) -> pb.FragmentRequest:
    return pb.FragmentRequest(text=pb.TextDelta(text=text))


class _Requests:
    """A config and endless text, counted as it is read."""

    def __init__(self) -> None:
        self.texts = 0

    async def __aiter__(self) -> AsyncIterator[pb.FragmentRequest]:
        yield pb.FragmentRequest(config=pb.FragmentConfig())
        while True:
            self.texts += 1
            yield _text("A sentence. " * 100)


async def test_text_is_read_only_as_fast_as_fragments_are_taken() -> None:
    requests = _Requests()
    servicer = FragmenterServicer(ManualClock(), MeterProvider().get_meter("test"))
    async with aclosing(cast("Any", servicer.Fragment(aiter(requests), cast("Any", None)))) as responses:
        for taken in range(1, 250):
            await anext(responses)
            # The hundredth sentence of a message ends with the next one's first word.
            assert requests.texts == 1 + taken // 100


async def test_a_long_message_of_which_no_fragment_comes_gives_others_their_turns() -> None:
    servicer = FragmenterServicer(ManualClock(), MeterProvider().get_meter("test"))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def requests() -> AsyncIterator[pb.FragmentRequest]:
        yield pb.FragmentRequest(config=pb.FragmentConfig(markup=pb.MARKUP_MARKDOWN))
        yield _text("\n" * 10 * PART)
        yield _text("So it is.")

    async with aclosing(cast("Any", servicer.Fragment(requests(), cast("Any", None)))) as responses:
        waiting = asyncio.create_task(others())
        (fragment,) = [response.fragment async for response in responses]
        waiting.cancel()
        await asyncio.wait({waiting})
    assert (fragment.spoken_text, fragment.source.end) == ("So it is.", 10 * PART + 9)
    assert turns >= 9


async def test_the_first_chunk_is_recorded_once_from_the_first_text_on() -> None:
    clock = ManualClock()
    reader = InMemoryMetricReader()
    servicer = FragmenterServicer(clock, MeterProvider([reader]).get_meter("test"))

    async def requests() -> AsyncIterator[pb.FragmentRequest]:
        yield pb.FragmentRequest(config=pb.FragmentConfig())
        clock.advance(1.0)
        yield _text("")
        clock.advance(1.0)
        yield _text("So")
        clock.advance(0.5)
        yield _text(" it is. It is. It")

    async with aclosing(cast("Any", servicer.Fragment(requests(), cast("Any", None)))) as responses:
        assert len([response async for response in responses]) == 3
    data = reader.get_metrics_data()
    assert data is not None
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.data.data_points
    assert isinstance(point, HistogramDataPoint)
    assert (metric.name, point.attributes, point.count, point.sum) == (
        FIRST_CHUNK,
        {HOP: "fragmenter"},
        1,
        0.5,
    )
