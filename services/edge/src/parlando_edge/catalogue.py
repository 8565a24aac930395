"""The voices there are, asked for now and then, and what stock names of voices mean."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from parlando_edge.models import STOCK_VOICES
from parlando_edge.ports import Speaker, SpeechSettings, Voice
from parlando_kit.clock import Clock

_FRESH_SECONDS = 5.0


class Catalogue:
    """Voices as the router lists them, at most five seconds old.

    Args:
        speaker: the router.
        clock: dates what it said.
    """

    def __init__(self, speaker: Speaker, clock: Clock) -> None:
        self._speaker = speaker
        self._clock = clock
        self._voices: Sequence[Voice] = ()
        self._names: frozenset[str] = frozenset()
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()

    async def voices(self) -> Sequence[Voice]:
        """Return the voices, sorted by engine and id.

        Raises:
            ParlandoError: the router does not answer.
        """
        async with self._asking:
            now = self._clock.now()
            if self._asked_at is None or now - self._asked_at >= _FRESH_SECONDS:
                self._voices = await self._speaker.voices()
                self._names = frozenset().union(*(voice.names for voice in self._voices))
                self._asked_at = now
        return self._voices

    async def resolve(self, settings: SpeechSettings) -> SpeechSettings:
        """Return the settings with one of OpenAI's own voices made the default one, unless an engine has it.

        Raises:
            ParlandoError: the router does not answer.
        """
        if settings.voice.casefold() not in STOCK_VOICES:
            return settings
        await self.voices()
        if settings.voice.casefold() in self._names:
            return settings
        return replace(settings, voice="")
