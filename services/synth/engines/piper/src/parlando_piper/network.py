"""A voice's network: from phonemes to samples, run by piper's own class on a session of ours."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from piper import PiperConfig, PiperVoice, SynthesisConfig
from piper.const import BOS, PAD
from piper.patch_voice_with_alignment import add_alignment_output

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.networks import session, unless_stopped
from parlando_synth.stop_flag import StopFlag

_SPINNING_US = 300
"""On two cores a word takes a quarter less time, for a fifth more CPU; a sentence 5 % less, for 6 % more."""

_AUDIBLE = 0.01  # of the loudest sample: what counts as speech where the network does not tell


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the network made.

    Attributes:
        samples: float32 in [-1, 1].
        edges: first sample of each symbol, and the end of the last: n + 1 values for n symbols.
        exact: the edges are the network's own; otherwise each symbol was taken to last the same.
    """

    samples: NDArray[np.float32]
    edges: NDArray[np.int64]
    exact: bool


@dataclass(frozen=True, slots=True)
class _Interruptible:
    """A session as piper runs it, with the options that end a run: piper passes none."""

    session: ort.InferenceSession
    options: ort.RunOptions

    def run(self, names: Sequence[str] | None, inputs: Mapping[str, NDArray[Any]]) -> Sequence[NDArray[Any]]:
        outputs: Sequence[NDArray[Any]] = self.session.run(names, inputs, self.options)
        return outputs


class Network:
    """A network, loaded. Any number of threads may run it at the same time.

    Args:
        path: the ONNX file.
        config: what its own file says of it.
        threads: threads of one run.

    Attributes:
        timed: it tells how long each phoneme lasts.

    Raises:
        ParlandoError: ENGINE_FAILED, the file is no Piper voice.
    """

    def __init__(self, path: Path, config: PiperConfig, *, threads: int) -> None:
        self._config = config
        try:
            self._session = session(_aligned(path), threads=threads, spinning_us=_SPINNING_US)
        except Exception as error:  # the library's own classes share no useful base
            raise _no_voice(path) from error
        expected = {"input", "input_lengths", "scales"} | ({"sid"} if config.num_speakers > 1 else set())
        if {each.name for each in self._session.get_inputs()} != expected:
            raise _no_voice(path)
        self.timed = len(self._session.get_outputs()) > 1

    def run(self, symbols: str, scales: SynthesisConfig, stop: StopFlag) -> Run | None:
        """Speak a sentence.

        Args:
            symbols: one or more of the voice's `phoneme_id_map`.
            scales: speaker, length and noise.
            stop: ends the run, also in the middle.

        Returns:
            What was made, or None when the job was stopped meanwhile.
        """
        phonemes = list(_merged(symbols, self._config.vowel_clusters or ()))

        def speak(options: ort.RunOptions) -> tuple[list[int], Any]:
            voice = PiperVoice(session=_Interruptible(self._session, options), config=self._config)
            ids = voice.phonemes_to_ids(phonemes)
            return ids, voice.phoneme_ids_to_audio(ids, scales, include_alignments=True)

        spoken = unless_stopped(stop, speak)
        if spoken is None:
            return None
        ids, made = spoken
        samples, lengths = np.atleast_1d(made[0]), made[1]
        ends = np.cumsum(np.atleast_1d(lengths)) if lengths is not None else np.zeros(1, np.int64)
        if len(ends) != len(ids) or ends[-1] != len(samples):  # a hop that its file does not tell, perhaps
            return Run(samples, _even(samples, len(symbols)), exact=False)
        return Run(samples, self._edges(phonemes, np.concatenate([[0], ends])), exact=True)

    def _edges(self, phonemes: Sequence[str], starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first sample of each symbol; symbols that are one phoneme begin together."""
        ids = self._config.phoneme_id_map
        pad = len(ids[PAD])
        counts = [len(ids[phoneme]) + pad for phoneme in phonemes]
        places = len(ids[BOS]) + pad + np.concatenate([[0], np.cumsum(counts)])
        lengths = [len(phoneme) for phoneme in phonemes]
        edges: NDArray[np.int64] = starts[np.append(np.repeat(places[:-1], lengths), places[-1])]
        return edges


def _aligned(path: Path) -> bytes | Path:
    """Return the network with the lengths of phonemes among its outputs, where they can be found in it."""
    model = onnx.load(path)
    try:
        add_alignment_output(model)
    except ValueError:  # they are among them already, or nowhere
        return path
    patched: bytes = model.SerializeToString()
    return patched


def _merged(symbols: str, clusters: Collection[tuple[str, ...]]) -> Iterator[str]:
    """Yield phonemes: vowels that the voice knows as one are one, the longest first."""
    longest = max(map(len, clusters), default=1)
    place = 0
    while place < len(symbols):
        for length in range(min(longest, len(symbols) - place), 0, -1):
            if length == 1 or tuple(symbols[place : place + length]) in clusters:
                yield symbols[place : place + length]
                place += length
                break


def _even(samples: NDArray[np.float32], symbols: int) -> NDArray[np.int64]:
    """Return edges of symbols that last the same, in what can be heard."""
    loud = np.flatnonzero(np.abs(samples) > _AUDIBLE * np.abs(samples).max(initial=0))
    first, last = (loud[0], loud[-1] + 1) if len(loud) else (0, len(samples))
    edges: NDArray[np.int64] = np.linspace(first, last, symbols + 1).round().astype(np.int64)
    return edges


def _no_voice(path: Path) -> ParlandoError:
    return ParlandoError(
        Reason.ENGINE_FAILED,
        f"{path.name} is not a Piper voice: fetch it anew with `parlando models fetch piper:{path.stem}`",
    )
