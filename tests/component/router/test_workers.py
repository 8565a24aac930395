"""Workers that come, go, fail and move: what the router tells of them, and who speaks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from parlando.audio.v1 import audio_pb2
from parlando.fragmenter.v1 import fragmenter_pb2, fragmenter_service_pb2_grpc
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2, synth_service_pb2_grpc
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.server import Server, Service
from parlando_kit.settings import ServerSettings
from parlando_kit.status import abort
from parlando_router.epoch import FRAGMENTER_SECONDS
from parlando_router.watch import resolve
from parlando_scripted.script import ScriptedSettings
from tests.component.router.mesh import (
    DEADLINE,
    END,
    HastyClock,
    WorkerProcess,
    cancel,
    failure,
    kinds,
    mesh,
    opened,
    pcm,
    read_until,
    rest,
    routing,
    said,
    say,
    send,
    text,
    until,
)

_LONG = "Seven green steps down. " * 20


# Health


async def test_health_follows_the_workers() -> None:
    worker = WorkerProcess()
    async with mesh(worker) as router:
        assert await router.health("dependency/engines")
        await worker.stop()
        await until(router.health, False)
        assert not await router.health("dependency/engines")
        assert await router.health("dependency/fragmenter")
        [replica] = (await router.replicas()).values()
        assert not replica.serving
        assert "UNAVAILABLE" in replica.detail
        assert replica.description.engine == "scripted"  # what it said last
        error = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert error.reason is Reason.NO_ENGINE_AVAILABLE
        assert error.retry_after is not None
        await worker.start()
        await until(router.health, True)
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))
        await worker.stop()


async def test_one_worker_of_two_is_enough() -> None:
    first, second = WorkerProcess(), WorkerProcess()
    async with mesh(first, second) as router:
        await first.stop()
        for _ in range(4):  # the first may still be taken for present: then the second speaks all the same
            events = await said(router.stub.Say(say("Orange lamp.")))
            assert kinds(events)[-1] == "finished"
            assert pcm(events)
        assert await router.health()


async def test_an_engine_that_loads_is_told_as_such() -> None:
    worker = WorkerProcess(ScriptedSettings(open_ms=300))
    await worker.start()
    async with routing([worker.address], ready=False) as router:
        assert not await router.health()
        error = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert error.reason is Reason.NO_ENGINE_AVAILABLE
        await until(router.health, True)
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))
    await worker.stop()


async def test_a_worker_is_reached_however_long_its_link_takes() -> None:
    worker = WorkerProcess()
    await worker.start()
    attempts = 0

    async def link(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal attempts
        attempts += 1
        await asyncio.sleep(0.4)
        back, forth = await asyncio.open_connection("127.0.0.1", worker.port)
        await asyncio.gather(_pumped(reader, forth), _pumped(back, writer))

    slow = await asyncio.start_server(link, "127.0.0.1", 0)
    port = slow.sockets[0].getsockname()[1]
    async with routing([f"127.0.0.1:{port}"]) as router:
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))
        assert attempts == 1
    slow.close()
    await worker.stop()


async def _pumped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


# Failures on the wire


async def test_a_worker_that_dies_in_the_middle_of_a_fragment_ends_the_call() -> None:
    worker = WorkerProcess(ScriptedSettings(rate=2.0))
    async with mesh(worker) as router:
        call = router.stub.Speak()
        await send(call, opened(), text(_LONG))
        await read_until(call, "audio")
        await worker.stop()
        error = await failure(rest(call))
        assert error.reason in {Reason.DEPENDENCY_UNAVAILABLE, Reason.ENGINE_FAILED}
        assert await call.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("with_", ["ENGINE_FAILED", ""])
async def test_an_engine_that_fails_in_the_middle_of_a_fragment_ends_the_call(with_: str) -> None:
    worker = WorkerProcess()
    async with mesh(worker) as router:
        options = {"fail_after_ms": "200", "fail_with": with_}
        error = await failure(said(router.stub.Say(say(_LONG, engine_options=options))))
        assert error.reason is Reason.ENGINE_FAILED
        await worker.until_load(0)
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))


async def test_a_worker_that_is_full_sends_callers_to_the_next() -> None:
    full = WorkerProcess(ScriptedSettings(instances=1), max_queued=0)
    other = WorkerProcess(name="other")
    async with mesh(full, other) as router:
        hung = router.stub.Say(say("Orange lamp.", engine="scripted", engine_options={"hang_after_ms": "0"}))
        reading = asyncio.ensure_future(hung.read())
        await full.until_load(1)
        events = await said(router.stub.Say(say("Orange lamp.")))
        assert events[0].started.engine == "other"
        error = await failure(said(router.stub.Say(say("Orange lamp.", engine="scripted"))))
        assert error.reason is Reason.OVERLOADED
        assert error.retry_after is not None
        hung.cancel()
        await asyncio.wait({reading})
        await full.until_load(0)


async def test_calls_are_spread_over_the_workers_of_an_engine() -> None:
    workers = [WorkerProcess(ScriptedSettings(rate=5.0)) for _ in range(2)]
    async with mesh(*workers) as router:
        calls = [asyncio.ensure_future(said(router.stub.Say(say(_LONG)))) for _ in range(4)]
        for worker in workers:
            await worker.until_load(2)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        for worker in workers:
            await worker.until_load(0)


# A worker of a later version, and one that is not ours


class _OddWorker(synth_service_pb2_grpc.SynthServiceServicer):
    """Answers as no worker of this version would."""

    def __init__(self, engine: str = "odd") -> None:
        self.engine = engine
        self.responses: list[synth_pb2.SynthesizeResponse] = []
        self.outcome = 0
        self.code: grpc.StatusCode | None = None
        self.error: ParlandoError | None = None
        self.requests: list[synth_pb2.SynthesizeRequest] = []
        self.seconds_left: list[float] = []
        self.live = 0
        self.stops: list[str] = []
        self.confirms = asyncio.Event()  # stops are answered
        self.confirms.set()

    async def DescribeEngine(  # noqa: N802  # gRPC's name
        self, _: synth_pb2.DescribeEngineRequest, __: Any
    ) -> synth_pb2.DescribeEngineResponse:
        return synth_pb2.DescribeEngineResponse(
            engine=self.engine,
            worker_id="1",
            state=synth_pb2.ENGINE_STATE_READY,
            capabilities=synth_pb2.EngineCapabilities(phonemizes=True),
        )

    async def ListVoices(  # noqa: N802  # gRPC's name
        self, _: synth_pb2.ListVoicesRequest, __: Any
    ) -> synth_pb2.ListVoicesResponse:
        return synth_pb2.ListVoicesResponse(voices=[synth_pb2.Voice(id="alto", languages=["en"])])

    async def Synthesize(  # noqa: N802  # gRPC's name
        self, request: synth_pb2.SynthesizeRequest, context: Any
    ) -> AsyncIterator[synth_pb2.SynthesizeResponse]:
        self.requests.append(request)
        self.seconds_left.append(context.time_remaining())
        self.live += 1
        try:
            for response in self.responses:
                yield response
            if self.outcome:
                await asyncio.Event().wait()
            if self.code is not None:
                await context.abort(self.code, "spoken text may be in here")
            if self.error is not None:
                await abort(context, self.error)
        finally:
            self.live -= 1

    async def until_idle(self) -> None:
        """Return once no synthesis is live."""

        async def live() -> int:
            return self.live

        await until(live, 0)

    async def StopSynthesis(  # noqa: N802  # gRPC's name
        self, request: synth_pb2.StopSynthesisRequest, _: Any
    ) -> synth_pb2.StopSynthesisResponse:
        self.stops.append(request.synthesis_id)
        await self.confirms.wait()
        return synth_pb2.StopSynthesisResponse(outcome=self.outcome)  # type: ignore[arg-type]  # of a later version

    async def Phonemize(  # noqa: N802  # gRPC's name
        self, _: synth_pb2.PhonemizeRequest, __: Any
    ) -> synth_pb2.PhonemizeResponse:
        backwards = audio_pb2.SpokenSpan(start=9, end=3)
        return synth_pb2.PhonemizeResponse(words=[synth_pb2.PhonemizedWord(spoken=backwards)])


@asynccontextmanager
async def _odd(worker: _OddWorker) -> AsyncIterator[str]:
    service = Service(
        "parlando.synth.v1.SynthService",
        lambda server: synth_service_pb2_grpc.add_SynthServiceServicer_to_server(worker, server),
    )
    server = Server(ServerSettings(), [service])
    yield f"127.0.0.1:{await server.start()}"
    await server.stop(0)


def _started(quality: int = audio_pb2.TIMING_QUALITY_ESTIMATED) -> synth_pb2.SynthesizeResponse:
    started = synth_pb2.SynthesisStarted(voice="alto", sample_rate_hz=24_000, timing_quality=quality)  # type: ignore[arg-type]  # likewise
    return synth_pb2.SynthesizeResponse(started=started)


_SOUND = synth_pb2.SynthesizeResponse(audio=synth_pb2.SynthesisAudio(pcm=b"\x00\x20" * 24_000))


@pytest.mark.parametrize(
    "responses",
    [
        [],
        [_SOUND],
        [_started()],
        [_started(), _SOUND],
        [_started(0), _SOUND],
        [_started(99), _SOUND],
        [_started(), synth_pb2.SynthesizeResponse(audio=synth_pb2.SynthesisAudio(pcm=b"\x00"))],
        [
            _started(),
            synth_pb2.SynthesizeResponse(
                words=synth_pb2.SynthesisWords(
                    words=[audio_pb2.WordTiming(spoken=audio_pb2.SpokenSpan(start=5, end=1))]
                )
            ),
        ],
    ],
    ids=[
        "nothing",
        "no start",
        "start alone",
        "no end",
        "no quality",
        "odd quality",
        "odd bytes",
        "odd span",
    ],
)
async def test_a_worker_that_breaks_the_contract_is_the_engines_failure(
    responses: list[synth_pb2.SynthesizeResponse],
) -> None:
    worker = _OddWorker()
    worker.responses = responses
    async with _odd(worker) as address, routing([address]) as router:
        error = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert error.reason is Reason.ENGINE_FAILED


@pytest.mark.parametrize(
    ("deadline", "at_most"),
    [(8.0, 8.0), (None, DEADLINE), (600.0, DEADLINE)],
    ids=["sooner", "none", "later"],
)
async def test_a_synthesis_may_last_no_longer_than_the_call_it_is_for(
    deadline: float | None, at_most: float
) -> None:
    worker = _OddWorker()
    async with _odd(worker) as address, routing([address]) as router:
        await failure(said(router.stub.Say(say("Orange lamp."), timeout=deadline)))
    assert worker.seconds_left
    assert [round(left / at_most) for left in worker.seconds_left] == [1] * len(worker.seconds_left)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (grpc.StatusCode.CANCELLED, Reason.DEPENDENCY_UNAVAILABLE),
        (grpc.StatusCode.INTERNAL, Reason.ENGINE_FAILED),
        (grpc.StatusCode.UNKNOWN, Reason.ENGINE_FAILED),
        (grpc.StatusCode.UNAVAILABLE, Reason.DEPENDENCY_UNAVAILABLE),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.OVERLOADED),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Reason.TOO_LATE),
    ],
)
async def test_a_bare_status_of_a_worker_has_a_reason_and_keeps_its_words_to_itself(
    code: grpc.StatusCode, reason: Reason
) -> None:
    worker = _OddWorker()
    worker.code = code
    async with _odd(worker) as address, routing([address]) as router:
        error = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert error.reason is reason
        assert "spoken" not in error.message


async def test_words_that_cannot_be_are_not_pronounced() -> None:
    async with _odd(_OddWorker()) as address, routing([address]) as router:
        error = await failure(router.stub.Phonemize(speech_pb2.PhonemizeRequest(text="Orange lamp.")))
        assert error.reason is Reason.ENGINE_FAILED


async def test_a_synthesis_that_somebody_else_stopped_has_failed() -> None:
    worker = _OddWorker()
    worker.error = ParlandoError(Reason.STOPPED, "it was stopped")
    async with _odd(worker) as address, routing([address]) as router:
        error = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert error.reason is Reason.ENGINE_FAILED


async def test_a_worker_is_told_all_that_was_asked_for() -> None:
    worker = _OddWorker()
    finished = synth_pb2.SynthesizeResponse(finished=synth_pb2.SynthesisFinished())
    worker.responses = [_started(), _SOUND, finished]
    async with _odd(worker) as address, routing([address]) as router:
        prosody = synth_pb2.Prosody(speed=0.5, pitch_semitones=1, volume_db=-3)
        emotion = synth_pb2.Emotion(name="calm", intensity=0.2)
        request = say(
            "Orange lamp. Seven green steps.",
            voice="alto",
            language="en",
            prosody=prosody,
            emotion=emotion,
            seed=7,
            engine_options={"key": "value"},
            schedule=fragmenter_pb2.Schedule(first_code_points=5, growth=1),
        )
        assert kinds(await said(router.stub.Say(request)))[-1] == "finished"
    first, got, *_ = worker.requests
    assert (first.text, first.previous_text) == ("Orange", "")
    assert got.previous_text == "Orange"
    assert first.synthesis_id != got.synthesis_id
    assert (got.text_kind, got.voice, got.language) == (synth_pb2.TEXT_KIND_PLAIN, "alto", "en")
    assert (got.prosody, got.emotion, got.seed) == (prosody, emotion, 7)
    assert dict(got.engine_options) == {"key": "value"}
    assert len(got.synthesis_id) == 32
    assert got.HasField("audio_queued")


async def test_a_stop_that_is_not_confirmed_ends_the_call_all_the_same() -> None:
    worker = _OddWorker()
    worker.responses, worker.outcome = [_started(), _SOUND], synth_pb2.STOP_OUTCOME_UNCONFIRMED
    async with _odd(worker) as address, routing([address]) as router:
        call = router.stub.Speak()
        await send(call, opened(), text("Orange lamp. "))
        await read_until(call, "audio")
        await send(call, cancel())
        await read_until(call, "stop_report")
        await worker.until_idle()
        call.cancel()


@pytest.mark.parametrize("leaving", ["cancel", "reset"])
async def test_a_stop_goes_to_the_worker_that_speaks_and_is_waited_for(leaving: str) -> None:
    workers = [_OddWorker(), _OddWorker()]
    for worker in workers:
        worker.responses, worker.outcome = [_started(), _SOUND], synth_pb2.STOP_OUTCOME_STOPPED
        worker.confirms.clear()
    async with _odd(workers[0]) as first, _odd(workers[1]) as second, routing([first, second]) as router:
        await until(router.serving, {first, second})
        calls = [router.stub.Speak() for _ in range(4)]
        for call in calls:
            await send(call, opened(), text("Orange lamp. "))
            await read_until(call, "audio")
        assert all(worker.requests for worker in workers)
        for call in calls:
            if leaving == "reset":
                call.cancel()
            else:
                await send(call, cancel())
                await call.done_writing()

        async def stops() -> list[set[str]]:
            return [set(worker.stops) for worker in workers]

        await until(stops, [{each.synthesis_id for each in worker.requests} for worker in workers])
        assert await router.utterances() == 4  # nobody's leaving cuts it short
        for worker in workers:
            worker.confirms.set()
        await until(router.utterances, 0)
        assert [len(worker.stops) for worker in workers] == [len(worker.requests) for worker in workers]


async def test_an_outcome_of_a_later_version_is_unconfirmed() -> None:
    worker = _OddWorker()
    worker.responses, worker.outcome = [_started(), _SOUND], 99
    async with _odd(worker) as address, routing([address]) as router:
        call = router.stub.Speak()
        await send(call, opened(), text("Orange lamp. "))
        await read_until(call, "audio")
        await send(call, cancel())
        await call.done_writing()
        events = await rest(call)
        assert kinds(events)[-1] == "finished"
        [report] = [event.stop_report for event in events if event.HasField("stop_report")]
        assert report.outcome == synth_pb2.STOP_OUTCOME_UNCONFIRMED


# Names


async def test_a_name_is_resolved_to_its_workers() -> None:
    worker = WorkerProcess()
    await worker.start()
    async with routing([f"dns:///localhost:{worker.port}"]) as router:
        assert worker.address in await router.replicas()
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))
    await worker.stop()


async def test_an_unknown_name_has_no_workers() -> None:
    assert await resolve("dns:///no-such-name.invalid:50061") == []
    assert await resolve("127.0.0.1:50061") == ["127.0.0.1:50061"]


@dataclass
class _Names:
    """A name server whose answers a test changes."""

    answers: dict[str, list[str]] = field(default_factory=dict)

    async def look_up(self, target: str) -> list[str]:
        """Return the addresses of a name now."""
        return self.answers.get(target, [])


async def test_engines_keep_their_order_whoever_comes_first() -> None:
    names, clock = _Names(), HastyClock(20.0)
    async with AsyncExitStack() as stack:
        workers = {name: WorkerProcess(name=name) for name in ("kokoro", "espeak")}
        for worker in workers.values():
            await worker.start()
            stack.push_async_callback(worker.stop)
        names.answers["espeak"] = [workers["espeak"].address]
        router = await stack.enter_async_context(
            routing(["kokoro", "espeak"], clock=clock, look_up=names.look_up)
        )
        events = await said(router.stub.Say(say("Orange lamp.")))
        assert events[0].started.engine == "espeak"
        names.answers["kokoro"] = [workers["kokoro"].address]

        async def first() -> str:
            return (await router.stub.ListEngines(speech_pb2.ListEnginesRequest())).engines[0].name

        await until(first, "kokoro")
        events = await said(router.stub.Say(say("Orange lamp.")))
        assert events[0].started.engine == "kokoro"


async def test_a_worker_whose_name_is_gone_finishes_what_it_has() -> None:
    names, clock = _Names(), HastyClock(20.0)
    old, new = WorkerProcess(ScriptedSettings(rate=8.0)), WorkerProcess()
    async with AsyncExitStack() as stack:
        for worker in (old, new):
            await worker.start()
            stack.push_async_callback(worker.stop)
        names.answers["engine"] = [old.address]
        router = await stack.enter_async_context(routing(["engine"], clock=clock, look_up=names.look_up))
        call = router.stub.Speak()
        # One fragment, so long that the change of the name falls into it.
        await send(call, opened(schedule=fragmenter_pb2.Schedule(first_code_points=200, max_code_points=400)))
        await send(call, text("seven green steps down " * 5), END)
        await old.until_load(1)
        names.answers["engine"] = [new.address]

        async def known() -> set[str]:
            return set(await router.replicas())

        await until(known, {new.address})
        assert await old.load() == 1
        events = await rest(call)
        assert kinds(events)[-1] == "finished"
        assert len(events[-1].finished.words) == 20
        assert "engine_changed" not in kinds(events)
        names.answers["engine"] = []  # nobody knows the name for now: what is known stands
        await asyncio.sleep(0.5)  # twice as long as until the next look
        assert await known() == {new.address}
        assert await router.health()


# The fragmenter


class _StubbornFragmenter(fragmenter_service_pb2_grpc.FragmenterServiceServicer):
    """Gives out a fragment for every text, and does not read on before it is `released`."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self.hints = 0

    async def Fragment(  # noqa: N802  # gRPC's name
        self, requests: AsyncIterator[fragmenter_pb2.FragmentRequest], _: Any
    ) -> AsyncIterator[fragmenter_pb2.FragmentResponse]:
        number = at = 0
        async for request in requests:
            self.hints += request.HasField("hint")
            if not request.HasField("text"):
                continue
            source = audio_pb2.SourceSpan(start=at, end=at + len(request.text.text))
            for _ in range(3 if at == 0 else 1):
                yield fragmenter_pb2.FragmentResponse(
                    fragment=fragmenter_pb2.Fragment(
                        index=number,
                        source=source,
                        spoken_text="lamp",
                        map=[
                            fragmenter_pb2.MapPiece(
                                source=source, spoken=audio_pb2.SpokenSpan(start=0, end=4)
                            )
                        ],
                    )
                )
                number += 1
                source = audio_pb2.SourceSpan(start=source.end, end=source.end)
            yield fragmenter_pb2.FragmentResponse()  # a message of a later version
            at += len(request.text.text)
            await self.released.wait()


async def test_text_may_wait_for_the_fragmenter_while_hints_are_due() -> None:
    fragmenter = _StubbornFragmenter()  # type: ignore[abstract]  # nothing comes whole here
    async with mesh(WorkerProcess(), fragmenter=fragmenter) as router:
        call = router.stub.Speak()
        await send(call, opened())
        large = "x" * 90_000  # more than a window of gRPC holds, so that a write waits
        for _ in range(3):
            await send(call, text(large))
        begun = 0
        while begun < 3:
            begun += kinds(await _next(call)).count("fragment")
        fragmenter.released.set()
        await call.done_writing()
        events = await rest(call)
        assert kinds(events)[-1] == "finished"
        assert kinds(events).count("fragment") == 2
        assert events[-1].finished.source_length == 3 * len(large)
        assert fragmenter.hints > 0


async def _next(call: Any) -> list[speech_pb2.SpeechEvent]:
    response = await call.read()
    assert isinstance(response, speech_pb2.SpeakResponse)
    return list(response.events)


class _BrokenFragmenter(fragmenter_service_pb2_grpc.FragmenterServiceServicer):
    """Ends every call with an error."""

    def __init__(self, error: ParlandoError) -> None:
        self._error = error

    async def Fragment(  # noqa: N802  # gRPC's name
        self, requests: AsyncIterator[fragmenter_pb2.FragmentRequest], context: Any
    ) -> AsyncIterator[fragmenter_pb2.FragmentResponse]:
        async for request in requests:
            if request.HasField("text"):
                await abort(context, self._error)
        yield fragmenter_pb2.FragmentResponse()

    async def FragmentText(  # noqa: N802  # gRPC's name
        self, _: fragmenter_pb2.FragmentTextRequest, context: Any
    ) -> fragmenter_pb2.FragmentTextResponse:
        await abort(context, self._error)


@pytest.mark.parametrize("reason", [Reason.BAD_MARKUP, Reason.DRAINING])
async def test_what_the_fragmenter_refuses_is_told_to_the_caller(reason: Reason) -> None:
    error = ParlandoError(reason, "text: close the element", field="text")
    async with mesh(WorkerProcess(), fragmenter=_BrokenFragmenter(error)) as router:
        got = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert got.reason is reason
        call = router.stub.Speak()
        await send(call, opened(), text("Orange lamp."))
        assert (await failure(rest(call))).reason is reason


class _LateFragmenter(fragmenter_service_pb2_grpc.FragmenterServiceServicer):
    """Is too late with the first text, and notes how long it was given."""

    def __init__(self) -> None:
        self.given: list[float] = []

    async def FragmentText(  # noqa: N802  # gRPC's name
        self, request: fragmenter_pb2.FragmentTextRequest, context: Any
    ) -> fragmenter_pb2.FragmentTextResponse:
        self.given.append(context.time_remaining() or math.inf)
        if len(self.given) == 1:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED)
        source = audio_pb2.SourceSpan(start=0, end=len(request.text))
        spoken = audio_pb2.SpokenSpan(start=0, end=len(request.text))
        piece = fragmenter_pb2.MapPiece(source=source, spoken=spoken, verbatim=True)
        fragment = fragmenter_pb2.Fragment(source=source, spoken_text=request.text, map=[piece])
        return fragmenter_pb2.FragmentTextResponse(fragments=[fragment])


async def test_a_fragmenter_that_is_late_with_a_whole_text_is_asked_again() -> None:
    fragmenter = _LateFragmenter()  # type: ignore[abstract]  # nothing is streamed here
    async with mesh(WorkerProcess(), fragmenter=fragmenter) as router:
        assert kinds(await said(router.stub.Say(say("Orange lamp."))))[-1] == "finished"
    first, second = fragmenter.given
    assert max(first, second) < FRAGMENTER_SECONDS + 1
