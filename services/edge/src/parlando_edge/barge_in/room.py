"""The room in which sessions are listened to: one thread for all, made when the first one sends audio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from parlando_edge.barge_in.sound import Sound
from parlando_edge.barge_in.turns import SpeechEdge
from parlando_kit.errors import ParlandoError, Reason

if TYPE_CHECKING:
    from parlando_edge.barge_in.detector import SpeechDetector
    from parlando_edge.barge_in.ear import Ear

_log = logging.getLogger(__name__)

DetectorName = Literal["silero", "loudness"]


def offered(wanted: DetectorName) -> DetectorName:
    """Return the detector that is wanted, or loudness where silero's packages are not installed."""
    if wanted == "silero" and not (find_spec("onnxruntime") and find_spec("silero_vad")):
        _log.warning("silero needs the extra parlando-edge[barge-in]: speech is told by loudness instead")
        return "loudness"
    return wanted


class Listener:
    """One session in the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._ear: Ear | None = None

    async def hear(self, sound: Sound) -> list[SpeechEdge]:
        """Return where speech begins and ends. Sounds are heard one after another.

        Raises:
            ParlandoError: DEPENDENCY_UNAVAILABLE, the detector cannot be loaded.
        """
        return await asyncio.get_running_loop().run_in_executor(self._room.thread, self._hear, sound)

    def _hear(self, sound: Sound) -> list[SpeechEdge]:
        if self._ear is None:
            self._ear = self._room.new_ear()
        return self._ear.hear(sound)


class Room:
    """Listens to any number of sessions. Until the first audio it costs nothing.

    Args:
        detector: how speech is told from other sound.
    """

    def __init__(self, detector: DetectorName) -> None:
        self.detector = detector
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="barge-in")
        self._new_detector: Callable[[], SpeechDetector] | None = None

    def listener(self) -> Listener:
        """Return a place in the room for one session."""
        return Listener(self)

    def new_ear(self) -> Ear:
        """Return an ear; the first one loads what it takes. Called on the room's thread."""
        from parlando_edge.barge_in.ear import Ear

        if self._new_detector is None:
            try:
                self._new_detector = _load(self.detector)
            except Exception as error:
                _log.exception("the detector of speech cannot be loaded")
                raise ParlandoError(
                    Reason.DEPENDENCY_UNAVAILABLE, "speech cannot be detected here at the moment"
                ) from error
        return Ear(self._new_detector)


def _load(detector: DetectorName) -> Callable[[], SpeechDetector]:
    if detector == "loudness":
        from parlando_edge.barge_in.loudness import LoudnessDetector

        return LoudnessDetector
    from parlando_edge.barge_in import silero

    return partial(silero.SileroDetector, silero.load())
