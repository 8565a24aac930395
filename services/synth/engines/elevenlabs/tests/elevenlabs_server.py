"""A local server with ElevenLabs' interface as it is on the wire: WebSocket contexts, and HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import ssl
import threading
from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from aiohttp import WSMsgType, web

from parlando_synth.remote.g711 import from_mu_law
from parlando_synth.remote.http_service import HttpService
from parlando_synth.remote.service import SECONDS_PER_CODE_POINT, Fault, speech

_PIECE = 12  # code points that one message tells of

# HTTP status, code
_REFUSALS = {
    Fault.BUSY: (429, "too_many_concurrent_requests"),
    Fault.ERROR: (500, "internal_server_error"),
    Fault.KEY: (401, "invalid_api_key"),
    Fault.QUOTA: (401, "quota_exceeded"),
    Fault.VOICE: (404, "voice_not_found"),
    Fault.MODEL: (400, "model_not_found"),
    Fault.LENGTH: (400, "max_character_limit_exceeded"),
    Fault.MODERATION: (400, "content_against_policy"),
}


class ElevenLabsServer(HttpService):
    """The server.

    Attributes:
        socket_queries: parameters of each WebSocket that was opened.
        openings: first messages of contexts.
        bodies: of HTTP requests for speech, and their parameters.
        closes_at_once: whether a WebSocket is closed at the first text, without a message.
        out_of_time: how many WebSockets are left at a text, which came as their time without one was over.
        held: a voice whose WebSockets are not answered.
        waiting: set once one of those was asked for.
        refuse_sockets: status that WebSockets are refused with; 0: they are opened.
        aligned: whether sound comes with the times of its characters.
        tags_aligned: whether a tag that was sent before the text is told of as well; it is not spoken.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.socket_queries: list[Mapping[str, str]] = []
        self.openings: list[Mapping[str, Any]] = []
        self.bodies: list[Mapping[str, Any]] = []
        self.closes_at_once = False
        self.out_of_time = 0
        self._sockets: set[web.WebSocketResponse] = set()
        self.held = ""
        self.waiting = threading.Event()
        self.refuse_sockets = 0
        self.aligned = self.tags_aligned = True

    def routes(self) -> Sequence[web.RouteDef]:
        return [
            web.get("/v1/voices", self._voices),
            web.get("/v1/voices/settings/default", self._usual),
            web.get("/v1/text-to-speech/{voice}/multi-stream-input", self._socket),
            web.post("/v1/text-to-speech/{voice}/stream/with-timestamps", self._stream),
        ]

    def outwait(self) -> None:
        """Leave WebSockets without a text for too long, with a message; and other connections as well."""

        async def leave() -> None:
            for socket in list(self._sockets):
                await _left(socket)

        asyncio.run_coroutine_threadsafe(leave(), self._loop).result()
        super().outwait()

    async def _usual(self, _: web.Request) -> web.Response:
        return web.json_response({"stability": 0.5, "similarity_boost": 0.75, "style": 0.0})

    async def _voices(self, _: web.Request) -> web.Response:
        self.listed += 1
        if not self.lists:
            return web.json_response({"detail": {"status": "internal_server_error"}}, status=500)
        labels = {"gender": "female", "accent": "american", "language": "en"}
        verified = [
            {"language": "de", "model_id": "eleven_flash_v2_5", "locale": "de-DE", "accent": "standard"}
        ]
        voices = [
            {
                "voice_id": "21m00Tcm4TlvDq8ikWAM",
                "name": "Rachel",
                "category": "premade",
                "labels": labels,
                "verified_languages": verified,
            },
            {"voice_id": "Adam0000000000000000", "name": "Adam", "category": "cloned", "labels": {}},
        ]
        if self.newcomer:
            voices.append({"voice_id": self.newcomer, "name": "New", "category": "generated", "labels": {}})
        return web.json_response({"voices": voices})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_sockets:
            return web.Response(status=self.refuse_sockets)
        if request.match_info["voice"] == self.held:
            self.waiting.set()
            await asyncio.Event().wait()
        self.socket_queries.append({**request.query, "voice": request.match_info["voice"]})
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        key = request.headers.get("xi-api-key", "")
        output_format = request.query["output_format"]
        contexts: dict[str, asyncio.Task[None]] = {}
        closed: dict[str, asyncio.Event] = {}
        try:
            async for data in socket:
                if data.type is not WSMsgType.TEXT:
                    break
                message = json.loads(data.data)
                name = message["context_id"]
                if "text" in message:
                    self.openings.append(message)
                    closed[name] = asyncio.Event()
                    contexts[name] = asyncio.create_task(
                        self._speak(socket, request, message, key, output_format, closed[name])
                    )
                if message.get("close_context"):
                    closed[name].set()
        finally:
            self._sockets.discard(socket)
            for task in contexts.values():
                task.cancel()
            await asyncio.gather(*contexts.values(), return_exceptions=True)
        return socket

    async def _speak(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        opening: Mapping[str, Any],
        key: str,
        output_format: str,
        closed: asyncio.Event,
    ) -> None:
        """Speak one context until all is said, or it is closed before."""
        name, text = opening["context_id"], opening["text"]
        with self.request(key, text.removesuffix(" ")) as fault:
            if self.closes_at_once:
                await socket.close()
                return
            if self.out_of_time:
                self.out_of_time -= 1
                await _left(socket)
                return
            if fault is Fault.HANG_BEFORE:
                await closed.wait()
                return
            if fault in _REFUSALS:
                code = _REFUSALS[fault][1]
                # As careless as a vendor may be: its sentence quotes the key and the text.
                said = {"message": f"{key} {text!r}", "error": code, "code": 1008}
                await socket.send_json(said)
                await socket.close(code=1008, message=code.encode())
                return
            speed = opening.get("voice_settings", {}).get("speed", 1.0)
            for piece in _pieces("" if fault is Fault.EMPTY else text):
                if closed.is_set():
                    break
                message: dict[str, Any] = {
                    "audio": _sound(piece, output_format, speed, fault),
                    "contextId": name,
                }
                message["alignment"] = _alignment(piece, speed) if self.aligned else None
                await socket.send_json(message)
                if fault is Fault.CUT:
                    await asyncio.sleep(0.05)  # for the client to have read it
                    assert request.transport is not None
                    request.transport.abort()
                    return
                if fault is Fault.HANG_MIDDLE:
                    await closed.wait()
                    return
                await asyncio.sleep(self.pause)
            if fault is not Fault.EMPTY:
                await closed.wait()
            await socket.send_json({"isFinal": True, "contextId": name})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("xi-api-key", "")
        body = await request.json()
        text = body["text"]
        with self.request(key, text) as fault:
            self.bodies.append({**body, **request.query, "voice": request.match_info["voice"]})
            if fault is Fault.HANG_BEFORE:
                await asyncio.Event().wait()
            if fault in _REFUSALS:
                status, code = _REFUSALS[fault]
                detail = {"status": code, "message": f"{key} {text!r}"}
                headers = {"Retry-After": f"{self.retry_after:g}"} if fault is Fault.BUSY else {}
                return web.json_response({"detail": detail}, status=status, headers=headers)
            output_format = request.query["output_format"]
            speed = (body.get("voice_settings") or {}).get("speed") or 1.0
            headers = {"Content-Type": "application/json", "character-cost": str(len(text) // 2)}  # credits
            answer = web.StreamResponse(headers=headers)
            await answer.prepare(request)
            at = 0.0
            tag, text = _tagged(text)
            if tag and self.tags_aligned:
                silent = [0.0] * len(tag)
                await answer.write(json.dumps(_chunk("", tag, silent, silent)).encode() + b"\n")
            for piece in _pieces("" if fault is Fault.EMPTY else text):
                times = _alignment(piece, speed)
                starts = [at + ms / 1000 for ms in times["charStartTimesMs"]]
                lengths = times["charDurationsMs"]
                ends = [start + ms / 1000 for start, ms in zip(starts, lengths, strict=True)]
                sound = _sound(piece, output_format, speed, fault)
                chunk = _chunk(sound, piece if self.aligned else None, starts, ends)
                at += len(piece) * SECONDS_PER_CODE_POINT / speed
                await answer.write(json.dumps(chunk).encode() + b"\n")
                if fault is Fault.CUT:
                    await asyncio.sleep(0.05)
                    assert request.transport is not None
                    request.transport.abort()
                    return answer
                if fault is Fault.HANG_MIDDLE:
                    await asyncio.Event().wait()
                await asyncio.sleep(self.pause)
            await answer.write_eof()
            return answer


async def _left(socket: web.WebSocketResponse) -> None:
    """End a connection on which there was no text for as long as it was opened for."""
    code = "input_timeout_exceeded"
    await socket.send_json({"message": "Have not received a new text input", "error": code, "code": 1008})
    await socket.close(code=1008, message=code.encode())


def _tagged(text: str) -> tuple[str, str]:
    """Return the tag before a text, with its space, and the text."""
    end = text.find("] ") + 2 if text.startswith("[") else 0
    return text[:end], text[end:]


def _chunk(
    sound: str, characters: str | None, starts: Sequence[float], ends: Sequence[float]
) -> Mapping[str, Any]:
    """Return a chunk of an answer over HTTP; None for characters that are not told of."""
    alignment = {
        "characters": list(characters or ""),
        "character_start_times_seconds": starts,
        "character_end_times_seconds": ends,
    }
    told = None if characters is None else alignment
    return {"audio_base64": sound, "alignment": told, "normalized_alignment": None}


def _pieces(text: str) -> Sequence[str]:
    cuts = [*range(0, len(text), _PIECE), len(text)]
    return [text[start:end] for start, end in pairwise(cuts)]


def _sound(piece: str, output_format: str, speed: float, fault: Fault) -> str:
    form, _, rate = output_format.partition("_")
    sound = speech(piece, int(rate), speed)
    if form == "ulaw":
        sound = bytes(_nearest(value) for value in array("h", sound))
    if fault is Fault.GARBAGE:
        sound = random.Random(7).randbytes(20_000)
    if fault is Fault.WRONG_RATE:
        sound = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + _form(16_000) + b"data\xff\xff\xff\xff" + sound
    return base64.b64encode(sound).decode()


@cache
def _nearest(value: int) -> int:
    """Return the mu-law byte whose sample is nearest."""
    samples = array("h", from_mu_law(bytes(range(256))))
    return min(range(256), key=lambda code: abs(samples[code] - value))


def _form(rate: int) -> bytes:
    return (
        array("H", [1, 1]).tobytes() + array("I", [rate, rate * 2]).tobytes() + array("H", [2, 16]).tobytes()
    )


def _alignment(piece: str, speed: float) -> dict[str, Any]:
    """Return the times of a piece's characters, from the beginning of the piece."""
    edges = [round(n * SECONDS_PER_CODE_POINT * 1000 / speed) for n in range(len(piece) + 1)]
    return {
        "chars": list(piece),
        "charStartTimesMs": edges[:-1],
        "charDurationsMs": [end - start for start, end in pairwise(edges)],
    }
