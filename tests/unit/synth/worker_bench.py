"""A worker over a scripted engine, and what tests do with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint

from parlando_kit.clock import Clock, MonotonicClock
from parlando_kit.errors import ParlandoError, Reason
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.engine import Engine, Warmth
from parlando_synth.order import Order, Output
from parlando_synth.outbox import Outbox
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.worker import Bounds, Worker

TEXT = "one two three four five"
HANGS = {"hang_after_ms": "40"}


@dataclass(frozen=True)
class Bench:
    """A worker, and what it measures."""

    worker: Worker
    metrics: InMemoryMetricReader

    def points(self, name: str) -> list[NumberDataPoint | HistogramDataPoint]:
        """Return what an instrument has measured."""
        data = self.metrics.get_metrics_data()
        assert data is not None
        return [
            point  # type: ignore[misc]  # no exponential histograms are asked for
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@asynccontextmanager
async def bench_of(
    settings: ScriptedSettings | None = None,
    *,
    max_queued: int = 4,
    max_wait: float = 10.0,
    max_unread: float = 300.0,
    clock: Clock | None = None,
    engine: Engine | None = None,
) -> AsyncIterator[Bench]:
    """Load a worker over a scripted engine with these settings, or over another engine; close it."""
    asked = settings or ScriptedSettings(instances=1)
    made = engine or ThreadedEngine(ScriptedEngine(asked), instances=asked.instances)
    metrics = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[metrics])
    worker = Worker(
        "scripted",
        lambda: made,
        bounds=Bounds(max_queued=max_queued, max_wait=max_wait, max_unread=max_unread),
        warmth=Warmth(),
        clock=clock or MonotonicClock(),
        meter=provider.get_meter("test"),
    )
    await worker.load()
    try:
        yield Bench(worker, metrics)
    finally:
        await worker.close()
        provider.shutdown()


def order(order_id: str, options: Mapping[str, str] | None = None, audio_queued: float = 0.0) -> Order:
    """Return an order of `TEXT`."""
    return Order(order_id, TEXT, audio_queued=audio_queued, options=options or {})


async def outputs_of(synthesis: AbstractAsyncContextManager[Outbox]) -> list[Output]:
    """Return all that a synthesis says, to its end."""
    async with synthesis as outputs:
        return [output async for together in outputs for output in together]


async def until(condition: Callable[[], bool]) -> None:
    """Return once a condition holds."""
    while not condition():  # noqa: ASYNC110  # what is waited for is counted, not told
        await asyncio.sleep(0.001)


async def begun_in(worker: Worker, order: Order) -> asyncio.Task[list[Output]]:
    """Return the reading of a synthesis whose first outputs have been read."""
    begun = asyncio.Event()

    async def read() -> list[Output]:
        outputs: list[Output] = []
        async with worker.synthesis(order) as incoming:
            async for together in incoming:
                outputs.extend(together)
                begun.set()
        return outputs

    task = asyncio.create_task(read())
    await begun.wait()
    return task


async def reason_of(reading: asyncio.Task[list[Output]]) -> Reason:
    """Return why a reading ends, which must fail."""
    with pytest.raises(ParlandoError) as ended:
        await reading
    return ended.value.reason
