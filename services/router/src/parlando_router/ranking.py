"""In what order engines are asked for what is to be spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parlando_router.policy import Choice
from parlando_router.replica import KnownVoice, Replica
from parlando_router.request import SpeechSettings
from parlando_router.roster import Roster
from parlando_router.routing import Routing


@dataclass(frozen=True, slots=True)
class Ranked:
    """Engines in the order in which they are asked.

    Attributes:
        choices: each engine, the first to ask first, and why it stands there, for people.
        engine: the only one that was asked for, by name; "" where that is none.
        like: the voice to come near to, as "engine:voice"; "" where any will do.
    """

    choices: Sequence[tuple[str, Choice]]
    engine: str
    like: str


class Ranking:
    """Ranks engines: those that have the voice that was asked for go first, then the policy says.

    Args:
        roster: the workers there are.
        routing: the policies.
    """

    def __init__(self, roster: Roster, routing: Routing) -> None:
        self._roster = roster
        self._routing = routing

    @property
    def primary(self) -> str:
        """The engine that is asked first where nothing keeps it from being asked; "" while none is known."""
        choices = self._routing.choices("", SpeechSettings(), "", by_chance=False)
        names = self._roster.names()
        return next((choice.engine for _, choice in choices if choice.engine in names), "")

    def of(self, settings: SpeechSettings, language: str, *, by_chance: bool = True) -> Ranked:
        """Return the order for what is to be spoken.

        Args:
            settings: what the caller asks for.
            language: that is to be spoken.
            by_chance: draw where a policy has weights; else the heaviest goes first.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND, or VOICE_NOT_FOUND where any voices are known.
        """
        engine, voice = self._split(settings)
        self._roster.require_engine(engine, "settings.engine")
        owners = {
            name: known for name, each in self._roster.groups() if (known := _owned(each, voice)) is not None
        }
        if voice and self._roster.has_voices and not (engine in owners if engine else owners):
            raise self._roster.voice_not_found(voice, engine)
        like = next((f"{name}:{known.id}" for name, known in owners.items() if engine in ("", name)), "")
        routed = self._routing.choices(engine, settings, language, by_chance=by_chance)
        ranked = [("it has the voice that was asked for", Choice(name, voice)) for name in owners]
        ranked += [each for each in routed if each[1].engine not in owners]
        if engine:
            ranked = [each for each in ranked if each[1].engine == engine]
        return Ranked(ranked, engine, like)

    def _split(self, settings: SpeechSettings) -> tuple[str, str]:
        """Return engine and voice, where the voice may be written "engine:voice"."""
        prefix, colon, rest = settings.voice.partition(":")
        if colon and prefix in self._roster.names():
            return prefix, rest
        return settings.engine, settings.voice


def _owned(replicas: Sequence[Replica], voice: str) -> KnownVoice | None:
    """Return the listing of a voice, or of the base of a variant or mix, where one of the workers has it."""
    if not voice:
        return None
    return next((known for replica in replicas if (known := replica.voice(voice)) is not None), None)
