"""A worker over a remote engine: what it charges, and what a stop leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.description import EngineDescription, Price
from parlando_synth.engine import Engine
from parlando_synth.events import Aftermath, Audio, Charge, Deviation, EngineEvent, Started
from parlando_synth.job import Job
from parlando_synth.order import Finished, StopOutcome
from parlando_synth.stop_flag import StopFlag
from parlando_synth.voice import Voice
from tests.unit.synth.worker_bench import TEXT, begun_in, bench_of, order, outputs_of, reason_of


class _Remote(Engine):
    """A remote stream: it charges, it may break in its own way, and a stop interrupts its waiting."""

    def __init__(
        self,
        *,
        breaks: bool = False,
        waits: bool = False,
        stoppable: bool = False,
        goes_on: bool | None = None,
    ) -> None:
        self._scripted = ScriptedEngine(ScriptedSettings())
        self._breaks = breaks
        self._waits = waits
        self._stoppable = stoppable
        self._goes_on = goes_on

    async def load(self) -> None:
        pass

    def describe(self) -> EngineDescription:
        price = Price("USD", Decimal(15), "2026-06-01")
        return replace(self._scripted.describe(), price=price, stoppable=self._stoppable, max_live=10)

    def voices(self) -> Sequence[Voice]:
        return self._scripted.voices()

    async def synthesize(self, job: Job, stop: StopFlag) -> AsyncGenerator[EngineEvent, None]:
        stopped = asyncio.Event()
        stop.on_set(stopped.set)
        yield Started(job.voice, 24_000, TimingQuality.ESTIMATED)
        yield Audio(b"abcd")
        if self._breaks:
            raise ValueError(job.text)
        if self._waits:
            await stopped.wait()
            if self._goes_on is not None:
                yield Aftermath(self._goes_on)
            return
        yield Deviation(missing=1, added=2)
        yield Charge(7, "USD", Decimal("0.25"))

    async def close(self) -> None:
        pass


async def test_a_remote_engine_says_what_it_charged() -> None:
    async with bench_of(engine=_Remote()) as bench:
        outputs = await outputs_of(bench.worker.synthesis(order("a")))
        assert isinstance(outputs[-1], Finished)
        assert outputs[-1].charge == Charge(7, "USD", Decimal("0.25"))
        assert outputs[-1].deviation == Deviation(missing=1, added=2)
        assert bench.worker.price == Price("USD", Decimal(15), "2026-06-01")


async def test_a_remote_engine_is_abandoned() -> None:
    async with bench_of(engine=_Remote(waits=True)) as bench:
        reading = await begun_in(bench.worker, order("a"))
        report = await bench.worker.stop("a")
        assert (report.outcome, report.samples_made) == (StopOutcome.ABANDONED, 2)
        assert await reason_of(reading) is Reason.STOPPED


@pytest.mark.parametrize(
    ("stoppable", "goes_on", "outcome"),
    [
        (True, None, StopOutcome.STOPPED),
        (True, True, StopOutcome.ABANDONED),
        (False, False, StopOutcome.STOPPED),
        (False, True, StopOutcome.ABANDONED),
    ],
)
async def test_what_a_stop_left_behind_is_what_the_engine_says_of_this_job(
    *, stoppable: bool, goes_on: bool | None, outcome: StopOutcome
) -> None:
    async with bench_of(engine=_Remote(waits=True, stoppable=stoppable, goes_on=goes_on)) as bench:
        reading = await begun_in(bench.worker, order("a"))
        assert (await bench.worker.stop("a")).outcome is outcome
        assert await reason_of(reading) is Reason.STOPPED


async def test_what_a_remote_engine_raises_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    async with bench_of(engine=_Remote(breaks=True)) as bench:
        with pytest.raises(ParlandoError) as failed:
            await outputs_of(bench.worker.synthesis(order("a")))
        assert failed.value.reason is Reason.ENGINE_FAILED
        assert "ValueError" in caplog.text
        assert TEXT not in caplog.text + failed.value.message
