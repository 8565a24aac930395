"""A local server with Google's own protos on the wire, behind a relay that can cut connections."""

from __future__ import annotations

import asyncio
import random
import re
import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import lru_cache
from html import unescape
from io import BytesIO
from typing import Any, NoReturn

import av
import grpc
import numpy as np
from google.cloud import texttospeech_v1 as v1
from google.cloud import texttospeech_v1beta1 as v1beta1
from google.protobuf import any_pb2
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from parlando_synth.remote.service import SECONDS_PER_CODE_POINT, Fault, LocalService, pieces, speech

CHIRPS = ("en-US-Chirp3-HD-Charon", "en-US-Chirp3-HD-Kore", "de-DE-Chirp3-HD-Kore")
NEURALS = ("en-GB-Neural2-A", "en-US-Neural2-C", "en-US-Neural2-D")

_TAG = re.compile(r"<[^>]*>")
_MARK = re.compile(r'<mark name="([^"]+)"\s*/>')
_SENTENCES = {
    Fault.VOICE: "Voice 'x' does not exist. Is it misspelled?",
    Fault.MODEL: "Requested model is not available.",
    Fault.LENGTH: "Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes.",
    Fault.MODERATION: "The input contains sensitive or harmful content.",
}


class GoogleServer(LocalService):
    """The server.

    Attributes:
        requests: messages of the last request for speech.
        unmarked: marks of whose time nothing is said.
        keys: API keys that calls of any kind came with.
        bearers: what calls of any kind came with as "authorization".
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.requests: list[Any] = []
        self.unmarked: frozenset[str] = frozenset()
        self.keys: set[str] = set()
        self.bearers: set[str] = set()
        self._server: grpc.aio.Server | None = None
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._relays: set[asyncio.Task[None]] = set()
        self._behind = 0
        self._reading: set[asyncio.Event] = set()  # of each stream that is still written to: its time is over

    async def open(self, tls: ssl.SSLContext | None) -> int:
        self._server = grpc.aio.server()
        self._server.add_generic_rpc_handlers((self._v1(), self._v1beta1()))
        self._behind = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=tls)
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def shut(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)
        if self._server is not None:
            await self._server.stop(0)

    def transports(self) -> Sequence[asyncio.BaseTransport]:
        return [writer.transport for writer in self._connections]

    def _cut(self) -> None:
        for writer in self._connections:
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.create_task(self._relay(reader, writer))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        self._connections.add(writer)
        try:
            ways = (_pass(reader, behind_writer), _pass(behind_reader, writer))
            await asyncio.wait(
                [asyncio.create_task(way) for way in ways], return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            self._connections.discard(writer)
            writer.transport.abort()
            behind_writer.transport.abort()

    def _v1(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            "google.cloud.texttospeech.v1.TextToSpeech",
            {
                "ListVoices": grpc.unary_unary_rpc_method_handler(
                    self._list_chirps, v1.ListVoicesRequest.deserialize, v1.ListVoicesResponse.serialize
                ),
                "StreamingSynthesize": grpc.stream_stream_rpc_method_handler(
                    self._stream,
                    v1.StreamingSynthesizeRequest.deserialize,
                    v1.StreamingSynthesizeResponse.serialize,
                ),
            },
        )

    def _v1beta1(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            "google.cloud.texttospeech.v1beta1.TextToSpeech",
            {
                "ListVoices": grpc.unary_unary_rpc_method_handler(
                    self._list_all,
                    v1beta1.ListVoicesRequest.deserialize,
                    v1beta1.ListVoicesResponse.serialize,
                ),
                "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
                    self._synthesize,
                    v1beta1.SynthesizeSpeechRequest.deserialize,
                    v1beta1.SynthesizeSpeechResponse.serialize,
                ),
            },
        )

    async def _list_chirps(self, _: object, context: Any) -> v1.ListVoicesResponse:
        names = await self._names(context)
        return v1.ListVoicesResponse(voices=[_voice(v1, name) for name in names])

    async def _list_all(self, _: object, context: Any) -> v1beta1.ListVoicesResponse:
        names = await self._names(context)
        return v1beta1.ListVoicesResponse(voices=[_voice(v1beta1, name) for name in names])

    async def _names(self, context: Any) -> Sequence[str]:
        """Return the names of the voices that a call for them gets."""
        self.listed += 1
        self._admit(context)
        if not self.lists:
            await _refuse(context, grpc.StatusCode.INTERNAL, "Internal error")
        return [*CHIRPS, *NEURALS, *([self.newcomer] if self.newcomer else [])]

    def outwait(self) -> None:
        """Leave streams without text for too long, and connections without streams."""

        def leave() -> None:
            for over in self._reading:
                over.set()

        self._on_loop(leave)
        super().outwait()

    async def _sent(self, requests: AsyncIterator[Any], context: Any) -> list[Any]:
        """Return all that is sent in a stream; who takes longer over it than Google waits is left."""
        sent: list[Any] = []
        over = asyncio.Event()
        self._reading.add(over)
        outwaited = asyncio.ensure_future(over.wait())
        try:
            while True:
                coming = asyncio.ensure_future(anext(requests, None))
                await asyncio.wait({coming, outwaited}, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    sentence = "Stream aborted due to long duration elapsed without input sent."
                    await _refuse(context, grpc.StatusCode.ABORTED, sentence)
                if (request := coming.result()) is None:
                    return sent
                sent.append(request)
        finally:
            outwaited.cancel()
            self._reading.discard(over)

    async def _stream(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        self.requests = await self._sent(requests, context)
        config = self.requests[0].streaming_config
        text = "".join(each.input.text or each.input.markup for each in self.requests[1:])
        with self.request(_key(context), text) as fault:
            await self._before(fault, context, text)
            if fault is Fault.EMPTY:
                return
            audio = config.streaming_audio_config
            sound = speech(text, audio.sample_rate_hertz, audio.speaking_rate or 1.0)
            if fault is Fault.GARBAGE:
                sound = random.Random(7).randbytes(20_000)
            else:
                sound = _encoded(sound, audio.audio_encoding)
            for piece in pieces(sound):
                yield v1.StreamingSynthesizeResponse(audio_content=piece)
                if fault is Fault.CUT:
                    await asyncio.sleep(0.05)  # for the client to have read it
                    self._cut()
                    return
                if fault is Fault.HANG_MIDDLE:
                    await asyncio.Event().wait()
                await asyncio.sleep(self.pause)

    async def _synthesize(self, request: Any, context: Any) -> v1beta1.SynthesizeSpeechResponse:
        text = unescape(_TAG.sub("", request.input.ssml))
        with self.request(_key(context), text) as fault:
            self.requests = [request]
            await self._before(fault, context, text)
            if fault is Fault.CUT:
                self._cut()
                await asyncio.Event().wait()
            audio = request.audio_config
            rate = 16_000 if fault is Fault.WRONG_RATE else audio.sample_rate_hertz
            sound = speech(text, rate, audio.speaking_rate)
            if audio.volume_gain_db:
                loudness = 10 ** (audio.volume_gain_db / 20)
                sound = (np.frombuffer(sound, "<i2") * loudness).astype("<i2").tobytes()
            if fault is Fault.GARBAGE:
                return v1beta1.SynthesizeSpeechResponse(audio_content=random.Random(7).randbytes(20_000))
            if fault is Fault.EMPTY:
                return v1beta1.SynthesizeSpeechResponse(audio_content=_wav(b"", rate))
            return v1beta1.SynthesizeSpeechResponse(
                audio_content=_wav(sound, rate),
                timepoints=self._timepoints(request.input.ssml, audio.speaking_rate),
            )

    def _timepoints(self, ssml: str, speed: float) -> list[v1beta1.Timepoint]:
        return [
            v1beta1.Timepoint(
                mark_name=mark[1],
                time_seconds=len(_TAG.sub("", ssml[: mark.start()])) * SECONDS_PER_CODE_POINT / speed,
            )
            for mark in _MARK.finditer(ssml)
            if mark[1] not in self.unmarked
        ]

    def _admit(self, context: Any) -> None:
        self.keys.add(_key(context))
        self.bearers.add(str(dict(context.invocation_metadata()).get("authorization", "")))

    async def _before(self, fault: Fault, context: Any, text: str) -> None:
        """Let go wrong what does before there is any sound."""
        self._admit(context)
        key = _key(context)
        if fault is Fault.HANG_BEFORE:
            await asyncio.Event().wait()
        if fault is Fault.BUSY:
            delay = Duration()
            delay.FromNanoseconds(round(self.retry_after * 1e9))
            await _refuse(
                context,
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "Quota exceeded for requests per minute",
                error_details_pb2.ErrorInfo(
                    reason="RATE_LIMIT_EXCEEDED", metadata={"quota_unit": "1/min/{project}"}
                ),
                error_details_pb2.RetryInfo(retry_delay=delay),
            )
        if fault is Fault.QUOTA:
            info = error_details_pb2.ErrorInfo(reason="BILLING_DISABLED", domain="googleapis.com")
            await _refuse(
                context, grpc.StatusCode.PERMISSION_DENIED, "This API method requires billing", info
            )
        if fault is Fault.KEY:
            info = error_details_pb2.ErrorInfo(reason="API_KEY_INVALID", domain="googleapis.com")
            await _refuse(context, grpc.StatusCode.UNAUTHENTICATED, f"API key not valid: {key}", info)
        if fault is Fault.ERROR:
            await _refuse(context, grpc.StatusCode.INTERNAL, f"Internal error at {text!r}")
        if fault in _SENTENCES:
            # As careless as a vendor may be: its sentence quotes the key and the text.
            sentence = f"{_SENTENCES[fault]} ({key}, {text!r})"
            await _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, sentence)


async def _refuse(context: Any, code: grpc.StatusCode, message: str, *details: Any) -> NoReturn:
    packed = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    status = status_pb2.Status(code=code.value[0], message=message, details=packed)
    await context.abort(code, message, (("grpc-status-details-bin", status.SerializeToString()),))
    raise AssertionError("abort raises")


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


def _key(context: Any) -> str:
    return str(dict(context.invocation_metadata()).get("x-goog-api-key", ""))


def _voice(version: Any, name: str) -> Any:
    gender = version.SsmlVoiceGender.FEMALE if name.endswith(("Kore", "C")) else version.SsmlVoiceGender.MALE
    language = "-".join(name.split("-")[:2])
    return version.Voice(
        language_codes=[language], name=name, ssml_gender=gender, natural_sample_rate_hertz=24_000
    )


def _wav(sound: bytes, rate: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    size = len(sound)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16)
        + form
        + struct.pack("<4sI", b"data", size)
        + sound
    )


@lru_cache(maxsize=8)  # a service's encoder is faster than its network
def _encoded(sound: bytes, encoding: v1.AudioEncoding) -> bytes:
    """Return sound as FFmpeg encodes it."""
    codecs = {
        v1.AudioEncoding.MULAW: ("pcm_mulaw", "mulaw"),
        v1.AudioEncoding.ALAW: ("pcm_alaw", "alaw"),
        v1.AudioEncoding.OGG_OPUS: ("libopus", "ogg"),
    }
    if encoding not in codecs:
        return sound
    codec, form = codecs[encoding]
    rate = 48_000 if codec == "libopus" else 24_000

    file = BytesIO()
    # A page each 20 ms, as a service that streams has it: FFmpeg gathers a second otherwise.
    options = {"page_duration": "20000"} if form == "ogg" else {}
    with av.open(file, "w", format=form, options=options) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(
            np.frombuffer(sound, "<i2").reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate = rate
        frame.pts = 0
        for part in (frame, None):
            container.mux(stream.encode(part))
    return file.getvalue()
