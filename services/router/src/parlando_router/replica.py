"""One worker as the router knows it: what it says of itself, how busy it is, whether it is to be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from parlando_router.breaker import Breaker
from parlando_router.ports import Worker
from parlando_router.price import Price

SLOW_START_SECONDS = 10.0
"""How long a worker that has just come, or come back, is given less work than its load would allow."""

_COLDEST = 0.1
# Weight of the latest synthesis in a worker's real-time factor.
_LATEST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class KnownVoice:
    """A voice as its engine lists it; `said` is the listing itself, passed on unread.

    Attributes:
        gender: "female", "male" or "neutral"; empty where it is not stated.
        age: in years, or None.
        cloned: it was made from a recording.
        revision: what tells whether it sounds as it did; "" for one that came with the engine.
        texts: what is said of it, in small letters: id, aliases, name and description.
    """

    id: str
    names: frozenset[str]
    languages: tuple[str, ...]
    said: object
    gender: str = ""
    age: int | None = None
    cloned: bool = False
    revision: str = ""
    texts: tuple[str, ...] = ()

    def speaks(self, language: str) -> bool:
        """Whether one of its languages is `language`, or a variety of it, or it a variety of one."""
        return any(related(tag, language) for tag in self.languages)


@dataclass(frozen=True, slots=True)
class Description:
    """What a worker says of itself; `said` is the whole of it, passed on unread.

    Attributes:
        engine: the engine's name.
        default_voice: the voice it speaks with when none is asked for.
        ready: False while it loads, drains or has failed; `detail` says why.
        load: syntheses live and queued.
        first_chunk: its recent median, in seconds, or None.
        price: what it charges.
        longest_silence: seconds that it may take between two pieces of audio and be well.
        model: the engine's, where it has several.
        phonemizes: it says how a text would be pronounced.
        streams: its first audio leaves before the last is computed.
        version: the engine's.
        clones: voices can be made from recordings.
        mixes: mixes can be kept as voices.
        emotions: feelings that it knows, by name.
    """

    engine: str
    default_voice: str
    ready: bool
    detail: str
    load: int
    first_chunk: float | None
    price: Price
    said: object
    longest_silence: float = 0.0
    model: str = ""
    phonemizes: bool = False
    streams: bool = False
    version: str = ""
    clones: bool = False
    mixes: bool = False
    emotions: tuple[str, ...] = ()


@dataclass(slots=True)
class Replica:
    """One worker, as it last answered. `rank` is its engine's place among those configured.

    Attributes:
        voices_of: its own id and the revision of its voices when they were listed; empty before.
        asked: held while it is asked how it is.
        detail: why it is not serving, for people; empty while it is.
        may_live: while it is not serving: it may be slow, and no more; it is asked when nobody else is left.
        engaged: syntheses it was given and has not ended.
        serving_since: when it last began to serve.
        real_time_factor: its recent engine time per second of audio; 0 while it is not known.
    """

    address: str
    worker: Worker
    rank: int
    description: Description | None = None
    voices: tuple[KnownVoice, ...] = ()
    voices_of: tuple[str, str] = ("", "")
    asked: asyncio.Lock = field(default_factory=asyncio.Lock)
    detail: str = "it has not answered yet"
    may_live: bool = False
    engaged: int = 0
    serving_since: float = 0.0
    breaker: Breaker = field(default_factory=Breaker)
    real_time_factor: float = 0.0

    @property
    def serving(self) -> bool:
        """Whether it is up and takes work."""
        return not self.detail

    @property
    def load(self) -> int:
        """Syntheses it has: as it last said, or as many as we have given it."""
        return max(self.engaged, self.description.load if self.description is not None else 0)

    @property
    def first_chunk(self) -> float | None:
        """Its recent median from a request to the first audio, in seconds."""
        return self.description.first_chunk if self.description is not None else None

    def took(self, engine_time: float, audio: float) -> None:
        """Note what a synthesis took, in seconds, and how many seconds of audio it made."""
        if audio > 0:
            factor = engine_time / audio
            known = self.real_time_factor or factor
            self.real_time_factor = known + _LATEST_SHARE * (factor - known)

    def voice(self, name: str) -> KnownVoice | None:
        """Return the voice of that name, or the base of that variant or mix; None where it has none."""
        base = name.partition("+")[0].partition("(")[0]
        wanted = {name.casefold(), base.casefold()}
        first, _, second = base.casefold().partition("-")
        if any(second in known.names for known in self.voices):  # a mix that takes one from the other
            wanted.add(first)
        return next((known for known in self.voices if not wanted.isdisjoint(known.names)), None)

    def speaks(self, language: str) -> bool:
        """Whether one of its voices speaks the language; any does where it is not known."""
        return not language or any(known.speaks(language) for known in self.voices)

    def cast_guess(self, voice: str, language: str, *, asked: bool) -> tuple[str, str]:
        """Return the voice and the language to ask it for where the language was guessed and not asked for.

        The voice that speaks anyway goes on where it knows the language: "en" does not turn American into
        British English. A voice that was `asked` for is not told of a language that it does not speak.
        """
        usual = self.description.default_voice if self.description is not None else ""
        known = self.voice(voice or usual)
        if known is not None and known.speaks(language):
            return voice or usual, language
        return voice, "" if asked else language

    def pressure(self, now: float) -> float:
        """Return how little it should be given more: its load, and more than that while it is new."""
        warmth = (now - self.serving_since) / SLOW_START_SECONDS
        return (self.load + 1) / min(max(warmth, _COLDEST), 1.0)


def by_load(replicas: Sequence[Replica], now: float, chance: Random) -> list[Replica]:
    """Return workers, the one to ask first being the less loaded of two taken at random.

    The least loaded of all would be everybody's choice until it next says how it is.
    """
    ordered = sorted(replicas, key=lambda replica: replica.pressure(now))
    if len(ordered) > 2:  # noqa: PLR2004  # of two, both are taken
        first = ordered[min(chance.sample(range(len(ordered)), 2))]
        ordered.remove(first)
        ordered.insert(0, first)
    return ordered


def related(tag: str, language: str) -> bool:
    """Whether two BCP 47 tags are the same, or one is a variety of the other."""
    first, second = tag.casefold(), language.casefold()
    return first == second or first.startswith(f"{second}-") or second.startswith(f"{first}-")
