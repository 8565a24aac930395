"""The native road: one Speak stream a measurement, read as the wire brings it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from queue import SimpleQueue

import grpc
from google.protobuf.duration_pb2 import Duration

from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_client.errors import from_rpc_error
from parlando_client.latency.figures import TEXT, Kind, Latency

_SECONDS = 30.0
_EPOCH = 1


def measure(channel: grpc.Channel, address: str, engine: str, frames: int) -> list[Latency]:
    """Speak, cancel once so many frames of audio have come, and return what was measured.

    Raises:
        SpeechError: the call failed.
    """
    requests: SimpleQueue[speech_pb2.SpeakRequest | None] = SimpleQueue()
    settings = speech_pb2.SpeechSettings(engine=engine)
    requests.put(speech_pb2.SpeakRequest(epoch=_EPOCH, open=speech_pb2.SpeakOpen(settings=settings)))
    requests.put(speech_pb2.SpeakRequest(epoch=_EPOCH, text=speech_pb2.SpeakText(text=TEXT)))
    began = time.perf_counter()
    call = speech_service_pb2_grpc.SpeechServiceStub(channel).Speak(
        iter(requests.get, None), timeout=_SECONDS
    )
    try:
        return list(_measured(call, requests, engine, frames, began))
    except grpc.RpcError as error:
        raise from_rpc_error(error, address) from None
    finally:
        requests.put(None)
        call.cancel()


def _measured(
    call: Iterator[speech_pb2.SpeakResponse],
    requests: SimpleQueue[speech_pb2.SpeakRequest | None],
    engine: str,
    frames: int,
    began: float,
) -> Iterator[Latency]:
    cancel = speech_pb2.SpeakRequest(epoch=_EPOCH, cancel=speech_pb2.SpeakCancel())
    cancelled_at: float | None = None
    seen = 0
    last = 0.0
    if frames == 0:
        cancelled_at = time.perf_counter()
        requests.put(cancel)
    for response in call:
        now = time.perf_counter()
        for event in response.events:
            if event.HasField("audio"):
                if seen == 0:
                    yield Latency(Kind("first chunk", "gRPC", "client", engine), now - began)
                seen += 1
                if cancelled_at is not None:
                    last = now - cancelled_at
            elif event.HasField("stop_report"):
                report = event.stop_report
                yield Latency(Kind("cancel, last byte", "gRPC", "client", engine), last)
                yield Latency(
                    Kind("cancel, last byte", "gRPC", "router", engine), _seconds(report.last_byte_after)
                )
                yield Latency(
                    Kind("cancel, engine idle", "gRPC", "router", engine), _seconds(report.idle_after)
                )
                worked = _seconds(report.engine_time_after_stop)
                yield Latency(Kind("cancel, engine time after", "gRPC", "worker", engine), worked)
                requests.put(speech_pb2.SpeakRequest(epoch=_EPOCH, end=speech_pb2.SpeakEnd()))
            elif event.HasField("finished") and event.finished.HasField("first_chunk"):
                first_chunk = _seconds(event.finished.first_chunk)
                yield Latency(Kind("first chunk", "gRPC", "router", engine), first_chunk)
        if cancelled_at is None and seen >= frames:
            cancelled_at = time.perf_counter()
            requests.put(cancel)


def _seconds(duration: Duration) -> float:
    return duration.ToNanoseconds() / 1e9
