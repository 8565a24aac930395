"""Connections are kept ready while an engine is used of late and nobody speaks; on virtual time."""

from __future__ import annotations

import asyncio

import pytest

from parlando_synth.job import Job
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.settings import RemoteSettings
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.stop_flag import StopFlag
from tests.unit.router.virtual_time import LoopClock, run
from tests.unit.synth.remote.vendors import ScriptedVendor, Step, VendorError, tone

JOB = Job("seven grey lamps", "nova")


class _Vendor(ScriptedVendor):
    """Notes when it was asked to see to its connections."""

    def __init__(self, *scripts: list[Step], fails: Exception | None = None) -> None:
        super().__init__(*scripts)
        self.warmed: list[float] = []
        self._fails = fails

    async def warm(self) -> None:
        self.warmed.append(LoopClock().now())
        if self._fails is not None:
            raise self._fails


def _engine(vendor: _Vendor, **settings: float) -> RemoteEngine:
    told = RemoteSettings.model_validate({"warm_every_seconds": 30, "warm_seconds": 100, **settings})
    return RemoteEngine(vendor, told, clock=LoopClock(), chance=lambda: 0.0)


async def _speak(engine: RemoteEngine) -> None:
    async for _ in engine.synthesize(JOB, StopFlag()):
        pass


def test_a_connection_is_kept_as_long_as_it_is_worth_it() -> None:
    vendor = _Vendor([tone(2_000)])

    async def main() -> list[float]:
        began = LoopClock().now()
        engine = _engine(vendor)
        await engine.load()
        await asyncio.sleep(200)
        assert len(vendor.warmed) == 3, "for 100 s after it was loaded"
        await _speak(engine)
        await asyncio.sleep(1_000)
        await engine.close()
        await asyncio.sleep(1_000)
        return [at - began for at in vendor.warmed]

    assert run(main()) == [30, 60, 90, 210, 240, 270, 300]


def test_who_speaks_keeps_the_connection_alone() -> None:
    vendor = _Vendor([tone(2_000), 70.0, tone(2_000)])

    async def main() -> None:
        engine = _engine(vendor, chunk_seconds=100)
        await engine.load()
        await _speak(engine)  # for 70 s
        assert not vendor.warmed
        await engine.close()

    run(main())


def test_an_account_that_was_asked_to_come_back_later_is_left_alone() -> None:
    busy = VendorError(Refusal(Trouble.BUSY, retry_after=75.0))
    vendor = _Vendor([busy])

    async def main() -> list[float]:
        began = LoopClock().now()
        engine = _engine(vendor)
        await engine.load()
        with pytest.raises(Exception, match="acme"):
            await _speak(engine)
        await asyncio.sleep(100)
        await engine.close()
        return [at - began for at in vendor.warmed]

    assert run(main()) == [90]


@pytest.mark.parametrize("error", [OSError(), VendorError(None)])
def test_what_goes_wrong_with_it_harms_nobody_and_shows_nothing(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    vendor = _Vendor([tone(2_000)], fails=error)

    async def main() -> None:
        engine = _engine(vendor)
        await engine.load()
        await asyncio.sleep(70)
        await _speak(engine)
        await engine.close()

    run(main())
    assert len(vendor.warmed) == 2, "it is tried again"
    assert "sk-planted" not in caplog.text


def test_it_can_be_left_out() -> None:
    vendor = _Vendor([tone(2_000)])

    async def main() -> None:
        engine = _engine(vendor, warm_seconds=0)
        await engine.load()
        await asyncio.sleep(500)
        await engine.close()

    run(main())
    assert not vendor.warmed
