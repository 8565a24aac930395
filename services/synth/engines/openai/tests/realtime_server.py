"""A local server that speaks Realtime as OpenAI does: sessions over a WebSocket, one response at a time."""

from __future__ import annotations

import asyncio
import base64
import itertools
import random
import ssl
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from parlando_synth.remote.http_service import HttpService
from parlando_synth.remote.service import Fault, pieces, speech

RATE = 24_000

_ERRORS = {
    Fault.KEY: ("invalid_request_error", "invalid_api_key", None),
    Fault.VOICE: ("invalid_request_error", "invalid_value", "response.audio.output.voice"),
    Fault.MODEL: ("invalid_request_error", "model_not_found", "model"),
    Fault.LENGTH: ("invalid_request_error", "string_above_max_length", None),
}
_FAILURES = {
    Fault.ERROR: "server_error",
    Fault.QUOTA: "insufficient_quota",
    Fault.BUSY: "rate_limit_exceeded",
}


class RealtimeServer(HttpService):
    """The server.

    Attributes:
        sessions: how many were opened.
        session: what the last one was set to.
        response: what the last response was asked to be.
        says: what is said instead of the text, where one is set.
        cancels: responses that were cancelled.
        deaf: whether a cancel is not answered; nor the end of a session, of those that begin now.
        mute: whether it says nothing to who connects.
        refuses: status, headers and code with which a handshake is refused; None: it is not.
        reported: tokens of text, sound and transcript of all usage that was reported.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.sessions = self.cancels = 0
        self.session: dict[str, Any] = {}
        self.response: dict[str, Any] = {}
        self.says: str | None = None
        self.deaf = self.mute = False
        self.refuses: tuple[int, Mapping[str, str], str] | None = None
        self.reported = [0, 0, 0]
        self._ids = itertools.count()
        self._sockets: set[web.WebSocketResponse] = set()

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.get("/v1/realtime", self._connect)]

    def drop(self) -> None:
        """Close every session, as the service does after an hour."""

        async def close() -> None:
            for socket in [*self._sockets]:
                await socket.close(code=1001)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result()

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        self.key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.refuses is not None:
            status, headers, code = self.refuses
            error = {"error": {"message": f"no {self.key}", "type": "invalid_request_error", "code": code}}
            return web.json_response(error, status=status, headers=headers)
        socket = web.WebSocketResponse(autoclose=not self.deaf)
        await socket.prepare(request)
        if self.mute:
            await asyncio.Event().wait()  # until the other end is gone
        self.sessions += 1
        self._sockets.add(socket)
        responding: asyncio.Task[None] | None = None
        await _send(socket, "session.created", session={"id": f"sess_{next(self._ids)}", "type": "realtime"})
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                event = message.json()
                match event["type"]:
                    case "session.update":
                        self.session = event["session"]
                        await _send(socket, "session.updated", session=self.session)
                    case "response.create":
                        self.response = event["response"]
                        responding = asyncio.create_task(self._respond(request, socket, event["response"]))
                    case "response.cancel" if responding is not None and not self.deaf:
                        self.cancels += 1
                        responding.cancel()
            if self.deaf:
                await asyncio.Event().wait()  # until the other end is gone
        finally:
            self._sockets.discard(socket)
            if responding is not None:
                responding.cancel()
                await asyncio.gather(responding, return_exceptions=True)
        return socket

    async def _respond(
        self, request: web.Request, socket: web.WebSocketResponse, asked: Mapping[str, Any]
    ) -> None:
        text = asked["input"][0]["content"][0]["text"]
        response = f"resp_{next(self._ids)}"
        made = b""
        with self.request(self.key, text) as fault:
            try:
                if fault is Fault.HANG_BEFORE:
                    await asyncio.Event().wait()
                if fault in _ERRORS:
                    kind, code, param = _ERRORS[fault]
                    about = {"type": kind, "code": code, "param": param, "message": f"{self.key}: {text}"}
                    await _send(socket, "error", error=about)
                    return
                await _send(socket, "response.created", response={"id": response, "status": "in_progress"})
                made = await self._say(request, socket, response, text, fault)
            except asyncio.CancelledError:
                if not self.deaf:
                    with suppress(ConnectionError):
                        await self._done(
                            socket, response, text, made, "cancelled", {"reason": "client_cancelled"}
                        )

    async def _say(
        self, request: web.Request, socket: web.WebSocketResponse, response: str, text: str, fault: Fault
    ) -> bytes:
        said = text if self.says is None else self.says
        ids = {"response_id": response, "item_id": "item_1", "output_index": 0, "content_index": 0}
        if fault in _FAILURES:
            limit = {"name": "requests", "limit": 100, "remaining": 0, "reset_seconds": self.retry_after}
            await _send(socket, "rate_limits.updated", rate_limits=[limit] if fault is Fault.BUSY else [])
            error = {
                "type": "invalid_request_error",
                "code": _FAILURES[fault],
                "message": f"{self.key}: {text}",
            }
            await self._done(socket, response, text, b"", "failed", {"type": "failed", "error": error})
            return b""
        if fault is Fault.MODERATION:
            await self._done(socket, response, text, b"", "incomplete", {"reason": "content_filter"})
            return b""
        rate = 16_000 if fault is Fault.WRONG_RATE else RATE
        speed = float(self.session["audio"]["output"].get("speed", 1.0))
        sound = b"" if fault is Fault.EMPTY else speech(said, rate, speed)
        if fault is Fault.GARBAGE:
            sound = random.Random(7).randbytes(20_000)
        if fault is Fault.WRONG_RATE:  # bare PCM tells no rate: a header does
            form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
            sound = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + form + b"data\xff\xff\xff\xff" + sound
        words = said.split(" ")
        for place, word in enumerate(words):
            delta = word if place == len(words) - 1 else word + " "
            await _send(socket, "response.output_audio_transcript.delta", **ids, delta=delta)
        for number, piece in enumerate(pieces(sound)):
            if number:
                await asyncio.sleep(self.pause)
            delta = base64.b64encode(piece).decode()
            await _send(socket, "response.output_audio.delta", **ids, delta=delta)
            if fault is Fault.HANG_MIDDLE:
                await asyncio.Event().wait()
            if fault is Fault.CUT:
                await asyncio.sleep(0.05)  # for the client to have read it
                assert request.transport is not None
                request.transport.abort()
                return b""
        await _send(socket, "response.output_audio.done", **ids)
        await _send(socket, "response.output_audio_transcript.done", **ids, transcript=said)
        await self._done(socket, response, text, sound, "completed", None)
        return sound

    async def _done(
        self,
        socket: web.WebSocketResponse,
        response: str,
        text: str,
        sound: bytes,
        status: str,
        details: Mapping[str, Any] | None,
    ) -> None:
        # As OpenAI counts: a token for four characters or so, and one for 50 ms of sound.
        words, audio = len(text) // 4, len(sound) // 2 * 20 // RATE
        tokens = [words + len(self.response["instructions"]) // 4, audio, words]
        self.reported = [sum(each) for each in zip(self.reported, tokens, strict=True)]
        usage = {
            "input_tokens": tokens[0],
            "output_tokens": audio + words,
            "output_token_details": {"audio_tokens": audio, "text_tokens": words},
        }
        about = {"id": response, "status": status, "status_details": details, "usage": usage}
        await _send(socket, "response.done", response=about)


async def _send(socket: web.WebSocketResponse, kind: str, **fields: object) -> None:
    await socket.send_json({"type": kind, "event_id": "event_1", **fields})
