"""The adapter to AllTalk v2, over its own HTTP interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import httpx

from parlando_alltalk.refusals import AnswerError, refusal
from parlando_alltalk.settings import AllTalkSettings, Way
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_kit.tasks import finish
from parlando_synth.description import EngineDescription
from parlando_synth.job import Job
from parlando_synth.remote.departure import departs, watched
from parlando_synth.remote.trouble import Refusal
from parlando_synth.remote.vendor import Exchange, Said, Vendor
from parlando_synth.voice import Voice

_LONGEST_TEXT = 2_000  # code points: they travel in an address
_OPENAI_VOICES = ("alloy", "echo", "fable", "nova", "onyx", "shimmer")

STOP_SECONDS = 1.5
"""How long a stop may take to be confirmed, in all: less than a worker waits for its engine to be idle."""


class AllTalkVendor(Vendor):
    """The adapter.

    Args:
        settings: where the server is, and how it is asked.
    """

    name = "AllTalk"
    loggers = ("httpx", "httpcore")  # which log addresses, and so texts

    def __init__(self, settings: AllTalkSettings) -> None:
        self._settings = settings
        self._client: httpx.AsyncClient | None = None
        self._voices: dict[str, Voice] = {}
        self._version = ""
        self._default = ""

    async def open(self) -> None:
        """Connect, and ask what is loaded and which voices there are."""
        settings = self._settings
        if not settings.base_url:
            raise ParlandoError(Reason.ENGINE_FAILED, "ALLTALK_BASE_URL is not set: say where the server is")
        key = settings.secret().get_secret_value()
        self._client = client = httpx.AsyncClient(
            base_url=settings.base_url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(None, connect=settings.connect_seconds),
            follow_redirects=False,
            event_hooks={"request": [watched]},
        )
        ready = await client.get("/api/ready", timeout=settings.first_byte_seconds)
        if ready.status_code != httpx.codes.OK or "ready" not in ready.text.casefold():
            raise AnswerError(httpx.codes.SERVICE_UNAVAILABLE)  # it still loads its model
        loaded = await _asked(client, "/api/currentsettings", settings.first_byte_seconds)
        engine = str(loaded.get("current_engine_loaded") or "its engine")
        self._version = str(loaded.get("current_model_loaded") or engine)
        if settings.way is Way.STREAMING and not loaded.get("streaming_capable"):
            raise ParlandoError(
                Reason.ENGINE_FAILED,
                f"AllTalk has {engine[:40]} loaded, which cannot stream: load one that can, as XTTS, "
                "or set ALLTALK_WAY=speech",
            )
        await self.list_voices()
        self._default = settings.default_voice or next(iter(self._voices))
        if self._default not in self._voices:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "AllTalk does not list the voice of ALLTALK_DEFAULT_VOICE"
            )

    async def list_voices(self) -> None:
        """Ask which voices there are; by the other way they are always the same."""
        settings, names = self._settings, tuple[object, ...](_OPENAI_VOICES)
        if settings.way is Way.STREAMING and self._client is not None:
            listed = await _asked(self._client, "/api/voices", settings.first_byte_seconds)
            names = tuple(listed.get("voices") or ())
        if not names:
            raise ParlandoError(Reason.VOICE_NOT_FOUND, "AllTalk lists no voice")
        rate = settings.sample_rate_hz
        voices = (Voice(str(name), _shown(str(name)), settings.languages, rate) for name in names)
        self._voices = {voice.id: voice for voice in voices}

    def describe(self) -> EngineDescription:
        """Return what the server can do."""
        streams = self._settings.way is Way.STREAMING
        return EngineDescription(
            name="alltalk",
            version=self._version or "2",
            licence="AGPL-3.0",
            default_voice=self._default,
            timing_quality=TimingQuality.ESTIMATED,
            max_live=self._settings.live,
            max_text_code_points=_LONGEST_TEXT,
            streams=streams,
            speed=not streams,
            min_speed=1.0 if streams else 0.25,
            max_speed=1.0 if streams else 4.0,
        )

    def voices(self) -> Sequence[Voice]:
        """Return the voices, sorted by id."""
        return [self._voices[name] for name in sorted(self._voices)]

    async def speak(self, job: Job, exchange: Exchange) -> AsyncGenerator[Said, None]:
        """Ask for the text, and yield sound as it comes; a stop tells the server to stop."""
        if self._client is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        exchange.ignored = tuple(f"engine_options.{name}" for name in job.options)
        departs(exchange)
        done = False
        try:
            async with self._answer(self._client, job) as answer:
                await _check(answer)
                async for data in answer.aiter_bytes():
                    yield data
            done, exchange.goes_on = True, False  # however long what it sent waits to be heard
        except AnswerError:  # it makes nothing of ours, and what it makes may be somebody else's
            done, exchange.goes_on = True, False
            raise
        finally:
            if exchange.goes_on and not done:  # a request that never left is not in the way of others'
                exchange.goes_on = not await finish(self._stopped())

    def refusal(self, error: Exception) -> Refusal | None:
        """Return what an error means."""
        return refusal(error)

    async def warm(self) -> None:
        """Ask whether it is ready, over the connection that is used next."""
        if self._client is not None:
            await self._client.get("/api/ready", timeout=self._settings.first_byte_seconds)

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _answer(self, client: httpx.AsyncClient, job: Job) -> AbstractAsyncContextManager[httpx.Response]:
        if self._settings.way is Way.SPEECH:
            asked = {
                "model": "tts-1",
                "input": job.text,
                "voice": job.voice,
                "response_format": "wav",
                "speed": job.speed,
            }
            return client.stream("POST", "/v1/audio/speech", json=asked)
        language = (job.language or self._settings.languages[0]).partition("-")[0].casefold()
        named = {"text": job.text, "voice": job.voice, "language": language, "output_file": "speech.wav"}
        return client.stream("GET", "/api/tts-generate-streaming", params=named)

    async def _stopped(self) -> bool:
        """Tell the server to stop what it makes; return whether it says that it does."""
        if self._client is None:
            return False
        with suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                answer = await self._client.put("/api/stop-generation")
            return answer.status_code == httpx.codes.OK
        return False


async def _check(answer: httpx.Response) -> None:
    """Return where sound follows.

    Raises:
        AnswerError: the server says no.
    """
    if answer.status_code != httpx.codes.OK:
        await answer.aread()
        raise AnswerError(answer.status_code, answer.text, answer.headers)
    if answer.headers.get("content-type", "").startswith(("application/json", "text/")):
        raise AnswerError(httpx.codes.BAD_REQUEST)


async def _asked(client: httpx.AsyncClient, path: str, seconds: float) -> Mapping[str, Any]:
    """Return what the server says of itself.

    Raises:
        AnswerError: it says no, or nothing that can be read.
    """
    answer = await client.get(path, timeout=seconds)
    if answer.status_code != httpx.codes.OK:
        raise AnswerError(answer.status_code, answer.text, answer.headers)
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, Mapping):
        raise AnswerError(httpx.codes.BAD_GATEWAY)
    return said


def _shown(name: str) -> str:
    """Return a voice's name for people: its file's, without the ending."""
    return name.removesuffix(".wav").replace("_", " ")
