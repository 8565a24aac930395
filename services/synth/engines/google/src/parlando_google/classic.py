"""The older voices: a text in, all of its sound at once, with the times of its words."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from google.cloud import texttospeech_v1beta1 as texttospeech  # v1 has no time points
from google.cloud.texttospeech_v1beta1.services.text_to_speech.transports import (
    TextToSpeechGrpcAsyncIOTransport,
)

from parlando_google.connection import Connection
from parlando_google.marks import marked, timed
from parlando_google.settings import ClassicSettings
from parlando_google.vendor import VERSION, GoogleVendor
from parlando_google.voices import default_of, listed
from parlando_kit.ledger import TimingQuality
from parlando_synth.description import EngineDescription
from parlando_synth.events import Words
from parlando_synth.feelings import EMOTIONS, delivery
from parlando_synth.job import Job, TextKind
from parlando_synth.remote.pcm import PcmReader
from parlando_synth.remote.prices import tariff
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.remote.vendor import Exchange, Said
from parlando_synth.voice import Voice

_LONGEST_REQUEST = 5_000  # bytes, marks included
_LONGEST_TEXT = 1_000  # code points, so that the marks have room
_SLOWEST, _FASTEST = 0.25, 2.0  # pitch and loudness go further than a job and a feeling do together
_ELEMENTS = ("break", "say-as", "p", "s", "sub", "mark", "prosody", "emphasis", "phoneme", "voice", "lang")


class ClassicVendor(GoogleVendor[ClassicSettings]):
    """The adapter to `SynthesizeSpeech`, which answers once all is made.

    Args:
        settings: where the service is, and which family of voices speaks.
    """

    def __init__(self, settings: ClassicSettings) -> None:
        super().__init__(settings)
        self._tariff = tariff("google", settings.model.lower(), settings.prices)

    def _made(self, connection: Connection) -> texttospeech.TextToSpeechAsyncClient:
        transport = TextToSpeechGrpcAsyncIOTransport(channel=connection.channel)
        return texttospeech.TextToSpeechAsyncClient(transport=transport)

    def _known(self, voices: Sequence[texttospeech.Voice]) -> tuple[str, Sequence[Voice]]:
        found = listed(voices, f"-{self._settings.model}-")
        return default_of(self._settings.default_voice, found), found

    def describe(self) -> EngineDescription:
        """Return what the family can do. All of a text is billed once it was sent, its marks left out."""
        return EngineDescription(
            name="google-classic",
            version=VERSION,
            licence="proprietary",
            default_voice=self._default,
            timing_quality=TimingQuality.EXACT,
            max_live=self._settings.live,
            max_text_code_points=_LONGEST_TEXT,
            model=self._settings.model.lower(),
            streams=False,
            text_kinds=(TextKind.PLAIN, TextKind.SSML),
            ssml_elements=_ELEMENTS,
            speed=True,
            min_speed=_SLOWEST,
            max_speed=_FASTEST,
            pitch=True,
            volume=True,
            emotions=EMOTIONS,
            stoppable=False,
            price=self._tariff.price() if self._tariff is not None else None,
        )

    async def speak(self, job: Job, exchange: Exchange) -> AsyncGenerator[Said, None]:
        """Ask for the whole of it; yield the sound, then the words."""
        client, connection = self._loaded()
        voice = self._voices[job.voice]
        text = marked(job.text, is_ssml=job.text_kind is TextKind.SSML)
        if len(text.ssml.encode()) > _LONGEST_REQUEST:
            raise Refusal(Trouble.LENGTH).error(self.name)
        exchange.ignored = tuple(f"engine_options.{name}" for name in job.options)
        felt = delivery(job.emotion, job.emotion_intensity)
        await connection.made()
        exchange.goes_on = True
        answer = await client.synthesize_speech(
            request=texttospeech.SynthesizeSpeechRequest(
                input=texttospeech.SynthesisInput(ssml=text.ssml),
                voice=texttospeech.VoiceSelectionParams(language_code=voice.languages[0], name=voice.id),
                audio_config=texttospeech.AudioConfig(
                    audio_encoding=texttospeech.AudioEncoding.LINEAR16,
                    sample_rate_hertz=voice.sample_rate_hz,
                    speaking_rate=min(max(job.speed * felt.speed, _SLOWEST), _FASTEST),
                    pitch=job.pitch_semitones + felt.semitones,
                    volume_gain_db=job.volume_db + felt.decibels,
                ),
                enable_time_pointing=[texttospeech.SynthesizeSpeechRequest.TimepointType.SSML_MARK],
            ),
            timeout=None,
            metadata=connection.metadata,
        )
        reader = PcmReader(self.name, voice.sample_rate_hz)
        sound = reader.feed(answer.audio_content) + reader.end()
        if sound:
            yield sound
        times = {
            int(point.mark_name): point.time_seconds
            for point in answer.timepoints
            if point.mark_name.isdecimal()
        }
        if text.words:
            yield Words(timed(text.words, times, len(sound) // 2, voice.sample_rate_hz))
