"""A local server with OpenAI's speech interface as it is on the wire, and as other servers vary it."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import ssl
import struct
from array import array
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from aiohttp import web
from speech_encoding import ENCODED, encoded

from parlando_synth.remote.http_service import HttpService
from parlando_synth.remote.service import Fault, pieces, speech

RATE = 24_000

_REFUSALS = {
    Fault.ERROR: (500, "server_error", None, None),
    Fault.KEY: (401, "invalid_request_error", "invalid_api_key", None),
    Fault.QUOTA: (429, "insufficient_quota", "insufficient_quota", None),
    Fault.VOICE: (400, "invalid_request_error", None, "voice"),
    Fault.MODEL: (404, "invalid_request_error", "model_not_found", None),
    Fault.LENGTH: (400, "invalid_request_error", "string_above_max_length", "input"),
    Fault.MODERATION: (400, "invalid_request_error", "content_policy_violation", None),
}
_KINDS = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
}


class SpeechServer(HttpService):
    """The server.

    Attributes:
        body: of the last request for speech.
        voices: what it lists, in any of the forms there are; None: it has no list.
        models: voices of the models that it has, by name, where it tells of each.
        uploaded: what it says of voices that were uploaded, as vLLM-Omni has it.
        older: its list of voices as speaches had it before 0.8; None: there is none.
        content_type: of bare PCM.
        refused: status, body and headers of the answer to every request for speech; None: it is spoken.
        connections: over which requests for speech came.
        reported: tokens of text and of sound that events have reported so far.
        tokens: usage that server-sent events report, for text in and sound out.
        event: sent instead of the sound, where one is set.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.body: dict[str, Any] = {}
        self.voices: object = None
        self.models: dict[str, object] = {}
        self.uploaded: object = None
        self.older: object = None
        self.content_type = "audio/pcm"
        self.event: Mapping[str, object] | None = None
        self.refused: tuple[int, object, Mapping[str, str]] | None = None
        self.tokens: tuple[int, int] | None = None
        self.reported = [0, 0]
        self.connections: set[tuple[str, int]] = set()

    def routes(self) -> Sequence[web.RouteDef]:
        return [
            web.get("/v1/models", self._list_models),
            web.get("/v1/models/{model:.+}", self._tell_model),
            web.get("/v1/audio/voices", self._list_voices),
            web.get("/v1/audio/speech/voices", self._list_older),
            web.post("/v1/audio/speech", self._speech),
        ]

    async def _list_models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "gpt-4o-mini-tts", "object": "model"}]})

    async def _tell_model(self, request: web.Request) -> web.Response:
        # As speaches says of a model that it has: with its voices.
        name = request.match_info["model"]
        about = {"id": name, "object": "model", "owned_by": "speaches-ai", "task": "text-to-speech"}
        return self._list(self.models.get(name), lambda voices: {**about, "voices": voices})

    async def _list_voices(self, request: web.Request) -> web.Response:
        model = request.query.get("model")
        if model is not None:  # as LocalAI lists them: of one model, which is to be there
            return self._list(
                self.models.get(model), lambda voices: {"data": [{"model": model, "voices": voices}]}
            )
        uploaded = {} if self.uploaded is None else {"uploaded_voices": self.uploaded}
        return self._list(self.voices, lambda voices: {"voices": voices, **uploaded})

    async def _list_older(self, _: web.Request) -> web.Response:
        return self._list(self.older, lambda voices: voices)

    def _list(self, voices: object, told: Callable[[object], object]) -> web.Response:
        """Return an answer with a list of voices, to which the newcomer is added; None: there is none."""
        self.listed += 1
        if not self.lists:
            return web.json_response({"detail": "Internal Server Error"}, status=500)
        if voices is None:
            return web.json_response({"detail": "Not Found"}, status=404)
        if self.newcomer and isinstance(voices, list):
            voices = [*voices, {"name": self.newcomer, "language": "en-us"}]
        return web.json_response(told(voices))

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        body = await request.json()
        with self.request(key, str(body["input"])) as fault:
            self.body = body
            assert request.transport is not None
            self.connections.add(request.transport.get_extra_info("peername"))
            if self.refused is not None:
                status, body, headers = self.refused
                text = body if isinstance(body, str) else json.dumps(body)
                kind = "text/plain" if isinstance(body, str) else "application/json"
                return web.Response(status=status, text=text, content_type=kind, headers=headers)
            if fault is Fault.HANG_BEFORE:
                await asyncio.Event().wait()
            if fault is Fault.BUSY:
                headers = {"Retry-After": f"{self.retry_after:g}"}
                return _refused(429, "requests", "rate_limit_exceeded", None, self.body, key, headers)
            if fault in _REFUSALS:
                return _refused(*_REFUSALS[fault], self.body, key, {})
            return await self._answer(request, fault)

    async def _answer(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        form, sse = self.body["response_format"], self.body.get("stream_format") == "sse"
        wav = form == "wav"
        rate = int(self.body.get("sample_rate", RATE))
        kind = "text/event-stream" if sse else self.content_type if form == "pcm" else _KINDS[form]
        if fault is Fault.WRONG_RATE:
            rate = 16_000
            kind = kind if sse or form != "pcm" else "audio/pcm;rate=16000"
        answer = web.StreamResponse(headers={"Content-Type": kind})
        await answer.prepare(request)
        sound = self._sound(fault, rate, with_header=wav or (sse and fault is Fault.WRONG_RATE))
        if form in ENCODED and fault is not Fault.GARBAGE:
            sound = encoded(sound, form, rate)
        async for data in sound:
            await answer.write(_sse_delta(data) if sse else data)
            if fault is Fault.CUT:
                await asyncio.sleep(0.05)  # for the client to have read it
                assert request.transport is not None
                request.transport.abort()
                return answer
        if fault is Fault.HANG_MIDDLE:
            await asyncio.Event().wait()
        if sse:
            await answer.write(_sse(self.event or self._done()))
        await answer.write_eof()
        return answer

    async def _sound(self, fault: Fault, rate: int, *, with_header: bool) -> AsyncIterator[bytes]:
        if fault is Fault.EMPTY or self.event is not None:
            return
        if fault is Fault.GARBAGE:
            yield random.Random(7).randbytes(20_000)
            return
        text = str(self.body["input"])
        sound = speech(text, rate, float(self.body.get("speed", 1.0)))
        if "volume_multiplier" in self.body:
            loudness = float(self.body["volume_multiplier"])
            sound = array("h", [round(value * loudness) for value in array("h", sound)]).tobytes()
        header = _wav_header(rate) if with_header else b""
        for number, piece in enumerate(pieces(header + sound)):
            if number:
                await asyncio.sleep(self.pause)
            yield piece
            if fault in {Fault.HANG_MIDDLE, Fault.CUT}:
                return

    def _done(self) -> Mapping[str, object]:
        text = str(self.body["input"])
        # As OpenAI counts: a token for four characters or so, and 20.8 for a second of sound.
        seconds = len(speech(text, RATE, float(self.body.get("speed", 1.0)))) / 2 / RATE
        tokens = self.tokens or (max(len(text) // 4, 1), round(seconds * 20.8))
        self.reported = [sum(each) for each in zip(self.reported, tokens, strict=True)]
        usage = {"input_tokens": tokens[0], "output_tokens": tokens[1], "total_tokens": sum(tokens)}
        return {"type": "speech.audio.done", "usage": usage}


def _refused(
    status: int,
    kind: str,
    code: str | None,
    param: str | None,
    body: Mapping[str, Any],
    key: str,
    headers: Mapping[str, str],
) -> web.Response:
    # As careless as a vendor may be: its sentence quotes the key and the text.
    message = f"Refused: key {key}, text {body['input']!r}"
    error = {"message": message, "type": kind, "code": code, "param": param}
    return web.json_response({"error": error}, status=status, headers=headers)


def _sse(event: Mapping[str, object]) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()


def _sse_delta(data: bytes) -> bytes:
    return _sse({"type": "speech.audio.delta", "audio": base64.b64encode(data).decode()})


def _wav_header(rate: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    return b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + form + b"data\xff\xff\xff\xff"
