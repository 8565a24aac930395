"""A server with OpenAI's `/audio/speech`: PCM as it comes, or events of it where those tell usage."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

import httpx2
import openai
from openai import AsyncOpenAI, NotFoundError

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_openai import refusals
from parlando_openai.emotions import SENTENCES, instructed
from parlando_openai.events import StreamError, events
from parlando_openai.formats import UndecodableError
from parlando_openai.options import taken
from parlando_openai.profiles import TTS_1_VOICES, Profile
from parlando_openai.settings import SpeechSettings
from parlando_openai.voices import listed_voices, mixed, openai_voices, plain_voices
from parlando_synth.description import EngineDescription
from parlando_synth.job import Job
from parlando_synth.remote.departure import departs, watched
from parlando_synth.remote.prices import tariff
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.remote.vendor import Exchange, Said, Vendor
from parlando_synth.voice import Voice

_KEEP_ALIVE = 300.0  # seconds that an idle connection is kept for the next job
_NO_KEY = "none"  # the SDK wants one; servers of one's own ask for none
_RATE = re.compile(r"rate=(\d+)")


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
        self._format = settings.format or profile.format
        self._streamed = settings.streams and self._format in profile.streamed
        self._rate = self._format.fixed_rate or settings.sample_rate_hz
        self._voices: dict[str, Voice] = {}
        self._default = self._nameless = ""
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
                event_hooks={"request": [watched]},
            ),
        )
        await self.list_voices()
        self._default = self._settings.default_voice or next(iter(self._profile.voices), "")
        if self._default not in self._voices:
            self._default = next(iter(sorted(self._voices)))

    async def list_voices(self) -> None:
        """Ask for the voices that the server lists, beside those that the settings name."""
        voices = self._own_voices() + await self._listed()
        if not voices and self._profile.nameless:
            self._nameless = self._model or "default"
        if self._nameless:  # also once others are listed: callers know it
            voices += plain_voices([self._nameless], self._settings.languages, self._rate)
        if not voices:
            name = str(self._settings.model_config.get("env_prefix", ""))
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND, f"{self.name} lists no voice: name some in {name}VOICES"
            )
        self._voices = {voice.id: voice for voice in voices}

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
            streams=self._streamed,
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

    def speak(self, job: Job, exchange: Exchange) -> AsyncGenerator[Said, None]:
        """Ask for speech, and yield what comes."""
        said = self._answer(job, exchange)
        if not self._format.encoded:
            return said
        from parlando_openai.decoding import decoded  # noqa: PLC0415  # FFmpeg, which few need

        return decoded(said, self._format, exchange)

    async def _answer(self, job: Job, exchange: Exchange) -> AsyncGenerator[Said, None]:
        """Ask for speech, and yield what comes, in the format in which it comes."""
        create = self._loaded().audio.speech.with_streaming_response.create
        fields, exchange.ignored = self._fields(job)
        own = str(fields.pop("instructions", ""))
        instructions = instructed(own, job.emotion, job.emotion_intensity)
        optional: dict[str, Any] = {"instructions": instructions} if instructions else {}
        if job.speed != 1.0:
            optional["speed"] = job.speed
        if self._profile.billed:
            departs(exchange)
        async with create(
            input=job.text,
            model=self._model,
            voice="" if job.voice == self._nameless else job.voice,
            response_format=self._format.value,
            extra_body=fields,
            **optional,
        ) as answer:
            kind = answer.headers.get("content-type", "")
            if "text/event-stream" in kind:
                async with aclosing(events(answer.iter_bytes(), len(job.text), self._tariff)) as told:
                    async for said in told:
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
        if isinstance(error, httpx2.HTTPError | TimeoutError | UndecodableError):
            return Refusal(Trouble.OUTAGE)
        return refusals.refusal(error)

    async def warm(self) -> None:
        """Ask for what is listed: it keeps the connection that is used next, or makes another."""
        if self._client is not None:
            await self._listed()

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _loaded(self) -> AsyncOpenAI:
        """Return the client.

        Raises:
            ParlandoError: ENGINE_FAILED: the engine is not loaded.
        """
        if self._client is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        return self._client

    async def _listed(self) -> list[Voice]:
        """Return the voices that the server lists; a server without a list still gets its connection made."""
        model = quote(self._model)  # a slash in it is one in the path
        for listing in self._profile.listings or ("/models",):
            try:
                async with asyncio.timeout(
                    self._settings.connect_seconds + self._settings.first_byte_seconds
                ):
                    path = listing.replace("{model}", model)
                    answer = await self._loaded().get(path, cast_to=httpx2.Response)
            except NotFoundError:
                continue
            if not self._profile.listings:
                break
            if found := listed_voices(_json(answer), self._model, self._settings.languages, self._rate):
                return found
        return []

    def _own_voices(self) -> list[Voice]:
        """Return the voices that the settings name, and those that are known without a list."""
        settings = self._settings
        names = [*settings.voices, *([settings.default_voice] if settings.default_voice else [])]
        own = plain_voices(names, settings.languages, self._rate)
        if self._profile.billed:
            own += openai_voices(TTS_1_VOICES if self._tts_1 else self._profile.voices, self._rate)
        return own

    def _options(self, job: Job) -> tuple[dict[str, object], tuple[str, ...]]:
        """Return the options that the server takes, and the paths of those it does not.

        Raises:
            ParlandoError: OUT_OF_RANGE: one cannot be read; NOT_SUPPORTED: a clip, where none are taken.
        """
        known, clip = dict(self._profile.options), self._profile.clip
        if self._instructs:
            known["instructions"] = str
        if clip in job.options and not self._settings.clips:
            raise ParlandoError(
                Reason.NOT_SUPPORTED,
                f"engine_options.{clip}: clips are not taken here: name a voice that the server has, or have "
                f"{self._settings.model_config.get('env_prefix')}CLIPS set",
                field=f"engine_options.{clip}",
            )
        return taken(job.options, known)

    def _fields(self, job: Job) -> tuple[dict[str, object], tuple[str, ...]]:
        """Return what a request has beside OpenAI's own fields, and the paths of what it cannot have."""
        profile = self._profile
        options, ignored = self._options(job)
        fields = dict(profile.fields)
        if profile.streaming:
            fields |= profile.streaming if self._format in profile.streamed else {"stream": False}
        if self._instructs and self._settings.instructions:
            fields["instructions"] = self._settings.instructions
        if self._events:
            fields["stream_format"] = "sse"
        if profile.rate_field:
            fields[profile.rate_field] = self._rate
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


def _json(answer: httpx2.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        raise StreamError(Refusal(Trouble.OUTAGE)) from None
