"""Voices in a folder, a document each: kept, found, changed and removed.

Replicas may share a folder, and whoever likes may put documents into it: it is looked at anew whenever it has
changed. Those who change something in it take turns, by a lock on a file of it that the system frees when its
holder ends (flock(2); a file system that has none cannot be written to).
"""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.cloned_voice import ClonedVoice, VoiceChange
from parlando_synth.mixed_voice import MixedVoice

_LOCK = ".lock"
_AGAIN_SECONDS = 0.02
_Stamp = tuple[int, int, int]  # of a file: which it is, when it changed, and its size
_Kept = TypeVar("_Kept", ClonedVoice, MixedVoice)

_log = logging.getLogger(__name__)


class KeptVoices(ABC, Generic[_Kept]):
    """The voices of one kind in a folder. May be used from any thread, and by several processes.

    Args:
        path: the folder; it is made with the first voice.
        built_in: ids of the engine's own voices, which are none of the folder's.
        patience: seconds that others who change something in the folder are waited for.

    Attributes:
        suffix: how the file of a document ends.
    """

    suffix: ClassVar[str]

    def __init__(self, path: Path, built_in: frozenset[str], patience: float = 5.0) -> None:
        self._path = path
        self._patience = patience
        self._built_in = built_in
        self._lock = threading.Lock()
        self._read: dict[str, tuple[_Stamp, _Kept | None]] = {}  # by the file's name
        self._voices: Mapping[str, _Kept] = {}

    @property
    def voices(self) -> Mapping[str, _Kept]:
        """The voices by id, sorted. What cannot be read is left out, and the log says so, once.

        It is the same object for as long as nothing has changed.
        """
        stamps = dict(sorted(self._stamps()))
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

    def voice(self, voice: str) -> _Kept | None:
        """Return the voice of that id, however many others there are; None where there is none."""
        name = f"{voice}{self.suffix}"
        try:
            stamp = _stamp((self._path / name).stat())
        except (OSError, ValueError):  # ValueError: no file can have that name
            return None
        with self._lock:
            known = self._read.get(name)
        return known[1] if known is not None and known[0] == stamp else self.voices.get(voice)

    def keep(self, voice: _Kept) -> _Kept:
        """Keep a voice. The same clip, or the same mix, by the same id is the same voice.

        Raises:
            ParlandoError: ID_IN_USE, another voice has the id; CONFLICT, others have the folder for too long;
                ENGINE_FAILED, it cannot be written.
        """
        with self._turn():
            there = self.voice(voice.id)
            if (
                voice.id in self._built_in
                or (there is not None and there.revision != voice.revision)
                or any(path.name != voice.id + self.suffix for path in self._path.glob(f"{voice.id}.*.json"))
            ):
                raise ParlandoError(Reason.ID_IN_USE, "id is another voice's: choose another one", field="id")
            self._write(voice)
        return voice

    def change(self, voice: str, change: VoiceChange) -> _Kept:
        """Change what is said of a voice.

        Raises:
            ParlandoError: as the kind of voice; NOT_SUPPORTED, it came with the engine, or a mix has no such
                field; VOICE_NOT_FOUND; CONFLICT and ENGINE_FAILED, as `keep`.
        """
        self._own(voice)  # a folder that has none is not made
        with self._turn():
            own = self._own(voice)
            said = {field: value for field, value in asdict(change).items() if value}
            for field in said:
                if not hasattr(own, field):
                    raise ParlandoError(
                        Reason.NOT_SUPPORTED,
                        f"{field} of a mix is that of its voices: leave it out",
                        field=field,
                    )
            changed = replace(own, **said)
            self._write(changed)
        return changed

    def remove(self, voice: str) -> None:
        """Remove a voice.

        Raises:
            ParlandoError: NOT_SUPPORTED, it came with the engine; VOICE_NOT_FOUND; CONFLICT and
                ENGINE_FAILED, as `keep`.
        """
        self._own(voice)  # likewise
        with self._turn():
            own = self._own(voice)
            (self._path / f"{own.id}{self.suffix}").unlink(missing_ok=True)

    @abstractmethod
    def _stored(self, document: bytes) -> _Kept:
        """Return the voice of a document.

        Raises:
            ValueError: it is none.
        """

    def _own(self, voice: str) -> _Kept:
        if voice in self._built_in:
            raise ParlandoError(
                Reason.NOT_SUPPORTED,
                "voice came with the engine: only uploaded and mixed ones can be changed or removed",
                field="voice",
            )
        found = self.voice(voice)
        if found is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is not known: name one of those in ListVoices", field="voice"
            )
        return found

    def _load(self, name: str) -> _Kept | None:
        try:
            voice = self._stored((self._path / name).read_bytes())
        except (OSError, ValueError) as error:
            _log.warning("%s is left out: it cannot be read (%s)", name, type(error).__name__)
            return None
        if name != voice.id + self.suffix:
            _log.warning("%s is left out: it is not named after its id", name)
            return None
        return voice

    def _stamps(self) -> Iterator[tuple[str, _Stamp]]:
        """Yield the documents by the names of their files, and how each may be told from an earlier one."""
        with suppress(OSError), os.scandir(self._path) as entries:  # there may be no folder
            for entry in entries:
                if entry.name.endswith(self.suffix):
                    with suppress(OSError):  # it was removed in between, or leads nowhere
                        yield entry.name, _stamp(entry.stat())

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Have the folder to oneself, among all who change something in it; it is made first.

        Raises:
            ParlandoError: CONFLICT, others have it for too long; ENGINE_FAILED, it cannot be written.
        """
        give_up = time.monotonic() + self._patience
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with (self._path / _LOCK).open("a") as lock:
                while not _locked(lock.fileno()):
                    if time.monotonic() >= give_up:
                        raise ParlandoError(
                            Reason.CONFLICT,
                            "another worker is changing the engine's folder of voices: try again",
                            retry_after=1.0,
                        )
                    time.sleep(_AGAIN_SECONDS)  # flock(2) itself knows no bound
                yield
        except OSError as error:
            raise ParlandoError(
                Reason.ENGINE_FAILED,
                f"the engine's folder of voices cannot be written ({error.strerror}): "
                "see the worker's settings",
            ) from None

    def _write(self, voice: _Kept) -> None:
        """Put a document where nobody sees a part of it, and where it is after the power fails."""
        file, name = tempfile.mkstemp(dir=self._path, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(file, "wb") as document:
                document.write(voice.document())
                document.flush()
                os.fsync(file)
            Path(name).replace(self._path / f"{voice.id}{self.suffix}")
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stamp(told: os.stat_result) -> _Stamp:
    # Its number as well: two changes may fall into one tick of the time.
    return told.st_ino, told.st_mtime_ns, told.st_size
