"""A speaker with a waiting room: utterances are refused while too many wait for their first audio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Self

from parlando_edge.ports import (
    ALL_VOICES,
    AudioMade,
    Engine,
    Estimate,
    GrowingUtterance,
    Speaker,
    SpeechEvent,
    SpeechSettings,
    Utterance,
    Voice,
    WantedVoices,
)
from parlando_kit.waiting import Place, WaitingRoom


class AdmittingSpeaker:
    """Another speaker, asked only for as many utterances at a time as may wait.

    Args:
        speaker: the other.
        room: where they wait, from being asked for until their first audio.
    """

    def __init__(self, speaker: Speaker, room: WaitingRoom) -> None:
        self._speaker = speaker
        self._room = room

    def say(self, text: str, settings: SpeechSettings) -> AbstractAsyncContextManager[Utterance]:
        """Speak as fast as it is read. OVERLOADED as ParlandoError where too many wait."""
        return self._admitted(self._speaker.say(text, settings))

    def speak(self, settings: SpeechSettings) -> AbstractAsyncContextManager[GrowingUtterance]:
        """Speak what is written to it. OVERLOADED as ParlandoError where too many wait."""
        return self._admitted_growing(settings)

    async def voices(self, wanted: WantedVoices = ALL_VOICES) -> Sequence[Voice]:
        """Return the other's voices."""
        return await self._speaker.voices(wanted)

    async def preview(self, engine: str, voice: str) -> bytes:
        """Return the other's preview."""
        return await self._speaker.preview(engine, voice)

    async def engines(self) -> Sequence[Engine]:
        """Return the other's engines."""
        return await self._speaker.engines()

    async def estimate(self, text: str, settings: SpeechSettings) -> Estimate:
        """Return the other's estimate."""
        return await self._speaker.estimate(text, settings)

    async def serving(self) -> bool:
        """Return whether the other serves."""
        return await self._speaker.serving()

    @asynccontextmanager
    async def _admitted(self, speaking: AbstractAsyncContextManager[Utterance]) -> AsyncIterator[Utterance]:
        place = self._room.enter()
        try:
            async with speaking as utterance:
                yield _Admitted(utterance, place)
        finally:
            place.leave()

    @asynccontextmanager
    async def _admitted_growing(self, settings: SpeechSettings) -> AsyncIterator[GrowingUtterance]:
        self._room.require_room()  # before anybody is asked
        async with self._speaker.speak(settings) as utterance:
            admitted = _AdmittedGrowing(utterance, self._room)
            try:
                yield admitted
            finally:
                admitted.leave()


class _Admitted:
    """An utterance whose place is left with its first audio, or with a cancel."""

    def __init__(self, utterance: Utterance, place: Place | None) -> None:
        self._utterance = utterance
        self._events = aiter(utterance)
        self._place = place

    def cancel(self) -> None:
        self.leave()
        self._utterance.cancel()

    def leave(self, *, served: bool = False) -> None:
        if self._place is not None:
            self._place.leave(served=served)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SpeechEvent:
        event = await anext(self._events)
        if isinstance(event, AudioMade):
            self.leave(served=True)
        return event


class _AdmittedGrowing(_Admitted):
    """One that waits from the end of its text on. Before that its writer is who is waited for, however long.

    What is said of it meanwhile, the router sees to: it knows when there is something to be spoken.
    """

    def __init__(self, utterance: GrowingUtterance, room: WaitingRoom) -> None:
        super().__init__(utterance, None)
        self._growing = utterance
        self._room = room
        self._written = self._heard = False

    def write(self, text: str) -> None:
        self._written = self._written or bool(text)
        self._growing.write(text)

    def flush(self, number: int) -> None:
        self._growing.flush(number)

    def end(self) -> None:
        if self._written and not self._heard and self._place is None:
            self._place = self._room.enter(anyway=True)  # it was let in when it began
        self._growing.end()

    def leave(self, *, served: bool = False) -> None:
        self._heard = self._heard or served
        super().leave(served=served)
