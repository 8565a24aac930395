"""The network: from symbols to samples, by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from kokoro_onnx.config import DEFAULT_VOCAB, MAX_PHONEME_LENGTH, SAMPLE_RATE
from kokoro_onnx.session import embedded_vocab, input_dtypes
from kokoro_onnx.sliding import token_edges
from numpy.typing import NDArray

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.engine import StopFlag
from parlando_synth.networks import interruption, session

__all__ = ["LONGEST_RUN", "SAMPLE_RATE", "Model", "Run"]

LONGEST_RUN = MAX_PHONEME_LENGTH
"""Symbols that the network takes at once."""

STYLE = 256
"""Length of a style vector."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the network made.

    Attributes:
        samples: float32 in [-1, 1], at `SAMPLE_RATE`.
        edges: first sample of the leading pad, of each symbol, of the trailing pad, and the end: n + 3 values
            for n symbols; None where the network does not tell.
    """

    samples: NDArray[np.float32]
    edges: NDArray[np.int64] | None


class Model:
    """The network, loaded. Any number of threads may run it at the same time.

    Every published export is taken: symbols as `tokens` or `input_ids`, speed as a float or in whole steps,
    with or without the duration of each symbol.

    Args:
        path: the ONNX file.
        threads: threads of one run.

    Attributes:
        vocabulary: symbol to number.
        timed: it tells how long each symbol lasts.
        whole_speeds: it takes whole numbers as speed alone.

    Raises:
        ParlandoError: MODEL_NOT_FOUND where there is no such file; ENGINE_FAILED where it is no Kokoro.
    """

    def __init__(self, path: Path, *, threads: int) -> None:
        if not path.is_file():
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND,
                f"{path.name} is not there: fetch it with `parlando models fetch kokoro`, or name another "
                "file in KOKORO_MODEL",
            )
        try:
            self._session = session(path, threads=threads)
        except Exception as error:  # the library's own classes share no useful base
            raise _not_kokoro(path) from error
        types = input_dtypes(self._session)
        self._symbols = "input_ids" if "input_ids" in types else "tokens"
        if types.keys() != {self._symbols, "style", "speed"}:
            raise _not_kokoro(path)
        self._types = types
        self.vocabulary: Mapping[str, int] = embedded_vocab(self._session) or DEFAULT_VOCAB
        self.timed = "duration" in {output.name for output in self._session.get_outputs()}
        self.whole_speeds = types["speed"].kind in "iu"

    def run(
        self, symbols: Sequence[int], style: NDArray[np.float32], speed: float, stop: StopFlag
    ) -> Run | None:
        """Speak a few symbols.

        Args:
            symbols: 1 to `LONGEST_RUN` numbers of the vocabulary.
            style: float32 [1, 256].
            speed: 0.5 to 2.0; rounded where `whole_speeds`.
            stop: ends the run, also in the middle.

        Returns:
            What was made, or None when the job was stopped meanwhile.
        """
        inputs = {
            self._symbols: np.array([[0, *symbols, 0]], dtype=self._types[self._symbols]),
            "style": np.asarray(style, dtype=self._types["style"]),
            "speed": np.array([round(speed) if self.whole_speeds else speed], dtype=self._types["speed"]),
        }
        interrupt = interruption(stop)
        try:
            outputs = self._session.run(None, inputs, interrupt)
        except Exception:
            if interrupt.terminate:
                return None
            raise
        samples = np.asarray(outputs[0], dtype=np.float32).ravel()
        edges = token_edges(np.asarray(outputs[1]).ravel(), len(samples)) if self.timed else None
        return Run(samples, edges)


def _not_kokoro(path: Path) -> ParlandoError:
    return ParlandoError(
        Reason.ENGINE_FAILED,
        f"{path.name} is not a Kokoro network: fetch it anew with `parlando models fetch kokoro`",
    )
