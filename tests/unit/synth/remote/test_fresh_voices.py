"""A vendor's voices are asked for again once their list is old, beside the work; on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from parlando_synth.job import Job
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.settings import RemoteSettings
from parlando_synth.stop_flag import StopFlag
from parlando_synth.voice import Voice
from tests.unit.router.virtual_time import LoopClock, run
from tests.unit.synth.remote.vendors import ScriptedVendor, Step, VendorError, tone


class _Vendor(ScriptedVendor):
    """Notes when it was asked for its voices; each time it takes or fails as the next answer says."""

    def __init__(self, *answers: float | Exception, script: list[Step] | None = None) -> None:
        super().__init__(script or [tone(2_000)])
        self.listed: list[float] = []
        self.gone = False
        self._answers = list(answers)

    def voices(self) -> Sequence[Voice]:
        return [] if self.gone else super().voices()

    async def list_voices(self) -> None:
        self.listed.append(LoopClock().now())
        answer = self._answers.pop(0) if self._answers else 0.0
        if isinstance(answer, Exception):
            raise answer
        await asyncio.sleep(answer)


def _asked(vendor: _Vendor, seconds: float, **settings: float) -> list[float]:
    """Return when a vendor is asked, in seconds from when it was loaded; it is closed at the end."""

    async def main() -> list[float]:
        told = RemoteSettings.model_validate({"voices_seconds": 100, "warm_seconds": 0, **settings})
        engine = RemoteEngine(vendor, told, clock=LoopClock(), chance=lambda: 0.0)
        await engine.load()
        began = LoopClock().now()
        await asyncio.sleep(seconds)
        await engine.close()
        await asyncio.sleep(1_000)
        return [at - began for at in vendor.listed]

    return run(main())


def test_it_is_asked_for_again_as_often_as_a_list_lasts() -> None:
    assert _asked(_Vendor(), 350) == [100, 200, 300]


def test_by_default_it_lasts_for_an_hour() -> None:
    assert _asked(_Vendor(), 7_300, voices_seconds=RemoteSettings().voices_seconds) == [3_600, 7_200]


def test_a_list_may_last_for_good() -> None:
    assert _asked(_Vendor(), 1_000_000, voices_seconds=0) == []


@pytest.mark.parametrize("answer", [OSError(), VendorError(None)])
def test_what_fails_is_asked_again_after_a_minute_and_shows_nothing(
    answer: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    assert _asked(_Vendor(answer, answer), 330) == [100, 160, 220, 320]
    assert type(answer).__name__ in caplog.text
    assert "sk-planted" not in caplog.text


def test_a_list_that_does_not_come_is_given_up() -> None:
    assert _asked(_Vendor(1e9), 330) == [100, 220, 320]


def test_a_default_voice_that_is_gone_is_told_to_who_runs_the_worker(
    caplog: pytest.LogCaptureFixture,
) -> None:
    vendor = _Vendor()
    _asked(vendor, 150)
    assert "no more" not in caplog.text
    vendor.gone = True
    _asked(vendor, 150)
    assert "acme has its voice nova no more" in caplog.text


def test_nobody_who_speaks_waits_for_it() -> None:
    vendor = _Vendor(50.0, script=[tone(2_000), 20.0, tone(2_000)])

    async def main() -> float:
        told = RemoteSettings.model_validate({"voices_seconds": 100, "chunk_seconds": 30})
        engine = RemoteEngine(vendor, told, clock=LoopClock(), chance=lambda: 0.0)
        await engine.load()
        await asyncio.sleep(101)
        began = LoopClock().now()
        async for _ in engine.synthesize(Job("seven grey lamps", "nova"), StopFlag()):
            pass
        spoke = LoopClock().now() - began
        await engine.close()
        return spoke

    assert run(main()) == 20
