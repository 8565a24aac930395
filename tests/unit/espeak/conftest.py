"""One instance of the engine for all tests of a module, and what it does with a text."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from parlando_espeak.engine import EspeakEngine
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_synth.events import Audio, EngineEvent, Started, Words
from parlando_synth.job import Job, TextKind
from parlando_synth.stop_flag import StopFlag


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was made of a job."""

    text: str
    events: Sequence[EngineEvent]

    @property
    def started(self) -> Started:
        """The first event."""
        first = self.events[0]
        assert isinstance(first, Started)
        return first

    @property
    def pcm(self) -> array[int]:
        """All samples."""
        return array("h", b"".join(event.pcm for event in self.events if isinstance(event, Audio)))

    @property
    def samples(self) -> int:
        """How many there are."""
        return len(self.pcm)

    @property
    def words(self) -> list[SpokenWord]:
        """All words, in the order they came."""
        return [word for event in self.events if isinstance(event, Words) for word in event.words]

    @property
    def said(self) -> list[str]:
        """Their text."""
        return [self.text[word.spoken.start : word.spoken.end] for word in self.words]

    def check(self) -> None:
        """Assert that words are in order, apart from one another, within the audio, and not late."""
        words = self.words
        for word in words:
            assert 0 <= word.spoken.start < word.spoken.end <= len(self.text)
            assert 0 <= word.first_sample <= word.end_sample <= self.samples
        for word, following in pairwise(words):
            assert word.end_sample <= following.first_sample
            assert word.spoken.end <= following.spoken.start
        made, told = 0, 0
        for event in self.events:
            if isinstance(event, Words):
                told += len(event.words)
            elif isinstance(event, Audio):
                made += len(event.pcm) // 2
                begun = [number for number, word in enumerate(words) if _reported_before(word, made)]
                assert told >= max(begun, default=0), "a word is told of by the time the next has begun"


def _reported_before(word: SpokenWord, sample: int) -> bool:
    return word.quality is TimingQuality.EXACT and word.first_sample < sample


Speak = Callable[..., Spoken]


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """Run what all tests of a module share."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def engine(loop: asyncio.Runner) -> Iterator[EspeakEngine]:
    engine = EspeakEngine(instances=1)
    loop.run(engine.load())
    yield engine
    loop.run(engine.close())


Perform = Callable[..., list[EngineEvent]]


@pytest.fixture(scope="module")
def perform(loop: asyncio.Runner, engine: EspeakEngine) -> Perform:
    """Do a job to its end, or stop it once so many samples were made: perform(job, stopped_after=None)."""

    async def performed(job: Job, stopped_after: int | None) -> list[EngineEvent]:
        events: list[EngineEvent] = []
        stop, made = StopFlag(), 0
        async for event in engine.synthesize(job, stop):
            events.append(event)
            made += len(event.pcm) // 2 if isinstance(event, Audio) else 0
            if stopped_after is not None and made >= stopped_after:
                stop.set()
        return events

    return lambda job, stopped_after=None: loop.run(performed(job, stopped_after))


@pytest.fixture(scope="module")
def speak(perform: Perform) -> Speak:
    """Speak a text, checking its words: speak(text, voice, ssml=False, **fields of Job)."""

    def speak(text: str, voice: str = "gmw/en-US", *, ssml: bool = False, **fields: float) -> Spoken:
        kind = TextKind.SSML if ssml else TextKind.PLAIN
        job = Job(text=text, voice=voice, text_kind=kind, **fields)  # type: ignore[arg-type]  # floats all
        spoken = Spoken(text, perform(job))
        spoken.check()
        return spoken

    return speak
