"""The network on ONNX Runtime: every published export of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from kokoro_onnx.config import DEFAULT_VOCAB
from kokoro_onnx.session import embedded_vocab, input_dtypes
from kokoro_onnx.sliding import token_edges
from numpy.typing import NDArray

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.network import Run
from parlando_kokoro.parts import in_parts
from parlando_synth.networks import session, unless_stopped
from parlando_synth.stop_flag import StopFlag


class Model:
    """A `Network` from an ONNX file, whose long convolutions are made in parts.

    Every published export is taken: symbols as `tokens` or `input_ids`, speed as a float or in whole steps,
    with or without the duration of each symbol.

    Args:
        path: the ONNX file.
        threads: threads of one run.

    Raises:
        ParlandoError: MODEL_NOT_FOUND where there is no such file; ENGINE_FAILED where it is no Kokoro.
    """

    windowed = False

    def __init__(self, path: Path, *, threads: int) -> None:
        if not path.is_file():
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND,
                f"{path.name} is not there: fetch it with `parlando models fetch kokoro`, or name another "
                "file in KOKORO_MODEL",
            )
        self._threads = threads
        try:
            self._session = self._opened(path)
        except ParlandoError:
            raise
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
        """Speak a few symbols; see `Network.run`."""
        outputs = unless_stopped(stop, partial(self._outputs, self._inputs(symbols, style, speed)))
        if outputs is None:
            return None
        samples = np.asarray(outputs[0], dtype=np.float32).ravel()
        edges = token_edges(np.asarray(outputs[1]).ravel(), len(samples)) if self.timed else None
        return Run(len(samples), edges, iter([samples]))

    def _opened(self, path: Path) -> ort.InferenceSession:
        return session(in_parts(onnx.load(path)).SerializeToString(), threads=self._threads)

    def _inputs(
        self, symbols: Sequence[int], style: NDArray[np.float32], speed: float
    ) -> Mapping[str, NDArray[Any]]:
        return {
            self._symbols: np.array([[0, *symbols, 0]], dtype=self._types[self._symbols]),
            "style": np.asarray(style, dtype=self._types["style"]),
            "speed": np.array([speed], dtype=self._types["speed"]),
        }

    def _outputs(self, inputs: Mapping[str, NDArray[Any]], interrupt: ort.RunOptions) -> Sequence[Any]:
        """Run the session, and return its outputs in their order."""
        outputs: Sequence[Any] = self._session.run(None, inputs, interrupt)
        return outputs


def _not_kokoro(path: Path) -> ParlandoError:
    return ParlandoError(
        Reason.ENGINE_FAILED,
        f"{path.name} is not a Kokoro network: fetch it anew with `parlando models fetch kokoro`",
    )
