"""The adapter to ElevenLabs: a context on a WebSocket for each job, or a request over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from importlib.metadata import version
from typing import Any

import httpx
from elevenlabs import VoiceSettings
from elevenlabs.client import AsyncElevenLabs
from elevenlabs.types import Voice as ListedVoice
from websockets.exceptions import WebSocketException

from parlando_elevenlabs import models
from parlando_elevenlabs.emotions import AT_FULL, USUAL, Expression, expression, tag
from parlando_elevenlabs.refusals import ServiceError, refusal
from parlando_elevenlabs.settings import ElevenLabsSettings, Transport
from parlando_elevenlabs.socket import GONE, Socket
from parlando_elevenlabs.sockets import Sockets
from parlando_elevenlabs.telling import Telling
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_synth.description import EngineDescription
from parlando_synth.job import Job
from parlando_synth.remote.departure import departs, watched
from parlando_synth.remote.prices import tariff
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.remote.vendor import Exchange, Said, Vendor
from parlando_synth.voice import Gender, Voice

_VERSION = version("elevenlabs")  # read once, for it is read from a file
_LONGEST_TEXT = 5_000  # code points: less than any model's limit
_GENDERS = {"female": Gender.FEMALE, "male": Gender.MALE, "neutral": Gender.NEUTRAL}
_FLOATS = ("stability", "similarity_boost", "style")
_OPTIONS = frozenset({*_FLOATS, "use_speaker_boost"})
_LEFT = frozenset({GONE, "input_timeout_exceeded"})  # a connection that was idle for too long


class ElevenLabsVendor(Vendor):
    """The adapter.

    Args:
        settings: where the service is, and how it is asked.
    """

    name = "ElevenLabs"
    loggers = ("elevenlabs", "httpx", "httpcore", "websockets")

    def __init__(self, settings: ElevenLabsSettings) -> None:
        self._settings = settings
        self._tariff = tariff("elevenlabs", settings.model, settings.prices)
        self._client: AsyncElevenLabs | None = None
        self._http: httpx.AsyncClient | None = None
        self._sockets: Sockets | None = None
        self._voices: dict[str, Voice] = {}
        self._default = ""

    async def open(self) -> None:
        """List the voices, and connect for the default one."""
        settings, key = self._settings, self._settings.secret()
        if not key.get_secret_value():
            raise ParlandoError(
                Reason.ENGINE_KEY_REFUSED, "ELEVENLABS_KEY is not set: ElevenLabs asks for one"
            )
        if settings.transport is Transport.WEBSOCKET and models.is_third(settings.model):
            raise ParlandoError(
                Reason.NOT_SUPPORTED,
                f"{settings.model} has no WebSocket: set ELEVENLABS_TRANSPORT to auto or http",
            )
        self._http = httpx.AsyncClient(follow_redirects=False, event_hooks={"request": [watched]})
        self._client = AsyncElevenLabs(
            base_url=settings.base_url,
            api_key=key.get_secret_value(),
            httpx_client=self._http,
            # It goes to httpx with each request. As a number it would be the time to connect as well.
            timeout=httpx.Timeout(None, connect=settings.connect_seconds),  # type: ignore[arg-type]
        )
        await self.list_voices()
        self._default = self._chosen(settings.default_voice)
        if settings.transport is Transport.HTTP or models.is_third(settings.model):
            return
        self._sockets = Sockets(
            settings.base_url, key, self._parameters(), most=settings.live, seconds=settings.connect_seconds
        )
        try:
            await self._sockets.for_voice(self._default, {})
        except (OSError, WebSocketException) as error:
            if not self._may_go_by_http(error):
                raise
            await self._sockets.close()
            self._sockets = None  # a proxy without WebSockets, for instance: HTTP does as well

    async def list_voices(self) -> None:
        """Ask for the account's voices."""
        if self._client is None:
            return
        settings = self._settings
        async with asyncio.timeout(settings.connect_seconds + settings.first_byte_seconds):
            answer = await self._client.voices.get_all(request_options={"max_retries": 0})
        if not answer.voices:
            raise ParlandoError(Reason.VOICE_NOT_FOUND, "ElevenLabs lists no voice for this account")
        rate = settings.output_format.rate
        self._voices = {each.voice_id: _voice(each, rate) for each in answer.voices}

    def describe(self) -> EngineDescription:
        """Return what the service can do. All of a text is billed once it was sent."""
        model = self._settings.model
        return EngineDescription(
            name="elevenlabs",
            version=_VERSION,
            licence="proprietary",
            default_voice=self._default,
            timing_quality=TimingQuality.EXACT,
            max_live=self._settings.live,
            max_text_code_points=_LONGEST_TEXT,
            model=model,
            speed=True,
            min_speed=0.7,
            max_speed=1.2,
            emotions=tuple(AT_FULL) if models.has_style(model) or models.is_third(model) else (),
            stoppable=False,
            price=self._tariff.price() if self._tariff is not None else None,
        )

    def voices(self) -> Sequence[Voice]:
        """Return the account's voices, sorted by id."""
        return [self._voices[name] for name in sorted(self._voices)]

    async def speak(self, job: Job, exchange: Exchange) -> AsyncGenerator[Said, None]:
        """Send the text, and yield sound and words as they come."""
        exchange.ignored = tuple(f"engine_options.{name}" for name in job.options if name not in _OPTIONS)
        settings = self._voice_settings(job)
        for once_more in (True, False):
            silent, socket = True, await self._socket(job)
            exchange.goes_on = socket is not None
            if socket is None:
                departs(exchange)
                answers = self._by_http(job, settings)
            else:
                answers = self._by_socket(socket, job, settings)
            try:
                async with aclosing(answers) as said:
                    async for item in said:
                        silent = False
                        yield item
            except ServiceError as error:
                # It was closed while it was idle, before it heard us.
                unheard = silent and socket is not None and socket.kept and error.code in _LEFT
                if not (unheard and once_more):
                    raise
                exchange.goes_on = False
            else:
                return

    def refusal(self, error: Exception) -> Refusal | None:
        """Return what an error means."""
        return refusal(error)

    async def warm(self) -> None:
        """Have a WebSocket open for what was asked for last, or use the connection for HTTP."""
        if self._sockets is not None:
            await self._sockets.warm()
        elif self._client is not None:
            await self._client.voices.settings.get_default(request_options={"max_retries": 0})

    async def close(self) -> None:
        """Close the connections."""
        sockets, self._sockets = self._sockets, None
        http, self._http, self._client = self._http, None, None
        if sockets is not None:
            await sockets.close()
        if http is not None:
            await http.aclose()

    async def _socket(self, job: Job) -> Socket | None:
        """Return a WebSocket for a job; None where it goes by HTTP. Nothing of the job was sent yet."""
        if self._sockets is None:
            return None
        own = {"language_code": language} if (language := self._language(job)) else {}
        if job.seed is not None:
            own["seed"] = str(job.seed % 2**32)
        try:
            return await self._sockets.for_voice(job.voice, own)
        except (OSError, WebSocketException) as error:
            if not self._may_go_by_http(error):
                raise
            return None

    def _may_go_by_http(self, error: Exception) -> bool:
        """Return whether HTTP is to be tried where no WebSocket can be opened."""
        known = refusal(error)
        refused = known is not None and known.trouble in {Trouble.KEY, Trouble.QUOTA, Trouble.TRUST}
        return self._settings.transport is Transport.AUTO and not refused

    async def _by_socket(
        self, socket: Socket, job: Job, settings: Mapping[str, Any]
    ) -> AsyncGenerator[Said, None]:
        telling = Telling("", job.text, self._settings.output_format)
        async with socket.context(job.text, settings) as context:
            async for message in context.messages():
                alignment = message.get("alignment")
                starts = [] if alignment is None else alignment.get("charStartTimesMs", [])
                durations = [] if alignment is None else alignment.get("charDurationsMs", [])
                ends = [start + duration for start, duration in zip(starts, durations, strict=False)]
                characters = [] if alignment is None else alignment.get("chars", [])
                for said in telling.of(message.get("audio"), characters, starts, ends, 1000):
                    yield said
                if alignment is None or telling.whole:  # there is no more to wait for than the last message
                    await context.close()
        for said in telling.rest():
            yield said

    async def _by_http(self, job: Job, settings: Mapping[str, Any]) -> AsyncGenerator[Said, None]:
        if self._client is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        optional: dict[str, Any] = {}
        if language := self._language(job):
            optional["language_code"] = language
        if job.seed is not None:
            optional["seed"] = job.seed % 2**32
        third, direction = models.is_third(self._settings.model), ""
        if third:
            direction = tag(job.emotion, job.emotion_intensity)
        else:
            around = {"previous_text": job.previous_text, "next_text": job.next_text}
            optional |= {name: text for name, text in around.items() if text}
        telling = Telling(direction, job.text, self._settings.output_format)
        async with self._client.text_to_speech.with_raw_response.stream_with_timestamps(
            job.voice,
            text=direction + job.text,
            model_id=self._settings.model,
            output_format=self._settings.output_format.value,
            voice_settings=VoiceSettings(**settings) if settings else None,
            apply_text_normalization=self._settings.normalization,
            enable_logging=self._settings.logging,
            request_options={"max_retries": 0},
            **optional,
        ) as answer:
            async for chunk in answer.data:
                told = chunk.alignment
                characters = [] if told is None else told.characters
                starts = [] if told is None else told.character_start_times_seconds
                ends = [] if told is None else told.character_end_times_seconds
                for said in telling.of(chunk.audio_base_64, characters, starts, ends, 1):
                    yield said
        for said in telling.rest():
            yield said
        if self._tariff is not None:  # its header counts credits, and prices are of the characters sent
            yield self._tariff.charge_for_characters(len(direction) + len(job.text))

    def _parameters(self) -> dict[str, str]:
        settings = self._settings
        return {
            "model_id": settings.model,
            "output_format": settings.output_format.value,
            "apply_text_normalization": settings.normalization,
            "enable_logging": str(settings.logging).lower(),
            "sync_alignment": "true",
            "auto_mode": "true",  # each text is a phrase or more already
        }

    def _language(self, job: Job) -> str:
        """Return the language to ask for, as ISO 639-1; "" where the model or the job names none."""
        language = job.language.partition("-")[0].casefold()
        known = models.takes_language(self._settings.model) and len(language) == 2  # noqa: PLR2004
        return language if known else ""

    def _voice_settings(self, job: Job) -> dict[str, Any]:
        """Return what is asked of the voice: by the job's options, else its emotion, else the settings.

        Raises:
            ParlandoError: OUT_OF_RANGE: an option cannot be read.
        """
        found: dict[str, Any] = {}
        felt = self._felt(job)
        for name in _FLOATS:
            value = felt.get(name, getattr(self._settings, name))
            if name in job.options:
                value = _share(job.options[name], name)
            if value is not None:
                found[name] = value
        boost = self._settings.use_speaker_boost
        if "use_speaker_boost" in job.options:
            boost = _yes_or_no(job.options["use_speaker_boost"], "use_speaker_boost")
        if boost is not None:
            found["use_speaker_boost"] = boost
        if job.speed != 1.0:
            found["speed"] = job.speed
        return found

    def _felt(self, job: Job) -> Mapping[str, float]:
        """Return the settings that an emotion comes to, for models that have them."""
        if not job.emotion or not job.emotion_intensity or not models.has_style(self._settings.model):
            return {}
        stability, style = self._settings.stability, self._settings.style
        before = Expression(
            USUAL.stability if stability is None else stability, USUAL.style if style is None else style
        )
        felt = expression(before, job.emotion, job.emotion_intensity)
        return {"stability": felt.stability, "style": felt.style}

    def _chosen(self, wanted: str) -> str:
        if not wanted:
            return next(iter(self._voices))
        if (found := self.find_voice(wanted)) is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "ELEVENLABS_DEFAULT_VOICE is none of the account's voices"
            )
        return found.id


def _voice(listed: ListedVoice, rate: int) -> Voice:
    labels = listed.labels or {}
    languages = [each.locale or each.language for each in listed.verified_languages or ()]
    stated = labels.get("language", "")
    name = listed.name or listed.voice_id
    return Voice(
        id=listed.voice_id,
        name=name,
        languages=tuple(dict.fromkeys([*([stated] if stated else []), *languages])) or ("en",),
        sample_rate_hz=rate,
        gender=_GENDERS.get(labels.get("gender", ""), Gender.UNSTATED),
        cloned=listed.category == "cloned",
        licence="proprietary",
        description=(listed.description or "").strip(),
        aliases=(name,) if name != listed.voice_id else (),
    )


def _share(value: str, name: str) -> float:
    try:
        found = float(value)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise _bad_option(name, "a number from 0 to 1")
    return found


def _yes_or_no(value: str, name: str) -> bool:
    if value.casefold() not in {"true", "false"}:
        raise _bad_option(name, "true or false")
    return value.casefold() == "true"


def _bad_option(name: str, expected: str) -> ParlandoError:
    path = f"engine_options.{name}"
    return ParlandoError(Reason.OUT_OF_RANGE, f"{path}: {expected} is expected", field=path)
