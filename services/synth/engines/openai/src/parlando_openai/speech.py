"""A server with OpenAI's `/audio/speech`: PCM as it comes, or events of it where those tell usage."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI, NotFoundError

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_openai import refusals
from parlando_openai.emotions import SENTENCES, instructed
from parlando_openai.options import taken
from parlando_openai.profiles import TTS_1_VOICES, Profile
from parlando_openai.settings import SpeechSettings
from parlando_openai.voices import listed_voices, mixed, openai_voices, plain_voices
from parlando_synth.engine import EngineDescription, Job
from parlando_synth.remote.prices import tariff
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.remote.vendor import Exchange, Said, Vendor
from parlando_synth.voice import Voice

_KEEP_ALIVE = 300.0  # seconds that an idle connection is kept for the next job
_END_SECONDS = 0.5  # that the end of a stream may take to come, once all is said
_NO_KEY = "none"  # the SDK wants one; servers of one's own ask for none
_RATE = re.compile(r"rate=(\d+)")


class StreamError(Exception):
    """The server reports an error in the middle of a stream.

    Args:
        refusal: what it means.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.trouble.name)
        self.refusal = refusal


class SpeechVendor(Vendor):
    """The adapter.

    Args:
        profile: which server it is.
        settings: where it is, and what it is asked for.
    """

    loggers = ("openai", "httpx2", "httpcore2")

    def __init__(self, profile: Profile, settings: SpeechSettings) -> None:
        self.name = profile.name
        self._profile = profile
        self._settings = settings
        self._model = settings.model or profile.model
        self._base_url = settings.base_url or profile.base_url
        self._tts_1 = self._model.startswith("tts-1")
        self._instructs = profile.instructions and not self._tts_1
        self._events = profile.billed and not self._tts_1
        self._tariff = tariff(profile.name, self._model, settings.prices) if profile.billed else None
        self._voices: dict[str, Voice] = {}
        self._default = ""
        self._client: AsyncOpenAI | None = None

    async def open(self) -> None:
        """Connect, and list the voices."""
        key = self._settings.secret().get_secret_value()
        name = str(self._settings.model_config.get("env_prefix", ""))
        if not self._base_url:
            raise ParlandoError(Reason.ENGINE_FAILED, f"{name}BASE_URL is not set: say where the server is")
        if self._profile.billed and not key and not self._settings.base_url:
            raise ParlandoError(Reason.ENGINE_KEY_REFUSED, f"{name}KEY is not set: {self.name} asks for one")
        self._client = AsyncOpenAI(
            api_key=key or _NO_KEY,
            base_url=self._base_url,
            max_retries=0,
            timeout=httpx2.Timeout(None, connect=self._settings.connect_seconds),
            http_client=httpx2.AsyncClient(
                timeout=httpx2.Timeout(None, connect=self._settings.connect_seconds),
                limits=httpx2.Limits(max_connections=None, keepalive_expiry=_KEEP_ALIVE),
                follow_redirects=False,
            ),
        )
        listed = await self._listed(self._client)
        voices = self._known_voices() + listed
        self._voices = {voice.id: voice for voice in voices}
        self._default = self._settings.default_voice or next(iter(self._profile.voices), "")
        if self._default not in self._voices:
            self._default = next(iter(sorted(self._voices)), "")
        if not self._default:
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND, f"{self.name} lists no voice: name some in {name}VOICES"
            )

    def describe(self) -> EngineDescription:
        """Return what the server can do."""
        profile = self._profile
        return EngineDescription(
            name=profile.name,
            version=openai.__version__,
            licence=profile.licence,
            default_voice=self._default,
            timing_quality=TimingQuality.ESTIMATED,
            max_live=self._settings.live,
            max_text_code_points=profile.longest,
            model=self._model,
            streams=self._settings.streams,
            speed=profile.slowest < profile.fastest,
            min_speed=profile.slowest,
            max_speed=profile.fastest,
            volume=bool(profile.volume_field),
            emotions=tuple(SENTENCES) if self._instructs else (),
            voice_mixing=profile.mixes,
            stoppable=not profile.billed,
            repeatable=profile.seed,
            price=self._tariff.price() if self._tariff is not None else None,
        )

    def voices(self) -> Sequence[Voice]:
        """Return the voices, sorted by id."""
        return [self._voices[name] for name in sorted(self._voices)]

    def find_voice(self, name: str) -> Voice | None:
        """Return the voice of a name, or the mix that it names."""
        found = super().find_voice(name)
        return mixed(name, self._voices) if found is None and self._profile.mixes else found

    async def speak(self, job: Job, exchange: Exchange) -> AsyncGenerator[Said, None]:
        """Ask for speech, and yield what comes."""
        if self._client is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        fields, exchange.ignored = self._fields(job)
        own = str(fields.pop("instructions", ""))
        instructions = instructed(own, job.emotion, job.emotion_intensity)
        create = self._client.audio.speech.with_streaming_response.create
        optional: dict[str, Any] = {"instructions": instructions} if instructions else {}
        if job.speed != 1.0:
            optional["speed"] = job.speed
        exchange.goes_on = self._profile.billed
        async with create(
            input=job.text,
            model=self._model,
            voice=job.voice,
            response_format="wav" if self._profile.wav else "pcm",
            extra_body=fields,
            **optional,
        ) as answer:
            kind = answer.headers.get("content-type", "")
            if "text/event-stream" in kind:
                async with (
                    aclosing(_lines(answer.iter_bytes())) as lines,
                    aclosing(self._events_of(job, lines)) as events,
                ):
                    async for said in events:
                        yield said
                return
            if kind.startswith(("text/", "application/json")):
                raise StreamError(Refusal(Trouble.REQUEST))
            if rate := _RATE.search(kind):
                exchange.rate = int(rate[1])
            async for data in answer.iter_bytes():
                yield data

    def refusal(self, error: Exception) -> Refusal | None:
        """Return what an error means."""
        if isinstance(error, StreamError):
            return error.refusal
        # In the middle of an answer the SDK lets httpx2's errors through; the time for a list is ours.
        if isinstance(error, httpx2.HTTPError | TimeoutError):
            return Refusal(Trouble.OUTAGE)
        return refusals.refusal(error)

    async def warm(self) -> None:
        """Ask for what is listed: it keeps the connection that is used next, or makes another."""
        if self._client is not None:
            await self._listed(self._client)

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _listed(self, client: AsyncOpenAI) -> list[Voice]:
        """Return the voices that the server lists; a server without a list still gets its connection made."""
        try:
            async with asyncio.timeout(self._settings.connect_seconds + self._settings.first_byte_seconds):
                answer = await client.get(self._profile.listing or "/models", cast_to=httpx2.Response)
        except NotFoundError:
            return []
        if not self._profile.listing:
            return []
        return listed_voices(_json(answer), self._settings.languages, self._settings.sample_rate_hz)

    def _known_voices(self) -> list[Voice]:
        rate, settings = self._settings.sample_rate_hz, self._settings
        own = plain_voices(settings.voices, settings.languages, rate)
        if settings.default_voice:
            own += plain_voices([settings.default_voice], settings.languages, rate)
        if self._profile.listing:
            return own
        if self._profile.billed:
            return own + openai_voices(TTS_1_VOICES if self._tts_1 else self._profile.voices, rate)
        return own or plain_voices([self._model or "default"], settings.languages, rate)

    def _fields(self, job: Job) -> tuple[dict[str, object], tuple[str, ...]]:
        """Return what a request has beside OpenAI's own fields, and the paths of what it cannot have."""
        profile = self._profile
        known = dict(profile.options)
        if self._instructs:
            known["instructions"] = str
        options, ignored = taken(job.options, known)
        fields: dict[str, object] = dict(profile.fields)
        if self._instructs and self._settings.instructions:
            fields["instructions"] = self._settings.instructions
        if self._events:
            fields["stream_format"] = "sse"
        if profile.rate_field:
            fields[profile.rate_field] = self._settings.sample_rate_hz
        if profile.language_field and job.language:
            language = job.language.partition("-")[0].casefold()
            value = profile.languages.get(language) if profile.languages else job.language
            if value is None:
                ignored += ("language",)
            else:
                fields[profile.language_field] = value
        if profile.volume_field and job.volume_db:
            fields[profile.volume_field] = 10 ** (job.volume_db / 20)
        if profile.seed and job.seed is not None:
            fields["seed"] = job.seed
        return fields | options, ignored

    async def _events_of(self, job: Job, lines: AsyncIterator[bytes]) -> AsyncGenerator[Said, None]:
        """Yield what server-sent events say."""
        async for line in lines:
            if not line.startswith(b"data:"):
                continue
            event = _event(line[5:])
            match event.get("type"):
                case "speech.audio.delta":
                    yield _sound(event.get("audio"))
                case "speech.audio.done":
                    usage = event.get("usage")
                    if self._tariff is not None and isinstance(usage, Mapping):
                        text, audio = int(usage.get("input_tokens", 0)), int(usage.get("output_tokens", 0))
                        yield self._tariff.charge_for_tokens(len(job.text), text, audio)
                    await _drain(lines)
                    return
                case "error":
                    error = event.get("error")
                    about = error if isinstance(error, Mapping) else {}
                    raise StreamError(refusals.of_error(about))
        raise StreamError(Refusal(Trouble.OUTAGE))  # cut off: whole streams end with "done"


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield the lines of a stream, undecoded: the SDK's own are text, and JSON is read from bytes."""
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line


async def _drain(lines: AsyncIterator[bytes]) -> None:
    """Read a stream to its end, which is near: a connection that is not read up cannot be used again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            async for _ in lines:
                pass


def _event(data: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(data)
    except ValueError:
        event = None
    if not isinstance(event, Mapping):
        raise StreamError(Refusal(Trouble.OUTAGE))
    return event


def _sound(encoded: object) -> bytes:
    try:
        return base64.b64decode(str(encoded), validate=True)
    except binascii.Error:
        raise StreamError(Refusal(Trouble.OUTAGE)) from None


def _json(answer: httpx2.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        raise StreamError(Refusal(Trouble.OUTAGE)) from None
