"""The voices there are, asked for now and then, and what stock names of voices mean."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from parlando_edge.models import STOCK_VOICES
from parlando_edge.ports import Speaker, SpeechSettings, Voice
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError

_FRESH_SECONDS = 5.0
_SHARED_SECONDS = 0.1
"""For so long a failure is everybody's who waits: else each in turn would wait for a router that hangs."""


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
        self._failed: tuple[float, ParlandoError] | None = None
        self._asking = asyncio.Lock()

    async def voices(self) -> Sequence[Voice]:
        """Return the voices, sorted by engine and id.

        Raises:
            ParlandoError: the router does not answer.
        """
        async with self._asking:
            now = self._clock.now()
            if self._asked_at is None or now - self._asked_at >= _FRESH_SECONDS:
                await self._ask(now)
        return self._voices

    async def _ask(self, now: float) -> None:
        if self._failed is not None and now - self._failed[0] < _SHARED_SECONDS:
            raise self._failed[1]
        try:
            self._voices = await self._speaker.voices()
        except ParlandoError as error:
            self._failed = (self._clock.now(), error)
            raise
        self._names = frozenset().union(*(voice.names for voice in self._voices))
        self._asked_at, self._failed = now, None

    async def resolve(self, settings: SpeechSettings) -> SpeechSettings:
        """Return the settings with one of OpenAI's own voices made the default one, unless an engine has it.

        While the router does not answer, what it said last holds: the speech itself may find another one.

        Raises:
            ParlandoError: the router does not answer, and never did.
        """
        if settings.voice.casefold() not in STOCK_VOICES:
            return settings
        try:
            await self.voices()
        except ParlandoError:
            if self._asked_at is None:
                raise
        if settings.voice.casefold() in self._names:
            return settings
        return replace(settings, voice="")
