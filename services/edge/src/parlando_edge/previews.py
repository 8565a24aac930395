"""A short sentence by each voice, spoken once and kept within a bound of memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from parlando_edge.formats import speech_format
from parlando_edge.ports import AudioMade, Speaker, SpeechSettings, Voice
from parlando_edge.wav import with_exact_sizes
from parlando_kit.errors import ParlandoError, Reason

MEDIA_TYPE = "audio/wav"

# By primary language; in all others the English one is spoken, in the voice's own manner.
_SENTENCES = {
    "cs": "Takto mluvím, když něco předčítám.",
    "da": "Sådan lyder jeg, når jeg læser højt.",
    "de": "So klinge ich, wenn ich etwas vorlese.",
    "en": "This is how I sound when I read aloud.",
    "es": "Así sueno cuando leo en voz alta.",
    "fi": "Tältä kuulostan, kun luen ääneen.",
    "fr": "Voici ma voix quand je lis un texte.",
    "it": "Così suona la mia voce quando leggo.",
    "nb": "Slik høres jeg ut når jeg leser høyt.",
    "nl": "Zo klink ik als ik iets voorlees.",
    "pl": "Tak brzmię, kiedy czytam na głos.",
    "pt": "É assim que eu soo quando leio em voz alta.",
    "ro": "Așa sun când citesc cu voce tare.",
    "sv": "Så här låter jag när jag läser högt.",
    "tr": "Yüksek sesle okurken sesim böyle.",
}


def sentence_for(voice: Voice) -> str:
    """Return the sentence a voice speaks."""
    primary = voice.languages[0].partition("-")[0] if voice.languages else "en"
    return _SENTENCES.get(primary, _SENTENCES["en"])


class Previews:
    """Speaks previews, one at a time, and keeps them as WAV files.

    Args:
        speaker: the router.
        most_bytes: what may be kept; the least used go first.
    """

    def __init__(self, speaker: Speaker, most_bytes: int) -> None:
        self._speaker = speaker
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._speaking = asyncio.Lock()

    async def of(self, voice: Voice) -> bytes:
        """Return a voice's preview as a WAV file at 24,000 Hz.

        Raises:
            ParlandoError: the voice cannot speak now.
        """
        key = (voice.engine, voice.id)
        async with self._speaking:
            wav = self._kept.get(key)
            if wav is None:
                wav = await self._speak(voice)
                self._keep(key, wav)
            else:
                self._kept.move_to_end(key)
        return wav

    async def _speak(self, voice: Voice) -> bytes:
        settings = SpeechSettings(voice=voice.id, engine=voice.engine, audio=speech_format("wav", 0))
        wav = bytearray()
        async with self._speaker.say(sentence_for(voice), settings) as utterance:
            async for event in utterance:
                if isinstance(event, AudioMade):
                    wav += event.data
        if not wav:
            raise ParlandoError(Reason.ENGINE_FAILED, "the voice said nothing")
        return with_exact_sizes(bytes(wav))

    def _keep(self, key: tuple[str, str], wav: bytes) -> None:
        self._kept[key] = wav
        self._bytes += len(wav)
        while self._bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)
