"""Which engines there are, and which of their workers should speak.

Pure: `watch` tells it what workers answer, the epochs ask it who is next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.ports import Worker
from parlando_router.request import SpeechSettings

LONGEST_NAME = 64
"""Characters of a name or language tag that are compared and repeated: a caller may send megabytes."""

RETRY_SECONDS = 1.0
"""When to try again after no engine was up: about as long as a worker is not looked at."""


@dataclass(frozen=True, slots=True)
class KnownVoice:
    """A voice as its engine lists it; `said` is the listing itself, passed on unread."""

    id: str
    names: frozenset[str]
    languages: tuple[str, ...]
    said: object

    def speaks(self, language: str) -> bool:
        """Whether one of its languages is `language`, or a variety of it, or it a variety of one."""
        return any(_related(tag, language) for tag in self.languages)


@dataclass(frozen=True, slots=True)
class Description:
    """What a worker says of itself; `said` is the whole of it, passed on unread.

    Attributes:
        engine: the engine's name.
        default_voice: the voice it speaks with when none is asked for.
        ready: False while it loads, drains or has failed; `detail` says why.
        load: syntheses live and queued.
        first_chunk: its recent median, in seconds, or None.
        price_nanos: price of a character in billionths of `currency`'s unit.
    """

    engine: str
    default_voice: str
    ready: bool
    detail: str
    load: int
    first_chunk: float | None
    currency: str
    price_nanos: float
    said: object


@dataclass(slots=True)
class Replica:
    """One worker, as it last answered. `rank` is its engine's place among those configured."""

    address: str
    worker: Worker
    rank: int
    description: Description | None = None
    voices: tuple[KnownVoice, ...] = ()
    detail: str = "it has not answered yet"
    engaged: int = 0

    @property
    def serving(self) -> bool:
        """Whether it would be given work."""
        return not self.detail

    @property
    def load(self) -> int:
        """Syntheses it has: as it last said, or as many as we have given it."""
        return max(self.engaged, self.description.load if self.description is not None else 0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A worker that could speak, and the voice it would use ("" is its own choice)."""

    engine: str
    voice: str
    replica: Replica = field(repr=False)

    @property
    def worker(self) -> Worker:
        """The worker."""
        return self.replica.worker

    @contextmanager
    def engaged(self) -> Iterator[None]:
        """Count a synthesis against the worker while it lasts."""
        self.replica.engaged += 1
        try:
            yield
        finally:
            self.replica.engaged -= 1


class Engines:
    """The workers there are, in the order in which their engines are asked."""

    def __init__(self) -> None:
        self._replicas: dict[str, Replica] = {}

    def add(self, address: str, worker: Worker, rank: int = 0) -> Replica:
        """Take in a worker that has yet to answer; engines are asked in the order of their least rank."""
        self._replicas[address] = Replica(address, worker, rank)
        return self._replicas[address]

    def remove(self, address: str) -> None:
        """Forget a worker."""
        self._replicas.pop(address, None)

    def answered(self, address: str, description: Description, voices: tuple[KnownVoice, ...]) -> None:
        """Note what a worker said of itself."""
        replica = self._replicas[address]
        replica.description, replica.voices = description, voices
        replica.detail = "" if description.ready else description.detail or "it is not ready"

    def failed(self, address: str, detail: str) -> None:
        """Pass a worker over until it answers again."""
        if address in self._replicas:
            self._replicas[address].detail = detail

    def report_failure(self, candidate: Candidate, error: ParlandoError) -> None:
        """Note that a worker failed a synthesis. One that is merely full is not passed over."""
        if error.reason in (Reason.DEPENDENCY_UNAVAILABLE, Reason.DRAINING, Reason.NO_ENGINE_AVAILABLE):
            candidate.replica.detail = error.message

    @property
    def serving(self) -> bool:
        """Whether any worker would be given work."""
        return any(replica.serving for replica in self._replicas.values())

    def by_engine(self) -> list[tuple[str, list[Replica]]]:
        """Return engines with their workers, in the order in which they are asked.

        Workers that never answered stand together under "".
        """
        groups: dict[str, list[Replica]] = {}
        for replica in self._replicas.values():
            name = replica.description.engine if replica.description is not None else ""
            groups.setdefault(name, []).append(replica)
        return sorted(groups.items(), key=lambda group: (not group[0], min(r.rank for r in group[1])))

    def voices(self, engine: str, language: str) -> list[KnownVoice]:
        """Return the voices of workers that are serving, sorted by engine and id; "" asks for all.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND.
        """
        self._require_engine(engine, "engine")
        language = language[:LONGEST_NAME]
        found: dict[tuple[str, str], KnownVoice] = {}
        for name, replicas in self.by_engine():
            for replica in replicas:
                if replica.serving and engine in ("", name):
                    for voice in replica.voices:
                        if not language or voice.speaks(language):
                            found[name, voice.id] = voice
        return [found[key] for key in sorted(found)]

    def candidates(self, settings: SpeechSettings, language: str) -> list[Candidate]:
        """Return who could speak, the best first; never empty.

        Engines go in their order; within one, the least loaded worker goes first.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND, VOICE_NOT_FOUND, LANGUAGE_NOT_FOUND, or
                NO_ENGINE_AVAILABLE where somebody could but nobody is up.
        """
        language = language[:LONGEST_NAME]
        engine, voice = self._split(settings)
        self._require_engine(engine, "settings.engine")
        able: list[Candidate] = []
        for name, replicas in self.by_engine():
            if name and engine in ("", name):
                able += [
                    Candidate(name, voice, replica)
                    for replica in sorted(replicas, key=lambda replica: replica.load)
                    if _can(replica, voice, language)
                ]
        serving = [candidate for candidate in able if candidate.replica.serving]
        if serving:
            return serving
        known = [r for r in self._replicas.values() if r.description is not None and r.voices]
        if able or not known:
            raise ParlandoError(
                Reason.NO_ENGINE_AVAILABLE,
                "no engine that could speak this is up: try again, and see ListEngines or `parlando doctor`",
                retry_after=RETRY_SECONDS,
            )
        if voice:
            raise self._voice_not_found(voice, engine)
        raise ParlandoError(
            Reason.LANGUAGE_NOT_FOUND,
            f'no voice speaks "{language}": see ListVoices',
            field="settings.language",
        )

    def _split(self, settings: SpeechSettings) -> tuple[str, str]:
        """Return engine and voice, where the voice may be written "engine:voice"."""
        prefix, colon, rest = settings.voice.partition(":")
        if colon and prefix in self._names():
            return prefix, rest
        return settings.engine, settings.voice

    def _names(self) -> list[str]:
        return [name for name, _ in self.by_engine() if name]

    def _require_engine(self, engine: str, path: str) -> None:
        names = self._names()
        if engine and names and engine not in names:
            raise ParlandoError(
                Reason.ENGINE_NOT_FOUND,
                f'{path} "{engine[:LONGEST_NAME]}" is not known: use one of {", ".join(names)}',
                field=path,
            )

    def _voice_not_found(self, voice: str, engine: str) -> ParlandoError:
        names = {name for known in self.voices(engine, "") for name in known.names}
        shown = voice[:LONGEST_NAME]
        near = difflib.get_close_matches(shown.casefold(), sorted(names), n=3)
        hint = f"did you mean {', '.join(near)}? " if near else ""
        return ParlandoError(
            Reason.VOICE_NOT_FOUND,
            f'settings.voice "{shown}" is not known: {hint}see ListVoices',
            field="settings.voice",
        )


def _can(replica: Replica, voice: str, language: str) -> bool:
    """Whether a worker has the voice, or the base of a variant or mix of it, and speaks the language."""
    if voice:
        base = voice.partition("+")[0].partition("(")[0]
        wanted = {voice.casefold(), base.casefold()}
        return any(not wanted.isdisjoint(known.names) for known in replica.voices)
    return not language or any(known.speaks(language) for known in replica.voices)


def _related(tag: str, language: str) -> bool:
    """Whether two BCP 47 tags are the same, or one is a variety of the other."""
    first, second = tag.casefold(), language.casefold()
    return first == second or first.startswith(f"{second}-") or second.startswith(f"{first}-")
