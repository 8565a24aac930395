"""A fragment while it is spoken, and how far one synthesis of it was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from parlando_kit.errors import ParlandoError
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_router.candidate import Candidate
from parlando_router.heard import Sample
from parlando_router.ports import Fragment, SynthesisFinished, SynthesisStarted
from parlando_router.remainder import Passage


@dataclass(slots=True)
class Turn:
    """A fragment that is being spoken.

    Attributes:
        passage: what is left to say.
        pause: seconds between the fragment and the next.
        last: no other one follows.
        tried: addresses of those who failed at this very place.
        failure: the last failure, `failed` whose it was, and `mute` whether it was to say nothing.
        seam: quality of the times where the fragment was broken off; None while it was not.
        waited: seconds spent on an engine that was full.
        hurried: an engine was left because it was too slow: the next one may take its time.
        again: everybody was tried at this place, and is tried once more, with more patience.
        alone: there is nobody else to ask.
        heir: seconds that whoever would be asked next takes until it speaks, as far as that is known.
    """

    fragment: Fragment
    language: str
    passage: Passage
    pause: float = 0.0
    last: bool = False
    tried: set[str] = field(default_factory=set)
    failure: ParlandoError | None = None
    failed: Candidate | None = None
    mute: bool = False
    seam: TimingQuality | None = None
    waited: float = 0.0
    hurried: bool = False
    again: bool = False
    alone: bool = False
    heir: float = 0.0


@dataclass(slots=True)
class Reading:
    """How far a synthesis was read.

    Attributes:
        words: wait for the sound they come with.
        silent: it stood still, and was given up.
        mute: it ended well, and said nothing.
        sample: what is kept of it to measure how loud it is, where that is not known.
        spent: what it took, once that is known; None where it took nothing.
    """

    started: SynthesisStarted | None = None
    words: tuple[SpokenWord, ...] = ()
    samples: int = 0
    first_audio_at: float = 0.0
    finished: bool = False
    silent: bool = False
    mute: bool = False
    sample: Sample | None = None
    spent: SynthesisFinished | None = None

    @property
    def rate(self) -> int:
        """Its samples a second; 0 before it has started."""
        return self.started.sample_rate_hz if self.started is not None else 0

    @property
    def seconds(self) -> float:
        """Seconds of audio that were read."""
        return self.samples / self.rate if self.rate else 0.0
