"""Which workers of an engine could speak, and with which of their voices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from parlando_kit.clock import Clock
from parlando_router.candidate import Candidate
from parlando_router.equivalence import VoiceMap
from parlando_router.policy import Choice
from parlando_router.replica import KnownVoice, Replica, by_load
from parlando_router.roster import Roster
from parlando_router.routing import Routing

_MOST_FOUND = 512


class Casting:
    """Finds a voice for what is to be said.

    Args:
        roster: the workers there are.
        routing: whose policies declare voices equal.
        voice_map: what is known of voices.
        clock: by which new workers are given work slowly.
        chance: draws among workers.
    """

    def __init__(
        self, roster: Roster, routing: Routing, voice_map: VoiceMap, clock: Clock, chance: Random
    ) -> None:
        self._roster = roster
        self._routing = routing
        self._voice_map = voice_map
        self._clock = clock
        self._chance = chance
        self._found: dict[tuple[str, str, str], tuple[object, str]] = {}  # nearest voices, of these voices

    def forget(self) -> None:
        """Find every voice anew: voices are declared equal that were not, or no longer."""
        self._found.clear()

    def candidates(
        self, choice: Choice, replicas: Sequence[Replica], language: str, like: str, place: str
    ) -> Iterator[Candidate]:
        """Yield the workers of an engine that could speak, the first to ask first, each with its voice.

        Args:
            choice: the engine, and the voice where it is settled.
            replicas: that engine's workers.
            language: that is to be spoken.
            like: the voice to come near to, as "engine:voice"; "" where any will do.
            place: why the engine stands where it does, for people.
        """
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
        groups = self._routing.equivalences
        nearest = self._voice_map.nearest(like, self._listed(like), engine, replica.voices, language, groups)
        if len(self._found) >= _MOST_FOUND:
            self._found.clear()
        self._found[key] = (replica.voices, nearest)
        return nearest

    def _listed(self, like: str) -> KnownVoice | None:
        """Return what the voice's engine lists of it; None where no worker is known that has it."""
        engine, _, name = like.partition(":")
        voices = (
            voice
            for each, replicas in self._roster.groups()
            if each == engine
            for replica in replicas
            for voice in replica.voices
        )
        return next((voice for voice in voices if voice.id == name), None)
