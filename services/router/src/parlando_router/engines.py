"""Which engines there are, and which of their workers should speak.

Pure: `watch` tells it what workers answer, `policy_watch` what the policies are, and the epochs ask it who
is next and tell it what became of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from random import Random

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_router.breakers import Breakers
from parlando_router.candidate import Candidate, Standing
from parlando_router.casting import Casting
from parlando_router.equivalence import VoiceMap
from parlando_router.heard import HeardVoices
from parlando_router.patience import Patience
from parlando_router.policy import Policy
from parlando_router.ranking import Ranking
from parlando_router.replica import Replica
from parlando_router.request import SpeechSettings
from parlando_router.roster import Roster
from parlando_router.routing import Routing
from parlando_router.statistics import Statistics
from parlando_router.voice_filter import LONGEST_NAME

RETRY_SECONDS = 1.0
"""When to try again after no engine was up: about as long as a worker is not looked at."""

MOST_GAIN_DB = 12.0
"""Voices further apart than this in loudness are brought this much nearer and no more."""

GONE = frozenset({Reason.DEPENDENCY_UNAVAILABLE, Reason.DRAINING, Reason.NO_ENGINE_AVAILABLE})
"""Failures of a worker that is asked for nothing more until it says that it is there."""


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
        chance = chance or Random()  # noqa: S311  # it spreads work, and guards nothing
        self._routing = Routing(self, chance)
        self._ranking = Ranking(self, self._routing)
        self._casting = Casting(self, self._routing, self.voice_map, clock, chance)
        self._breakers = Breakers(clock)
        self._patience: dict[str, Patience] = {}
        self.heard = HeardVoices(clock)

    def take_policies(self, policies: Mapping[str, Policy]) -> None:
        """Route by these policies from now on."""
        self._routing.take(policies)
        self._casting.forget()

    # What became of work

    @contextmanager
    def engaged(self, candidate: Candidate) -> Iterator[None]:
        """Count a synthesis against a worker while it lasts."""
        self.statistics.asked(candidate.engine)
        candidate.replica.engaged += 1
        try:
            with self._breakers.passed(candidate):
                yield
        finally:
            candidate.replica.engaged -= 1

    def patience(self, engine: str) -> Patience:
        """Return the patience with an engine, by what it usually does."""
        return self._patience.setdefault(engine, Patience())

    def loudness(self, voice: str) -> float | None:
        """Return how loud a voice is, in LUFS: as the map says, else as it was heard; None for neither."""
        mapped = self.voice_map.loudness(voice)
        return self.heard.loudness(voice) if mapped is None else mapped

    def gain_db(self, like: str, voice: str) -> float:
        """Return how much louder `voice` must be made to sound like `like`; both as "engine:voice"."""
        wanted, own = self.loudness(like), self.loudness(voice)
        if like == voice or wanted is None or own is None:
            return 0.0
        return min(max(wanted - own, -MOST_GAIN_DB), MOST_GAIN_DB)

    def report_success(self, candidate: Candidate, audio: float) -> None:
        """Note that a worker completed a synthesis of `audio` seconds."""
        self._breakers.succeeded(candidate)
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
        self._breakers.failed(candidate, error)
        self.statistics.failed(candidate.engine, error.reason)

    def report_loss(self, candidate: Candidate, error: ParlandoError) -> None:
        """Note that an engine could not speak with any of its workers, and that another was asked."""
        self._breakers.lost(candidate, error)

    def reset_breakers(self, engine: str, address: str) -> int:
        """Close breakers, "" being any engine and any address; return how many were open.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND.
        """
        self.require_engine(engine, "engine")
        return self._breakers.reset(self, engine, address)

    def trip(self, engine: str, seconds: float) -> None:
        """Treat an engine as failed for so long.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND.
        """
        if not engine:
            raise ParlandoError(Reason.FIELD_REQUIRED, "engine is empty: name one", field="engine")
        self.require_engine(engine, "engine")
        self._breakers.trip(engine, seconds, "an administrator opened it")

    @property
    def primary(self) -> str:
        """The engine that is asked first where nothing keeps it from being asked; "" while none is known."""
        return self._ranking.primary

    # Who is there

    def why_not(self, replica: Replica) -> str:
        """Return why a worker would be given no work now, for people; empty where it would."""
        return replica.detail or self._breakers.why_not(replica)

    def standings(self, settings: SpeechSettings | None = None) -> list[Standing]:
        """Return engines with their workers, in the order in which they are asked for what is to be spoken.

        Those that are up come first, and last those that are not asked. Workers that never answered stand
        together under "".

        Raises:
            ParlandoError: ENGINE_NOT_FOUND or VOICE_NOT_FOUND.
        """
        settings = settings or SpeechSettings()
        language = settings.language[:LONGEST_NAME]
        ranked = self._ranking.of(settings, language, by_chance=False)
        names, groups = self.names(), dict(self.groups())
        silent = groups.pop("", [])
        primary = next((each.engine for _, each in ranked.choices if each.engine in names), "")
        found: list[Standing] = []
        for place, choice in ranked.choices:
            workers = groups.pop(choice.engine, [])
            able = self._casting.candidates(choice, workers, language, ranked.like, place)
            asked = next(able, None) is not None
            why = place if asked else f"{place}, but {_lack(workers, language)}"
            found.append(Standing(choice.engine, workers, why, choice.engine == primary, asked))
        why = "another one was asked for by name" if ranked.engine else "no route of the policy names it"
        found += [Standing(name, workers, why) for name, workers in groups.items()]
        if silent:
            found.append(Standing("", silent, "none of these workers has answered"))
        return sorted(found, key=self._lateness)

    def _lateness(self, standing: Standing) -> int:
        if not standing.asked:
            return 2
        return int(all(self.why_not(replica) for replica in standing.replicas))

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
        ranked = self._ranking.of(settings, language)
        if not self.has_voices:
            raise _nobody()
        like = like or ranked.like
        # Stable: for the others nothing changes.
        choices = sorted(ranked.choices, key=lambda each: each[1].engine != engaged)
        groups = dict(self.groups())
        able = [
            replace(candidate, agreed=self._routing.price(candidate.engine, settings))
            for place, choice in choices
            for candidate in self._casting.candidates(
                choice, groups.get(choice.engine, []), language, like, place
            )
        ]
        live = [each for each in able if each.replica.serving or each.replica.may_live]
        if not able:
            raise ParlandoError(
                Reason.LANGUAGE_NOT_FOUND,
                f'no engine that may be asked has a voice for "{language}": see the voices, and the policy',
                field="settings.language",
            )
        if not live:
            raise _nobody()
        return sorted(live, key=self._doubt)

    def _doubt(self, candidate: Candidate) -> int:
        """Return how late a worker is asked: behind breakers later, and last where it may not even live."""
        return 2 * (not candidate.replica.serving) + (not self._breakers.admits(candidate))


def _lack(workers: Sequence[Replica], language: str) -> str:
    """Return what an engine lacks that is not asked, for people."""
    if not workers:
        return "no worker of it has answered"
    return f'it has no voice for "{language}"' if language else "it has no voice"


def _nobody() -> ParlandoError:
    return ParlandoError(
        Reason.NO_ENGINE_AVAILABLE,
        "no engine that could speak this is up: try again, and see ListEngines or `parlando doctor`",
        retry_after=RETRY_SECONDS,
    )
