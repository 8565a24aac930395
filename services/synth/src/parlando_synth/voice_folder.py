"""Cloned voices in a folder, a document each: kept, found, changed and removed.

Replicas may share a folder, and whoever likes may put documents into it: it is looked at anew whenever it has
changed. Needs the extra "cloning".
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.cloned_voice import ClonedVoice, VoiceChange, VoiceUpload, stored_voice, voice_id
from parlando_synth.reference_clip import reference_clip

SUFFIX = ".voice.json"
"""How the file of a document ends."""

_Stamp = tuple[int, int]  # of a file: when it changed, and its size

_log = logging.getLogger(__name__)


class VoiceFolder:
    """The cloned voices of a folder. May be used from any thread, and by several processes.

    Args:
        path: the folder; it is made with the first voice.
        built_in: ids of the engine's own voices, which are none of the folder's.
    """

    def __init__(self, path: Path, built_in: frozenset[str]) -> None:
        self._path = path
        self._built_in = built_in
        self._lock = threading.Lock()
        self._read: dict[str, tuple[_Stamp, ClonedVoice | None]] = {}  # by the file's name
        self._voices: Mapping[str, ClonedVoice] = {}

    @property
    def voices(self) -> Mapping[str, ClonedVoice]:
        """The voices by id, sorted. What cannot be read is left out, and the log says so, once.

        It is the same object for as long as nothing has changed.
        """
        stamps = {}
        for path in sorted(self._path.glob(f"*{SUFFIX}")):
            with suppress(FileNotFoundError):  # it was removed in between
                told = path.stat()
                stamps[path.name] = (told.st_mtime_ns, told.st_size)
        with self._lock:
            if stamps != {name: stamp for name, (stamp, _) in self._read.items()}:
                known = self._read
                self._read = {
                    name: known[name]
                    if name in known and known[name][0] == stamp
                    else (stamp, self._load(name))
                    for name, stamp in stamps.items()
                }
                self._voices = {voice.id: voice for _, voice in self._read.values() if voice is not None}
            return self._voices

    def add(self, upload: VoiceUpload) -> ClonedVoice:
        """Read and check a clip, and keep the voice. The same clip by the same id is the same voice.

        Raises:
            ParlandoError: as `reference_clip`; ID_IN_USE, another voice has the id; ENGINE_FAILED, the folder
                cannot be written.
        """
        clip = reference_clip(upload.clip).wav()
        voice = ClonedVoice(
            **asdict(upload.terms), id=upload.id or voice_id(upload.terms.name, clip), clip=clip
        )
        there = self.voices.get(voice.id)
        if voice.id in self._built_in or (there is not None and there.clip != clip):
            raise ParlandoError(Reason.ID_IN_USE, "id is another voice's: choose another one", field="id")
        self._write(voice)
        return voice

    def change(self, voice: str, change: VoiceChange) -> ClonedVoice:
        """Change what is said of a voice.

        Raises:
            ParlandoError: as `ClonedVoice`; NOT_SUPPORTED, it came with the engine; VOICE_NOT_FOUND;
                ENGINE_FAILED, the folder cannot be written.
        """
        changed = replace(self._own(voice), **{field: said for field, said in asdict(change).items() if said})
        self._write(changed)
        return changed

    def remove(self, voice: str) -> None:
        """Remove a voice.

        Raises:
            ParlandoError: NOT_SUPPORTED, it came with the engine; VOICE_NOT_FOUND; ENGINE_FAILED, the folder
                cannot be written.
        """
        own = self._own(voice)
        try:
            (self._path / f"{own.id}{SUFFIX}").unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(error) from None

    def _own(self, voice: str) -> ClonedVoice:
        if voice in self._built_in:
            raise ParlandoError(
                Reason.NOT_SUPPORTED,
                "voice came with the engine: only those that were uploaded can be changed or removed",
                field="voice",
            )
        found = self.voices.get(voice)
        if found is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is not known: name one of those in ListVoices", field="voice"
            )
        return found

    def _load(self, name: str) -> ClonedVoice | None:
        try:
            voice = stored_voice((self._path / name).read_bytes())
        except (OSError, ValueError) as error:
            _log.warning("%s is left out: it cannot be read (%s)", name, type(error).__name__)
            return None
        if name != voice.id + SUFFIX:
            _log.warning("%s is left out: it is not named after its id", name)
            return None
        return voice

    def _write(self, voice: ClonedVoice) -> None:
        """Put a document where nobody sees a part of it, and where it is after the power fails."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            file, name = tempfile.mkstemp(dir=self._path, prefix=".", suffix=".tmp")
            try:
                with os.fdopen(file, "wb") as document:
                    document.write(voice.document())
                    document.flush()
                    os.fsync(file)
                Path(name).replace(self._path / f"{voice.id}{SUFFIX}")
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise _unwritable(error) from None


def _unwritable(error: OSError) -> ParlandoError:
    return ParlandoError(
        Reason.ENGINE_FAILED,
        f"the engine's folder of voices cannot be written ({error.strerror}): see the worker's settings",
    )
