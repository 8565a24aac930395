"""The engines to ask for something, in order, as the policies say; the order of the roster without one."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from parlando_router.policy import Choice, Policy
from parlando_router.price import Price
from parlando_router.request import SpeechSettings
from parlando_router.roster import Roster

DEFAULT_POLICY = "default"
_NO_POLICY = Policy()


class Routing:
    """The policies there are, and what they come to.

    Args:
        roster: the workers there are.
        chance: draws among weights.
    """

    def __init__(self, roster: Roster, chance: Random) -> None:
        self._roster = roster
        self._chance = chance
        self._policies: Mapping[str, Policy] = {}

    def take(self, policies: Mapping[str, Policy]) -> None:
        """Route by these policies from now on."""
        self._policies = policies

    @property
    def equivalences(self) -> list[tuple[str, ...]]:
        """Groups of voices that policies declare equal, each voice as "engine:voice"."""
        return [group for policy in self._policies.values() for group in policy.equivalences]

    def choices(
        self, engine: str, settings: SpeechSettings, language: str, *, by_chance: bool = True
    ) -> list[tuple[str, Choice]]:
        """Return the engines to ask in order, each with the reason for its place.

        Args:
            engine: was asked for by name, so that no route decides; "" where none was.
            settings: name the policy, the tier and the voice.
            language: that is to be spoken.
            by_chance: engines of one rank are drawn by their weights, and not in the order of them.
        """
        policy = self._policy(settings)
        routes = [] if engine else policy.routes(settings.voice, settings.tier, language)
        if not routes:
            return [("by the order of ENGINES", Choice(name)) for name in self._roster.names()]
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

    def price(self, engine: str, settings: SpeechSettings) -> Price | None:
        """Return what the policy that `settings` name says an engine charges; None where it says nothing."""
        return self._policy(settings).prices.get(engine)

    def _policy(self, settings: SpeechSettings) -> Policy:
        return self._policies.get(settings.policy or DEFAULT_POLICY, _NO_POLICY)

    def _too_slow(self, engine: str, target: float | None) -> bool:
        if target is None:
            return False
        known = [
            replica.first_chunk
            for name, replicas in self._roster.groups()
            if name == engine
            for replica in replicas
            if replica.first_chunk is not None
        ]
        return bool(known) and min(known) > target
