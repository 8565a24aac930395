"""What every engine must do, as tests that any engine can run.

An engine's own project depends on this one already, so it has the tests that belong to the port it
implements, and no other package to find them in. It needs pytest and pytest-asyncio (the extra
"contract") and one test file:

    from parlando_synth.contract import EngineContract

    class TestKokoro(EngineContract):
        @staticmethod
        def create_engine() -> Engine:
            return create()

The engine is loaded once for all tests of the class.
"""

# ruff: noqa: D102  # a test's name is its documentation
from __future__ import annotations

import asyncio
import gc
import time
from array import array
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
import pytest_asyncio
from psutil import Process

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord
from parlando_synth.casting import Casting
from parlando_synth.checks import job_of
from parlando_synth.description import EngineDescription
from parlando_synth.engine import Engine
from parlando_synth.events import Audio, EngineEvent, Started, Words
from parlando_synth.job import Job, TextKind
from parlando_synth.order import Order
from parlando_synth.stop_flag import StopFlag
from parlando_synth.voice import Voice

HUNG = 60.0
"""Seconds after which a job counts as hung; nothing here measures less than that."""

TEXT = "The keeper's log says: \"all of the 21 lamps were lit\" - and so they were, weren't they?"
OTHER_TEXT = "Nine grey geese flew north over the frozen lake at dawn."

_SENTENCE = "Every evening the old keeper climbed the hundred steps to light the great lamp. "
_RATES = (8_000, 48_000)  # lowest and highest sample rate of a voice
_AUDIBLE = 1_000  # of 32,767
_ATTEMPTS = 5  # of what another process may disturb
_LEAKED = 10 * 1024  # bytes that each synthesis may keep
_ALIKE = 0.05  # by how much the length of the same speech may differ from run to run


def expect(condition: bool, broken: str) -> None:  # noqa: FBT001  # it reads as a sentence
    """Fail the test, saying which part of the port is broken, unless the condition holds."""
    if not condition:
        raise AssertionError(broken)


@dataclass(frozen=True, slots=True)
class Performance:
    """All that an engine did for a job."""

    events: Sequence[EngineEvent]

    @property
    def started(self) -> Started:
        """The first event."""
        expect(bool(self.events), "a job has events")
        first = self.events[0]
        expect(isinstance(first, Started), f"the first event is Started, not {type(first).__name__}")
        return first  # type: ignore[return-value]  # expect has looked

    @property
    def pcm(self) -> bytes:
        """All audio."""
        return b"".join(event.pcm for event in self.events if isinstance(event, Audio))

    @property
    def samples(self) -> int:
        """Length of the audio."""
        return len(self.pcm) // 2

    @property
    def words(self) -> Sequence[SpokenWord]:
        """All words timed."""
        return [word for event in self.events if isinstance(event, Words) for word in event.words]


def private_memory() -> int:
    """Return the memory that this process and those it started share with nobody, in bytes."""
    gc.collect()
    own = Process()
    return sum(process.memory_full_info().uss for process in (own, *own.children(recursive=True)))


def spoken_tokens(text: str) -> list[tuple[int, int]]:
    """Return start and end of every word: what stands between white space and has a letter or a digit."""
    tokens: list[tuple[int, int]] = []
    start = 0
    for token in text.split():
        start = text.index(token, start)
        if any(character.isalnum() for character in token):
            tokens.append((start, start + len(token)))
        start += len(token)
    return tokens


async def perform(engine: Engine, job: Job, stop: StopFlag | None = None) -> Performance:
    """Have an engine do a job, and return all it did."""
    async with asyncio.timeout(HUNG):
        return Performance([event async for event in engine.synthesize(job, stop or StopFlag())])


def check_words(performance: Performance, text: str) -> None:
    """Check that every word of a plain text is timed, in order and within the audio."""
    words = performance.words
    expect(
        all(word.quality >= performance.started.timing_quality for word in words),
        "no word is timed better than Started states",
    )
    for word in words:
        expect(0 <= word.spoken.start < word.spoken.end <= len(text), f"{word.spoken} lies in the text")
        expect(word.first_sample >= 0 and word.sample_count >= 0, "times are not negative")
        expect(word.end_sample <= performance.samples, f"word {word.spoken} ends within the audio")
    for word, following in pairwise(words):
        expect(word.first_sample <= following.first_sample, f"{following.spoken} is timed in order")
        expect(word.spoken.start <= following.spoken.start, f"{following.spoken} comes in the text's order")
    for start, end in spoken_tokens(text):
        expect(
            any(word.spoken.start < end and start < word.spoken.end for word in words),
            f"the word at [{start}, {end}) of {len(text)} code points is timed",
        )


@pytest.mark.asyncio(loop_scope="class")
class EngineContract:
    """The tests. Subclasses say how their engine is made.

    Attributes:
        watched: syntheses over which memory is watched; fewer for an engine that takes long over each.
    """

    watched = 500

    @staticmethod
    def create_engine() -> Engine:
        """Return a new engine, not loaded."""
        raise NotImplementedError

    @pytest_asyncio.fixture(scope="class", loop_scope="class")
    @classmethod
    async def engine(cls) -> AsyncIterator[Engine]:
        """The engine, loaded."""
        engine = cls.create_engine()
        await engine.load()
        yield engine
        await engine.close()

    @pytest.fixture
    def about(self, engine: Engine) -> EngineDescription:
        """What the engine says of itself."""
        return engine.describe()

    @pytest.fixture
    def job(self, about: EngineDescription) -> Job:
        """A sentence in the default voice."""
        return Job(text=TEXT, voice=about.default_voice)

    @pytest.fixture
    def long_job(self, about: EngineDescription, job: Job) -> Job:
        """A text of a minute or more, where the engine takes one."""
        return replace(job, text=_SENTENCE * max(min(about.max_text_code_points, 2_000) // len(_SENTENCE), 1))

    async def test_it_describes_itself(self, about: EngineDescription) -> None:
        expect(bool(about.name) and about.name == about.name.lower(), "name is lower case")
        expect(bool(about.version), "version is set")
        expect(bool(about.licence), "licence is set")
        expect(about.max_live >= 1, "max_live is 1 or more")
        expect(about.max_text_code_points >= 1, "max_text_code_points is 1 or more")
        expect(0 < about.min_speed <= 1 <= about.max_speed, "min_speed <= 1 <= max_speed")
        expect(TextKind.PLAIN in about.text_kinds, "plain text is taken")

    async def test_its_voices_can_be_asked_for(self, engine: Engine, about: EngineDescription) -> None:
        voices = engine.voices()
        ids = [voice.id for voice in voices]
        expect(bool(ids) and ids == sorted(set(ids)), "voices are sorted by ids, each its own")
        for voice in voices:
            expect(bool(voice.name) and bool(voice.languages), f"{voice.id} has a name and languages")
            expect(_RATES[0] <= voice.sample_rate_hz <= _RATES[1], f"{voice.id} has a usable sample rate")
            found = engine.find_voice(voice.id)
            expect(found is not None and found.id == voice.id, f"{voice.id} is found by its id")
        expect(engine.find_voice(about.default_voice) is not None, "the default voice exists")
        expect(engine.find_voice("no such voice") is None, "an unknown voice is not found")

    async def test_it_says_who_speaks_and_then_speaks(self, engine: Engine, job: Job) -> None:
        performance = await perform(engine, job)
        started = performance.started
        voice = engine.find_voice(started.voice)
        expect(voice is not None, "Started names a voice of the engine")
        expect(isinstance(voice, Voice) and voice.sample_rate_hz == started.sample_rate_hz, "at its rate")
        expect(started.ignored == (), "nothing was asked that could be ignored")
        later = performance.events[1:]
        expect(not any(isinstance(event, Started) for event in later), "Started comes once")
        expect(len(performance.pcm) % 2 == 0, "audio is whole 16-bit samples")
        loudest = max((abs(value) for value in array("h", performance.pcm)), default=0)
        expect(loudest > _AUDIBLE, "speech can be heard")

    async def test_every_word_is_timed(self, engine: Engine, job: Job) -> None:
        check_words(await perform(engine, job), job.text)

    @pytest.mark.parametrize(
        "text",
        [
            "a",
            " \n\t ",
            "... - !",
            "  spaces  around  ",
            "one\ntwo\tthree",
            "café naïve Ångström",
            "cat 🙂 dog 👩‍👩‍👧 end",
            "3.14 and 2,000 at 10:45",
            "tell-tale o'clock (aside) “quoted”",
            "x" * 200,
            "здравствуй мир and 你好",
        ],
        ids=repr,
    )
    async def test_odd_texts_end_well(self, engine: Engine, job: Job, text: str) -> None:
        check_words(await perform(engine, replace(job, text=text)), text)

    async def test_the_first_audio_leaves_before_the_last_is_made(
        self, engine: Engine, about: EngineDescription, long_job: Job
    ) -> None:
        shares: list[float] = []
        for _ in range(_ATTEMPTS):
            began = time.perf_counter()
            first = 0.0
            async with asyncio.timeout(HUNG):
                async for event in engine.synthesize(long_job, StopFlag()):
                    if isinstance(event, Audio) and not first:
                        first = time.perf_counter() - began
            shares.append(first / (time.perf_counter() - began))
            if shares[-1] < 1 / 2:
                break
        expect(
            not about.streams or min(shares) < 1 / 2,
            f"half of the work was done before any audio left ({min(shares):.0%}): declare streams=False",
        )

    async def test_a_stop_in_mid_run_ends_it_and_the_next_job_is_whole(
        self, engine: Engine, about: EngineDescription, long_job: Job
    ) -> None:
        whole = (await perform(engine, long_job)).samples
        made = whole
        for _ in range(_ATTEMPTS):
            stop, made = StopFlag(), 0
            async with asyncio.timeout(HUNG):
                async for event in engine.synthesize(long_job, stop):
                    if isinstance(event, Audio):
                        stop.set()
                        made += len(event.pcm) // 2
            if made < whole:
                break
        expect(not about.stoppable or not about.streams or made < whole, "a stop ends the work early")
        following = [perform(engine, long_job) for _ in range(about.max_live)]
        for performance in await asyncio.gather(*following):
            check_words(performance, long_job.text)
            expect(abs(performance.samples - whole) <= _ALIKE * whole, "the job after a stop is whole")

    async def test_a_stop_before_the_start_says_nothing(self, engine: Engine, job: Job) -> None:
        stop = StopFlag()
        stop.set()
        performance = await perform(engine, job, stop)
        expect(performance.samples == 0, "a job that was stopped before it began makes no audio")
        check_words(await perform(engine, job), job.text)

    async def test_a_reader_that_leaves_ends_the_job(self, engine: Engine, long_job: Job) -> None:
        async with asyncio.timeout(HUNG):
            async with aclosing(engine.synthesize(long_job, StopFlag())) as events:
                await anext(events)
        check_words(await perform(engine, long_job), long_job.text)

    async def test_a_slow_reader_holds_nobody_up(
        self, engine: Engine, about: EngineDescription, job: Job, long_job: Job
    ) -> None:
        async with asyncio.timeout(HUNG):
            async with aclosing(engine.synthesize(long_job, StopFlag())) as unread:
                await anext(unread)
                for _ in range(about.max_live + 1):
                    check_words(await perform(engine, job), job.text)

    async def test_jobs_at_once_do_not_mix(self, engine: Engine, job: Job) -> None:
        other = replace(job, text=OTHER_TEXT)
        alone = [await perform(engine, one) for one in (job, other)]
        together = await asyncio.gather(*(perform(engine, one) for one in (job, other) * 3))
        for number, performance in enumerate(together):
            expected = alone[number % 2]
            spans = [word.spoken for word in performance.words]
            expect(spans == [word.spoken for word in expected.words], "each job times its own words")
            difference = abs(performance.samples - expected.samples)
            expect(difference <= _ALIKE * expected.samples, "each job makes its own audio, and all of it")

    async def test_speed_changes_the_length(self, engine: Engine, about: EngineDescription, job: Job) -> None:
        slow = await perform(engine, replace(job, speed=max(about.min_speed, 0.75)))
        fast = await perform(engine, replace(job, speed=min(about.max_speed, 1.5)))
        if about.speed:
            expect(fast.samples < slow.samples, "faster speech is shorter")
        check_words(slow, job.text)
        check_words(fast, job.text)

    async def test_volume_changes_the_loudness(
        self, engine: Engine, about: EngineDescription, job: Job
    ) -> None:
        usual, quiet = [
            array("h", (await perform(engine, replace(job, volume_db=decibels))).pcm)
            for decibels in (0.0, -12.0)
        ]
        if about.volume:
            loudness = [sum(value * value for value in pcm) / len(pcm) for pcm in (usual, quiet)]
            expect(loudness[1] < loudness[0] / 4, "12 dB less is quieter")

    async def test_unknown_options_are_said_to_be_ignored(self, engine: Engine, job: Job) -> None:
        performance = await perform(engine, replace(job, options={"no_such_option": "1"}))
        expect(
            "engine_options.no_such_option" in performance.started.ignored,
            "an option the engine does not know is in Started.ignored",
        )
        check_words(performance, job.text)

    @pytest.mark.parametrize("markup", ["<speak>one <prosody rate='slow'>two", "<speak>a < b</speak>"])
    async def test_bad_markup_is_refused(
        self, engine: Engine, about: EngineDescription, job: Job, markup: str
    ) -> None:
        if TextKind.SSML in about.text_kinds:
            with pytest.raises(ParlandoError) as refused:
                await perform(engine, replace(job, text=markup, text_kind=TextKind.SSML))
            expect(refused.value.reason is Reason.BAD_MARKUP, "the reason is BAD_MARKUP")
            expect(refused.value.field == "text", "the field is text")
        check_words(await perform(engine, job), job.text)

    async def test_orders_it_cannot_take_are_refused(self, engine: Engine, about: EngineDescription) -> None:
        refusals = [
            (Order("i", ""), Reason.FIELD_REQUIRED, "text"),
            (Order("i", "a" * (about.max_text_code_points + 1)), Reason.TEXT_TOO_LONG, "text"),
            (Order("i", "a", voice="no such voice"), Reason.VOICE_NOT_FOUND, "voice"),
            (Order("i", "a", language="zxx"), Reason.LANGUAGE_NOT_FOUND, "language"),
        ]
        refusals += [
            (Order("i", "a", text_kind=kind), Reason.NOT_SUPPORTED, "text_kind")
            for kind in set(TextKind) - set(about.text_kinds)
        ]
        for order, reason, field in refusals:
            with pytest.raises(ParlandoError) as refused:
                job_of(order, about, Casting(engine, about))
            expect((refused.value.reason, refused.value.field) == (reason, field), f"{reason} at {field}")

    async def test_control_characters_are_spoken_as_spaces(
        self, engine: Engine, about: EngineDescription
    ) -> None:
        job, _ = job_of(Order("i", "one\0two \x07three\x9bfour"), about, Casting(engine, about))
        check_words(await perform(engine, job), "one two  three four")

    async def test_memory_does_not_grow_with_what_is_spoken(self, engine: Engine, job: Job) -> None:
        short = replace(job, text="One more.")
        each = self.watched // _ATTEMPTS
        kept: list[float] = []
        for _ in range(_ATTEMPTS):  # arenas and caches fill at first
            before = private_memory()
            for _ in range(each):
                check_words(await perform(engine, short), short.text)
            kept.append((private_memory() - before) / each)
        expect(min(kept) < _LEAKED, f"every synthesis keeps {min(kept):.0f} bytes or more")

    async def test_it_can_be_closed_and_loaded_again(self) -> None:
        engine = self.create_engine()
        for _ in range(2):
            await engine.load()
            job = Job(text=TEXT, voice=engine.describe().default_voice)
            check_words(await perform(engine, job), job.text)
            await engine.close()
        await engine.close()
