"""All the ways in which a text reaches a system, well-formed and not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import grpc
import httpx2
from websockets.sync.client import connect

from parlando.fragmenter.v1 import fragmenter_pb2, fragmenter_service_pb2_grpc
from parlando.session.v1 import session_pb2, session_service_pb2_grpc
from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando.synth.v1 import synth_pb2, synth_service_pb2_grpc

_PATIENCE = 30
_TOO_LONG = 4_097
"""Characters that are too many over HTTP."""


def take_all_roads(ports: Mapping[str, int], text: str) -> dict[str, list[str]]:
    """Send a text by each road, and return what was answered to what was wrong, by road.

    Args:
        ports: of envoy, router, session, fragmenter and synth.
        text: of which nothing may be told.
    """
    return {
        "http": _over_http(f"http://127.0.0.1:{ports['envoy']}", text),
        "realtime": _over_realtime(ports["envoy"], text),
        "speech": _over_grpc(ports["envoy"], lambda channel: _speech(channel, text)),
        "fragmenter": _over_grpc(ports["fragmenter"], lambda channel: _fragmenter(channel, text)),
        "synth": _over_grpc(ports["synth"], lambda channel: _synth(channel, text)),
        "session": _over_grpc(ports["session"], lambda channel: _session(channel, text)),
    }


def _over_http(base: str, text: str) -> list[str]:
    well: list[tuple[str, Any]] = [
        ("/v1/audio/speech", {"input": text, "stream_format": "sse", "instructions": text}),
        ("/v1/audio/speech/timestamps", {"input": text}),
        ("/v1/audio/speech/timestamps", {"input": text, "format": "srt"}),
        ("/v1/audio/speech/estimate", {"input": text}),
        ("/v1/speech:stream", {"text": text}),
    ]
    for path, body in well:
        answer = httpx2.post(base + path, json=body, timeout=_PATIENCE)
        assert answer.status_code == 200, (path, answer.text)
    wrong: list[tuple[str, Any]] = [
        ("/v1/audio/speech", {"input": [text]}),
        ("/v1/audio/speech", {"input": text, "speed": text}),
        ("/v1/audio/speech", {"input": text, "response_format": "none"}),
        ("/v1/audio/speech", {"input": text + " " * _TOO_LONG}),
        ("/v1/audio/speech", {"input": text, "instructions": text + " " * _TOO_LONG}),
        ("/v1/audio/speech", {"input": text, "language": "no language"}),
        ("/v1/audio/speech", json.dumps({"input": text})[:-1]),
        ("/v1/audio/speech/timestamps", {"input": text, "format": text}),
        ("/v1/audio/speech/estimate", {"input": {"text": text}}),
        ("/v1/speech:stream", {"text": text, "settings": {"voice": "nobody"}}),
        ("/v1/speech:stream", {"text": f"<speak>{text}", "settings": {"markup": "MARKUP_SSML"}}),
    ]
    answers: list[str] = []
    for path, body in wrong:
        content = body if isinstance(body, str) else json.dumps(body)
        answer = httpx2.post(base + path, content=content, timeout=_PATIENCE)
        assert 400 <= answer.status_code < 500, (path, body)
        answers.append(answer.text)
    return answers


def _over_realtime(envoy: int, text: str) -> list[str]:
    part = {"type": "input_text", "text": text}
    item = {"type": "message", "role": "user", "content": [part]}
    wrong: list[Any] = [
        {"type": "conversation.item.create", "item": {**item, "content": text}},
        {"type": "conversation.item.create", "item": {**item, "role": text}},
        {"type": "response.create", "response": {"input": text}},
        {"type": "response.create", "response": {"instructions": [text]}},
        {"type": "session.update", "session": {"type": "realtime", "instructions": {"say": text}}},
        json.dumps({"type": "conversation.item.create", "item": item})[:-1],
    ]
    answers: list[str] = []
    with connect(f"ws://127.0.0.1:{envoy}/v1/realtime") as socket:

        def until(kind: str) -> str:
            while True:
                event = str(socket.recv(timeout=_PATIENCE))
                if json.loads(event)["type"] == kind:
                    return event

        session = {"type": "realtime", "instructions": text}
        socket.send(json.dumps({"type": "session.update", "session": session}))
        until("session.updated")
        for each in wrong:
            socket.send(each if isinstance(each, str) else json.dumps(each))
            answers.append(until("error"))
    return answers


def _over_grpc(port: int, calls: Callable[[grpc.Channel], list[Callable[[], Any]]]) -> list[str]:
    """Make calls, some of which must fail whole or in part, and return what those that do are told."""
    answers: list[str] = []
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        for call in calls(channel):
            try:
                answer = call()
                answers += [str(status) for status in getattr(answer, "statuses", ()) if status.code]
            except grpc.RpcError as error:
                told: Any = error
                answers.append(f"{told.details()} {told.trailing_metadata()}")
    return answers


def _speech(channel: grpc.Channel, text: str) -> list[Callable[[], Any]]:
    stub = speech_service_pb2_grpc.SpeechServiceStub(channel)
    ssml = speech_pb2.SpeechSettings(markup=fragmenter_pb2.MARKUP_SSML)
    nobody = speech_pb2.SpeechSettings(voice="nobody")
    return [
        lambda: stub.EstimateCost(speech_pb2.EstimateCostRequest(text=text), timeout=_PATIENCE),
        lambda: stub.Phonemize(speech_pb2.PhonemizeRequest(text=text), timeout=_PATIENCE),
        lambda: stub.Phonemize(speech_pb2.PhonemizeRequest(text=text, settings=nobody), timeout=_PATIENCE),
        lambda: list(
            stub.Say(speech_pb2.SayRequest(text=f"<speak>{text}", settings=ssml), timeout=_PATIENCE)
        ),
        lambda: list(stub.Say(speech_pb2.SayRequest(text=text, settings=nobody), timeout=_PATIENCE)),
    ]


def _fragmenter(channel: grpc.Channel, text: str) -> list[Callable[[], Any]]:
    stub = fragmenter_service_pb2_grpc.FragmenterServiceStub(channel)
    ssml = fragmenter_pb2.FragmentConfig(markup=fragmenter_pb2.MARKUP_SSML)
    request = fragmenter_pb2.FragmentTextRequest
    first = fragmenter_pb2.FragmentRequest(text=fragmenter_pb2.TextDelta(text=text))
    return [
        lambda: stub.FragmentText(request(text=text), timeout=_PATIENCE),
        lambda: stub.FragmentText(request(text=f"<speak>{text}", config=ssml), timeout=_PATIENCE),
        lambda: stub.FragmentText(request(text=text * 1_000), timeout=_PATIENCE),
        lambda: list(stub.Fragment(iter([first]), timeout=_PATIENCE)),
    ]


def _synth(channel: grpc.Channel, text: str) -> list[Callable[[], Any]]:
    stub = synth_service_pb2_grpc.SynthServiceStub(channel)
    request = synth_pb2.SynthesizeRequest
    return [
        lambda: list(stub.Synthesize(request(synthesis_id="r1", text=text), timeout=_PATIENCE)),
        lambda: list(stub.Synthesize(request(synthesis_id="r2", text=text * 10_000), timeout=_PATIENCE)),
        lambda: list(
            stub.Synthesize(request(synthesis_id="r3", text=text, voice="nobody"), timeout=_PATIENCE)
        ),
        lambda: list(stub.Synthesize(request(text=text), timeout=_PATIENCE)),
    ]


def _session(channel: grpc.Channel, text: str) -> list[Callable[[], Any]]:
    stub = session_service_pb2_grpc.SessionServiceStub(channel)
    session_id = stub.CreateSession(session_pb2.CreateSessionRequest(), timeout=_PATIENCE).session.id
    turn = session_pb2.Turn(
        id="t1", role=session_pb2.TURN_ROLE_USER, status=session_pb2.TURN_STATUS_COMPLETED, text=text
    )
    put = session_pb2.PutTurnRequest(session_id=session_id, turn=turn)
    nowhere = session_pb2.PutTurnRequest(session_id="nowhere", turn=turn)
    bad = session_pb2.PutTurnRequest(session_id=session_id, turn=session_pb2.Turn(id="t2", text=text))
    batch = session_pb2.BatchPutTurnsRequest(requests=[put, nowhere, bad])
    export = session_pb2.ExportConversationRequest(session_id=session_id)
    return [
        lambda: stub.PutTurn(put, timeout=_PATIENCE),
        lambda: stub.ExportConversation(export, timeout=_PATIENCE),
        lambda: stub.PutTurn(nowhere, timeout=_PATIENCE),
        lambda: stub.PutTurn(bad, timeout=_PATIENCE),
        lambda: stub.BatchPutTurns(batch, timeout=_PATIENCE),
    ]
