"""Which voice speaks an order."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.description import EngineDescription
from parlando_synth.engine import Engine
from parlando_synth.languages import best_voice
from parlando_synth.voice import Voice

_SHOWN = 64  # characters of a caller's name that an error message repeats
_REMEMBERED = 256  # choices


class Casting:
    """Chooses voices. An engine may have hundreds, so choices are remembered.

    Args:
        engine: has the voices, of which another may be its default from one choice to the next; loaded.
        about: what it says of itself.
    """

    def __init__(self, engine: Engine, about: EngineDescription) -> None:
        self._engine = engine
        self._about = about
        self.voice = lru_cache(_REMEMBERED)(self._voice)
        self._revision = ""

    def take(self, revision: str) -> None:
        """Choose anew where the voices are of another revision than they were."""
        if revision != self._revision:
            self._revision = revision
            self.voice.cache_clear()

    def _voice(self, name: str, language: str) -> Voice:
        """Return the voice of that name, or without one the best for the language, or the default.

        Raises:
            ParlandoError: VOICE_NOT_FOUND, naming near ones; LANGUAGE_NOT_FOUND.
        """
        default = self._engine.describe().default_voice
        if not name and not default:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND,
                f"{self._about.name} has no voice yet: upload one, as with `parlando voices add`",
                field="voice",
            )
        if not name and language:
            best = best_voice(self._engine.voices(), language, default)
            if best is None:
                raise ParlandoError(
                    Reason.LANGUAGE_NOT_FOUND,
                    f'no voice of {self._about.name} speaks language "{language[:_SHOWN]}"; '
                    "ListVoices names the languages of each",
                    field="language",
                )
            return best
        wanted = name or default
        voice = self._engine.find_voice(wanted)
        if voice is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND,
                f'voice "{wanted[:_SHOWN]}" is not known{_near(wanted, self._engine.voices())}',
                field="voice",
            )
        return voice


def _near(name: str, voices: Sequence[Voice]) -> str:
    """Return ": did you mean ..." with the voices whose id, alias or name is near, or what to do instead."""
    folded = {
        candidate.casefold(): voice.id
        for voice in voices
        for candidate in (voice.name, *voice.aliases, voice.id)
    }
    near = get_close_matches(name[:_SHOWN].casefold(), folded, n=3, cutoff=0.6)
    if not near:
        return "; ListVoices names those there are"
    return ": did you mean " + ", ".join(dict.fromkeys(folded[match] for match in near)) + "?"
