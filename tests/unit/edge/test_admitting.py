"""Places of utterances in the edge's waiting room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self, cast

from parlando_edge.admitting import AdmittingSpeaker
from parlando_edge.ports import AudioMade, Speaker, SpeechEvent, SpeechSettings
from parlando_kit.clock import MonotonicClock
from parlando_kit.waiting import WaitingRoom


class _Utterance:
    """One that says a word whenever it is asked for an event, and takes what it is told."""

    def write(self, text: str) -> None:
        pass

    def flush(self, number: int) -> None:
        pass

    def end(self) -> None:
        pass

    def cancel(self) -> None:
        pass

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SpeechEvent:
        return AudioMade(b"\0\0", 1)


class _Router:
    @asynccontextmanager
    async def speak(self, _: SpeechSettings) -> AsyncIterator[_Utterance]:
        yield _Utterance()


def _admitting() -> tuple[AdmittingSpeaker, WaitingRoom]:
    room = WaitingRoom(4, MonotonicClock())
    return AdmittingSpeaker(cast("Speaker", _Router()), room), room


async def test_a_growing_text_waits_from_its_end_until_its_first_audio() -> None:
    speaker, room = _admitting()
    async with speaker.speak(SpeechSettings()) as utterance:
        utterance.write("Hel")
        utterance.write("lo.")
        utterance.flush(1)
        assert room.waiting == 0
        utterance.end()
        assert room.waiting == 1
        await anext(aiter(utterance))
        assert room.waiting == 0


async def test_who_has_heard_something_or_wrote_nothing_does_not_wait_at_the_end() -> None:
    speaker, room = _admitting()
    async with speaker.speak(SpeechSettings()) as heard, speaker.speak(SpeechSettings()) as empty:
        heard.write("Hello.")
        await anext(aiter(heard))
        heard.end()
        empty.write("")
        empty.end()
        assert room.waiting == 0


async def test_a_cancel_makes_room_before_the_router_has_answered_it() -> None:
    speaker, room = _admitting()
    async with speaker.speak(SpeechSettings()) as utterance:
        utterance.write("Hello.")
        utterance.end()
        assert room.waiting == 1
        utterance.cancel()
        assert room.waiting == 0
