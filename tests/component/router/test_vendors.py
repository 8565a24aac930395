"""Every remote engine behind the real router: cancels at random, what a stop leaves, failover where it helps.

`test_remote.py` has more of it, with OpenAI's alone.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from alltalk_server import AllTalkServer
from elevenlabs_server import ElevenLabsServer
from google_server import GoogleServer
from realtime_server import RealtimeServer
from speech_server import SpeechServer

from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_alltalk.settings import AllTalkSettings
from parlando_alltalk.vendor import AllTalkVendor
from parlando_elevenlabs.settings import ElevenLabsSettings
from parlando_elevenlabs.vendor import ElevenLabsVendor
from parlando_google.chirp import ChirpVendor
from parlando_google.classic import ClassicVendor
from parlando_google.settings import ChirpSettings, ClassicSettings
from parlando_kit.true_status import with_true_status
from parlando_openai import profiles
from parlando_openai.engine import realtime, speech
from parlando_openai.settings import (
    KokoroFastAPISettings,
    LocalAISettings,
    OpenAISettings,
    RealtimeSettings,
    SpeachesSettings,
    SpeechSettings,
    VLLMOmniSettings,
)
from parlando_scripted.script import ScriptedSettings
from parlando_synth.engine import Engine
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.service import SECONDS_PER_CODE_POINT, Fault, LocalService
from tests.component.router.cancelling import HASTE, MOMENTS, cancel_at_random
from tests.component.router.mesh import Speak, WorkerProcess, mesh, said, say, until

TEXT = "Seven grey lamps were lit, and nobody in the whole town knew who had lit them."


@dataclass(frozen=True)
class _Kind:
    """A vendor: its local server, its engine for a port of it, and how a stop of what was sent ends."""

    serve: Callable[[], LocalService]
    engine: Callable[[int], Engine]
    outcome: str = "STOP_OUTCOME_ABANDONED"
    streams: bool = True
    feels: bool = True
    priced: bool = False


def _impatient(port: int, key: str = "base_url") -> dict[str, object]:
    return {
        key: f"http://127.0.0.1:{port}",
        "key": "sk-1",
        "first_byte_seconds": 1.0,
        "chunk_seconds": 0.5,
    }


def _chirp(port: int) -> Engine:
    settings = ChirpSettings.model_validate(_impatient(port, "endpoint"))
    return RemoteEngine(ChirpVendor(settings), settings)


def _classic(port: int) -> Engine:
    settings = ClassicSettings.model_validate(_impatient(port, "endpoint"))
    return RemoteEngine(ClassicVendor(settings), settings)


def _elevenlabs(transport: str) -> Callable[[int], Engine]:
    def engine(port: int) -> Engine:
        settings = ElevenLabsSettings.model_validate({**_impatient(port), "transport": transport})
        return RemoteEngine(ElevenLabsVendor(settings), settings)

    return engine


def _alltalk(way: str) -> Callable[[int], Engine]:
    def engine(port: int) -> Engine:
        settings = AllTalkSettings.model_validate({**_impatient(port), "way": way})
        return RemoteEngine(AllTalkVendor(settings), settings)

    return engine


def _speech_server() -> LocalService:
    server = SpeechServer()
    server.voices = ["af_heart", "vivian"]
    return server


def _speech(
    profile: profiles.Profile, settings: type[SpeechSettings], **more: object
) -> Callable[[int], Engine]:
    def engine(port: int) -> Engine:
        told = {**_impatient(port), "base_url": f"http://127.0.0.1:{port}/v1", **more}
        return speech(profile, settings.model_validate(told))

    return engine


def _realtime(port: int) -> Engine:
    told = {**_impatient(port), "base_url": f"http://127.0.0.1:{port}/v1"}
    return realtime(RealtimeSettings.model_validate(told))


def _own(engine: Callable[[int], Engine], *, feels: bool) -> _Kind:
    """Return a server of one's own with OpenAI's interface: it stops when the connection ends."""
    return _Kind(_speech_server, engine, outcome="STOP_OUTCOME_STOPPED", feels=feels)


_KINDS = {
    "openai": _Kind(_speech_server, _speech(profiles.OPENAI, OpenAISettings), priced=True),
    "openai, tts-1": _Kind(
        _speech_server, _speech(profiles.OPENAI, OpenAISettings, model="tts-1"), feels=False, priced=True
    ),
    "openai-realtime": _Kind(RealtimeServer, _realtime, outcome="STOP_OUTCOME_STOPPED", priced=True),
    "kokoro-fastapi": _own(_speech(profiles.KOKORO_FASTAPI, KokoroFastAPISettings), feels=False),
    "speaches": _own(_speech(profiles.SPEACHES, SpeachesSettings), feels=False),
    "localai": _own(_speech(profiles.LOCALAI, LocalAISettings, model="voxcpm"), feels=True),
    "vllm-omni": _own(_speech(profiles.VLLM_OMNI, VLLMOmniSettings), feels=True),
    "google": _Kind(GoogleServer, _chirp, feels=False, priced=True),
    "google-classic": _Kind(GoogleServer, _classic, streams=False, priced=True),
    "elevenlabs, websocket": _Kind(ElevenLabsServer, _elevenlabs("websocket"), priced=True),
    "elevenlabs, http": _Kind(ElevenLabsServer, _elevenlabs("http"), priced=True),
    "alltalk": _Kind(AllTalkServer, _alltalk("streaming"), outcome="STOP_OUTCOME_STOPPED", feels=False),
    "alltalk, speech": _Kind(AllTalkServer, _alltalk("speech"), outcome="STOP_OUTCOME_STOPPED", feels=False),
}


@pytest.fixture(params=_KINDS)
def kind(request: pytest.FixtureRequest) -> _Kind:
    """Each vendor in turn."""
    return _KINDS[request.param]


@pytest.fixture
def service(kind: _Kind) -> Iterator[LocalService]:
    """Its local server."""
    server = kind.serve()
    server.start()
    yield server
    server.stop()


def _worker(kind: _Kind, service: LocalService) -> WorkerProcess:
    return WorkerProcess(engine=lambda: kind.engine(service.port), name="vendor", max_queued=64)


@pytest.mark.parametrize(("clients", "cancels"), [(1, 9), (6, 24)])
async def test_random_cancels_leave_nothing(
    kind: _Kind, service: LocalService, clients: int, cancels: int
) -> None:
    service.pause = 0.02
    worker = _worker(kind, service)
    async with mesh(worker) as router:
        figures = await cancel_at_random([router.channel], cancels, clients, HASTE, seed=clients)
        assert (figures.faults, figures.refused) == ([], 0)
        assert figures.outcomes.keys() <= {
            kind.outcome,
            "STOP_OUTCOME_STOPPED",
            "STOP_OUTCOME_ALREADY_FINISHED",
        }
        assert set(figures.moments) <= set(MOMENTS)
        await until(router.utterances, 0)
        await worker.until_load(0)
    assert await asyncio.to_thread(service.wait_until_idle, 30.0), "no request goes on at the vendor's"


@pytest.mark.parametrize("fault", [Fault.QUOTA, Fault.KEY, Fault.ERROR, Fault.CUT, Fault.HANG_MIDDLE])
async def test_another_engine_goes_on_where_this_one_fails(
    kind: _Kind, service: LocalService, fault: Fault
) -> None:
    if fault is Fault.HANG_MIDDLE and not kind.streams:
        fault = Fault.HANG_BEFORE  # one answer has no middle
    service.fault = fault
    fallback = WorkerProcess(ScriptedSettings(rate=0.0), name="scripted")
    async with mesh(_worker(kind, service), fallback) as router:
        events = await said(router.stub.Say(say(TEXT)))
    assert _speakers(events)[-1] == "scripted"
    assert events[-1].HasField("finished")
    words = itertools.chain.from_iterable(event.words.words for event in events if event.HasField("words"))
    spoken = {TEXT[word.source.start : word.source.end].strip(",. ") for word in words}
    assert set(TEXT.replace(",", "").replace(".", "").split()) <= spoken, "no word is missing"
    assert await asyncio.to_thread(service.wait_until_idle, 30.0)


async def test_who_thinks_for_longer_than_a_vendor_waits_is_heard_whole_and_once(
    kind: _Kind, service: LocalService
) -> None:
    first, rest = "Seven grey lamps were lit, and nobody", " in the whole town knew who had lit them."
    async with mesh(_worker(kind, service)) as router:
        call = with_true_status(router.stub.Speak())
        await call.write(speech_pb2.SpeakRequest(epoch=1, open=speech_pb2.SpeakOpen()))
        await call.write(speech_pb2.SpeakRequest(epoch=1, text=speech_pb2.SpeakText(text=first)))
        await call.write(speech_pb2.SpeakRequest(epoch=1, flush=speech_pb2.SpeakFlush(id=1)))
        events: list[speech_pb2.SpeechEvent] = []
        while not any(event.HasField("flushed") for event in events):
            events += await _read(call)
        await asyncio.to_thread(service.outwait)
        await call.write(speech_pb2.SpeakRequest(epoch=1, text=speech_pb2.SpeakText(text=rest)))
        await call.write(speech_pb2.SpeakRequest(epoch=1, end=speech_pb2.SpeakEnd()))
        while not events[-1].HasField("finished"):
            events += await _read(call)
    words = [word for event in events for word in event.words.words]
    said_words = [TEXT[word.source.start : word.source.end].strip(",. ") for word in words]
    assert said_words == TEXT.replace(",", "").replace(".", "").split(), "each word once, in order"
    assert " ".join(service.texts).split() == TEXT.split(), "and each was asked for once"
    assert len(_speakers(events)) == 1, "by one engine"


async def test_a_feeling_that_a_vendor_does_not_have_is_said_to_be_left_out(
    kind: _Kind, service: LocalService
) -> None:
    async with mesh(_worker(kind, service)) as router:
        emotion = synth_pb2.Emotion(name="sad", intensity=1.0)
        events = await said(router.stub.Say(say("Late.", emotion=emotion)))
    [ignored] = [list(event.started.ignored) for event in events if event.HasField("started")]
    assert ignored == ([] if kind.feels else ["emotion"])


async def test_what_was_spent_is_near_what_was_estimated(kind: _Kind, service: LocalService) -> None:
    text = f"{TEXT} " * 6
    # At this speed the servers take as long over a character as an estimate reckons.
    prosody = synth_pb2.Prosody(speed=SECONDS_PER_CODE_POINT * 16)
    async with mesh(_worker(kind, service)) as router:
        estimate = await router.stub.EstimateCost(speech_pb2.EstimateCostRequest(text=text))
        events = await said(router.stub.Say(say(text, prosody=prosody)))
    [usage] = events[-1].finished.usage
    assert usage.HasField("cost") == estimate.HasField("cost") == kind.priced
    assert usage.cost.nanos == pytest.approx(estimate.cost.nanos, rel=0.1)
    assert usage.model == estimate.model


async def _read(call: Speak) -> list[speech_pb2.SpeechEvent]:
    """Return the next events."""
    response = await call.read()
    assert isinstance(response, speech_pb2.SpeakResponse), "it went on"
    return [*response.events]


def _speakers(events: list[speech_pb2.SpeechEvent]) -> list[str]:
    """Return the engines that spoke, in order."""
    return [
        event.started.engine if event.HasField("started") else event.engine_changed.engine
        for event in events
        if event.HasField("started") or event.HasField("engine_changed")
    ]
