"""The audio of one utterance on its way out: joined, timed, released and framed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import Ledger, ResumePoint, SpokenWord, TimingQuality, Word
from parlando_router.events import FragmentBegun, Frame, Samples, SpeechEvent, WordsTimed
from parlando_router.framing import Framer
from parlando_router.joiner import Joiner
from parlando_router.loudness import louder
from parlando_router.playout import Playout
from parlando_router.ports import Fragment, SynthesisStarted

_CAUGHT_UP_SECONDS = 0.2

LONG_SECONDS = 0.25
"""A piece so long is of an engine that makes long ones: the next may take it as long as this one plays."""

Put = Callable[[int, Frame | SpeechEvent], None]
"""Takes an event of an epoch, to be sent in order."""


class Track:
    """Takes fragments as their engine speaks them, and puts out frames and word times.

    Everything here happens at once, between two awaits: a cancel finds it whole. `speaking` tells whether
    a fragment is open.

    Args:
        rate: output rate, in samples a second.
        ledger: the utterance's.
        playout: is told what is made.
        put: takes what is ready.
    """

    def __init__(self, rate: int, ledger: Ledger, playout: Playout, put: Put) -> None:
        self._ledger = ledger
        self._playout = playout
        self._put = put
        self._rate = rate
        self._joiner = Joiner(rate)
        self._framer = Framer(rate)
        self.speaking = False
        self._epoch = 0
        self._fragment = -1
        self._spoken = self._spoken_before = -1  # the last two in which there was something to be said
        self._first_sample = 0  # of the open fragment
        self._gain_db = 0.0
        self._words: list[Word] = []
        self._announced: list[SpeechEvent] = []

    @property
    def next_sample(self) -> int:
        """The sample at which what comes next will be heard."""
        return self._joiner.next_sample

    def announce(self, epoch: int, event: SpeechEvent) -> None:
        """Put out an event together with the next frame: alone it would delay that by a message."""
        self._epoch = epoch
        self._announced.append(event)

    def begin(
        self,
        epoch: int,
        fragment: Fragment,
        started: SynthesisStarted,
        synthesis_id: str,
        gain_db: float = 0.0,
    ) -> None:
        """Begin a fragment that an engine speaks; it is made louder by `gain_db`."""
        self._add(self._joiner.begin(started.sample_rate_hz))
        if self._playout.queued() < _CAUGHT_UP_SECONDS:
            # The pause goes ahead, so that it is the sound that comes in small frames.
            self._put_frames(self._cut(whole=True))
            self._framer.restart()
        self._framer.mark(self.next_sample, self._fragment + 1, synthesis_id)
        self._open(epoch, fragment, synthesis_id)
        self._spoken_before, self._spoken = self._spoken, self._fragment
        self._ledger.begin_fragment(self._fragment, fragment.text_map, started.timing_quality)
        self._gain_db = gain_db
        self.speaking = True

    def break_off(self) -> ResumePoint:
        """Put out what may be sent of the open fragment, forget the rest, and return where another resumes.

        Raises:
            RuntimeError: no fragment is open.
        """
        timed = len(self._ledger.words)
        point = self._ledger.break_off()
        if point is None:
            raise RuntimeError("there is nothing to break off")
        if lost := timed - len(self._ledger.words):
            del self._words[-lost:]
        if self._words:
            self._words[-1] = self._ledger.words[-1]  # which may end sooner now
        self._framer.add(self._joiner.break_off())
        self._put_out(list(self._framer.cut(point.sample, whole=True)), whole=True)
        self._playout.made(point.sample)
        unsent = self._framer.discard(point.sample)
        before = max(self._first_sample - point.sample, 0)  # what a resampler still had of the last fragment
        self._framer.mark(point.sample, self._spoken_before if before else self._fragment, "")
        self._add(unsent[:before])
        self._framer.mark(point.sample + before, self._fragment, "")
        self._add(self._joiner.resume(point.sample + before, unsent[before:]))
        self.speaking = False
        return point

    def resume(
        self, fragment: Fragment, started: SynthesisStarted, synthesis_id: str, gain_db: float = 0.0
    ) -> None:
        """Go on with the fragment that was broken off, by another engine."""
        self._add(self._joiner.begin(started.sample_rate_hz))
        self._framer.mark(self.next_sample, self._fragment, synthesis_id)
        self._announced = [
            replace(event, synthesis_id=synthesis_id) if isinstance(event, FragmentBegun) else event
            for event in self._announced
        ]
        self._ledger.begin_fragment(self._fragment, fragment.text_map, started.timing_quality)
        self._gain_db = gain_db
        self.speaking = True

    def complete(self, fragment: Fragment, quality: TimingQuality, pause: float) -> None:
        """End the fragment that was broken off: nothing is left to say of it."""
        self._ledger.begin_fragment(self._fragment, fragment.text_map, quality)
        self.end(pause)

    def skip(self, epoch: int, fragment: Fragment, pause: float) -> None:
        """Pass over a fragment in which nothing can be spoken, keeping its pause in seconds."""
        self._open(epoch, fragment, "")
        self._joiner.owe(pause)
        self._ledger.pass_over(fragment.text_map)

    def audio(self, pcm: bytes) -> None:
        """Take samples of the fragment.

        Raises:
            ParlandoError: ENGINE_FAILED when they are not 16-bit samples.
        """
        if len(pcm) % 2:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine gave audio of an odd length")
        fresh = self._framer.fresh
        samples = self._joiner.feed(louder(pcm, self._gain_db))
        self._add(samples)
        long = len(samples) >= LONG_SECONDS * self._rate
        self._release(gather=fresh or not long or self._much_to_hear())

    def words(self, words: tuple[SpokenWord, ...]) -> None:
        """Take word times of the fragment."""
        self._joiner.time(words)

    def end(self, pause: float, *, last: bool = False) -> None:
        """End the fragment; `pause` seconds lie between it and the next. After the `last` none comes."""
        self._add(self._joiner.end(pause))
        self._framer.mark(self._joiner.end_sample, self._fragment, "")
        self._tie(self._joiner.timed(ended=True))
        self._ledger.end_fragment()
        self.speaking = False
        if last:
            self.settle()
        else:
            self._release(whole=True)

    def settle(self) -> None:
        """Put out everything: no next fragment is at hand."""
        self._add(self._joiner.settle())
        self._release(whole=True)

    def discard(self) -> int:
        """Forget all that was not sent; return how many samples of the utterance that was."""
        self._put_announced()
        lost = self._ledger.discard_unsent()
        next_sample = self._ledger.sent
        lost += self._joiner.discard(next_sample)
        self._framer.discard(next_sample)
        self._words.clear()
        self.speaking = False
        self._playout.discard(next_sample)
        return lost

    def _open(self, epoch: int, fragment: Fragment, synthesis_id: str) -> None:
        self._epoch = epoch
        self._fragment += 1
        self._first_sample = self._joiner.next_sample
        begun = FragmentBegun(
            fragment_index=self._fragment,
            source=fragment.source,
            spoken_text=fragment.spoken_text,
            first_sample=self._first_sample,
            ends_sentence=fragment.ends_sentence,
            synthesis_id=synthesis_id,
            language=fragment.language,
        )
        self.announce(epoch, begun)

    def _add(self, samples: Samples) -> None:
        if len(samples):
            self._framer.add(samples)
            self._ledger.add_samples(len(samples))
            self._playout.made(self._ledger.made)

    def _much_to_hear(self) -> bool:
        """Return whether what is in no frame yet is less than half of what is heard before it."""
        framed = self._framer.next_sample
        return 2 * (self._ledger.made - framed) < self._playout.unplayed(framed) * self._rate

    def _tie(self, words: list[SpokenWord]) -> None:
        if words:
            try:
                self._words += self._ledger.add_words(words)
            except ValueError as error:
                raise ParlandoError(Reason.ENGINE_FAILED, "the engine timed words out of order") from error

    def _release(self, *, whole: bool = False, gather: bool = True) -> None:
        if not whole:
            self._tie(self._joiner.timed())
        frames = self._cut(whole=whole or not gather)
        if frames or whole:
            self._put_out(frames, whole=whole)

    def _put_out(self, frames: list[Frame], *, whole: bool) -> None:
        """Put out frames, and just ahead of them what was announced, and the words that they hold."""
        self._put_announced()
        ready = len(self._words)
        if not whole:  # a word that is not released yet may still be another engine's to say
            ready = bisect_right(self._words, self._ledger.releasable(), key=lambda word: word.end_sample)
        if ready:
            self._put(self._epoch, WordsTimed(tuple(self._words[:ready]), self._fragment))
            del self._words[:ready]
        self._put_frames(frames)

    def _cut(self, *, whole: bool) -> list[Frame]:
        return list(self._framer.cut(self._ledger.releasable(), whole=whole))

    def _put_frames(self, frames: list[Frame]) -> None:
        for frame in frames:
            self._put(self._epoch, frame)

    def _put_announced(self) -> None:
        for event in self._announced:
            self._put(self._epoch, event)
        self._announced.clear()
