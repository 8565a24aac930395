"""Remote engines as they are measured: each with its local server, and the bare call that it stands on."""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ENGINES = Path(__file__).parents[1] / "services/synth/engines"
sys.path[:0] = [
    str(_ENGINES / name / part)
    for name in ("openai", "google", "elevenlabs", "alltalk")
    for part in ("src", "tests")
]

import grpc  # noqa: E402  # after the paths of other projects
import httpx  # noqa: E402
from alltalk_server import AllTalkServer  # noqa: E402
from elevenlabs.client import AsyncElevenLabs  # noqa: E402
from elevenlabs_server import ElevenLabsServer  # noqa: E402
from google.cloud import texttospeech_v1 as v1  # noqa: E402
from google.cloud import texttospeech_v1beta1 as v1beta1  # noqa: E402
from google.cloud.texttospeech_v1.services.text_to_speech.transports import (  # noqa: E402
    TextToSpeechGrpcAsyncIOTransport as ChirpTransport,
)
from google.cloud.texttospeech_v1beta1.services.text_to_speech.transports import (  # noqa: E402
    TextToSpeechGrpcAsyncIOTransport as ClassicTransport,
)
from google_server import GoogleServer  # noqa: E402
from openai import AsyncOpenAI  # noqa: E402
from realtime_server import RealtimeServer  # noqa: E402
from speech_server import SpeechServer  # noqa: E402
from websockets.asyncio.client import connect  # noqa: E402

from parlando_alltalk.settings import AllTalkSettings  # noqa: E402
from parlando_alltalk.vendor import AllTalkVendor  # noqa: E402
from parlando_elevenlabs.settings import ElevenLabsSettings  # noqa: E402
from parlando_elevenlabs.vendor import ElevenLabsVendor  # noqa: E402
from parlando_google.chirp import ChirpVendor  # noqa: E402
from parlando_google.classic import ClassicVendor  # noqa: E402
from parlando_google.marks import marked  # noqa: E402
from parlando_google.settings import ChirpSettings, ClassicSettings  # noqa: E402
from parlando_openai import profiles  # noqa: E402
from parlando_openai.engine import realtime, speech  # noqa: E402
from parlando_openai.settings import (  # noqa: E402
    KokoroFastAPISettings,
    OpenAISettings,
    RealtimeSettings,
)
from parlando_synth.engine import Engine  # noqa: E402
from parlando_synth.remote.engine import RemoteEngine  # noqa: E402
from parlando_synth.remote.service import LocalService  # noqa: E402

Call = Callable[[str], Awaitable["First"]]
"""Has a text spoken, to its end; returns when the first bytes of sound came."""

KEY = "sk-1"
VOICE = "21m00Tcm4TlvDq8ikWAM"
CHIRP, NEURAL = "en-US-Chirp3-HD-Charon", "en-US-Neural2-C"
RATE = 24_000


@dataclass(frozen=True)
class Kind:
    """A way to a vendor.

    Attributes:
        serve: makes its local server.
        engine: makes the engine for a port.
        bare: opens what the engine stands on, by itself, for a port.
        name: of the engine, and `project` the folder it lies in, for a worker.
        settings: of a worker, as environment variables with the server's address in them.
        live: texts at a time that it takes at most.
        streams: whether sound comes before all of it is made.
    """

    serve: Callable[[], LocalService]
    engine: Callable[[int], Engine]
    bare: Callable[[int], AbstractAsyncContextManager[Call]]
    name: str
    project: str
    settings: Mapping[str, str]
    live: int = 100
    streams: bool = field(default=True)


class First:
    """When something came first.

    Attributes:
        seconds: until then.
        cpu: seconds of this process until then, which others on the machine do not lengthen.
    """

    def __init__(self) -> None:
        self._began, self._cpu = time.perf_counter(), time.process_time()
        self.seconds = self.cpu = 0.0

    def came(self) -> None:
        """Note that something came."""
        if not self.seconds:
            self.seconds, self.cpu = time.perf_counter() - self._began, time.process_time() - self._cpu


def _speech_server() -> SpeechServer:
    server = SpeechServer()
    server.voices = ["af_heart"]
    return server


def _of_speech(fields: Mapping[str, object]) -> Callable[[int], AbstractAsyncContextManager[Call]]:
    """The SDK's call, its bytes or its lines of events undecoded."""

    @asynccontextmanager
    async def bare(port: int) -> AsyncIterator[Call]:
        async with AsyncOpenAI(api_key=KEY, base_url=f"http://127.0.0.1:{port}/v1", max_retries=0) as client:

            async def call(text: str) -> First:
                first = First()
                async with client.audio.speech.with_streaming_response.create(
                    input=text, model="m", voice="af_heart", response_format="pcm", extra_body=dict(fields)
                ) as answer:
                    async for _ in answer.iter_lines() if fields else answer.iter_bytes():
                        first.came()
                return first

            yield call

    return bare


@asynccontextmanager
async def _of_realtime(port: int) -> AsyncIterator[Call]:
    """The SDK's connection, its events read as they are typed."""
    client = AsyncOpenAI(api_key=KEY, base_url=f"http://127.0.0.1:{port}/v1", max_retries=0)
    async with client, client.realtime.connect(model="gpt-realtime-2.1-mini") as connection:
        session: Any = {
            "type": "realtime",
            "audio": {"output": {"format": {"type": "audio/pcm", "rate": RATE}, "voice": "marin"}},
        }
        await connection.session.update(session=session)

        async def call(text: str) -> First:
            first = First()
            content = [{"type": "input_text", "text": text}]
            response: Any = {
                "conversation": "none",
                "instructions": "Read.",
                "input": [{"type": "message", "role": "user", "content": content}],
            }
            await connection.response.create(response=response)
            async for event in connection:
                if event.type == "response.output_audio.delta":
                    first.came()
                elif event.type == "response.done":
                    break
            return first

        yield call


@asynccontextmanager
async def _of_chirp(port: int) -> AsyncIterator[Call]:
    """Google's client, on a channel of its own."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        client = v1.TextToSpeechAsyncClient(transport=ChirpTransport(channel=channel))

        async def call(text: str) -> First:
            first = First()
            config = v1.StreamingSynthesizeConfig(
                voice=v1.VoiceSelectionParams(language_code="en-US", name=CHIRP),
                streaming_audio_config=v1.StreamingAudioConfig(
                    audio_encoding=v1.AudioEncoding.PCM, sample_rate_hertz=RATE
                ),
            )

            async def requests() -> AsyncIterator[v1.StreamingSynthesizeRequest]:
                yield v1.StreamingSynthesizeRequest(streaming_config=config)
                yield v1.StreamingSynthesizeRequest(input=v1.StreamingSynthesisInput(text=text))

            async for _ in await client.streaming_synthesize(requests=requests()):
                first.came()
            return first

        yield call


@asynccontextmanager
async def _of_classic(port: int) -> AsyncIterator[Call]:
    """Google's client, with marks that were made before."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        client = v1beta1.TextToSpeechAsyncClient(transport=ClassicTransport(channel=channel))

        async def call(text: str) -> First:
            ssml = marked(text, is_ssml=False).ssml
            first = First()
            await client.synthesize_speech(
                request=v1beta1.SynthesizeSpeechRequest(
                    input=v1beta1.SynthesisInput(ssml=ssml),
                    voice=v1beta1.VoiceSelectionParams(language_code="en-US", name=NEURAL),
                    audio_config=v1beta1.AudioConfig(
                        audio_encoding=v1beta1.AudioEncoding.LINEAR16,
                        sample_rate_hertz=RATE,
                        speaking_rate=1.0,
                    ),
                    enable_time_pointing=[v1beta1.SynthesizeSpeechRequest.TimepointType.SSML_MARK],
                )
            )
            first.came()
            return first

        yield call


@asynccontextmanager
async def _of_contexts(port: int) -> AsyncIterator[Call]:
    """A bare WebSocket, its messages read as JSON and their sound decoded: no less can be done with them."""
    url = f"ws://127.0.0.1:{port}/v1/text-to-speech/{VOICE}/multi-stream-input?output_format=pcm_24000"
    async with connect(
        url, additional_headers={"xi-api-key": KEY}, compression=None, max_size=None
    ) as socket:
        numbers = iter(range(1_000_000))

        async def call(text: str) -> First:
            first, name, told = First(), f"c{next(numbers)}", 0
            await socket.send(json.dumps({"text": f"{text} ", "context_id": name}))
            await socket.send(json.dumps({"context_id": name, "flush": True}))
            async for data in socket:
                message = json.loads(data)
                if message.get("isFinal"):
                    break
                base64.b64decode(message["audio"])
                first.came()
                told += len(message["alignment"]["chars"])
                if told > len(text):
                    await socket.send(json.dumps({"context_id": name, "close_context": True}))
            return first

        yield call


@asynccontextmanager
async def _of_timestamps(port: int) -> AsyncIterator[Call]:
    """ElevenLabs' client, its chunks as it types them."""
    async with httpx.AsyncClient() as http:
        client = AsyncElevenLabs(base_url=f"http://127.0.0.1:{port}", api_key=KEY, httpx_client=http)

        async def call(text: str) -> First:
            first = First()
            async for _ in client.text_to_speech.stream_with_timestamps(
                VOICE, text=text, model_id="eleven_flash_v2_5", output_format="pcm_24000"
            ):
                first.came()
            return first

        yield call


@asynccontextmanager
async def _of_get(port: int) -> AsyncIterator[Call]:
    """A bare GET."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

        async def call(text: str) -> First:
            first = First()
            asked = {"text": text, "voice": "female_01.wav", "language": "en", "output_file": "speech.wav"}
            async with client.stream("GET", "/api/tts-generate-streaming", params=asked) as answer:
                async for _ in answer.aiter_bytes():
                    first.came()
            return first

        yield call


def _told(port: int, path: str = "", **more: object) -> dict[str, object]:
    return {"base_url": f"http://127.0.0.1:{port}{path}", "key": KEY, "chunk_seconds": 60, **more}


def _chirp(port: int) -> Engine:
    made = ChirpSettings.model_validate({**_told(port), "endpoint": f"http://127.0.0.1:{port}"})
    return RemoteEngine(ChirpVendor(made), made)


def _classic(port: int) -> Engine:
    made = ClassicSettings.model_validate({**_told(port), "endpoint": f"http://127.0.0.1:{port}"})
    return RemoteEngine(ClassicVendor(made), made)


def _elevenlabs(transport: str) -> Callable[[int], Engine]:
    def engine(port: int) -> Engine:
        made = ElevenLabsSettings.model_validate(_told(port, transport=transport))
        return RemoteEngine(ElevenLabsVendor(made), made)

    return engine


def _alltalk(port: int) -> Engine:
    made = AllTalkSettings.model_validate(_told(port))
    return RemoteEngine(AllTalkVendor(made), made)


KINDS: Mapping[str, Kind] = {
    "openai, PCM": Kind(
        _speech_server,
        lambda port: speech(
            profiles.KOKORO_FASTAPI, KokoroFastAPISettings.model_validate(_told(port, "/v1"))
        ),
        _of_speech({}),
        "kokoro-fastapi",
        "openai",
        {"KOKORO_FASTAPI_BASE_URL": "{address}/v1", "KOKORO_FASTAPI_LIVE": "100"},
    ),
    "openai, events": Kind(
        _speech_server,
        lambda port: speech(profiles.OPENAI, OpenAISettings.model_validate(_told(port, "/v1"))),
        _of_speech({"stream_format": "sse"}),
        "openai",
        "openai",
        {"OPENAI_BASE_URL": "{address}/v1", "OPENAI_KEY": KEY, "OPENAI_LIVE": "100"},
    ),
    "openai-realtime": Kind(
        RealtimeServer,
        lambda port: realtime(RealtimeSettings.model_validate(_told(port, "/v1"))),
        _of_realtime,
        "openai-realtime",
        "openai",
        {
            "OPENAI_REALTIME_BASE_URL": "{address}/v1",
            "OPENAI_REALTIME_KEY": KEY,
            "OPENAI_REALTIME_LIVE": "100",
        },
    ),
    "google": Kind(
        GoogleServer,
        _chirp,
        _of_chirp,
        "google",
        "google",
        {"GOOGLE_ENDPOINT": "{address}", "GOOGLE_KEY": KEY, "GOOGLE_LIVE": "100"},
    ),
    "google-classic": Kind(
        GoogleServer,
        _classic,
        _of_classic,
        "google-classic",
        "google",
        {
            "GOOGLE_ENDPOINT": "{address}",
            "GOOGLE_KEY": KEY,
            "GOOGLE_LIVE": "100",
            "GOOGLE_CLASSIC_MODEL": "Neural2",
        },
        streams=False,
    ),
    "elevenlabs, WebSocket": Kind(
        ElevenLabsServer,
        _elevenlabs("websocket"),
        _of_contexts,
        "elevenlabs",
        "elevenlabs",
        {
            "ELEVENLABS_BASE_URL": "{address}",
            "ELEVENLABS_KEY": KEY,
            "ELEVENLABS_LIVE": "100",
            "ELEVENLABS_TRANSPORT": "websocket",
        },
    ),
    "elevenlabs, HTTP": Kind(
        ElevenLabsServer,
        _elevenlabs("http"),
        _of_timestamps,
        "elevenlabs",
        "elevenlabs",
        {
            "ELEVENLABS_BASE_URL": "{address}",
            "ELEVENLABS_KEY": KEY,
            "ELEVENLABS_LIVE": "100",
            "ELEVENLABS_TRANSPORT": "http",
        },
    ),
    "alltalk": Kind(
        AllTalkServer,
        _alltalk,
        _of_get,
        "alltalk",
        "alltalk",
        {"ALLTALK_BASE_URL": "{address}"},
        live=1,
    ),
}
"""By the name that is printed."""
