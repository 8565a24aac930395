"""A vendor's service as an engine: watched, timed, stopped, and honest about what it cost."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

from parlando_kit.clock import Clock, MonotonicClock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.tasks import background
from parlando_synth.description import EngineDescription
from parlando_synth.engine import Engine
from parlando_synth.events import Aftermath, EngineEvent
from parlando_synth.failures import engine_failure
from parlando_synth.job import Job
from parlando_synth.pace import Pace
from parlando_synth.remote.fresh_voices import FreshVoices
from parlando_synth.remote.keep_warm import KeepWarm
from parlando_synth.remote.relay import StoodStill, Watch, relayed
from parlando_synth.remote.rendition import Rendition
from parlando_synth.remote.settings import RemoteSettings
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.remote.vendor import Exchange, Said, Vendor
from parlando_synth.stop_flag import StopFlag
from parlando_synth.voice import Voice

_log = logging.getLogger(__name__)

_ATTEMPTS = 3  # at a request that is refused with a time to come back
_JITTER = 0.25  # of a wait, added to it at most: those who were refused together come back apart
_FIRST_WAIT = 1.0  # seconds between attempts to reach a service that is out when the engine loads
_LONGEST_WAIT = 30.0


class RemoteEngine(Engine):
    """An engine that speaks through a vendor.

    Args:
        vendor: how it is spoken to.
        settings: what it may take.
        clock: measures, and waits.
        chance: returns a number from 0 to 1, for jitter.
    """

    def __init__(
        self,
        vendor: Vendor,
        settings: RemoteSettings,
        *,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._vendor = vendor
        self._settings = settings
        self._clock = clock or MonotonicClock()
        self._chance = chance
        self._pace = Pace()
        self._quiet_until = 0.0
        self._warmth = KeepWarm(
            vendor,
            every=settings.warm_every_seconds,
            lasting=settings.warm_seconds,
            welcome=lambda: self._clock.now() >= self._quiet_until,
            clock=self._clock,
        )
        self._listing = FreshVoices(vendor, age=settings.voices_seconds, clock=self._clock)
        self._resources = AsyncExitStack()

    async def load(self) -> None:
        """Connect. A service that is out is waited for; one that refuses us, or cannot be trusted, is not."""
        for name in self._vendor.loggers:
            logging.getLogger(name).setLevel(logging.WARNING)
        wait = _FIRST_WAIT
        while True:
            try:
                await self._vendor.open()
            except Exception as error:  # noqa: BLE001  # whatever the vendor's library raises
                refusal, failure = self._read(error)
            else:
                for beside in (self._warmth.run(), self._listing.run()):
                    await self._resources.enter_async_context(background(beside))
                return
            await self._vendor.close()
            if refusal is None or refusal.trouble not in {Trouble.OUTAGE, Trouble.BUSY}:
                raise failure
            _log.warning("%s; trying again in %.0f s", failure.message, wait)
            await self._clock.sleep(wait * (1 + _JITTER * self._chance()))
            wait = min(2 * wait, _LONGEST_WAIT)

    def describe(self) -> EngineDescription:
        """Return what the service can do, for as many syntheses at a time as the settings say."""
        return replace(self._vendor.describe(), max_live=self._settings.live)

    def voices(self) -> Sequence[Voice]:
        """Return the vendor's voices."""
        return self._vendor.voices()

    def find_voice(self, name: str) -> Voice | None:
        """Return the voice that the vendor uses for a name."""
        return self._vendor.find_voice(name)

    async def synthesize(self, job: Job, stop: StopFlag) -> AsyncGenerator[EngineEvent, None]:
        """Speak a job; see `Engine.synthesize`. A text without a letter or a digit is never sent."""
        voice = self.find_voice(job.voice)
        if voice is None:
            raise Refusal(Trouble.VOICE).error(self._vendor.name)
        exchange, quality = Exchange(), self._vendor.describe().timing_quality
        heard = replace(job, text=self._vendor.heard(job))
        rendition = Rendition(self._vendor.name, heard, voice, quality, self._pace, exchange)
        watch = Watch(self._settings.first_byte_seconds, self._settings.chunk_seconds, self._clock)
        failure: ParlandoError | None = None
        try:
            if not any(map(str.isalnum, heard.text)):
                for event in rendition.nothing():
                    yield event
                return
            with self._warmth.used():
                async with aclosing(relayed(self._attempts(job, exchange, watch), stop, watch)) as said:
                    async for item in said:
                        for event in rendition.take(item):
                            yield event
            if stop.requested:
                yield Aftermath(exchange.goes_on)
                return
            for event in rendition.end():
                yield event
        except Exception as error:  # noqa: BLE001  # whatever the vendor's library raises
            _, failure = self._read(error)
        if failure is not None:  # raised here, it carries nothing of what the vendor wrote
            raise failure

    async def close(self) -> None:
        """Give everything back."""
        await self._resources.aclose()
        await self._vendor.close()

    async def _attempts(self, job: Job, exchange: Exchange, watch: Watch) -> AsyncGenerator[Said, None]:
        """Yield what the vendor says; where it asks to come back later, come back, if that is soon enough.

        Raises:
            ParlandoError: OVERLOADED, with the time that is left.
            Exception: what the vendor's library raised, of anything else.
        """
        patience = max(self._settings.retry_seconds, job.audio_queued)
        for attempt in range(1, _ATTEMPTS + 1):
            patience -= await self._quiet(patience, watch)
            begun = False
            try:
                async with aclosing(self._vendor.speak(job, exchange)) as said:
                    async for item in said:
                        begun = True
                        yield item
            except Exception as error:
                refusal = self._vendor.refusal(error)
                if refusal is None or refusal.trouble is not Trouble.BUSY or refusal.retry_after is None:
                    raise
                self._quiet_until = max(self._quiet_until, self._clock.now() + refusal.retry_after)
                exchange.goes_on = False
                if begun or attempt == _ATTEMPTS:
                    raise
            else:
                return

    async def _quiet(self, patience: float, watch: Watch) -> float:
        """Wait while the account has been asked to; return the seconds that took.

        Raises:
            ParlandoError: OVERLOADED: it would take longer than `patience`.
        """
        left = self._quiet_until - self._clock.now()
        if left <= 0:
            return 0.0
        wait = left * (1 + _JITTER * self._chance())
        if wait > patience:
            raise Refusal(Trouble.BUSY, retry_after=left).error(self._vendor.name)
        watch.pause()
        await self._clock.sleep(wait)
        watch.resume()
        return wait

    def _read(self, error: Exception) -> tuple[Refusal | None, ParlandoError]:
        """Return what an error means, and what callers are told, with nothing of what the vendor wrote."""
        if isinstance(error, ParlandoError):
            return None, error
        if isinstance(error, StoodStill):
            return None, ParlandoError(
                Reason.ENGINE_FAILED, f"{self._vendor.name} stood still: it sent nothing in time"
            )
        refusal = self._vendor.refusal(error)
        if refusal is None:
            return None, engine_failure(error)
        return refusal, refusal.error(self._vendor.name)
