"""A stretch of speech: from the speech tokens of a sentence to samples, window by window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from parlando_chatterbox.library import S3Token2Wav
from parlando_chatterbox.mel import FRAMES, MelMaker
from parlando_chatterbox.watermark import Watermark
from parlando_chatterbox.wave import HOP, RATE, WaveMaker
from parlando_chatterbox.windows import Window, next_window

FADE = RATE // 50
"""Samples over which a window is faded into the next: 20 ms."""

_SAMPLES = FRAMES * HOP  # of a token
_RISE = np.concatenate([np.zeros(FADE), (1 - np.cos(np.linspace(0, np.pi, FADE))) / 2]).astype(np.float32)


class Stretch:
    """Makes sound of one sentence's tokens.

    Args:
        network: S3Gen.
        watermark: is put on every window.
        clip: of the voice, as `S3Gen.embed_ref` returns it.
        seed: of all noise.
        windows: how many there were before, which sets the size of the first.
    """

    def __init__(
        self, network: S3Token2Wav, watermark: Watermark, clip: dict[str, Any], seed: int, windows: int = 0
    ) -> None:
        self._windows = windows
        self._device = network.device
        self._watermark = watermark
        self._mel = MelMaker(network, clip, seed)
        self._wave = WaveMaker(network, seed + 2)
        self._held = np.empty(0, np.float32)  # the end of the last window, to be faded into the next

    def samples(self, tokens: Iterable[int]) -> Iterator[NDArray[np.float32]]:
        """Yield the sound of tokens, which may come one by one, as soon as there are enough of them."""
        there: list[int] = []
        made, number = 0, self._windows
        for token in chain(tokens, [None]):
            if token is not None:
                there.append(token)
            while window := next_window(made, number, len(there), last=token is None):
                yield self._window(there, window)
                made, number = window.end, number + 1
        if len(self._held):
            yield self._held

    def _window(self, there: list[int], window: Window) -> NDArray[np.float32]:
        tokens = torch.tensor(there, device=self._device)
        frames = self._mel.frames(tokens, window)
        made = self._wave.samples(frames, window.context * FRAMES, window.end * FRAMES).cpu().numpy()
        if window.start == 0:
            made[: len(_RISE)] *= _RISE[
                : len(made)
            ]  # what spills over from the voice's clip, as the library does
        made = self._watermark.put(made)
        start, end = ((place - window.context) * _SAMPLES for place in (window.start, window.end))
        new = made[start - len(self._held) : end]
        if len(self._held):
            rising = np.linspace(0, 1, FADE, dtype=np.float32)
            new[:FADE] = self._held * (1 - rising) + new[:FADE] * rising
        self._held = new[-FADE:].copy()
        return new[:-FADE]
