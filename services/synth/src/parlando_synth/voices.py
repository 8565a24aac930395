"""The voices of a worker's engine: which there are, and those that are cloned, changed and removed."""

from __future__ import annotations

from collections.abc import Sequence

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.cloned_voice import VoiceChange, VoiceUpload
from parlando_synth.languages import speaks
from parlando_synth.mixed_voice import VoiceMix
from parlando_synth.slot import EngineSlot, Loaded
from parlando_synth.voice import Voice


class Voices:
    """The voices.

    Args:
        slot: holds the engine.
    """

    def __init__(self, slot: EngineSlot) -> None:
        self._slot = slot

    def speaking(self, language: str = "") -> Sequence[Voice]:
        """Return the voices that speak a language, or all.

        Raises:
            ParlandoError: the engine is not ready.
        """
        voices = self._slot.ready().engine.voices()
        return [voice for voice in voices if not language or speaks(voice, language)]

    async def revision(self) -> str:
        """Return what tells whether the voices have changed; "" while the engine is not ready."""
        loaded = self._slot.loaded
        if loaded is None:
            return ""
        try:
            return await _taken(loaded)
        except ParlandoError:  # it was unloaded in between
            return ""

    async def add(self, upload: VoiceUpload) -> Voice:
        """Clone a voice.

        Raises:
            ParlandoError: the engine is not ready; as `BlockingEngine.add_voice`.
        """
        loaded = self._slot.ready()
        voice = await loaded.engine.add_voice(upload)
        await _taken(loaded)
        return voice

    async def mix(self, mix: VoiceMix) -> Voice:
        """Keep a mix as a voice.

        Raises:
            ParlandoError: the engine is not ready; as `BlockingEngine.mix_voice`.
        """
        loaded = self._slot.ready()
        voice = await loaded.engine.mix_voice(mix)
        await _taken(loaded)
        return voice

    async def change(self, voice: str, change: VoiceChange) -> Voice:
        """Change what is said of a voice that was cloned.

        Raises:
            ParlandoError: the engine is not ready; as `BlockingEngine.change_voice`.
        """
        loaded = self._slot.ready()
        changed = await loaded.engine.change_voice(voice, change)
        await _taken(loaded)
        return changed

    async def remove(self, voice: str) -> None:
        """Remove a voice that was cloned.

        Raises:
            ParlandoError: the engine is not ready; as `BlockingEngine.remove_voice`; NOT_SUPPORTED, it speaks
                where no voice is named, and no other one would.
        """
        loaded = self._slot.ready()
        about = loaded.engine.describe()
        keeps = about.voice_cloning or about.voice_mixing
        if keeps and not about.default_moves and voice == about.default_voice:
            raise ParlandoError(
                Reason.NOT_SUPPORTED,
                "voice is the engine's default: it speaks where no voice is named",
                field="voice",
            )
        await loaded.engine.remove_voice(voice)
        await _taken(loaded)


async def _taken(loaded: Loaded) -> str:
    """Return the revision of an engine's voices, which are chosen among from now on."""
    revision = await loaded.engine.voices_revision()
    loaded.casting.take(revision)
    return revision
