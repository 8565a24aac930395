"""The voices there are: that of the model's makers, and the cloned ones of a folder."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from parlando_chatterbox.models import Model
from parlando_chatterbox.wave import RATE
from parlando_synth.cloned_voice import ClonedVoice, VoiceChange, VoiceUpload
from parlando_synth.voice import Voice, named_voice
from parlando_synth.voice_folder import VoiceFolder

BUILT_IN = "default"
"""Id of the voice that comes with a model."""

LICENCE = "MIT"
"""Of the library and of the published models."""


class VoiceBook:
    """All voices. May be used from any thread; the folder is looked at anew whenever it has changed.

    Args:
        model: what is to speak.
        built_in: it has a voice of its own.
        folder: of cloned voices; it may not be there.
    """

    def __init__(self, model: Model, folder: Path, *, built_in: bool) -> None:
        self._model = model
        self._built_in = built_in
        self._folder = VoiceFolder(folder, frozenset({BUILT_IN}))
        self._lock = threading.Lock()
        self._seen: Mapping[str, ClonedVoice] | None = None
        self._voices: Sequence[Voice] = ()

    @property
    def default(self) -> str:
        """Id of the voice to use when none is named: the model's own, else the first; "" without any."""
        if self._built_in:
            return BUILT_IN
        return next((voice.id for voice in self.voices), "")

    @property
    def voices(self) -> Sequence[Voice]:
        """The voices, sorted by id."""
        cloned = self._folder.voices
        with self._lock:
            if cloned is not self._seen:
                voices = [self._described(voice) for voice in cloned.values()]
                if self._built_in:
                    languages = self._model.languages
                    voices.append(
                        Voice(BUILT_IN, "Chatterbox", languages, sample_rate_hz=RATE, licence=LICENCE)
                    )
                self._voices = sorted(voices, key=lambda voice: voice.id)
                self._seen = cloned
            return self._voices

    def find(self, name: str) -> Voice | None:
        """Return the voice of that id or alias."""
        cloned = self._folder.voice(name)  # without a look at all others
        return self._described(cloned) if cloned is not None else named_voice(name, self.voices)

    def cloned(self, voice: str) -> ClonedVoice | None:
        """Return the cloned voice of that id; None for the built-in one, and for one that is gone."""
        return self._folder.voice(voice)

    def add(self, upload: VoiceUpload) -> Voice:
        """Clone a voice, as `VoiceFolder.add`."""
        return self._described(self._folder.add(upload))

    def change(self, voice: str, change: VoiceChange) -> Voice:
        """Change what is said of a voice, as `VoiceFolder.change`."""
        return self._described(self._folder.change(voice, change))

    def remove(self, voice: str) -> None:
        """Remove a voice, as `VoiceFolder.remove`."""
        self._folder.remove(voice)

    def _described(self, cloned: ClonedVoice) -> Voice:
        """Return a cloned voice as callers see it. It speaks what the model does, its own language first."""
        own = cloned.language.partition("-")[0].lower()
        languages = (cloned.language, *(tag for tag in self._model.languages if tag != own))
        return Voice(
            cloned.id,
            cloned.name,
            languages if own in self._model.languages else self._model.languages,
            sample_rate_hz=RATE,
            cloned=True,
            licence=cloned.licence,
            description=cloned.description,
            consent_note=cloned.consent_note,
            revision=cloned.revision,
        )
