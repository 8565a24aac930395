"""The watermark: what Chatterbox says can be told to be a machine's, by Resemble AI's Perth."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from parlando_chatterbox.library import perth
from parlando_kit.errors import ParlandoError, Reason

PRESENT = 0.5
"""A presence above this is a watermark's."""


class Watermark:
    """Puts the watermark on, and finds it. Threads may share it.

    Args:
        device: where its network runs.
        rate: samples a second.

    Raises:
        ParlandoError: ENGINE_FAILED, there is no watermarker, or it leaves no mark: nothing may be said
            without.
    """

    def __init__(self, device: str, rate: int) -> None:
        self._rate = rate
        if perth.PerthImplicitWatermarker is None:  # so it is without pkg_resources
            raise _absent()
        with contextlib.redirect_stdout(io.StringIO()):  # it greets
            self._perth: Any = perth.PerthImplicitWatermarker(device=device)
        if self.presence(self.put(_hum(rate))) <= PRESENT:
            raise _absent()

    @torch.inference_mode()
    def put(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return samples with the watermark on, as many as there were."""
        marked = np.asarray(self._perth.apply_watermark(samples, sample_rate=self._rate), np.float32)
        return np.pad(marked[: len(samples)], (0, max(len(samples) - len(marked), 0)))

    @torch.inference_mode()
    def presence(self, samples: NDArray[np.float32]) -> float:
        """Return how surely samples bear the watermark, 0 to 1."""
        return float(self._perth.get_watermark(samples, sample_rate=self._rate, round=False))


def _hum(rate: int) -> NDArray[np.float32]:
    """Return a second of a low, restless hum: something to put the mark on."""
    time = np.arange(rate) / rate
    hum = sum(
        np.sin(2 * np.pi * 120 * order * time + 3 * np.sin(7 * order * time)) / order
        for order in range(1, 12)
    )
    return (0.1 * np.asarray(hum)).astype(np.float32)


def _absent() -> ParlandoError:
    return ParlandoError(
        Reason.ENGINE_FAILED,
        "the watermarker does not work, and nothing is said without: rebuild the environment with "
        "tools/bootstrap --engine chatterbox",
    )
