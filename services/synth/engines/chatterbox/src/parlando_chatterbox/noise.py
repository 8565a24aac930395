"""Noise that has a place: the same at the same place, however the speech around it is cut into windows."""

from __future__ import annotations

import torch
from torch import Tensor

_BLOCK = 1_200  # rows drawn at a time


class Noise:
    """Rows of noise, drawn in order as far as they are asked for.

    Args:
        seed: of its own generator; torch's global one is everybody's.
        width: values of a row.
        device: where it is wanted. It is drawn on the CPU, so that a seed means the same everywhere.
    """

    def __init__(self, seed: int, width: int, device: torch.device | str) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._width = width
        self._device = device
        self._first = 0  # place of the first row that is kept
        self._rows = torch.empty(0, width)

    def rows(self, start: int, end: int) -> Tensor:
        """Return rows [start, end), normally distributed. Rows before `start` are not asked for again."""
        while self._first + len(self._rows) < end:
            drawn = torch.randn(_BLOCK, self._width, generator=self._generator)
            self._rows = torch.cat([self._rows, drawn])
        self._rows = self._rows[start - self._first :]
        self._first = start
        return self._rows[: end - start].to(self._device)
