"""The text of an utterance and the words heard of it, in the caller's own characters.

The rule for what was heard is that of the router's ledger: a word counts once half of it was played;
white space and punctuation go with the word before them.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from parlando.session.v1 import session_pb2
from parlando.speech.v1 import speech_pb2
from parlando_client.events import Cancelled, Event, Finished, TimingQuality, Word, Words
from parlando_client.reading import read_event
from parlando_client.text import SourceText


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of an utterance.

    Attributes:
        text: the text that was heard.
        rest: the text that was not.
        quality: quality of the timing at the last cut; EXACT where nothing was missed.
    """

    text: str
    rest: str
    quality: TimingQuality


@dataclass(slots=True)
class _Epoch:
    number: int
    start: int
    words: list[Word] = field(default_factory=list)
    cancelled: bool = False
    complete: bool = False
    taken_back_from: int = 0  # where the text begins whose words a cancel took back

    def take_back(self, samples_sent: int) -> None:
        """Forget the words of which not even half was sent."""
        self.cancelled = True
        keep = bisect_right(self.words, samples_sent, key=_half)
        if keep < len(self.words):
            self.taken_back_from = self.words[keep].start
            del self.words[keep:]

    def cut(self, end: int, samples_played: int) -> tuple[int, TimingQuality]:
        """Return the first offset of the epoch's text, which ends at `end`, that was not heard."""
        count = bisect_right(self.words, samples_played, key=_half)
        if count < len(self.words):
            return self.words[count].start, self.words[count].quality
        if self.complete:
            return end, TimingQuality.EXACT
        if self.words:
            return max(self.words[-1].end, self.taken_back_from), self.words[-1].quality
        return self.start, TimingQuality.ESTIMATED


class Transcript:
    """What was written and, by epoch, which words of it were timed."""

    def __init__(self) -> None:
        self._text = SourceText()
        self._epochs: list[_Epoch] = []
        self._turn = session_pb2.Turn(role=session_pb2.TURN_ROLE_ASSISTANT)

    def open(self, epoch: int) -> None:
        """Begin an epoch: text appended from now on belongs to it."""
        self._epochs.append(_Epoch(epoch, len(self._text)))

    def append(self, text: str) -> None:
        """Add to the text."""
        self._text.append(text)

    def read(self, message: speech_pb2.SpeechEvent) -> Event | None:
        """Return the event a message tells of, its words noted; None for a kind not known here."""
        event = read_event(message, self._text)
        self._note(message)
        if isinstance(event, Words):
            for epoch in self._epochs:
                if epoch.number == event.epoch:
                    epoch.words.extend(event.words)
        elif isinstance(event, Cancelled):
            for epoch in self._epochs:
                if epoch.number <= event.epoch:
                    epoch.take_back(event.samples_sent)
        elif isinstance(event, Finished):
            for epoch in self._epochs:
                epoch.complete = not epoch.cancelled
        return event

    def turn(self, turn_id: str) -> session_pb2.Turn:
        """Return what was said as a turn to be stored.

        Raises:
            ValueError: the utterance was not read to its end, or more than one epoch of it has text.
        """
        if not self._turn.status:
            raise ValueError("what was said is known at the end: read on to `Finished`, after a cancel, too")
        if len({epoch.start for epoch in self._epochs if epoch.start < len(self._text)}) > 1:
            raise ValueError("text was sent after a cancel: a turn is one utterance of one epoch")
        turn = session_pb2.Turn(id=turn_id, text=self._text.cut(0, len(self._text)))
        turn.MergeFrom(self._turn)
        return turn

    def _note(self, message: speech_pb2.SpeechEvent) -> None:
        """Keep what a turn says beside its text."""
        match message.WhichOneof("event"):
            case "started":
                self._turn.sample_rate_hz = message.started.format.sample_rate_hz
                self._turn.engine, self._turn.voice = message.started.engine, message.started.voice
            case "engine_changed":
                changed = message.engine_changed
                self._turn.engine, self._turn.voice = changed.engine, changed.voice
            case "finished":
                finished = message.finished
                self._turn.sample_count = finished.sample_count
                self._turn.words.extend(finished.words)
                self._turn.usage.extend(finished.usage)
                cancelled = any(epoch.cancelled for epoch in self._epochs)
                self._turn.status = (
                    session_pb2.TURN_STATUS_INTERRUPTED if cancelled else session_pb2.TURN_STATUS_COMPLETED
                )

    def heard(self, samples_played: int) -> Heard:
        """Return what was heard when so many samples of the utterance had been played."""
        heard: list[str] = []
        rest: list[str] = []
        quality = TimingQuality.EXACT
        ends = [epoch.start for epoch in self._epochs[1:]] + [len(self._text)]
        for epoch, end in zip(self._epochs, ends, strict=True):
            cut, at_cut = epoch.cut(end, samples_played)
            heard.append(self._text.cut(epoch.start, cut))
            rest.append(self._text.cut(cut, end))
            if end > epoch.start:
                quality = at_cut
        return Heard("".join(heard), "".join(rest), quality)


def _half(word: Word) -> int:
    """Return the sample by which half of a word has been played."""
    return word.first_sample + (word.sample_count + 1) // 2
