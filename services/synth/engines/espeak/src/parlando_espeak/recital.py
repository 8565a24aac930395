"""A job being spoken: from the library's frames to audio and timed words."""

from __future__ import annotations

from collections.abc import Iterator

from parlando_espeak.library import SAMPLE_RATE, EventKind
from parlando_espeak.passages import Passage
from parlando_espeak.timing import WordTimer
from parlando_espeak.wire import Frame
from parlando_kit.ledger import SpokenWord
from parlando_synth.events import Audio, EngineEvent, Words

_SILENCE = bytes(SAMPLE_RATE * 2 * 400 // 1000)  # at most so much at a time


class Recital:
    """Tells what is made of a job, words no later than the audio that they end in."""

    def __init__(self) -> None:
        self._made = 0  # samples of the job so far
        self._last_sound = 0  # one past the last sample so far that is not silence
        self._timer = WordTimer("", ())
        self._first = 0  # first sample of the text that the library speaks
        self._clause = (0, 0)  # where its last clause ended: place in the text, sample of the job

    def begin(self, passage: Passage) -> None:
        """Begin a passage. The library's first sample is the next one of the job."""
        self._timer = WordTimer(passage.text, passage.tokens)
        self._clause = (0, self._made)
        self._first = self._made

    def resume(self) -> int | None:
        """Return where to begin again within a passage that broke off; None in the middle of a clause."""
        place, sample = self._clause
        if sample != self._made:
            return None
        self._first = self._made
        return place

    def take(self, frame: Frame) -> list[EngineEvent]:
        """Return what a frame of the passage holds."""
        words: list[SpokenWord] = []
        for kind, place, offset in frame.events:
            sample = self._first + offset
            if kind == EventKind.WORD:
                words += self._timer.word(place, sample)
            else:
                self._hear(frame.body[: (sample - self._made) * 2])
                words += self._timer.clause_end(place, self._last_sound)
                self._clause = (place, sample)
        self._hear(frame.body)
        self._made += len(frame.body) // 2
        return _told(words, frame.body)

    def end(self) -> list[EngineEvent]:
        """Return what is left of the passage: it has been spoken to its end."""
        return _told(self._timer.finish(self._last_sound), b"")

    def pause(self, seconds: float) -> Iterator[EngineEvent]:
        """Yield silence, as much as is taken of it."""
        left = round(seconds * SAMPLE_RATE) * 2
        while left:
            piece = _SILENCE[:left]
            left -= len(piece)
            self._made += len(piece) // 2
            yield Audio(piece)

    def _hear(self, pcm: bytes) -> None:
        """Note where the sound in what comes next ends. Pauses of the library are all zeros."""
        if sound := pcm.rstrip(b"\0"):
            self._last_sound = self._made + (len(sound) + 1) // 2


def _told(words: list[SpokenWord], pcm: bytes) -> list[EngineEvent]:
    told: list[EngineEvent] = [Words(tuple(words))] if words else []
    return [*told, Audio(pcm)] if pcm else told
