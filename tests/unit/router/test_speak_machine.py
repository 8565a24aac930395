"""Speak's messages in any order, against a model of what a caller may expect."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from parlando_kit.errors import Reason
from parlando_kit.ledger import TimingQuality
from parlando_kit.ledger import heard as heard_by
from parlando_router import events
from parlando_router.ports import SynthesisRequest
from parlando_router.request import PlayoutMode, SpeechSettings
from parlando_router.speak_protocol import Cancel, End, Flush, Open, Text
from tests.unit.router.score import check, heard, words
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import VirtualLoop, settled

_VOCABULARY = ["orange", "lamp", "stands", "here.", "seven", "green", "steps", "down!", "bread", "pepper."]
_pieces = st.lists(st.sampled_from(_VOCABULARY), min_size=1, max_size=6).map(
    lambda chosen: " ".join(chosen) + " "
)
_plays = st.builds(
    Play,
    rate=st.sampled_from([8_000, 22_050]),
    quality=st.sampled_from(list(TimingQuality)),
    character=st.sampled_from([0.015, 0.03]),
    chunk=st.sampled_from([0.013, 0.1, 1.0]),
    first=st.sampled_from([0.0, 0.2]),
    factor=st.sampled_from([0.0, 0.3, 1.5]),
    stop_time=st.sampled_from([0.0, 0.1, 1.0]),
)
_TOO_LONG = 900.0
"""Virtual seconds in which any of these calls is over, unless it has come to a stand."""


@dataclass
class _Epoch:
    """What was said under one epoch: its place in the text, and what became of it."""

    start: int
    end: int
    flushes: list[int] = field(default_factory=list)
    cancelled: bool = False


class SpeakMachine(RuleBasedStateMachine):
    """A caller that sends whatever it likes, and knows what must come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=VirtualLoop)
        self.call: Call
        self.worker: ScriptedWorker
        self.stage: Stage
        self.pause = 0.0
        self.mode = PlayoutMode.UNPACED
        self.budget = 0.0
        self.text = ""
        self.epoch = 0
        self.epochs: dict[int, _Epoch] = {}
        self.ended = False
        self.answers: list[int] = []  # epochs whose cancels must be answered
        self.refused: Reason | None = None

    # The model

    @property
    def live(self) -> _Epoch | None:
        """The epoch that is spoken, unless it was cancelled."""
        current = self.epochs.get(self.epoch)
        return None if current is None or current.cancelled else current

    def _run(self, main: Coroutine[Any, Any, object]) -> None:
        self.runner.run(main)

    def _say(
        self, epoch: int, said: Open | Text | Flush | Cancel | End | None, played: int | None = None
    ) -> None:
        self.call.say(epoch, said, played)
        self._run(settled())

    def _stop(self, epoch: int) -> None:
        """Expect that the epoch is cancelled, and that it is said."""
        self.epochs[epoch].cancelled = True
        if not self.ended:
            self.answers.append(epoch)

    # What a caller may do

    @initialize(
        plays=st.lists(_plays, min_size=1, max_size=3),
        mode=st.sampled_from(list(PlayoutMode)),
        budget=st.sampled_from([0.3, 2.0, 10.0]),
        pause=st.sampled_from([0.0, 0.1]),
    )
    def begin(self, plays: list[Play], mode: PlayoutMode, budget: float, pause: float) -> None:
        """Begin a call."""

        def direction(_: SynthesisRequest, number: int) -> Play:
            return plays[number % len(plays)]

        self.pause, self.mode, self.budget = pause, mode, budget

        async def prepare() -> None:
            self.worker = ScriptedWorker(direction)
            self.stage = Stage({"one": self.worker}, ScriptedFragmenter(pause=pause))

        self._run(prepare())
        self._call()

    def _call(self) -> None:
        async def speak() -> None:
            self.call = self.stage.speak(SpeechSettings(playout_budget=self.budget), self.mode)

        self.text, self.epoch, self.ended = "", 0, False
        self.epochs.clear()
        self.answers.clear()
        self._run(speak())
        self.open(1)

    @precondition(lambda self: not self.ended)
    @rule(above=st.integers(1, 3))
    def open(self, above: int) -> None:
        """Open an epoch, which cancels the one before."""
        if self.live is not None:
            self._stop(self.epoch)
        self.epoch += above
        self.epochs[self.epoch] = _Epoch(len(self.text), len(self.text))
        self._say(self.epoch, Open(self.call.settings, ""))

    @rule(below=st.integers(0, 2))
    def open_again(self, below: int) -> None:
        """Open what is open, or was."""
        if self.epoch > below:
            self._say(self.epoch - below, Open(self.call.settings, ""))

    @precondition(lambda self: not self.ended)
    @rule(piece=_pieces)
    def append(self, piece: str) -> None:
        """Send text, which is ignored once its epoch was cancelled."""
        if self.live is not None:
            self.text += piece
            self.live.end = len(self.text)
        self._say(self.epoch, Text(piece))

    @precondition(lambda self: not self.ended)
    @rule(number=st.integers(1, 9))
    def flush(self, number: int) -> None:
        """Ask for what there is."""
        if self.live is not None:
            self.live.flushes.append(number)
        self._say(self.epoch, Flush(number))

    @rule(piece=_pieces, number=st.integers(10, 19), below=st.integers(1, 2))
    def be_late(self, piece: str, number: int, below: int) -> None:
        """Send text and a flush for an epoch that is over."""
        if self.epoch > below:
            self._say(self.epoch - below, Text(piece))
            self._say(self.epoch - below, Flush(number))

    @rule(below=st.sampled_from([0, 0, 0, 1, 2]))
    def cancel(self, below: int) -> None:
        """Cancel the epoch that is spoken, or an earlier one, or one that was never opened."""
        epoch = self.epoch - below
        if epoch < 1:
            return
        if epoch == self.epoch and self.live is not None:
            self._stop(epoch)
        elif not self.ended:
            self.answers.append(epoch)
        self._say(epoch, Cancel())

    @rule()
    def end(self) -> None:
        """Say that no more text follows; more than once, even."""
        self._say(self.epoch, End())
        self.ended = True

    @rule(share=st.floats(0, 1.5))
    def play(self, share: float) -> None:
        """Say what was played: less than was sent, or more than that."""
        sent = sum(frame.sample_count for frame in self.call.frames)
        self._say(self.epoch, None, round(share * sent))

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.04, 0.3, 20.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass; one who never reads is told so, and is not this model's."""
        if seconds > 1.0:
            self.read_on()
        self._run(asyncio.sleep(seconds))

    @rule(seconds=st.sampled_from([0.02, 1.0, 50.0]))
    def read_nothing(self, seconds: float) -> None:
        """Read nothing for a while."""
        self.read_on()
        self.call.reading.clear()
        self._run(asyncio.sleep(seconds))
        self.call.reading.set()
        self._run(settled())

    @rule()
    def stop_reading(self) -> None:
        """Read nothing while other things happen."""
        self.call.reading.clear()

    @rule()
    def read_on(self) -> None:
        """Read again."""
        self.call.reading.set()
        self._run(settled())

    @rule(really=st.sampled_from([True, *[False] * 9]))
    def vanish(self, *, really: bool) -> None:
        """Leave, as a reset and a deadline do, and call again; a write may be on its way."""
        if really:
            self._run(self._gone())
            self._call()

    async def _gone(self) -> None:
        task = self.call.task
        assert task is not None
        task.cancel()
        await asyncio.wait({task}, timeout=_TOO_LONG)
        assert task.done(), "the call has come to a stand"
        await settled()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not self.worker.live

    # What must hold

    @invariant()
    def nothing_of_a_cancelled_epoch_follows(self) -> None:
        """No frame comes after the answer to its cancel, and samples are contiguous."""
        cancelled = at = 0
        for sent in getattr(self, "call", Call(SpeechSettings())).sent:
            match sent.event:
                case events.Cancelled():
                    cancelled = max(cancelled, sent.epoch)
                case events.AudioSent():
                    assert sent.epoch > cancelled
                    assert sent.event.first_sample == at
                    at += sent.event.sample_count

    def teardown(self) -> None:
        """End the call, and look at all of it."""
        try:
            if hasattr(self, "call"):
                self._run(self._over())
        finally:
            self.runner.close()

    async def _over(self) -> None:
        call = self.call
        call.reading.set()
        call.say(self.epoch, End())
        assert call.task is not None
        waited = 0.0
        while not call.task.done():
            assert waited < _TOO_LONG, "the call has come to a stand"
            call.say(self.epoch, None, sum(frame.sample_count for frame in call.frames))
            await asyncio.wait({call.task}, timeout=0.5)
            waited += 0.5
        await call.done()
        await settled()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not self.worker.live
        check(call)
        self._check_answers()
        self._check_text()
        self._check_playback()

    def _check_answers(self) -> None:
        told = [sent.epoch for sent in self.call.sent if isinstance(sent.event, events.Cancelled)]
        for asked in set(self.answers):
            assert told.count(asked) >= self.answers.count(asked)
        reports = [sent.epoch for sent in self.call.sent if isinstance(sent.event, events.StopReport)]
        assert len(reports) == len(set(reports))
        assert set(reports) <= {number for number, epoch in self.epochs.items() if epoch.cancelled}
        assert set(reports) >= set(self.answers) & set(self.epochs)
        flushed: dict[int, list[int]] = {}
        for sent in self.call.sent:
            if isinstance(sent.event, events.Flushed):
                flushed.setdefault(sent.epoch, []).append(sent.event.flush_id)
        for number, epoch in self.epochs.items():
            answered = flushed.pop(number, [])
            stopped = number in reports
            assert answered == epoch.flushes[: len(answered)] if stopped else answered == epoch.flushes
        assert not flushed

    def _check_text(self) -> None:
        """Of every epoch, the words said are the first of its text; all of them, unless it was cancelled."""
        finished = self.call.finished
        assert finished.source_length == len(self.text)
        reports = {
            event.epoch: event
            for event in self.call.of(events.StopReport)
            if isinstance(event, events.StopReport)
        }
        begins = 0
        for number, epoch in sorted(self.epochs.items()):
            text = self.text[epoch.start : epoch.end]
            of_it = [word for word in finished.words if epoch.start <= word.source.start < epoch.end]
            said = [self.text[word.source.start : word.source.end] for word in of_it]
            report = reports.get(number)
            whole = words(text)
            assert words(" ".join(said)) == whole[: len(said)]
            if report is None:
                assert len(said) == len(whole)
                if self.pause:  # without one, two words of one sound would be one
                    assert heard(self.call, text, first=begins) == whole
            else:
                begins = report.samples_sent
                assert report.samples_discarded >= 0
                assert report.fragments_dropped >= 0
                assert report.idle_after >= report.last_byte_after or report.last_byte_after >= 0

    def _check_playback(self) -> None:
        """Heard and unheard are the whole text, and what was heard only grows."""
        finished = self.call.finished
        before = 0
        for played in range(0, finished.sample_count + 4_000, 4_000):
            found = heard_by(finished.words, played, said_to=len(self.text), source_end=len(self.text))
            assert before <= found.source_offset <= len(self.text)
            before = found.source_offset


TestSpeak = SpeakMachine.TestCase
TestSpeak.settings = settings(max_examples=120, stateful_step_count=25)
