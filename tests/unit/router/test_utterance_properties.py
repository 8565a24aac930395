"""Whatever the text, the engines and the cancels: what callers may rely on holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from parlando_kit.ledger import TimingQuality
from parlando_router import events
from parlando_router.ports import SynthesisRequest
from parlando_router.request import PlayoutMode, SpeechSettings
from tests.unit.router.score import check, words
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import run

_QUALITIES = [TimingQuality.EXACT, TimingQuality.ALIGNED, TimingQuality.ESTIMATED]

# Words, and what lies between them: ends of sentences, marks, white space, nothing that is spoken.
_tokens = st.sampled_from(
    ["orange", "lamp", "go", "I", "seven.", "down!", "there,", "knows?", "...", " ", "\n", "—", "🎺", "5"]
)
_texts = st.lists(_tokens, max_size=14).map(" ".join)

_plays = st.builds(
    Play,
    rate=st.sampled_from([8_000, 16_000, 22_050]),
    quality=st.sampled_from(_QUALITIES),
    character=st.sampled_from([0.001, 0.01, 0.03]),
    chunk=st.sampled_from([0.001, 0.013, 0.1, 1.0]),
    first=st.sampled_from([0.0, 0.2]),
    factor=st.sampled_from([0.0, 0.3, 1.5]),
    stop_time=st.sampled_from([0.0, 0.1]),
)


@dataclass(frozen=True)
class _Direction:
    """The syntheses of a call, each like one of the plays in turn."""

    plays: list[Play]

    def __call__(self, _: SynthesisRequest, number: int) -> Play:
        return self.plays[number % len(self.plays)]


def _exact(text: str, cuts: list[int]) -> list[str]:
    """Cut a text at some places."""
    places = sorted({min(cut, len(text)) for cut in cuts})
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


@settings(max_examples=150)
@given(
    text=_texts,
    cuts=st.lists(st.integers(0, 80), max_size=6),
    plays=st.lists(_plays, min_size=1, max_size=3),
    pause=st.sampled_from([0.0, 0.1]),
    every=st.sampled_from([0.0, 0.05, 1.0]),
    mode=st.sampled_from([PlayoutMode.CLOCK, PlayoutMode.UNPACED]),
)
def test_every_word_of_every_fragment_comes_out_once_in_order_and_within_the_audio(
    text: str, cuts: list[int], plays: list[Play], pause: float, every: float, mode: PlayoutMode
) -> None:
    async def main() -> None:
        worker = ScriptedWorker(_Direction(plays))
        stage = Stage({"one": worker}, ScriptedFragmenter(pause=pause))
        call = stage.speak(SpeechSettings(playout_budget=0.5), mode)
        call.open(1)
        for piece in _exact(text, cuts):
            call.text(1, piece)
            await asyncio.sleep(every)
        call.end()
        await call.done()
        check(call)
        said = [text[word.source.start : word.source.end] for word in call.finished.words]
        assert words(" ".join(said)) == words(text)
        starts = [word.first_sample for word in call.finished.words]
        assert starts == sorted(starts)
        told = [
            word
            for event in call.of(events.WordsTimed)
            if isinstance(event, events.WordsTimed)
            for word in event.words
        ]
        assert told == list(call.finished.words)
        covered = [
            event.source for event in call.of(events.FragmentBegun) if isinstance(event, events.FragmentBegun)
        ]
        assert "".join(text[span.start : span.end] for span in covered) == text
        assert not worker.live

    run(main())


@dataclass
class _Caller:
    """A caller that does what it is told, and knows what it may expect."""

    call: Call
    slow: bool
    epoch: int = 1
    speaking: bool = True
    cancelled: set[int] = field(default_factory=set)
    flushes: list[int] = field(default_factory=list)

    async def text(self, text: str) -> None:
        self.call.text(self.epoch, text)

    async def wait(self, seconds: float) -> None:
        if self.slow:
            self.call.reading.clear()
        await asyncio.sleep(seconds)
        self.call.reading.set()

    async def flush(self, flush_id: int) -> None:
        self.call.flush(self.epoch, flush_id)
        self.flushes += [flush_id] if self.speaking else []

    async def cancel(self, stale: int) -> None:
        self.call.cancel(max(self.epoch - stale, 1))
        if not stale or self.epoch == 1:
            self._stopped()

    async def open(self, above: int) -> None:
        self._stopped()
        self.epoch, self.speaking = self.epoch + above, True
        self.call.open(self.epoch)

    def _stopped(self) -> None:
        self.cancelled |= {self.epoch} if self.speaking else set()
        self.speaking = False


_Step = Callable[[_Caller], Awaitable[None]]
_steps: st.SearchStrategy[_Step] = st.one_of(
    _texts.map(lambda text: lambda caller: caller.text(text)),
    st.sampled_from([0.0, 0.01, 0.04, 0.3, 2.0]).map(lambda seconds: lambda caller: caller.wait(seconds)),
    st.integers(1, 9).map(lambda flush: lambda caller: caller.flush(flush)),
    st.integers(0, 2).map(lambda stale: lambda caller: caller.cancel(stale)),
    st.integers(1, 2).map(lambda above: lambda caller: caller.open(above)),
)


@settings(max_examples=200)
@given(
    steps=st.lists(_steps, max_size=14), plays=st.lists(_plays, min_size=1, max_size=3), slow=st.booleans()
)
def test_whatever_the_caller_does_samples_are_contiguous_and_nothing_of_a_cancelled_epoch_follows(
    steps: list[_Step], plays: list[Play], *, slow: bool
) -> None:
    async def main() -> None:
        worker = ScriptedWorker(_Direction(plays))
        call = Stage({"one": worker}, ScriptedFragmenter()).speak(mode=PlayoutMode.CLOCK)
        caller = _Caller(call, slow)
        call.open(1)
        for step in steps:
            await step(caller)
        call.end()
        await call.done()
        check(call)
        reports = [
            event.epoch for event in call.of(events.StopReport) if isinstance(event, events.StopReport)
        ]
        assert sorted(reports) == sorted(caller.cancelled)
        flushed = [event.flush_id for event in call.of(events.Flushed) if isinstance(event, events.Flushed)]
        assert len(flushed) <= len(caller.flushes)
        if not caller.cancelled:
            assert flushed == caller.flushes
        assert not worker.live

    run(main())
