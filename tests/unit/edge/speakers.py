"""A speaker and a clock for tests: they do what they say and note what they were asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from parlando_edge.ports import ALL_VOICES, Engine, Estimate, SpeechEvent, SpeechSettings, Voice, WantedVoices


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        """Return the time."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Move the time."""
        self.time += seconds


class Recital:
    """An utterance whose events are known beforehand."""

    def __init__(self, events: Sequence[SpeechEvent]) -> None:
        self._events = iter(events)

    def cancel(self) -> None:
        """Say no more."""
        self._events = iter(())

    def write(self, text: str) -> None:
        """Take text for what it is not."""

    def flush(self, number: int) -> None:
        """Wait for nothing: it never does."""

    def end(self) -> None:
        """Take no more text."""

    def __aiter__(self) -> Recital:
        return self

    async def __anext__(self) -> SpeechEvent:
        await asyncio.sleep(0)
        event = next(self._events, None)
        if event is None:
            raise StopAsyncIteration
        return event


class Reciter:
    """A speaker that says the same whatever the text."""

    def __init__(self, *events: SpeechEvent, voices: Sequence[Voice] = ()) -> None:
        self.events = events
        self.known = voices
        self.asked: list[tuple[str, SpeechSettings]] = []
        self.listings = 0

    @asynccontextmanager
    async def say(self, text: str, settings: SpeechSettings) -> AsyncIterator[Recital]:
        """Say it."""
        self.asked.append((text, settings))
        yield Recital(self.events)

    @asynccontextmanager
    async def speak(self, settings: SpeechSettings) -> AsyncIterator[Recital]:
        """Say it, whatever is written to it."""
        self.asked.append(("", settings))
        yield Recital(self.events)

    async def voices(self, wanted: WantedVoices = ALL_VOICES) -> Sequence[Voice]:
        """Return the voices, after all others had their turn."""
        del wanted
        self.listings += 1
        await asyncio.sleep(0)
        return self.known

    async def preview(self, engine: str, voice: str) -> bytes:
        """Return what a voice is called."""
        return f"{engine}:{voice}".encode()

    async def engines(self) -> Sequence[Engine]:
        """Return no engine."""
        return ()

    async def estimate(self, text: str, settings: SpeechSettings) -> Estimate:
        """Return a tenth of a second a character."""
        del settings
        return Estimate("", "", len(text), len(text) / 10)

    async def serving(self) -> bool:
        """Return True."""
        return True


def voice(voice_id: str, *languages: str, engine: str = "espeak", aliases: Sequence[str] = ()) -> Voice:
    """Return a voice."""
    return Voice(voice_id, voice_id, engine, languages, frozenset((voice_id, *aliases)))
