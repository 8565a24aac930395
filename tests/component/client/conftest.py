"""A SpeechService of a few lines on a real port, which says what the test tells it to."""

from __future__ import annotations

import queue
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2, speech_service_pb2, speech_service_pb2_grpc
from parlando.synth.v1 import synth_pb2

RATE = 24_000
SAMPLES_PER_CHARACTER = 240
SERVICE = speech_service_pb2.DESCRIPTOR.services_by_name["SpeechService"].full_name

Event = speech_pb2.SpeechEvent
Requests = Iterator[speech_pb2.SpeakRequest]


def started(rate: int = RATE) -> Event:
    """Return the event that begins an utterance."""
    return Event(
        epoch=1,
        started=speech_pb2.SpeechStarted(
            engine="fake",
            voice="fake-1",
            format=audio_pb2.AudioFormat(
                codec=audio_pb2.AUDIO_CODEC_PCM_S16LE,
                container=audio_pb2.AUDIO_CONTAINER_RAW,
                sample_rate_hz=rate,
            ),
            ignored=["emotion"],
        ),
    )


def spoken(text: str, offset: int = 0, epoch: int = 1) -> Iterator[Event]:
    """Yield the audio and words of a text: ten milliseconds a character, each sample its own number."""
    first = offset * SAMPLES_PER_CHARACTER
    count = len(text) * SAMPLES_PER_CHARACTER
    pcm = b"".join((number % 1000).to_bytes(2, "little") for number in range(first, first + count))
    yield Event(
        epoch=epoch,
        words=speech_pb2.SpeechWords(
            words=[
                audio_pb2.WordTiming(
                    source=audio_pb2.SourceSpan(start=offset + word.start(), end=offset + word.end()),
                    first_sample=(offset + word.start()) * SAMPLES_PER_CHARACTER,
                    sample_count=len(word[0]) * SAMPLES_PER_CHARACTER,
                    quality=audio_pb2.TIMING_QUALITY_EXACT,
                )
                for word in re.finditer(r"\S+", text)
            ]
        ),
    )
    frame = speech_pb2.AudioFrame(data=pcm, first_sample=first, sample_count=count)
    yield Event(epoch=epoch, audio=frame)


def finished(length: int) -> Event:
    """Return the event that ends an utterance of so many characters."""
    total = speech_pb2.SpeechFinished(sample_count=length * SAMPLES_PER_CHARACTER, source_length=length)
    return Event(epoch=1, finished=total)


def cancelled(epoch: int, samples_sent: int) -> Iterator[Event]:
    """Yield the two answers to a cancel."""
    yield Event(
        epoch=epoch,
        cancelled=speech_pb2.SpeechCancelled(epoch=epoch, samples_sent=samples_sent),
    )
    yield Event(
        epoch=epoch,
        stop_report=speech_pb2.StopReport(
            epoch=epoch,
            samples_sent=samples_sent,
            fragments_dropped=2,
            idle_after=duration_pb2.Duration(nanos=1_500_000),
            outcome=synth_pb2.STOP_OUTCOME_STOPPED,
        ),
    )


def refusal(code: grpc.StatusCode, message: str, reason: str, field_: str, retry: float) -> Any:
    """Return a status as Parlando's services send it, for `abort_with_status`."""
    details = []
    for detail in (
        error_details_pb2.ErrorInfo(reason=reason, domain="parlando", metadata={"field": field_}),
        error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(nanos=int(retry * 1e9))),
    ):
        packed = any_pb2.Any()
        packed.Pack(detail)
        details.append(packed)
    number = code.value[0]
    return rpc_status.to_status(status_pb2.Status(code=number, message=message, details=details))


def say(request: speech_pb2.SayRequest, _: grpc.ServicerContext) -> Iterator[Event]:
    """Speak the whole text."""
    yield started(request.settings.format.sample_rate_hz or RATE)
    yield from spoken(request.text)
    yield finished(len(request.text))


def speak(requests: Requests, _: grpc.ServicerContext) -> Iterator[Event]:
    """Speak each text as it comes; answer flushes, cancels and the end."""
    length = 0
    for request in requests:
        match request.WhichOneof("message"):
            case "open" if request.epoch == 1:
                yield started(request.open.settings.format.sample_rate_hz or RATE)
            case "text":
                yield from spoken(request.text.text, length, request.epoch)
                length += len(request.text.text)
            case "flush":
                flushed = speech_pb2.SpeechFlushed(id=request.flush.id)
                yield Event(epoch=request.epoch, flushed=flushed)
            case "cancel":
                yield from cancelled(request.epoch, length * SAMPLES_PER_CHARACTER)
            case "end":
                yield finished(length)
                return


@dataclass
class FakeSpeech(speech_service_pb2_grpc.SpeechServiceServicer):
    """What calls are answered with, and what was seen of them."""

    say: Callable[[speech_pb2.SayRequest, grpc.ServicerContext], Iterator[Event]] = say
    speak: Callable[[Requests, grpc.ServicerContext], Iterator[Event]] = speak
    address: str = ""
    said: list[speech_pb2.SayRequest] = field(default_factory=list)
    asked: list[speech_pb2.SpeakRequest] = field(default_factory=list)
    arriving: queue.Queue[speech_pb2.SpeakRequest] = field(default_factory=queue.Queue)
    """The same as `asked`, to wait for."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set when a call is over, whether it was answered or broken off."""
    broken_off: bool = False

    # What a test's own script is made of.
    started = staticmethod(started)
    sounding = staticmethod(spoken)
    cancelled = staticmethod(cancelled)
    finished = staticmethod(finished)
    refusal = staticmethod(refusal)

    def Say(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802  # gRPC's name
        self.said.append(request)
        return self._answer(self.say(request, context), context, speech_pb2.SayResponse)

    def Speak(self, request_iterator: Any, context: Any) -> Iterator[Any]:  # noqa: N802  # gRPC's name
        events = self.speak(self._seen(request_iterator), context)
        return self._answer(events, context, speech_pb2.SpeakResponse)

    def StreamAudio(self, _request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "the client does not call this")

    def PreviewVoice(self, _request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "test_voices_commands.py asks a real router")

    def ListVoices(self, request: Any, _: Any) -> Any:  # noqa: N802  # gRPC's name
        voices = [
            synth_pb2.Voice(id="b", name="Bé", engine="fake", languages=["en-GB", "en"], sample_rate_hz=RATE),
            synth_pb2.Voice(id="c", engine="other", languages=["de"], gender=synth_pb2.VOICE_GENDER_FEMALE),
        ]
        kept = [voice for voice in voices if request.engine in {"", voice.engine}]
        return speech_pb2.ListVoicesResponse(voices=kept)

    def ListEngines(self, _request: Any, _: Any) -> Any:  # noqa: N802  # gRPC's name
        up = speech_pb2.EngineReplica(address="127.0.0.1:1", serving=True)
        up.description.engine_version = "1.2"
        up.description.load.live = 3
        down = speech_pb2.EngineReplica(address="127.0.0.1:2", detail="model files are missing")
        return speech_pb2.ListEnginesResponse(
            engines=[
                speech_pb2.Engine(
                    name="fake", primary=True, replicas=[up, down], place="by ENGINES", asked=True
                )
            ]
        )

    def EstimateCost(self, request: Any, _: Any) -> Any:  # noqa: N802  # gRPC's name
        response = speech_pb2.EstimateCostResponse(engine="fake", characters=len(request.text))
        response.cost.currency_code, response.cost.units, response.cost.nanos = "USD", 1, 250_000_000
        response.audio.FromMilliseconds(1_500)
        return response

    def Phonemize(self, request: Any, _: Any) -> Any:  # noqa: N802  # gRPC's name
        response = speech_pb2.PhonemizeResponse(engine="fake", voice="b", phonemes="wɔd")
        response.words.add(phonemes="wɔd").source.end = len(request.text)
        return response

    def _seen(self, requests: Requests) -> Requests:
        for request in requests:
            self.asked.append(request)
            self.arriving.put(request)
            yield request

    def _answer(self, events: Iterator[Event], context: grpc.ServicerContext, kind: Any) -> Iterator[Any]:
        complete = False

        def on_end() -> None:
            self.broken_off = not complete
            self.over.set()

        context.add_callback(on_end)
        together: list[Event] = []  # as the router does: words and audio in one message
        for event in events:
            complete = event.HasField("finished")
            together.append(event)
            if not event.HasField("words"):
                yield kind(utterance_id="u", events=together)
                together = []


@pytest.fixture
def speech() -> Iterator[FakeSpeech]:
    fake = FakeSpeech()
    server = grpc.server(ThreadPoolExecutor(8), options=(("grpc.so_reuseport", 0),))
    speech_service_pb2_grpc.add_SpeechServiceServicer_to_server(fake, server)
    healthy = health.HealthServicer()
    healthy.set(SERVICE, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    fake.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield fake
    server.stop(0).wait()


@dataclass(frozen=True)
class CommandLine:
    """Runs `parlando` as its user would, in a folder of its own and without a sound device.

    Attributes:
        folder: the working folder.
        environment: what the command sees.
    """

    folder: Path
    environment: dict[str, str]

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start the command; streams are pipes unless `options` say otherwise."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [str(Path(sys.executable).with_name("parlando")), *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, **{**pipes, **options})

    def run(self, *arguments: str, given: bytes = b"") -> tuple[int, bytes, str]:
        """Return status, standard output and standard error of the command."""
        with self.start(*arguments) as process:
            out, err = process.communicate(given, timeout=30)
        return process.returncode, out, err.decode()

    def install_player(self) -> Path:
        """Give the machine a sound device, and a player; return the file that will hold what is played."""
        played = self.folder / "played.pcm"
        player = self.folder / "bin" / "paplay"
        player.write_text(f'#!/bin/sh\necho "$@" > {self.folder}/arguments\nexec cat > {played}\n')
        player.chmod(0o755)
        (self.folder / "run" / "pulse").mkdir()
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self.folder / "run" / "pulse" / "native"))
        return played


@pytest.fixture
def parlando(tmp_path: Path, speech: FakeSpeech) -> CommandLine:
    for folder in ("bin", "run"):
        (tmp_path / folder).mkdir()
    for program in ("sh", "cat"):
        found = shutil.which(program)
        assert found is not None
        (tmp_path / "bin" / program).symlink_to(found)
    environment = {
        "PATH": str(tmp_path / "bin"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "PARLANDO_ADDRESS": speech.address,
        "TERM": "xterm",
    }
    return CommandLine(tmp_path, environment)
