"""A local server with AllTalk v2's interface as it is on the wire."""

from __future__ import annotations

import asyncio
import random
import ssl
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from aiohttp import web

from parlando_synth.remote.http_service import HttpService
from parlando_synth.remote.service import Fault, pieces, speech

_REFUSALS = {
    Fault.BUSY: (503, "Busy"),
    Fault.ERROR: (500, "An error occurred"),
    Fault.KEY: (401, "Unauthorized"),
    Fault.QUOTA: (402, "Payment Required"),
    Fault.VOICE: (400, "The voice is not available"),
    Fault.LENGTH: (413, "Too large"),
}


class AllTalkServer(HttpService):
    """The server, which makes one text at a time.

    Attributes:
        ready: whether its model is loaded.
        streaming_capable: whether its engine can stream.
        asked_for: parameters of the last request for speech.
        stops: requests to stop.
        deaf: whether those are not answered, and stop nothing.
    """

    # As AllTalk is: what it makes goes on when the client is gone, until it is told to stop.
    heeds_leaving = False

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.ready = True
        self.streaming_capable = True
        self.asked_for: Mapping[str, Any] = {}
        self.stops = 0
        self.deaf = False
        self._making: set[asyncio.Event] = set()  # each text that is made, by what stops it

    def routes(self) -> Sequence[web.RouteDef]:
        return [
            web.get("/api/ready", self._ready),
            web.get("/api/currentsettings", self._settings),
            web.get("/api/voices", self._voices),
            web.get("/api/tts-generate-streaming", self._stream),
            web.put("/api/stop-generation", self._stop_generation),
            web.post("/v1/audio/speech", self._speech),
        ]

    async def shut(self) -> None:
        self._stop()
        await super().shut()

    def _stop(self) -> None:
        for stopped in self._making:
            stopped.set()

    async def _ready(self, _: web.Request) -> web.Response:
        return web.Response(text="Ready" if self.ready else "Unloaded")

    async def _settings(self, _: web.Request) -> web.Response:
        engine = "xtts" if self.streaming_capable else "piper"
        return web.json_response(
            {
                "current_engine_loaded": engine,
                "current_model_loaded": f"{engine} - xttsv2_2.0.3",
                "streaming_capable": self.streaming_capable,
            }
        )

    async def _voices(self, _: web.Request) -> web.Response:
        self.listed += 1
        if not self.lists:
            return web.json_response({"status": "error", "message": "An error occurred"}, status=500)
        voices = ["female_01.wav", "male_01.wav", *([self.newcomer] if self.newcomer else [])]
        return web.json_response({"status": "success", "voices": voices})

    async def _stop_generation(self, _: web.Request) -> web.Response:
        self.stops += 1
        if self.deaf:
            await asyncio.Event().wait()  # until the other end is gone
        self._stop()
        return web.json_response({"message": "Cancelling current TTS generation"})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self.asked_for = dict(request.query)
        return await self._answer(request, request.query["text"], 1.0)

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        self.asked_for = await request.json()
        return await self._answer(request, self.asked_for["input"], self.asked_for["speed"])

    async def _answer(self, request: web.Request, text: str, speed: float) -> web.StreamResponse:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        with self.request(key, text) as fault, self._made() as stopped:
            if fault is Fault.HANG_BEFORE:
                await stopped.wait()
            if fault in _REFUSALS:
                status, sentence = _REFUSALS[fault]
                headers = {"Retry-After": f"{self.retry_after:g}"} if fault is Fault.BUSY else {}
                # As careless as a server may be: its sentence quotes the key and the text.
                said = {"status": "error", "message": f"{sentence}: {key} {text!r}"}
                return web.json_response(said, status=status, headers=headers)
            answer = web.StreamResponse(headers={"Content-Type": "audio/wav"})
            await answer.prepare(request)
            await self._send(request, answer, _sound(fault, text, speed), fault, stopped)
            return answer

    @contextmanager
    def _made(self) -> Iterator[asyncio.Event]:
        """Yield what stops the text that is made in the block."""
        stopped = asyncio.Event()
        self._making.add(stopped)
        try:
            yield stopped
        finally:
            self._making.discard(stopped)

    async def _send(
        self,
        request: web.Request,
        answer: web.StreamResponse,
        sound: bytes,
        fault: Fault,
        stopped: asyncio.Event,
    ) -> None:
        for piece in pieces(sound):
            if stopped.is_set():
                return
            with suppress(ConnectionError):  # it makes all of it, whoever listens
                await answer.write(piece)
            if fault is Fault.CUT:
                await asyncio.sleep(0.05)  # for the client to have read it
                assert request.transport is not None
                request.transport.abort()
                return
            if fault is Fault.HANG_MIDDLE:
                await stopped.wait()
                return
            await asyncio.sleep(self.pause)
        with suppress(ConnectionError):
            await answer.write_eof()


def _sound(fault: Fault, text: str, speed: float) -> bytes:
    if fault is Fault.EMPTY:
        return b""
    if fault is Fault.GARBAGE:
        return random.Random(7).randbytes(20_000)
    rate = 16_000 if fault is Fault.WRONG_RATE else 24_000
    return _header(rate) + speech(text, rate, speed)


def _header(rate: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    return b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + form + b"data\xff\xff\xff\xff"
