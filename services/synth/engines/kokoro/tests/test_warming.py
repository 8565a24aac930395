"""What is learned of a machine before anybody is served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from parlando_kokoro.model import DEFAULT_VOCAB
from parlando_kokoro.network import Run
from parlando_kokoro.runs import LONGEST, Pace
from parlando_kokoro.voices import VoiceBook
from parlando_kokoro.warming import warm_up
from parlando_synth.stop_flag import StopFlag

FIRST_RUN = 0.25


class Machine:
    """A network, and the clock of the machine that it runs on."""

    vocabulary: Mapping[str, int] = DEFAULT_VOCAB
    timed = True
    whole_speeds = False
    windowed = False

    def __init__(self, *, fixed: float, per_symbol: float) -> None:
        self.now = 0.0
        self.runs: list[int] = []
        self._fixed = fixed
        self._per_symbol = per_symbol

    def takes(self, symbols: int) -> float:
        return self._fixed + symbols * self._per_symbol

    def run(
        self,
        symbols: Sequence[int],
        style: NDArray[np.float32],  # noqa: ARG002  # the network's own
        speed: float,  # noqa: ARG002
        stop: StopFlag,  # noqa: ARG002
    ) -> Run | None:
        self.runs.append(len(symbols))
        self.now += self.takes(len(symbols))
        return Run(1, None, iter([np.zeros(1, np.float32)]))


@pytest.mark.parametrize("fixed", [0.0, 0.005, 0.02])
@pytest.mark.parametrize("per_symbol", [0.0, 0.0005, 0.001, 0.002, 0.004, 0.02, 0.1])
def test_a_first_run_is_as_long_as_it_may_be_on_any_machine(
    folder: Path, fixed: float, per_symbol: float
) -> None:
    machine, pace = Machine(fixed=fixed, per_symbol=per_symbol), Pace(FIRST_RUN)
    warm_up(machine, VoiceBook(folder / "voices.bin", folder / "none"), pace, lambda: machine.now)
    size = pace.size(0)
    assert machine.takes(size) < FIRST_RUN * 1.3 or size == 10
    assert machine.takes(size) > FIRST_RUN * 0.7 or size == LONGEST
    assert pace.estimate(LONGEST) > machine.takes(LONGEST) * 0.75


def test_no_more_is_run_than_tells(folder: Path) -> None:
    slow, quick = Machine(fixed=0.02, per_symbol=0.02), Machine(fixed=0.0, per_symbol=0.0)
    for machine in (slow, quick):
        book = VoiceBook(folder / "voices.bin", folder / "none")
        warm_up(machine, book, Pace(FIRST_RUN), lambda machine=machine: machine.now)
    assert len(slow.runs) == 2  # the first lays out memory
    assert quick.runs == sorted(quick.runs)
    assert LONGEST - 1 <= quick.runs[-1] <= LONGEST
