"""Chirp 3 HD: text in, sound as it is made."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from google.cloud import texttospeech
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport
from pydantic import TypeAdapter, ValidationError

from parlando_google.connection import Connection
from parlando_google.decoding import decoder
from parlando_google.settings import ChirpSettings, Encoding
from parlando_google.vendor import VERSION, GoogleVendor
from parlando_google.voices import CHIRP, Clone, cloned_voice, clones, default_of, listed
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_synth.description import EngineDescription
from parlando_synth.job import Job
from parlando_synth.remote.prices import tariff
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.remote.vendor import Exchange, Said
from parlando_synth.voice import Voice

_RATE = 24_000
_LONGEST_INPUT = 5_000  # bytes of one message
_MODEL = "chirp3-hd"
_ENCODINGS = {
    Encoding.PCM: texttospeech.AudioEncoding.PCM,
    Encoding.MULAW: texttospeech.AudioEncoding.MULAW,
    Encoding.ALAW: texttospeech.AudioEncoding.ALAW,
    Encoding.OGG_OPUS: texttospeech.AudioEncoding.OGG_OPUS,
}
_PHONETIC = {
    "ipa": texttospeech.CustomPronunciationParams.PhoneticEncoding.PHONETIC_ENCODING_IPA,
    "x-sampa": texttospeech.CustomPronunciationParams.PhoneticEncoding.PHONETIC_ENCODING_X_SAMPA,
}
_PAUSE = re.compile(r"\[pause[^\[\]]*\]")
_PRONUNCIATIONS = TypeAdapter(dict[str, str])
_OPTIONS = frozenset({"markup", "pronunciations", "phonetic_encoding"})


class ChirpVendor(GoogleVendor[ChirpSettings]):
    """The adapter to `StreamingSynthesize`: one stream a job, closed for writing once its text is sent.

    A stream that stays open between jobs would be ended by Google after five seconds without text; the
    channel, which stays, is what takes time to make.

    Args:
        settings: where the service is, and how it is asked.
    """

    def __init__(self, settings: ChirpSettings) -> None:
        super().__init__(settings)
        self._rate = decoder(settings.encoding).fixed_rate or _RATE
        self._tariff = tariff("google", _MODEL, settings.prices)
        self._clones: Mapping[str, Clone] = {}

    async def open(self) -> None:
        """Connect, and list the voices."""
        if self._settings.clones is not None:
            self._clones = clones(self._settings.clones)
        await super().open()

    def _made(self, connection: Connection) -> texttospeech.TextToSpeechAsyncClient:
        transport = TextToSpeechGrpcAsyncIOTransport(channel=connection.channel)
        return texttospeech.TextToSpeechAsyncClient(transport=transport)

    def _known(self, voices: Sequence[texttospeech.Voice]) -> tuple[str, Sequence[Voice]]:
        found = listed(voices, CHIRP, self._rate)
        cloned = [cloned_voice(name, clone, self._rate) for name, clone in self._clones.items()]
        return default_of(self._settings.default_voice, found), found + cloned

    def describe(self) -> EngineDescription:
        """Return what Chirp 3 HD can do. All of a text is billed once it was sent."""
        return EngineDescription(
            name="google",
            version=VERSION,
            licence="proprietary",
            default_voice=self._default,
            timing_quality=TimingQuality.ESTIMATED,
            max_live=self._settings.live,
            max_text_code_points=_LONGEST_INPUT,
            model=_MODEL,
            speed=True,
            min_speed=0.25,
            max_speed=2.0,
            voice_cloning=bool(self._clones),
            stoppable=False,
            price=self._tariff.price() if self._tariff is not None else None,
        )

    def heard(self, job: Job) -> str:
        """Return the text without the pauses of Google's markup, where it is markup."""
        if job.options.get("markup", "").casefold() != "true":
            return job.text
        return _PAUSE.sub(lambda mark: " " * len(mark[0]), job.text)

    async def speak(self, job: Job, exchange: Exchange) -> AsyncGenerator[Said, None]:
        """Send the text, and yield sound as it comes."""
        client, connection = self._loaded()
        config = self._config(job)
        exchange.ignored = tuple(f"engine_options.{name}" for name in job.options if name not in _OPTIONS)
        markup = _is_true(job.options.get("markup", "false"), "markup")
        decoding = decoder(self._settings.encoding)
        await connection.made()
        answers: Any = await client.streaming_synthesize(  # a call, and not only what it answers
            requests=_requests(config, job.text, exchange, markup=markup), metadata=connection.metadata
        )
        try:
            async for answer in answers:
                try:
                    sound = decoding.feed(answer.audio_content)
                except ValueError:
                    raise _UnsoundError from None
                if sound:
                    yield sound
        finally:
            answers.cancel()
        if sound := decoding.end():
            yield sound

    def refusal(self, error: Exception) -> Refusal | None:
        """Return what an error means."""
        return Refusal(Trouble.OUTAGE) if isinstance(error, _UnsoundError) else super().refusal(error)

    def _config(self, job: Job) -> texttospeech.StreamingSynthesizeConfig:
        voice = self._voices[job.voice]
        params = texttospeech.VoiceSelectionParams(language_code=voice.languages[0])
        clone = self._clones.get(voice.id)
        if clone is None:
            params.name = voice.id
        else:
            params.voice_clone = texttospeech.VoiceCloneParams(voice_cloning_key=clone.key.get_secret_value())
        encoding = self._settings.encoding
        audio = texttospeech.StreamingAudioConfig(
            audio_encoding=_ENCODINGS[encoding], sample_rate_hertz=self._rate
        )
        if job.speed != 1.0:
            audio.speaking_rate = job.speed
        return texttospeech.StreamingSynthesizeConfig(
            voice=params, streaming_audio_config=audio, custom_pronunciations=_pronunciations(job.options)
        )


class _UnsoundError(Exception):
    """What came is no sound of the encoding that was asked for."""


async def _requests(
    config: texttospeech.StreamingSynthesizeConfig, text: str, exchange: Exchange, *, markup: bool
) -> AsyncIterator[texttospeech.StreamingSynthesizeRequest]:
    """Yield the messages of a stream: how to speak, then the text, which is billed."""
    yield texttospeech.StreamingSynthesizeRequest(streaming_config=config)
    exchange.goes_on = True  # gRPC asks for the text once what comes before it has left
    for piece in pieces(text):
        said = {"markup": piece} if markup else {"text": piece}
        yield texttospeech.StreamingSynthesizeRequest(input=texttospeech.StreamingSynthesisInput(**said))


def pieces(text: str) -> Iterator[str]:
    """Yield a text in pieces that a message takes, cut after white space where there is some."""
    while len(text.encode()) > _LONGEST_INPUT:
        room = len(text.encode()[:_LONGEST_INPUT].decode(errors="ignore"))
        cut = max(text.rfind(" ", 0, room), text.rfind("\n", 0, room)) + 1 or room
        yield text[:cut]
        text = text[cut:]
    yield text


def _pronunciations(options: Mapping[str, str]) -> texttospeech.CustomPronunciations:
    """Return how words are to be said that the options name: a JSON object of phrases and phonemes."""
    encoding = options.get("phonetic_encoding", "ipa").casefold()
    if encoding not in _PHONETIC:
        raise _bad_option("phonetic_encoding", f"one of {', '.join(_PHONETIC)}")
    try:
        said = _PRONUNCIATIONS.validate_python(json.loads(options.get("pronunciations", "{}")))
    except (ValueError, ValidationError):
        raise _bad_option("pronunciations", 'a JSON object, {"phrase": "phonemes"}') from None
    return texttospeech.CustomPronunciations(
        pronunciations=[
            texttospeech.CustomPronunciationParams(
                phrase=phrase, phonetic_encoding=_PHONETIC[encoding], pronunciation=phonemes
            )
            for phrase, phonemes in said.items()
        ]
    )


def _is_true(value: str, name: str) -> bool:
    if value.casefold() not in {"true", "false"}:
        raise _bad_option(name, "true or false")
    return value.casefold() == "true"


def _bad_option(name: str, expected: str) -> ParlandoError:
    path = f"engine_options.{name}"
    return ParlandoError(Reason.OUT_OF_RANGE, f"{path}: {expected} is expected", field=path)
