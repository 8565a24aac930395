"""What the tests say and hear."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from parlando_chatterbox.engine import ChatterboxInstance
from parlando_kit.ledger import SpokenWord
from parlando_synth.cloned_voice import ClonedVoice
from parlando_synth.events import Audio, EngineEvent, Words
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag

Clone = Callable[..., ClonedVoice]
"""Clones a voice from somebody who hums: `conftest.clone`."""

ONE = "Every evening the old keeper climbed the hundred steps."

FOUR = (
    "The harbour was quiet that night. Nobody had lit the lamps. A boat came in without a sound, and no one "
    "stepped out of it. Then a dog barked."
)


def speak(instance: ChatterboxInstance, job: Job, stop: StopFlag | None = None) -> list[EngineEvent]:
    """Return all that an instance does for a job."""
    events: list[EngineEvent] = []
    instance.synthesize(job, stop or StopFlag(), events.append)
    return events


def pcm(events: list[EngineEvent]) -> NDArray[np.int16]:
    """Return the audio among events."""
    return np.frombuffer(b"".join(event.pcm for event in events if isinstance(event, Audio)), "<i2")


def words(events: list[EngineEvent]) -> list[SpokenWord]:
    """Return the words among events."""
    return [word for event in events if isinstance(event, Words) for word in event.words]


def speech(seconds: float, hertz: float) -> NDArray[np.float32]:
    """Return somebody's humming, at 24 kHz."""
    time = np.arange(round(seconds * 24_000)) / 24_000
    hum = sum(np.sin(2 * np.pi * hertz * order * time) / order for order in range(1, 8))
    said: NDArray[np.float32] = (0.2 * np.asarray(hum) * np.clip(np.sin(12 * time), 0, 1)).astype(np.float32)
    return said
