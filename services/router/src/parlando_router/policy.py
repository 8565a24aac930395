"""Which engines a policy names for an utterance, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from parlando_router.price import Price


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine that may be asked: lower ranks first, those of one rank in proportion to their weights.

    Attributes:
        voice: the voice it is to use; empty is the nearest.
    """

    engine: str
    voice: str = ""
    rank: int = 0
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Route:
    """The choices for one case.

    Attributes:
        place: where it stands in the policy, for people.
        first_chunk_target: seconds; an engine that is slower is asked last. None: any will do.
    """

    choices: tuple[Choice, ...]
    place: str
    first_chunk_target: float | None = None

    def ordered(self, chance: Random) -> list[Choice]:
        """Return the choices in the order in which they are asked, drawn anew at each call."""
        # Each weight's share comes first: Efraimidis and Spirakis, weighted sampling without replacement.
        drawn = {choice: chance.random() ** (1 / choice.weight) for choice in self.choices}
        return sorted(self.choices, key=lambda choice: (choice.rank, -drawn[choice]))


@dataclass(frozen=True, slots=True)
class Policy:
    """Who speaks what, as `parlando.session.v1.Policy` says it; keys of languages in lower case.

    Attributes:
        prices: what engines charge, by name, in place of what they say themselves.
        equivalences: groups of voices that may stand in for one another, each as "engine:voice".
    """

    languages: Mapping[str, Route] = field(default_factory=dict)
    voices: Mapping[str, Route] = field(default_factory=dict)
    tiers: Mapping[str, Route] = field(default_factory=dict)
    fallback: Route | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    equivalences: Sequence[tuple[str, ...]] = ()

    def routes(self, voice: str, tier: str, language: str) -> list[Route]:
        """Return the routes of a request, the one that decides first, then what to fall back to.

        A voice decides before a tier, and a tier before a language. "en" also serves "en-GB" where that
        has no entry of its own. Empty: the policy has nothing to say.
        """
        found = self.voices.get(voice) or self.tiers.get(tier) or self._by_language(language)
        return [route for route in (found, self.fallback) if route is not None]

    def _by_language(self, language: str) -> Route | None:
        tag = language.casefold()
        while tag:
            if tag in self.languages:
                return self.languages[tag]
            tag = tag.rpartition("-")[0]
        return None
