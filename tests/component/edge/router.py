"""A router of a few lines on the real wire: its voices are scripts of what goes wrong."""

from __future__ import annotations

import asyncio
import re
import struct
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.type.money_pb2 import Money

from parlando.admin.v1 import admin_pb2, admin_service_pb2_grpc
from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.server import Server, Service
from parlando_kit.settings import ServerSettings

SAMPLES = 240  # of each character: 10 ms at 24,000 Hz
Context = grpc.aio.ServicerContext[Any, Any]
Event = speech_pb2.SpeechEvent

UNKNOWN = 0xFFFFFFFF
WAV_HEADER = struct.pack(
    "<4sI4s4sIHHIIHH4sI",
    b"RIFF",
    UNKNOWN,
    b"WAVE",
    b"fmt ",
    16,
    1,
    1,
    24_000,
    48_000,
    2,
    16,
    b"data",
    UNKNOWN,
)

USAGE = speech_pb2.SpeechUsage(
    engine="fake",
    characters=16,
    cost=Money(currency_code="USD", units=1, nanos=500_000_000),
    engine_time=Duration(nanos=2_000_000),
)

_VOICES = ("plain", "hangs", "halts", "breaks", "floods", "silent", "late", "spent")


_TOLD = 30_000
_NUMBERS = array("h", range(_TOLD)).tobytes()


def sound(first: int, count: int) -> bytes:
    """Return samples that tell their own number, modulo `_TOLD`."""
    first %= _TOLD
    turns = (first + count) // _TOLD + 1
    return (_NUMBERS * turns)[2 * first : 2 * (first + count)]


@dataclass
class FakeRouter(speech_service_pb2_grpc.SpeechServiceServicer):
    """Speaks ten milliseconds a character, a word at a time.

    Voices: "plain"; "hangs" after its first word; "halts" there until it is released; "breaks" there;
    "floods" without end; "silent" makes no sound; "late" waits before its first word until it is
    released; the budget of "spent" is. Any other is unknown; "" is "plain", and "fake:plain" too.

    Attributes:
        settings: of each call, in order.
        texts: of each call, in order.
        callers: what each call's metadata says of its caller, in order.
        live: calls under way.
        cancels: cancel messages received.
        wanted: the voices that were asked for, in order.
        released: lets "late" and "halts" go on.
        sent: frames written, of all calls.
        messages: messages received, of all Speak calls.
    """

    settings: list[speech_pb2.SpeechSettings] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    callers: list[dict[str, str]] = field(default_factory=list)
    live: int = 0
    cancels: int = 0
    sent: int = 0
    wanted: list[speech_pb2.ListVoicesRequest] = field(default_factory=list)
    messages: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_live(self, count: int) -> None:
        """Return once so many calls are under way."""
        while self.live != count:
            self._changed.clear()
            await self._changed.wait()

    @contextmanager
    def _call(self, text: str, settings: speech_pb2.SpeechSettings, context: Context) -> Iterator[None]:
        metadata = context.invocation_metadata() or ()
        self.callers.append({key: str(value) for key, value in metadata if key.startswith("x-parlando-")})
        self.settings.append(settings)
        self.texts.append(text)
        self.live += 1
        self._changed.set()
        try:
            yield
        finally:
            self.live -= 1
            self._changed.set()

    async def Say(  # type: ignore[override]  # noqa: N802  # it writes; gRPC's name
        self, request: speech_pb2.SayRequest, context: Context
    ) -> None:
        """Speak a whole text."""
        with self._call(request.text, request.settings, context):
            async for events in self._spoken(request.text, request.settings):
                await context.write(speech_pb2.SayResponse(events=events))

    async def Speak(  # type: ignore[override]  # noqa: N802  # it writes; gRPC's name
        self, request_iterator: AsyncIterator[speech_pb2.SpeakRequest], context: Context
    ) -> None:
        """Speak what is sent once it has ended; stop at a cancel. A flush is answered at once."""
        text, settings = "", speech_pb2.SpeechSettings()
        async for request in request_iterator:
            self.messages += 1
            if request.HasField("open"):
                settings = request.open.settings
            text += request.open.text + request.text.text
            if request.HasField("flush"):
                flushed = speech_pb2.SpeechFlushed(id=request.flush.id)
                await context.write(speech_pb2.SpeakResponse(events=[Event(epoch=1, flushed=flushed)]))
            if request.HasField("cancel"):
                self.cancels += 1
                await self._stopped(text, context)
                return
            if request.HasField("end") or request.open.complete:
                break
        with self._call(text, settings, context):
            speaking = asyncio.create_task(self._speak(text, settings, context))
            cancelling = asyncio.create_task(self._cancel(request_iterator))
            try:
                done, _ = await asyncio.wait({speaking, cancelling}, return_when=asyncio.FIRST_COMPLETED)
                if speaking in done:
                    speaking.result()
                    return
            finally:
                for task in (speaking, cancelling):
                    task.cancel()
                await asyncio.wait({speaking, cancelling})
            await self._stopped(text, context)

    @staticmethod
    async def _stopped(text: str, context: Context) -> None:
        cancelled = Event(epoch=1, cancelled=speech_pb2.SpeechCancelled(epoch=1))
        report = speech_pb2.StopReport(
            epoch=1,
            last_byte_after=Duration(nanos=1_000_000),
            idle_after=Duration(nanos=2_000_000),
            engine_time_after_stop=Duration(nanos=500_000),
        )
        done = speech_pb2.SpeechFinished(source_length=len(text), first_chunk=Duration(nanos=3_000_000))
        finished = Event(epoch=1, finished=done)
        await context.write(speech_pb2.SpeakResponse(events=[cancelled]))
        await context.write(speech_pb2.SpeakResponse(events=[Event(epoch=1, stop_report=report), finished]))

    async def _cancel(self, requests: AsyncIterator[speech_pb2.SpeakRequest]) -> None:
        async for request in requests:
            if request.HasField("cancel"):
                self.cancels += 1
                return
        await asyncio.Event().wait()  # half-closed: it goes on to its end

    async def _speak(self, text: str, settings: speech_pb2.SpeechSettings, context: Context) -> None:
        async for events in self._spoken(text, settings):
            await context.write(speech_pb2.SpeakResponse(events=events))

    async def _spoken(self, text: str, settings: speech_pb2.SpeechSettings) -> AsyncIterator[list[Event]]:
        voice = settings.voice.removeprefix("fake:")
        if voice not in ("", *_VOICES):
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, f'settings.voice "{voice}" is not known', field="settings.voice"
            )
        if voice == "spent":
            message = "the session's budget.cost is spent: raise it"
            raise ParlandoError(Reason.BUDGET_SPENT, message, field="settings.session_id")
        ignored = ["emotion"] if settings.emotion.name not in ("", "calm") else []
        # It reads what asks for a whisper.
        options = settings.engine_options
        ignored += [f"engine_options.{name}" for name in options if "whisper" not in options[name]]
        started = speech_pb2.SpeechStarted(engine="fake", voice=voice or "plain", ignored=ignored)
        yield [Event(epoch=1, started=started)]
        timed: list[audio_pb2.WordTiming] = []
        if voice == "late":
            await self.released.wait()
        while voice != "silent":
            for found in re.finditer(r"\S+\s*", text):
                wav = settings.format.container == audio_pb2.AUDIO_CONTAINER_WAV and not timed
                yield list(self._word(found, timed, WAV_HEADER if wav else b""))
                self.sent += 1
                if voice == "hangs":
                    await asyncio.Event().wait()
                if voice == "halts":
                    await self.released.wait()
                if voice == "breaks":
                    raise ParlandoError(Reason.ENGINE_FAILED, "the engine died")
            if voice != "floods":
                break
        done = speech_pb2.SpeechFinished(
            sample_count=len(text) * SAMPLES if timed else 0,
            source_length=len(text),
            words=timed,
            usage=[USAGE],
        )
        yield [Event(epoch=1, finished=done)]

    @staticmethod
    def _word(found: re.Match[str], timed: list[audio_pb2.WordTiming], header: bytes) -> Iterator[Event]:
        source = audio_pb2.SourceSpan(start=found.start(), end=found.start() + len(found[0].rstrip()))
        word = audio_pb2.WordTiming(
            source=source,
            first_sample=source.start * SAMPLES,
            sample_count=(source.end - source.start) * SAMPLES,
            quality=audio_pb2.TIMING_QUALITY_EXACT,
        )
        index = len(timed)
        timed.append(word)
        whole = audio_pb2.SourceSpan(start=found.start(), end=found.end())
        yield Event(epoch=1, fragment=speech_pb2.FragmentBegun(fragment_index=index, source=whole))
        yield Event(epoch=1, words=speech_pb2.SpeechWords(words=[word], fragment_index=index))
        first, count = found.start() * SAMPLES, len(found[0]) * SAMPLES
        data = header + sound(first, count)
        frame = speech_pb2.AudioFrame(data=data, first_sample=first, sample_count=count)
        yield Event(epoch=1, audio=frame)

    async def EstimateCost(  # noqa: N802  # gRPC's name
        self, request: speech_pb2.EstimateCostRequest, _context: Context
    ) -> speech_pb2.EstimateCostResponse:
        """Say what the text would take, at a tenth of a cent a character."""
        self.settings.append(request.settings)
        count = len(request.text)
        cost = Money(currency_code="USD", nanos=count * 1_000_000)
        audio = Duration()
        audio.FromMilliseconds(count * 10)
        return speech_pb2.EstimateCostResponse(
            engine="fake", voice="plain", characters=count, cost=cost, audio=audio
        )

    async def ListVoices(  # noqa: N802  # gRPC's name
        self, request: speech_pb2.ListVoicesRequest, _context: Context
    ) -> speech_pb2.ListVoicesResponse:
        """List the scripts as voices; which were asked for is noted, and what they speak looked at."""
        self.wanted.append(request)
        voices = [
            synth_pb2.Voice(id=name, name=name.title(), engine="fake", languages=["en-GB", "en"])
            for name in _VOICES
        ]
        voices.append(
            synth_pb2.Voice(
                id="gmw/de", engine="fake", languages=["de"], gender=synth_pb2.VOICE_GENDER_FEMALE
            )
        )
        wanted = request.language.casefold()
        return speech_pb2.ListVoicesResponse(
            voices=[
                voice for voice in voices if any(tag.casefold().startswith(wanted) for tag in voice.languages)
            ]
        )

    async def PreviewVoice(  # noqa: N802  # gRPC's name
        self, request: speech_pb2.PreviewVoiceRequest, _context: Context
    ) -> speech_pb2.PreviewVoiceResponse:
        """Answer with a header and a sample."""
        if request.voice not in _VOICES:
            raise ParlandoError(Reason.VOICE_NOT_FOUND, "voice is not known", field="voice")
        return speech_pb2.PreviewVoiceResponse(wav=WAV_HEADER + b"\1\0")

    async def ListEngines(  # noqa: N802  # gRPC's name
        self, _request: speech_pb2.ListEnginesRequest, _context: Context
    ) -> speech_pb2.ListEnginesResponse:
        """List two engines: one that serves, one whose model is missing."""
        ready = synth_pb2.DescribeEngineResponse(state=synth_pb2.ENGINE_STATE_READY, engine_version="1")
        failed = synth_pb2.DescribeEngineResponse(state=synth_pb2.ENGINE_STATE_FAILED, model="kokoro-v1.0")
        fake, kokoro = (
            speech_pb2.EngineReplica(
                address="10.0.0.1:50061",
                serving=True,
                description=ready,
                predicted_first_chunk=Duration(nanos=3_000_000),
            ),
            speech_pb2.EngineReplica(
                address="10.0.0.2:50061", serving=False, detail="its files are missing", description=failed
            ),
        )
        return speech_pb2.ListEnginesResponse(
            engines=[
                speech_pb2.Engine(name="fake", primary=True, replicas=[fake]),
                speech_pb2.Engine(name="kokoro", replicas=[kokoro]),
            ]
        )


class FakeAdmin(admin_service_pb2_grpc.AdminServiceServicer):
    """Administers one engine, "fake"."""

    def __init__(self) -> None:
        self._tripped = 0

    async def RunTestStream(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.RunTestStreamRequest, _context: Context
    ) -> admin_pb2.RunTestStreamResponse:
        """Say that it took three milliseconds."""
        return admin_pb2.RunTestStreamResponse(
            engine=request.engine or "fake", first_chunk=Duration(nanos=3_000_000), audio=Duration(seconds=2)
        )

    async def TriggerFallback(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.TriggerFallbackRequest, _context: Context
    ) -> admin_pb2.TriggerFallbackResponse:
        """Count it."""
        if request.engine != "fake":
            raise ParlandoError(Reason.ENGINE_NOT_FOUND, "engine is not known", field="engine")
        self._tripped += 1
        return admin_pb2.TriggerFallbackResponse()

    async def ResetBreaker(  # noqa: N802  # gRPC's name
        self, _request: admin_pb2.ResetBreakerRequest, _context: Context
    ) -> admin_pb2.ResetBreakerResponse:
        """Forget what was counted."""
        count, self._tripped = self._tripped, 0
        return admin_pb2.ResetBreakerResponse(reset=count)

    async def FlushCache(  # noqa: N802  # gRPC's name
        self, request: admin_pb2.FlushCacheRequest, _context: Context
    ) -> admin_pb2.FlushCacheResponse:
        """Tell of three previews that are forgotten, and of one for an engine."""
        return admin_pb2.FlushCacheResponse(entries=1 if request.engine else 3)

    async def GetStatistics(  # noqa: N802  # gRPC's name
        self, _request: admin_pb2.GetStatisticsRequest, _context: Context
    ) -> admin_pb2.GetStatisticsResponse:
        """Return figures of one engine."""
        engine = admin_pb2.EngineStatistics(engine="fake", requests=2, failures={"ENGINE_FAILED": 1})
        return admin_pb2.GetStatisticsResponse(engines=[engine], uptime=Duration(seconds=7))


def new_router() -> FakeRouter:
    """Return a router; what it leaves out of the contract is answered with UNIMPLEMENTED."""
    return FakeRouter()  # type: ignore[abstract]  # as said


@asynccontextmanager
async def serving_router(router: FakeRouter) -> AsyncIterator[str]:
    """Serve a router; yields its address."""

    def register(server: grpc.aio.Server) -> None:
        speech_service_pb2_grpc.add_SpeechServiceServicer_to_server(router, server)
        admin_service_pb2_grpc.add_AdminServiceServicer_to_server(
            FakeAdmin(),  # type: ignore[abstract]  # what it leaves out answers UNIMPLEMENTED
            server,
        )

    server = Server(ServerSettings(), [Service("parlando.speech.v1.SpeechService", register)])
    port = await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)
