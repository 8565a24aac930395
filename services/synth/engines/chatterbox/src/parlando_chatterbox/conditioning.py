"""What the networks are told of a voice, made once from its clip and shared by all who speak as it."""

from __future__ import annotations

import copy
import io
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyloudnorm
import soundfile
import torch

from parlando_chatterbox.interruption import Interrupted, Interruption
from parlando_chatterbox.library import Conditionals, T3Cond
from parlando_chatterbox.manner import USUAL_EXAGGERATION
from parlando_chatterbox.models import Chatterbox
from parlando_chatterbox.voices import BUILT_IN, VoiceBook
from parlando_kit.errors import ParlandoError, Reason

_GLANCE = 0.01  # seconds between looks at the flag of a job that waits for a voice

LOUDNESS = -27.0
"""LUFS of a clip: what Turbo brings clips to, and here all models."""


@dataclass(frozen=True, slots=True)
class _Ready:
    conditionals: Conditionals
    gain: float  # a factor


class Conditioning:
    """Makes and keeps conditionals.

    May be used from any thread; who asks for a voice that is there waits for nobody. A job that is stopped
    gives up the voice it makes: of those that wait for it, the first to notice makes it anew.

    Args:
        loaded: the model. Nothing is kept on it.
        interruption: of its networks.
        book: where the clips are.
        most: voices kept; another takes the place of the one that was not used for longest.
        options: what the model is told besides the clip.
        gain: returns by how much a voice is to be made louder; None where each is left as it is.
    """

    def __init__(
        self,
        loaded: Chatterbox,
        interruption: Interruption,
        book: VoiceBook,
        most: int,
        options: Mapping[str, bool],
        gain: Callable[[T3Cond, dict[str, Any]], float] | None = None,
    ) -> None:
        self._loaded = loaded
        self._interruption = interruption
        self._book = book
        self._most = most
        self._options = options
        self._gain = gain
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], Future[_Ready]] = OrderedDict()

    def voice(self, voice: str, exaggeration: float | None) -> tuple[T3Cond, dict[str, Any], float]:
        """Return what a job tells T3, which writes into it, and S3Gen, which does not; and the voice's gain.

        Args:
            voice: its id.
            exaggeration: how strongly it feels; None where the model does not know.

        Raises:
            ParlandoError: VOICE_NOT_FOUND, it is gone.
            Interrupted: the job of this thread was stopped before the voice was ready.
        """
        ready = self._ready(voice)
        told, clip = _told(ready.conditionals, exaggeration)
        return told, clip, ready.gain

    def _ready(self, voice: str) -> _Ready:
        clip = self._clip(voice)
        key = (voice, hash(clip))
        while True:
            with self._lock:
                there = self._kept.get(key)
                future = self._kept[key] = there or Future()
                self._kept.move_to_end(key)
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            if there is None:
                self._make(clip, key, future)
            while not wait([future], _GLANCE).done:
                self._interruption.check()
            try:
                return future.result()
            except Interrupted:
                self._interruption.check()  # else it was the job that made the voice which was stopped

    def _make(self, clip: bytes | None, key: tuple[str, int], future: Future[_Ready]) -> None:
        """Make what a voice is, and give it, or what went wrong, to all who wait for it."""
        try:
            conditionals = self._loaded.conds if clip is None else self._made(clip)
            gain = 1.0 if self._gain is None else self._gain(*_told(conditionals, None))
            future.set_result(_Ready(conditionals, gain))
        except BaseException as error:  # noqa: BLE001  # raised by whoever asked
            with self._lock:
                if self._kept.get(key) is future:
                    del self._kept[key]
            future.set_exception(error)

    def _clip(self, voice: str) -> bytes | None:
        """Return the clip of a voice; None for that of the model's makers, which comes made."""
        if voice == BUILT_IN and self._loaded.conds is not None:
            return None
        cloned = self._book.cloned(voice)
        if cloned is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is not known: name one of those in ListVoices", field="voice"
            )
        return cloned.clip

    @torch.inference_mode()
    def _made(self, clip: bytes) -> Conditionals:
        """Return the conditionals of a clip. The library leaves them on what it is asked of: a copy, here."""
        asked = copy.copy(self._loaded)
        self._interruption.check()
        asked.prepare_conditionals(_even(clip), **self._options)
        self._interruption.check()
        made: Conditionals = asked.conds
        return made


def _told(kept: Conditionals, exaggeration: float | None) -> tuple[T3Cond, dict[str, Any]]:
    strength = USUAL_EXAGGERATION if exaggeration is None else exaggeration
    told = T3Cond(
        speaker_emb=kept.t3.speaker_emb,
        cond_prompt_speech_tokens=kept.t3.cond_prompt_speech_tokens,
        emotion_adv=torch.full((1, 1, 1), strength, device=kept.t3.speaker_emb.device),
    )
    return told, kept.gen


def _even(clip: bytes) -> io.BytesIO:
    """Return a clip at the loudness of all, and a little longer: Turbo wants more than 5 s."""
    samples, rate = soundfile.read(io.BytesIO(clip), dtype="float32")
    gain = 10 ** ((LOUDNESS - pyloudnorm.Meter(rate).integrated_loudness(samples)) / 20)
    samples = np.pad(samples * gain if math.isfinite(gain) else samples, (0, rate // 100))
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="FLOAT")
    file.seek(0)
    return file
