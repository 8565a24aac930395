"""A call that is cancelled, on a stage with one worker."""

from __future__ import annotations

import asyncio

from parlando_router import events
from parlando_router.request import PlayoutMode
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage

FIRST = "Orange lamp stands here. Seven green steps down! There, stone knows? House garden."
SECOND = "One two three. Four bread pepper."


class Show:
    """A stage with one worker, and a call on it."""

    def __init__(self, play: Play | None = None, *, mode: PlayoutMode = PlayoutMode.CLOCK) -> None:
        self.worker = ScriptedWorker(play or Play(factor=0.5, stop_time=0.25))
        self.stage = Stage({"one": self.worker}, ScriptedFragmenter())
        self.call = self.stage.speak(mode=mode)
        self.call.open(1)

    def at_work(self) -> bool:
        """Whether the engine is busy."""
        return bool(self.worker.live)

    async def second_epoch(self, *, opener: bool = True) -> None:
        """Speak the second text under epoch 2, to the end."""
        call = self.call
        if opener:
            call.open(2)
        call.text(2, SECOND)
        call.end()
        await call.done()


def reports(call: Call) -> list[events.StopReport]:
    """Return what was reported of stops."""
    return [event for event in call.of(events.StopReport) if isinstance(event, events.StopReport)]


def cancels(call: Call) -> list[events.Cancelled]:
    """Return the answers to cancels."""
    return [event for event in call.of(events.Cancelled) if isinstance(event, events.Cancelled)]


def when(call: Call, event: object) -> float:
    """Return when an event arrived."""
    return next(sent.at for sent in call.sent if sent.event is event)


async def in_the_middle_of_a_word(show: Show) -> None:
    """Speak until a word is half heard."""
    show.call.text(1, FIRST)
    await show.call.until(lambda: len(show.call.frames) > 2)
    await asyncio.sleep(0.037)


async def between_two_fragments(show: Show) -> None:
    """Speak until one fragment is made, and the next is not all there."""
    show.call.text(1, "Orange lamp stands here. Seven")
    await show.call.until(lambda: show.worker.finished)
    await asyncio.sleep(0.01)
