"""A vendor that does what its script says, for tests of what remote engines share."""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import AsyncGenerator, Sequence

from parlando_kit.ledger import TimingQuality
from parlando_kit.tasks import finish
from parlando_synth.description import EngineDescription
from parlando_synth.job import Job
from parlando_synth.remote.trouble import Refusal
from parlando_synth.remote.vendor import Exchange, Said, Vendor
from parlando_synth.voice import Voice

RATE = 24_000
VOICE = Voice("nova", "Nova", ("en",), RATE)


def tone(samples: int) -> bytes:
    """Return a sine of 200 Hz: signed 16-bit little-endian PCM at `RATE`."""
    step = 2 * math.pi * 200 / RATE
    return array("h", [round(9_000 * math.sin(step * n)) for n in range(samples)]).tobytes()


class VendorError(Exception):
    """What the vendor's library raises; its message is as bad as they come."""

    def __init__(self, refusal: Refusal | None) -> None:
        super().__init__("key sk-planted-1234 may not say: spoken text")
        self.refusal = refusal


Step = Said | float | Exception
"""What a job comes to: something said, seconds to wait (infinite: for ever), or a failure."""


class ScriptedVendor(Vendor):
    """Speaks each job by the next script; the last is used again.

    Attributes:
        asked: jobs that were asked of it, attempts counted.
        ended: how many of them have ended, in any way.
        ending: seconds that it takes to have a job that is broken off confirmed as ended; None: it cannot.
    """

    name = "acme"
    loggers = ("acme",)

    def __init__(self, *scripts: Sequence[Step], timing: TimingQuality = TimingQuality.ESTIMATED) -> None:
        self.asked = self.ended = self.opened = self.closed = 0
        self.fails_to_open: list[Exception] = []
        self.rate: int | None = None
        self.ending: float | None = None
        self._scripts = list(scripts)
        self._timing = timing

    async def open(self) -> None:
        self.opened += 1
        if self.fails_to_open:
            raise self.fails_to_open.pop(0)

    def describe(self) -> EngineDescription:
        return EngineDescription(
            "acme",
            version="1",
            licence="proprietary",
            default_voice=VOICE.id,
            timing_quality=self._timing,
            max_live=1,
            max_text_code_points=1_000,
        )

    def voices(self) -> Sequence[Voice]:
        return [VOICE]

    async def speak(self, job: Job, exchange: Exchange) -> AsyncGenerator[Said, None]:
        script = self._scripts[min(self.asked, len(self._scripts) - 1)]
        self.asked += 1
        exchange.rate = self.rate
        exchange.ignored = tuple(f"engine_options.{name}" for name in job.options)
        exchange.goes_on = True
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    yield step
        except asyncio.CancelledError:
            if self.ending is not None:
                await finish(asyncio.sleep(self.ending))
                exchange.goes_on = False
            raise
        finally:
            self.ended += 1

    def refusal(self, error: Exception) -> Refusal | None:
        return error.refusal if isinstance(error, VendorError) else None

    async def close(self) -> None:
        self.closed += 1
