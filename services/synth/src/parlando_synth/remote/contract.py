"""What every remote engine must do, as tests: the engine contract, and what may go wrong at a vendor's.

    from parlando_synth.remote.contract import RemoteContract

    class TestAcme(RemoteContract):
        @staticmethod
        def create_service(tls):
            return AcmeService(tls)           # a LocalService

        @staticmethod
        def engine_of(service, **settings):
            return acme(AcmeSettings(base_url=f"http://127.0.0.1:{service.port}", key=KEY, **settings))

The engine is loaded once for all tests of the class, against a server that is started once.
"""

# ruff: noqa: D102  # a test's name is its documentation
from __future__ import annotations

import asyncio
import logging
import ssl
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from copy import copy
from typing import Any, ClassVar

import pytest
import pytest_asyncio
import trustme

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.contract import HUNG, EngineContract, Performance, check_words, expect, perform
from parlando_synth.description import EngineDescription
from parlando_synth.engine import Engine
from parlando_synth.events import Aftermath, Audio, EngineEvent
from parlando_synth.job import Job
from parlando_synth.remote.doorway import Doorway
from parlando_synth.remote.service import Fault, LocalService
from parlando_synth.stop_flag import StopFlag

KEY = "sk-planted-4e7a1b"
"""The key that engines under test are given, and that nothing may show."""

PRIVATE_TEXT = "the quokka keeps the ledger under the stairs"
"""A text that nothing may show."""

_REASONS = {
    Fault.ERROR: Reason.ENGINE_FAILED,
    Fault.CUT: Reason.ENGINE_FAILED,
    Fault.GARBAGE: Reason.ENGINE_FAILED,
    Fault.WRONG_RATE: Reason.ENGINE_FAILED,
    Fault.EMPTY: Reason.ENGINE_FAILED,
    Fault.KEY: Reason.ENGINE_KEY_REFUSED,
    Fault.QUOTA: Reason.QUOTA_SPENT,
    Fault.VOICE: Reason.VOICE_NOT_FOUND,
    Fault.MODEL: Reason.MODEL_NOT_FOUND,
    Fault.LENGTH: Reason.TEXT_TOO_LONG,
    Fault.MODERATION: Reason.TEXT_REFUSED,
}


class RemoteContract(EngineContract):
    """The tests. Subclasses say how their service and their engine are made.

    Attributes:
        cannot: faults that the vendor's protocol cannot express, each with why.
        newcomer: id of a voice that the service may come to list; "" where it has no list.
    """

    watched = 100
    cannot: ClassVar[Mapping[Fault, str]] = {}
    newcomer: ClassVar[str] = ""
    _service: ClassVar[LocalService]

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        """Return the server, which is to speak TLS or nothing; not started."""
        raise NotImplementedError

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        """Return a new engine, not loaded, that speaks through the service with `KEY`."""
        raise NotImplementedError

    @classmethod
    def create_engine(cls) -> Engine:
        """Return a new engine with usual settings."""
        return cls.engine_of(cls._service)

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def serving(cls) -> Iterator[LocalService]:
        """The server, for all tests of the class."""
        cls._service = cls.create_service(None)
        cls._service.start()
        yield cls._service
        cls._service.stop()

    @pytest.fixture
    def service(self, serving: LocalService) -> Iterator[LocalService]:
        """The server, whole again after the test."""
        serving.mend()
        yield serving
        serving.mend()

    @pytest_asyncio.fixture(scope="class", loop_scope="class")
    @classmethod
    async def engine(  # type: ignore[override]  # a fixture, which may ask for more
        cls, serving: LocalService
    ) -> AsyncIterator[Engine]:
        """The engine, loaded."""
        serving.mend()
        async with _loaded(cls.create_engine()) as engine:
            yield engine

    async def test_a_text_without_words_costs_no_request(
        self, service: LocalService, engine: Engine, job: Job
    ) -> None:
        performance = await perform(engine, _with_text(job, "... - !"))
        expect(performance.samples == 0, "nothing is said")
        expect(service.asked == 0, "nothing is asked")

    async def test_a_stop_ends_the_request(
        self, service: LocalService, engine: Engine, about: EngineDescription, job: Job
    ) -> None:
        service.fault = Fault.HANG_MIDDLE
        stop, events = StopFlag(), list[EngineEvent]()
        async with asyncio.timeout(HUNG):
            async for event in engine.synthesize(job, stop):
                events.append(event)
                if isinstance(event, Audio):
                    stop.set()
        expect(await _idle(service), "the service sees the request end, which it would never end itself")
        expect(isinstance(events[-1], Aftermath), "what the stop left behind is said")
        if not about.stoppable:
            expect(events[-1] == Aftermath(goes_on=True), "what is billed all the same goes on")
        service.mend()
        check_words(await perform(engine, job), job.text)

    async def test_a_stop_before_any_sound_ends_the_request(
        self, service: LocalService, engine: Engine, job: Job
    ) -> None:
        service.fault = Fault.HANG_BEFORE
        stop = StopFlag()
        speaking = asyncio.create_task(perform(engine, job, stop))
        async with asyncio.timeout(HUNG):
            await asyncio.to_thread(service.wait_until_asked)
            stop.set()
            performance = await speaking
        expect(performance.samples == 0, "nothing was said")
        expect(await _idle(service), "the service sees the request end")

    async def test_a_stop_while_nobody_accepts_leaves_nothing_behind(
        self, service: LocalService, job: Job
    ) -> None:
        async with AsyncExitStack() as stack:
            door = await stack.enter_async_context(Doorway(service.port))
            engine = await stack.enter_async_context(_loaded(self.engine_of(_moved(service, door.port))))
            await door.shut()
            async with asyncio.timeout(HUNG):
                stop, speaking = await _connecting(engine, job, door)
                stop.set()
                performance = await speaking
            expect(performance.events[-1] == Aftermath(goes_on=False), "what never left is billed by nobody")
            expect(service.asked == 0, "nothing is asked")
            door.open()
            check_words(await perform(engine, job), job.text)

    async def test_a_connection_that_nobody_accepts_is_given_up(
        self, service: LocalService, job: Job
    ) -> None:
        async with AsyncExitStack() as stack:
            door = await stack.enter_async_context(Doorway(service.port))
            soon = self.engine_of(_moved(service, door.port), connect_seconds=0.1, first_byte_seconds=HUNG)
            engine = await stack.enter_async_context(_loaded(soon))
            await door.shut()
            async with asyncio.timeout(HUNG):
                _, speaking = await _connecting(engine, job, door)
                with pytest.raises(ParlandoError) as given_up:
                    await speaking
        expect(given_up.value.reason is Reason.ENGINE_FAILED, "another engine can be asked")
        expect(service.asked == 0, "nothing is asked")

    async def test_a_reader_that_leaves_ends_the_request(
        self, service: LocalService, engine: Engine, job: Job
    ) -> None:
        service.fault = Fault.HANG_MIDDLE
        async with asyncio.timeout(HUNG):
            events = engine.synthesize(job, StopFlag())
            async for event in events:
                if isinstance(event, Audio):
                    break
            await events.aclose()
        expect(await _idle(service), "the service sees the request end")

    async def test_it_comes_back_when_it_is_asked_to(
        self, service: LocalService, engine: Engine, job: Job
    ) -> None:
        service.fault, service.times, service.retry_after = Fault.BUSY, 1, 0.0
        check_words(await perform(engine, job), job.text)
        expect(service.asked == 2, "the request is made again, once")

    async def test_it_says_when_to_come_back(self, service: LocalService, job: Job) -> None:
        service.fault, service.retry_after = Fault.BUSY, 30.0
        async with _loaded(self.create_engine()) as engine:
            for _ in range(2):
                failure = await _failure(engine, job)
                expect(failure.reason is Reason.OVERLOADED, "the reason is OVERLOADED")
                expect(20 < (failure.retry_after or 0) <= 30, "with the time that the vendor named")
        expect(service.asked == 1, "until then nothing is asked")

    @pytest.mark.parametrize("fault", _REASONS, ids=lambda fault: fault.name.lower())
    async def test_what_goes_wrong_has_its_reason(
        self, service: LocalService, engine: Engine, job: Job, fault: Fault
    ) -> None:
        if fault in self.cannot:
            check_words(await perform(engine, job), job.text)
            return
        service.fault = fault
        failure = await _failure(engine, job)
        expect(failure.reason is _REASONS[fault], f"{fault.name} is {_REASONS[fault]}, not {failure!r}")
        expect(service.asked == 1, "nothing is asked twice")
        expect(await _idle(service), "the request has ended")
        service.mend()
        check_words(await perform(engine, job), job.text)

    @pytest.mark.parametrize("fault", [Fault.HANG_BEFORE, Fault.HANG_MIDDLE])
    async def test_who_stands_still_is_left(self, service: LocalService, job: Job, fault: Fault) -> None:
        async with _loaded(self.engine_of(service, first_byte_seconds=1.0, chunk_seconds=0.5)) as engine:
            service.fault = fault
            failure = await _failure(engine, job)
            expect(failure.reason is Reason.ENGINE_FAILED, "the reason is ENGINE_FAILED")
            expect("stood still" in failure.message, "and says that nothing came")
            expect(await _idle(service), "the request has ended")

    async def test_a_certificate_that_nobody_vouches_for_is_refused(self) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
        service = self.create_service(tls)
        service.start()
        try:
            engine = self.engine_of(service)
            with pytest.raises(ParlandoError) as refused:
                async with asyncio.timeout(HUNG):
                    await engine.load()
            await engine.close()
        finally:
            service.stop()
        expect(refused.value.reason is Reason.ENGINE_FAILED, "the reason is ENGINE_FAILED")
        expect("certificate" in refused.value.message, "and says that it is the certificate")
        expect(service.asked == 0, "nothing is sent to it")

    async def test_a_connection_that_was_closed_while_idle_is_there_again_before_the_next_job(
        self, service: LocalService, job: Job
    ) -> None:
        async with _loaded(self.engine_of(service, warm_every_seconds=0.05)) as engine:
            await perform(engine, job)
            asked = service.asked
            for _ in range(2):
                await asyncio.to_thread(service.drop)
                await _connected(service)
            expect(service.asked == asked, "nothing was asked that would be billed")
            check_words(await perform(engine, job), job.text)

    async def test_a_pause_in_a_growing_text_loses_nothing(self, service: LocalService, job: Job) -> None:
        halves = ["The lamps were lit and then", "after a long while they went out."]
        async with _loaded(self.engine_of(service, warm_seconds=0)) as engine:
            for half in halves:
                # Nobody has more to say for longer than the vendor waits.
                await asyncio.to_thread(service.outwait)
                check_words(await _once_heard(engine, _with_text(job, half), service), half)
        expect(service.texts == halves, "each part is asked for once, and whole")

    async def test_a_list_of_voices_is_asked_for_again_once_it_is_old(
        self, service: LocalService, job: Job
    ) -> None:
        async with _loaded(self.engine_of(service, voices_seconds=0.05, warm_seconds=0)) as engine:
            known = [voice.id for voice in engine.voices()]
            if not self.newcomer:
                expect(service.listed == 0, "there is no list to ask for")
                return
            service.newcomer = self.newcomer
            await _until(lambda: engine.find_voice(self.newcomer) is not None)
            service.lists, failed = False, service.listed
            await _until(lambda: service.listed > failed + 1)
            found = {voice.id for voice in engine.voices()}
            expect(found == {*known, self.newcomer}, "while that fails, those known before are kept")
            check_words(await perform(engine, job), job.text)
            check_words(await perform(engine, Job(job.text, self.newcomer)), job.text)
        expect(service.asked == 2, "nothing is asked that is billed")

    async def test_neither_key_nor_text_is_shown(
        self, service: LocalService, job: Job, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        job = _with_text(job, PRIVATE_TEXT)
        async with _loaded(self.create_engine()) as engine:
            shown = [repr(engine), repr(vars(engine)), str(engine.describe())]
            await perform(engine, job)
            expect(service.key == KEY, "the key reaches the service")
            for fault in _REASONS.keys() - self.cannot.keys():
                service.fault = fault
                failure = await _failure(engine, job)
                shown += [*traceback.format_exception(failure), repr(failure), repr(failure.__context__)]
        shown += [record.getMessage() + (record.exc_text or "") for record in caplog.records]
        for part in shown:
            expect(KEY not in part, "the key is nowhere to be seen")
            expect("quokka" not in part, "the text is nowhere to be seen")


@asynccontextmanager
async def _loaded(engine: Engine) -> AsyncIterator[Engine]:
    async with asyncio.timeout(HUNG):
        await engine.load()
    try:
        yield engine
    finally:
        await engine.close()


def _with_text(job: Job, text: str) -> Job:
    return Job(text, job.voice)


async def _idle(service: LocalService) -> bool:
    return await asyncio.to_thread(service.wait_until_idle, HUNG)


def _moved(service: LocalService, port: int) -> LocalService:
    """Return a service as it is seen at another port."""
    moved = copy(service)
    moved.port = port
    return moved


async def _once_heard(engine: Engine, job: Job, service: LocalService) -> Performance:
    """Return what is spoken once an engine has heard that its connections were closed a moment ago.

    A text that meets one of them may fail, since nobody can tell how far it came; it came nowhere.
    """
    while True:
        asked = service.asked
        try:
            return await perform(engine, job)
        except ParlandoError as error:
            expect(error.reason is Reason.ENGINE_FAILED, "another engine may be asked")
            expect(service.asked == asked, "what was asked for is not lost")


async def _connecting(engine: Engine, job: Job, door: Doorway) -> tuple[StopFlag, asyncio.Task[Performance]]:
    """Return a job whose engine is connecting, and its stop."""
    while True:
        stop = StopFlag()
        speaking = asyncio.create_task(perform(engine, job, stop))
        knocking = asyncio.create_task(door.knocked())
        await asyncio.wait({speaking, knocking}, return_when=asyncio.FIRST_COMPLETED)
        if not speaking.done():
            return stop, speaking
        knocking.cancel()
        with pytest.raises(ParlandoError):  # it had not heard yet that its connection was closed
            await speaking


async def _connected(service: LocalService) -> None:
    """Return once the service has a connection."""
    async with asyncio.timeout(HUNG):
        while not await asyncio.to_thread(service.connected):  # noqa: ASYNC110  # it is on another loop
            await asyncio.sleep(0.002)


async def _until(happened: Callable[[], bool]) -> None:
    """Return once something has happened that others do."""
    async with asyncio.timeout(HUNG):
        while not happened():  # noqa: ASYNC110  # they do it on another loop
            await asyncio.sleep(0.002)


async def _failure(engine: Engine, job: Job) -> ParlandoError:
    with pytest.raises(ParlandoError) as failed:
        await perform(engine, job)
    return failed.value
