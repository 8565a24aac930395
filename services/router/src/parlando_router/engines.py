"""Which engines there are, and which of their workers should speak.

Pure: `watch` tells it what workers answer, `policy_watch` what the policies are, and the epochs ask it who
is next and tell it what became of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_router.breaker import Breaker
from parlando_router.equivalence import VoiceMap
from parlando_router.patience import Patience
from parlando_router.policy import Choice, Policy
from parlando_router.ports import Worker
from parlando_router.replica import KnownVoice, Replica, by_load
from parlando_router.request import SpeechSettings
from parlando_router.roster import LONGEST_NAME, Roster
from parlando_router.statistics import Statistics

RETRY_SECONDS = 1.0
"""When to try again after no engine was up: about as long as a worker is not looked at."""

DEFAULT_POLICY = "default"

_MOST_FOUND = 512

GONE = frozenset({Reason.DEPENDENCY_UNAVAILABLE, Reason.DRAINING, Reason.NO_ENGINE_AVAILABLE})
"""Failures of a worker that is asked for nothing more until it says that it is there."""

NO_FAULT = frozenset({Reason.OVERLOADED, Reason.DRAINING, Reason.NO_ENGINE_AVAILABLE})
"""What no breaker counts: a worker that is busy, one that stops in good order, one that still loads."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A worker that could speak, and the voice it would use ("" is its own choice)."""

    engine: str
    voice: str
    replica: Replica = field(repr=False)
    place: str = ""  # why it stands where it does, for people

    @property
    def worker(self) -> Worker:
        """The worker."""
        return self.replica.worker


@dataclass(frozen=True, slots=True)
class Standing:
    """An engine, its workers, and why it stands where it does among the engines."""

    name: str
    replicas: Sequence[Replica]
    place: str


class Engines(Roster):
    """The workers there are, who of them should speak, and what became of it.

    Args:
        clock: what breakers and the slow start of workers run by.
        voices: what is known of voices, to find those that come nearest.
        chance: draws among weights and workers.
    """

    def __init__(self, clock: Clock, voices: VoiceMap | None = None, chance: Random | None = None) -> None:
        super().__init__(clock)
        self.statistics = Statistics()
        self.voice_map = voices or VoiceMap({})
        self._policies: Mapping[str, Policy] = {}
        self._chance = chance or Random()  # noqa: S311  # it spreads work, and guards nothing
        self._breakers: dict[str, Breaker] = {}
        self._patience: dict[str, Patience] = {}
        self._found: dict[tuple[str, str, str], tuple[object, str]] = {}  # nearest voices, of these voices

    def take_policies(self, policies: Mapping[str, Policy]) -> None:
        """Route by these policies from now on."""
        self._policies = policies
        self._found.clear()

    # What became of work

    @contextmanager
    def engaged(self, candidate: Candidate) -> Iterator[None]:
        """Count a synthesis against a worker while it lasts."""
        replica, now = candidate.replica, self._clock.now()
        guards = [(breaker, breaker.enter(now)) for breaker in self._breakers_of(candidate)]
        self.statistics.asked(candidate.engine)
        replica.engaged += 1
        try:
            yield
        finally:
            replica.engaged -= 1
            for breaker, probing in guards:
                breaker.leave(probing=probing)

    def patience(self, engine: str) -> Patience:
        """Return the patience with an engine, by what it usually does."""
        return self._patience.setdefault(engine, Patience())

    def report_success(self, candidate: Candidate, audio: float) -> None:
        """Note that a worker completed a synthesis of `audio` seconds."""
        for breaker in self._breakers_of(candidate):
            breaker.succeeded(self._clock.now())
        self.statistics.spoke(candidate.engine, audio)

    def report_failure(self, candidate: Candidate, error: ParlandoError, *, silent: bool = False) -> None:
        """Note that a worker failed a synthesis. One that is merely full is not passed over.

        Args:
            candidate: who failed.
            error: how.
            silent: it stood still: nobody asks it before others until it says that it is there.
        """
        if error.reason in GONE or silent:
            self.failed(candidate.replica.address, error.message, may_live=silent)
        if error.reason not in NO_FAULT:
            candidate.replica.breaker.failed(self._clock.now(), error.reason.value)
        self.statistics.failed(candidate.engine, error.reason)

    def report_loss(self, candidate: Candidate, error: ParlandoError) -> None:
        """Note that an engine could not speak with any of its workers, and that another was asked."""
        if error.reason not in NO_FAULT:
            self._breaker(candidate.engine).failed(self._clock.now(), error.reason.value)

    def reset_breakers(self, engine: str, address: str) -> int:
        """Close breakers, "" being any engine and any address; return how many were open.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND.
        """
        self.require_engine(engine, "engine")
        breakers = [
            replica.breaker
            for name, replicas in self.groups()
            for replica in replicas
            if engine in ("", name) and address in ("", replica.address)
        ]
        if not address:
            breakers += [breaker for name, breaker in self._breakers.items() if engine in ("", name)]
        return sum(breaker.reset() for breaker in breakers)

    def trip(self, engine: str, seconds: float) -> None:
        """Treat an engine as failed for so long.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND.
        """
        if not engine:
            raise ParlandoError(Reason.FIELD_REQUIRED, "engine is empty: name one", field="engine")
        self.require_engine(engine, "engine")
        self._breaker(engine).trip(self._clock.now(), seconds, "an administrator opened it")

    @property
    def primary(self) -> str:
        """The engine that is asked first where nothing keeps it from being asked; "" while none is known."""
        names = [choice.engine for _, choice in self._choices("", SpeechSettings(), "", by_chance=False)]
        return next((name for name in names if name in self.names()), "")

    # Who is there

    def why_not(self, replica: Replica) -> str:
        """Return why a worker would be given no work now, for people; empty where it would."""
        now = self._clock.now()
        if replica.detail:
            return replica.detail
        if why := replica.breaker.explain(now):
            return why
        engine = self._breakers.get(replica.description.engine) if replica.description is not None else None
        return f"of its engine: {why}" if engine is not None and (why := engine.explain(now)) else ""

    def standings(self) -> list[Standing]:
        """Return engines with their workers, in the order in which they are asked where nothing decides.

        Workers that never answered stand together under "".
        """
        groups = dict(self.groups())
        found: list[Standing] = []
        for place, choice in self._choices("", SpeechSettings(), "", by_chance=False):
            if choice.engine in groups and choice.engine:
                found.append(Standing(choice.engine, groups.pop(choice.engine), place))
        silent = groups.pop("", [])
        found += [
            Standing(name, replicas, "no route of the policy names it") for name, replicas in groups.items()
        ]
        if silent:
            found.append(Standing("", silent, "none of these workers has answered"))
        return sorted(found, key=lambda each: not any(not self.why_not(r) for r in each.replicas))

    def candidates(
        self, settings: SpeechSettings, language: str, *, like: str = "", engaged: str = ""
    ) -> list[Candidate]:
        """Return who could speak, the best first; never empty.

        Engines go in the order of the policy, or of the configuration where it says nothing; those whose
        voice was asked for go first. Within one, of two workers the less loaded goes first. What a breaker
        keeps work from stands last: it is asked when everybody else has failed.

        Args:
            settings: what the caller asks for.
            language: that is to be spoken.
            like: the voice that has spoken so far, as "engine:voice": another engine uses the nearest.
            engaged: the engine that speaks already, which goes on while it can.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND, VOICE_NOT_FOUND, LANGUAGE_NOT_FOUND, or
                NO_ENGINE_AVAILABLE where somebody could but nobody is up.
        """
        language = language[:LONGEST_NAME]
        engine, voice = self._split(settings)
        self.require_engine(engine, "settings.engine")
        groups = dict(self.groups())
        owners = {name: found for name, each in groups.items() if (found := _owned(each, voice)) is not None}
        if not any(r.voices for r in self._replicas.values()):
            raise _nobody()
        if voice and not (engine in owners if engine else owners):
            raise self.voice_not_found(voice, engine)
        if voice and not like:
            like = next(f"{name}:{known.id}" for name, known in owners.items() if engine in ("", name))
        ranked = [("it has the voice that was asked for", Choice(name, voice)) for name in owners]
        ranked += [each for each in self._choices(engine, settings, language) if each[1].engine not in owners]
        if engine:
            ranked = [each for each in ranked if each[1].engine == engine]
        ranked.sort(key=lambda each: each[1].engine != engaged)  # stable: for the others nothing changes
        able = [
            candidate
            for place, choice in ranked
            for candidate in self._cast(choice, groups.get(choice.engine, []), language, like, place)
        ]
        live = [each for each in able if each.replica.serving or each.replica.may_live]
        if not able:
            raise ParlandoError(
                Reason.LANGUAGE_NOT_FOUND,
                f'no voice speaks "{language}": see ListVoices',
                field="settings.language",
            )
        if not live:
            raise _nobody()
        return sorted(live, key=self._doubt)

    def _doubt(self, candidate: Candidate) -> int:
        """Return how late a worker is asked: behind breakers later, and last where it may not even live."""
        now = self._clock.now()
        admitted = all(breaker.admits(now) for breaker in self._breakers_of(candidate))
        return 2 * (not candidate.replica.serving) + (not admitted)

    def _cast(
        self, choice: Choice, replicas: Sequence[Replica], language: str, like: str, place: str
    ) -> Iterator[Candidate]:
        """Yield the workers of an engine that could speak, each with the voice it would use."""
        for replica in by_load(replicas, self._clock.now(), self._chance):
            if choice.voice:
                if replica.voice(choice.voice) is not None:
                    yield Candidate(choice.engine, choice.voice, replica, place)
            elif not like or like.startswith(f"{choice.engine}:"):
                before = like.partition(":")[2]
                if before and replica.voice(before) is not None:
                    yield Candidate(choice.engine, before, replica, place)
                elif replica.speaks(language):
                    yield Candidate(choice.engine, "", replica, place)
            elif nearest := self._nearest(like, choice.engine, replica, language):
                yield Candidate(choice.engine, nearest, replica, place)

    def _nearest(self, like: str, engine: str, replica: Replica, language: str) -> str:
        key = (like, engine, language)
        if key in self._found and self._found[key][0] is replica.voices:
            return self._found[key][1]
        prefix, _, name = like.partition(":")
        listed = next(
            (
                voice
                for each in self._replicas.values()
                if each.description is not None and each.description.engine == prefix
                for voice in each.voices
                if voice.id == name
            ),
            None,
        )
        groups = [group for policy in self._policies.values() for group in policy.equivalences]
        nearest = self.voice_map.nearest(like, listed, engine, replica.voices, language, groups)
        if len(self._found) >= _MOST_FOUND:
            self._found.clear()
        self._found[key] = (replica.voices, nearest)
        return nearest

    def _choices(
        self, engine: str, settings: SpeechSettings, language: str, *, by_chance: bool = True
    ) -> list[tuple[str, Choice]]:
        """Return the engines to ask in order, each with the reason for its place."""
        policy = self._policies.get(settings.policy or DEFAULT_POLICY, Policy())
        routes = [] if engine else policy.routes(settings.voice, settings.tier, language)
        if not routes:
            return [("by the order of ENGINES", Choice(name)) for name in self.names()]
        chosen: dict[str, tuple[str, Choice]] = {}
        for route in routes:
            ordered = (
                route.ordered(self._chance)
                if by_chance
                else sorted(route.choices, key=lambda each: (each.rank, -each.weight))
            )
            late = [each for each in ordered if self._too_slow(each.engine, route.first_chunk_target)]
            for choice in [each for each in ordered if each not in late] + late:
                why = f"by {route.place}" + (", slower than its target" if choice in late else "")
                chosen.setdefault(choice.engine, (why, choice))
        return list(chosen.values())

    def _too_slow(self, engine: str, target: float | None) -> bool:
        if target is None:
            return False
        known = [
            replica.first_chunk
            for name, replicas in self.groups()
            if name == engine
            for replica in replicas
            if replica.first_chunk is not None
        ]
        return bool(known) and min(known) > target

    def _breaker(self, engine: str) -> Breaker:
        return self._breakers.setdefault(engine, Breaker())

    def _breakers_of(self, candidate: Candidate) -> tuple[Breaker, Breaker]:
        return candidate.replica.breaker, self._breaker(candidate.engine)

    def _split(self, settings: SpeechSettings) -> tuple[str, str]:
        """Return engine and voice, where the voice may be written "engine:voice"."""
        prefix, colon, rest = settings.voice.partition(":")
        if colon and prefix in self.names():
            return prefix, rest
        return settings.engine, settings.voice


def _owned(replicas: Sequence[Replica], voice: str) -> KnownVoice | None:
    """Return the listing of a voice, or of the base of a variant or mix, where one of the workers has it."""
    if not voice:
        return None
    return next((known for replica in replicas if (known := replica.voice(voice)) is not None), None)


def _nobody() -> ParlandoError:
    return ParlandoError(
        Reason.NO_ENGINE_AVAILABLE,
        "no engine that could speak this is up: try again, and see ListEngines or `parlando doctor`",
        retry_after=RETRY_SECONDS,
    )
