"""What all remote engines do, whoever the vendor is; on virtual time."""

from __future__ import annotations

import asyncio
import logging
import math
import traceback
from collections.abc import AsyncGenerator
from contextlib import aclosing
from decimal import Decimal

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_synth.events import Aftermath, Audio, Charge, EngineEvent, Started, Words
from parlando_synth.job import Job
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.settings import RemoteSettings
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.remote.vendor import Exchange, Said
from parlando_synth.stop_flag import StopFlag
from tests.unit.router.virtual_time import LoopClock, run, settled
from tests.unit.synth.remote.vendors import RATE, ScriptedVendor, Step, VendorError, tone

TEXT = "seven grey lamps were lit"
JOB = Job(TEXT, "nova")
HANGS = math.inf


def _engine(vendor: ScriptedVendor, settings: RemoteSettings | None = None) -> RemoteEngine:
    settings = settings or RemoteSettings(first_byte_seconds=10, chunk_seconds=5, retry_seconds=0.5)
    return RemoteEngine(vendor, settings, clock=LoopClock(), chance=lambda: 0.0)


def _spoken(vendor: ScriptedVendor, job: Job = JOB) -> list[EngineEvent]:
    async def speak() -> list[EngineEvent]:
        return [event async for event in _engine(vendor).synthesize(job, StopFlag())]

    return run(speak())


def _failed(vendor: ScriptedVendor, job: Job = JOB) -> tuple[ParlandoError, float]:
    """Return what a job fails with, and after how many seconds."""

    async def speak() -> tuple[ParlandoError, float]:
        began = LoopClock().now()
        with pytest.raises(ParlandoError) as failed:
            _ = [event async for event in _engine(vendor).synthesize(job, StopFlag())]
        return failed.value, LoopClock().now() - began

    return run(speak())


def _pcm(events: list[EngineEvent]) -> bytes:
    return b"".join(event.pcm for event in events if isinstance(event, Audio))


def test_sound_is_passed_on_as_it_comes_whatever_its_cuts() -> None:
    sound = tone(3_000)
    vendor = ScriptedVendor([sound[:13], sound[13:1_000], 1.0, sound[1_000:1_001], sound[1_001:]])
    events = _spoken(vendor)
    assert events[0] == Started("nova", RATE, TimingQuality.ESTIMATED)
    assert _pcm(events) == sound
    assert all(len(event.pcm) % 2 == 0 for event in events if isinstance(event, Audio))
    assert (vendor.asked, vendor.ended) == (1, 1)


def test_what_is_ignored_is_said_first() -> None:
    (started, *_) = _spoken(ScriptedVendor([tone(2_000)]), Job(TEXT, "nova", options={"colour": "red"}))
    assert isinstance(started, Started)
    assert started.ignored == ("engine_options.colour",)


def test_words_are_timed_while_the_sound_comes_and_learn_from_it() -> None:
    vendor = ScriptedVendor([tone(RATE), 0.1, tone(RATE)])

    async def speak_twice() -> list[list[EngineEvent]]:
        engine = _engine(vendor)
        return [[event async for event in engine.synthesize(JOB, StopFlag())] for _ in range(2)]

    for events in run(speak_twice()):
        timed = [word for event in events if isinstance(event, Words) for word in event.words]
        assert [TEXT[word.spoken.start : word.spoken.end] for word in timed] == TEXT.split()
        assert timed[-1].end_sample == 2 * RATE
        early = events.index(next(event for event in events if isinstance(event, Words)))
        assert early < len(events) - 2, "some words are timed before all sound is there"


def test_a_vendors_own_times_and_charges_pass() -> None:
    words = Words((SpokenWord(Span(0, 5), 0, 1_000, TimingQuality.EXACT),))
    charge = Charge(25, "USD", Decimal("0.1"))
    vendor = ScriptedVendor([tone(2_000), words, charge], timing=TimingQuality.EXACT)
    assert _spoken(vendor)[2:] == [words, charge]


def test_a_text_without_words_is_never_sent() -> None:
    vendor = ScriptedVendor([tone(2_000)])
    assert _spoken(vendor, Job("... - !", "nova")) == [Started("nova", RATE, TimingQuality.ESTIMATED)]
    assert vendor.asked == 0


@pytest.mark.parametrize(
    ("script", "after"), [([HANGS], 10.0), ([tone(2_000), HANGS], 5.0), ([3.0, tone(2_000), HANGS], 8.0)]
)
def test_who_stands_still_is_left(script: list[bytes | float], after: float) -> None:
    vendor = ScriptedVendor(script)
    failure, seconds = _failed(vendor)
    assert failure.reason is Reason.ENGINE_FAILED
    assert "stood still" in failure.message
    assert seconds == pytest.approx(after)
    assert vendor.ended == 1


def test_who_is_slow_but_alive_is_waited_for() -> None:
    pauses: list[Step] = [tone(1_000), 4.5] * 10
    vendor = ScriptedVendor([9.5, *pauses, tone(1_000)])
    assert len(_pcm(_spoken(vendor))) == 22_000


@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_is_told_without_a_word_of_the_vendors(trouble: Trouble) -> None:
    vendor = ScriptedVendor([VendorError(Refusal(trouble, code="some_code"))])
    failure, _ = _failed(vendor)
    assert failure.reason is trouble.reason
    assert failure.field == trouble.field
    assert failure.message == f"acme {trouble.told} (some_code)"
    assert vendor.asked == 1
    told = "".join(traceback.format_exception(failure)) + repr(failure.__context__)
    assert "planted" not in told
    assert "spoken text" not in told


def test_what_nobody_expects_is_logged_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    failure, _ = _failed(ScriptedVendor([VendorError(None)]))
    assert failure.reason is Reason.ENGINE_FAILED
    assert "VendorError" in caplog.text
    assert "planted" not in caplog.text + failure.message


def test_silence_of_a_stream_that_ends_is_a_failure() -> None:
    failure, _ = _failed(ScriptedVendor([]))
    assert (failure.reason, "no sound" in failure.message) == (Reason.ENGINE_FAILED, True)


def test_another_rate_than_the_voices_is_a_failure() -> None:
    vendor = ScriptedVendor([tone(2_000)])
    vendor.rate = 16_000
    failure, _ = _failed(vendor)
    assert "16000 Hz where 24000 Hz" in failure.message


# A time to come back


def _busy(seconds: float | None) -> VendorError:
    return VendorError(Refusal(Trouble.BUSY, retry_after=seconds))


def test_a_short_time_to_come_back_is_kept_and_the_job_asked_again() -> None:
    vendor = ScriptedVendor([_busy(0.4)], [tone(2_000)])
    assert _pcm(_spoken(vendor)) == tone(2_000)
    assert (vendor.asked, vendor.ended) == (2, 2)


def test_a_listener_who_has_audio_can_wait_longer() -> None:
    vendor = ScriptedVendor([_busy(3.0)], [tone(2_000)])
    assert _pcm(_spoken(vendor, Job(TEXT, "nova", audio_queued=4.0))) == tone(2_000)


def test_a_long_time_to_come_back_is_told_at_once() -> None:
    vendor = ScriptedVendor([_busy(3.0)])
    failure, seconds = _failed(vendor)
    assert (failure.reason, failure.retry_after) == (Reason.OVERLOADED, 3.0)
    assert seconds == 0
    assert vendor.asked == 1


def test_who_is_refused_again_and_again_gives_up() -> None:
    vendor = ScriptedVendor([_busy(0.1)])
    failure, _ = _failed(vendor)
    assert failure.reason is Reason.OVERLOADED
    assert vendor.asked == 3


def test_without_a_time_to_come_back_nobody_comes_back() -> None:
    vendor = ScriptedVendor([_busy(None)])
    failure, _ = _failed(vendor)
    assert (failure.reason, failure.retry_after) == (Reason.OVERLOADED, 1.0)
    assert vendor.asked == 1


def test_nothing_is_asked_again_once_there_was_sound() -> None:
    vendor = ScriptedVendor([tone(2_000), _busy(0.1)], [tone(2_000)])
    assert _failed(vendor)[0].reason is Reason.OVERLOADED
    assert vendor.asked == 1


def test_while_the_account_is_to_be_quiet_no_job_reaches_the_vendor() -> None:
    async def speak() -> None:
        vendor = ScriptedVendor([_busy(3.0)], [tone(2_000)])
        engine, clock = _engine(vendor), LoopClock()
        for _ in range(2):
            with pytest.raises(ParlandoError):
                _ = [event async for event in engine.synthesize(JOB, StopFlag())]
            await clock.sleep(1.0)
        assert vendor.asked == 1
        await clock.sleep(1.0)
        assert _pcm([event async for event in engine.synthesize(JOB, StopFlag())]) == tone(2_000)

    run(speak())


# Stops


def test_a_stop_ends_the_request_and_says_what_goes_on() -> None:
    async def speak() -> None:
        vendor = ScriptedVendor([tone(2_000), HANGS])
        stop, events = StopFlag(), list[EngineEvent]()
        async for event in _engine(vendor).synthesize(JOB, stop):
            events.append(event)
            if isinstance(event, Audio):
                stop.set()
        assert vendor.ended == 1
        assert events[-1] == Aftermath(goes_on=True)

    run(speak())


def test_a_stop_that_takes_longer_to_be_confirmed_than_sound_may_pause_is_no_failure() -> None:
    async def speak() -> None:
        vendor = ScriptedVendor([tone(2_000), HANGS])
        vendor.ending = 20.0  # beyond the 5 s between chunks
        stop, events = StopFlag(), list[EngineEvent]()
        async for event in _engine(vendor).synthesize(JOB, stop):
            events.append(event)
            if isinstance(event, Audio):
                stop.set()
        assert events[-1] == Aftermath(goes_on=False)

    run(speak())


def test_a_stop_ends_a_wait_and_nothing_goes_on() -> None:
    async def speak() -> None:
        vendor = ScriptedVendor([_busy(300.0)])
        engine, stop = _engine(vendor), StopFlag()
        job = Job(TEXT, "nova", audio_queued=1_000.0)

        async def listen() -> list[EngineEvent]:
            return [event async for event in engine.synthesize(job, stop)]

        listening = asyncio.create_task(listen())
        await settled()
        stop.set()
        assert await listening == [Aftermath(goes_on=False)]
        assert vendor.asked == vendor.ended == 1

    run(speak())


def test_a_stop_that_came_before_asks_for_nothing() -> None:
    async def speak() -> None:
        vendor, stop = ScriptedVendor([tone(2_000)]), StopFlag()
        stop.set()
        events = [event async for event in _engine(vendor).synthesize(JOB, stop)]
        assert events == [Aftermath(goes_on=False)]
        assert vendor.asked == 0

    run(speak())


def test_a_reader_that_leaves_ends_the_request() -> None:
    async def speak() -> None:
        vendor = ScriptedVendor([tone(2_000), HANGS])
        events = _engine(vendor).synthesize(JOB, StopFlag())
        await anext(events)
        await events.aclose()
        assert vendor.ended == 1

    run(speak())


class _Confirming(ScriptedVendor):
    """Has the end of a job confirmed, which takes a second."""

    confirmed = False

    async def speak(self, job: Job, exchange: Exchange) -> AsyncGenerator[Said, None]:
        try:
            async with aclosing(super().speak(job, exchange)) as said:
                async for item in said:
                    yield item
        finally:
            await asyncio.sleep(1.0)
            self.confirmed = True


def test_a_stop_does_not_break_off_what_a_vendor_is_told_at_the_end() -> None:
    async def speak() -> None:
        vendor, stop = _Confirming([tone(2_000), HANGS]), StopFlag()
        events = _engine(vendor).synthesize(JOB, stop)
        await anext(events)
        leaving = asyncio.ensure_future(events.aclose())
        await settled()
        stop.set()
        await leaving
        assert vendor.confirmed

    run(speak())


def test_what_is_not_read_is_bounded_and_the_watch_knows_whose_fault_it_is() -> None:
    second = tone(RATE)

    async def speak() -> None:
        vendor = ScriptedVendor([second] * 60)
        events = _engine(vendor).synthesize(JOB, StopFlag())
        await anext(events)
        await LoopClock().sleep(100.0)
        assert vendor.ended == 0, "the vendor is not read on and on"
        assert len(_pcm([event async for event in events])) == 60 * len(second)
        assert vendor.ended == 1

    run(speak())


# Loading


def test_a_service_that_is_out_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    vendor = ScriptedVendor([])
    vendor.fails_to_open = [VendorError(Refusal(Trouble.OUTAGE)) for _ in range(3)]

    async def load() -> float:
        began = LoopClock().now()
        engine = _engine(vendor)
        await engine.load()
        took = LoopClock().now() - began
        await engine.close()
        return took

    assert run(load()) == pytest.approx(1 + 2 + 4)
    assert (vendor.opened, vendor.closed) == (4, 3 + 1)
    assert "planted" not in caplog.text


@pytest.mark.parametrize("trouble", [Trouble.KEY, Trouble.TRUST, Trouble.MODEL])
def test_a_service_that_refuses_us_is_not_waited_for(trouble: Trouble) -> None:
    vendor = ScriptedVendor([])
    vendor.fails_to_open = [VendorError(Refusal(trouble))]
    with pytest.raises(ParlandoError) as failed:
        run(_engine(vendor).load())
    assert failed.value.reason is trouble.reason
    assert (vendor.opened, vendor.closed) == (1, 1)


def test_the_vendors_libraries_may_not_log_requests() -> None:
    async def load() -> None:
        engine = _engine(ScriptedVendor([]))
        await engine.load()
        await engine.close()

    run(load())
    assert not logging.getLogger("acme").isEnabledFor(logging.INFO)
