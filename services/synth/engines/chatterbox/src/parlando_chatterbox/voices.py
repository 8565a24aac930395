"""The voices there are: that of the model's makers, and the cloned ones of a folder."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from parlando_chatterbox.models import Model
from parlando_chatterbox.wave import RATE
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.cloned_voice import SUFFIX, ClonedVoice, voices_in
from parlando_synth.engine import Voice, named_voice

BUILT_IN = "default"
"""Id of the voice that comes with a model."""

LICENCE = "MIT"
"""Of the library and of the published models."""

_Seen = frozenset[tuple[str, int, int]]


class VoiceBook:
    """All voices. May be used from any thread; the folder is looked at anew whenever it has changed.

    Args:
        model: what is to speak.
        built_in: it has a voice of its own.
        folder: of cloned voices; it may not be there.
    """

    def __init__(self, model: Model, folder: Path, *, built_in: bool) -> None:
        self._model = model
        self._folder = folder
        self._built_in = built_in
        self._lock = threading.Lock()
        self._seen: _Seen | None = None
        self._cloned: dict[str, ClonedVoice] = {}
        self._voices: Sequence[Voice] = ()

    @property
    def default(self) -> str:
        """Id of the voice to use when none is named.

        Raises:
            ParlandoError: MODEL_NOT_FOUND, there is no voice at all.
        """
        voices = self.voices
        if not voices:
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND,
                "there is no voice: put conds.pt beside the model's files, or a cloned voice in "
                "CHATTERBOX_VOICES",
            )
        return BUILT_IN if self._built_in else voices[0].id

    @property
    def voices(self) -> Sequence[Voice]:
        """The voices, sorted by id."""
        self._look()
        return self._voices

    def find(self, name: str) -> Voice | None:
        """Return the voice of that id or alias."""
        return named_voice(name, self.voices)

    def cloned(self, voice: str) -> ClonedVoice | None:
        """Return the cloned voice of that id; None for the built-in one, and for one that is gone."""
        self._look()
        return self._cloned.get(voice)

    def _look(self) -> None:
        seen = _state(self._folder)
        with self._lock:
            if seen == self._seen:
                return
            self._cloned = {voice.id: voice for voice in voices_in(self._folder)}
            voices = [_voice(self._model, voice) for voice in self._cloned.values()]
            if self._built_in:
                voices.append(
                    Voice(BUILT_IN, "Chatterbox", self._model.languages, sample_rate_hz=RATE, licence=LICENCE)
                )
            self._voices = sorted(voices, key=lambda voice: voice.id)
            self._seen = seen


def _voice(model: Model, cloned: ClonedVoice) -> Voice:
    """Return a cloned voice as callers see it. It speaks what the model speaks, its own language first."""
    own = cloned.language.partition("-")[0].lower()
    languages = (cloned.language, *(tag for tag in model.languages if tag != own))
    return Voice(
        cloned.id,
        cloned.name,
        languages if own in model.languages else model.languages,
        sample_rate_hz=RATE,
        cloned=True,
        licence=cloned.licence,
        consent_note=cloned.consent_note,
    )


def _state(folder: Path) -> _Seen:
    """Return what tells whether a folder has changed."""
    files = ((path.name, path.stat()) for path in folder.glob(f"*{SUFFIX}"))
    return frozenset((name, told.st_mtime_ns, told.st_size) for name, told in files)
