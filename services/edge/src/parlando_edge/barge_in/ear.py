"""One session's ear: bytes in, the edges of speech out. Used on the room's thread alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parlando_edge.barge_in.detector import Samples, SpeechDetector
from parlando_edge.barge_in.samples import Resampler, decode, level_of
from parlando_edge.barge_in.sound import Sound
from parlando_edge.barge_in.turns import FRAME_SAMPLES, SpeechEdge, TurnDetector
from parlando_edge.formats import AudioFormat


@dataclass(slots=True)
class _Hearing:
    """What goes with one unbroken stream of one format."""

    audio: AudioFormat
    next_ms: float
    detector: SpeechDetector
    resampler: Resampler
    turns: TurnDetector
    rest: Samples


class Ear:
    """Hears one session.

    Args:
        new_detector: makes what tells speech from other sound.
    """

    def __init__(self, new_detector: Callable[[], SpeechDetector]) -> None:
        self._new_detector = new_detector
        self._hearing: _Hearing | None = None

    def hear(self, sound: Sound) -> list[SpeechEdge]:
        """Return where speech begins and ends, as far as the sound so far tells."""
        edges: list[SpeechEdge] = []
        hearing = self._hearing
        # Where nobody listened for a while, or the format changed, nothing of before holds.
        if hearing is None or hearing.audio != sound.audio or abs(hearing.next_ms - sound.at_ms) > 1:
            left = hearing.turns.leave() if hearing is not None else None
            edges += [left] if left is not None else []
            hearing = self._hearing = self._begin(sound)
        hearing.next_ms = sound.at_ms + sound.ms
        made = hearing.resampler.resample(decode(sound.data, sound.audio))
        waiting = np.concatenate([hearing.rest, made])
        whole = len(waiting) - len(waiting) % FRAME_SAMPLES
        hearing.rest = waiting[whole:]
        for frame in waiting[:whole].reshape(-1, FRAME_SAMPLES):
            score = hearing.detector.score(frame)
            heard = score if level_of(frame) >= sound.floor else 0.0
            edge = hearing.turns.hear(heard, sound.detection)
            if edge is not None:
                edges.append(edge)
        return edges

    def _begin(self, sound: Sound) -> _Hearing:
        return _Hearing(
            sound.audio,
            sound.at_ms,
            self._new_detector(),
            Resampler(sound.audio.rate),
            TurnDetector(sound.at_ms),
            np.zeros(0, np.float32),
        )
