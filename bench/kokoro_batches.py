"""Whether Kokoro on a CPU gains by what a GPU gains by: several texts in one run, and outputs that are bound.

    python bench/kokoro_network.py /tmp/kokoro        once: a network of full size (it says how)
    PYTHON bench/kokoro_batches.py /tmp/kokoro [--threads 1] [--rounds 3]

PYTHON is that of Kokoro's own environment. The export takes one text at a time, and so do its makers' layers.
So what is measured is the decoder, which is more than nine tenths of a run, opened for batches of texts that
are equally long and spoken by the same voice: the most that batches could gain. CPU seconds, in turn.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from parlando_kokoro.cutting import Halves, halves
from parlando_synth.networks import session

FRAMES = (40, 108)
"""Of a first run, about 15 symbols, and of a second one, about 40."""

BATCHES = (1, 2, 4)
_SYMBOLS = 15
_FRAME = 120  # steps of the harmonic source in a frame
_Inputs = dict[str, NDArray[np.float32]]


def decoder(cut: Halves, threads: int) -> ort.InferenceSession:
    """Return the decoder, open for batches; the voice is one for all."""
    model = cut.decoder
    for each in model.graph.input:
        if each.name in cut.points.values():
            each.type.tensor_type.shape.dim[0].dim_param = "batch"
    for each in model.graph.output:
        each.type.tensor_type.ClearField("shape")
    return session(model.SerializeToString(), threads=threads)


def inputs(cut: Halves, batch: int, frames: int) -> _Inputs:
    """Return what the decoder takes for so many texts."""
    random = np.random.default_rng(frames)

    def noise(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.3, shape).astype(np.float32)

    unknown = np.zeros((1, cut.norms, 1), np.float32)
    return {
        cut.points["asr"]: noise(batch, 512, frames),
        cut.points["pitch"]: noise(batch, 1, 2 * frames),
        cut.points["energy"]: noise(batch, 1, 2 * frames),
        cut.points["source"]: noise(batch, 22, frames * _FRAME + 1),
        "style": noise(1, 256),
        "mean": unknown,
        "variance": unknown,
        "weight": np.ones(1, np.float32),
    }


def bound(network: ort.InferenceSession, texts: Mapping[str, NDArray[Any]]) -> None:
    """Run a network with inputs and outputs bound."""
    binding = network.io_binding()
    for name, value in texts.items():
        binding.bind_cpu_input(name, value)
    for output in network.get_outputs():
        binding.bind_output(output.name, "cpu")
    network.run_with_iobinding(binding)
    binding.copy_outputs_to_cpu()


def cpu_seconds(run: Callable[[], object]) -> float:
    """Return what a run takes of the CPU."""
    began = time.process_time()
    run()
    return time.process_time() - began


def refused(network: ort.InferenceSession) -> str:
    """Return what the export says to two texts."""
    texts = {
        "input_ids": np.ones((2, _SYMBOLS + 2), np.int64),
        "style": np.zeros((2, 256), np.float32),
        "speed": np.ones(1, np.float32),
    }
    try:
        network.run(None, texts)
    except Exception as error:  # noqa: BLE001  # ONNX Runtime's own classes share no useful base
        return str(error).splitlines()[0]
    return "takes them"


def binding(network: ort.InferenceSession, rounds: int) -> None:
    """Print what bound inputs and outputs spare."""
    texts: dict[str, NDArray[Any]] = {
        "input_ids": np.arange(1, _SYMBOLS + 3, dtype=np.int64)[None],
        "style": np.full((1, 256), 0.1, np.float32),
        "speed": np.ones(1, np.float32),
    }
    took = [
        (cpu_seconds(lambda: network.run(None, texts)), cpu_seconds(lambda: bound(network, texts)))
        for _ in range(rounds + 1)
    ][1:]  # the first run lays out memory
    usual, tied = (statistics.median(each) for each in zip(*took, strict=True))
    ratio = statistics.median(tied / usual for usual, tied in took)
    print(f"{_SYMBOLS} symbols: {usual:.3f} CPU s as usual, {tied:.3f} bound, {ratio:.2f}x", flush=True)


def batching(cut: Halves, threads: int, rounds: int) -> None:
    """Print what texts cost one at a time, and several."""
    network = decoder(cut, threads)
    both = inputs(cut, 2, FRAMES[0])
    one = {name: value[:1] if name in cut.points.values() else value for name, value in both.items()}
    [together], [alone] = (network.run(["waveform"], given) for given in (both, one))
    print(f"a text in a batch and alone differ by {np.abs(together[0] - alone).max():g} at most", flush=True)
    for frames in FRAMES:
        given = {batch: inputs(cut, batch, frames) for batch in BATCHES}
        took = [
            {batch: cpu_seconds(partial(network.run, None, each)) / batch for batch, each in given.items()}
            for _ in range(rounds)
        ]
        for batch in BATCHES:
            spent = statistics.median(each[batch] for each in took)
            ratio = statistics.median(each[batch] / each[1] for each in took)
            print(
                f"decoder, {frames} frames, {batch} at a time: {spent:.3f} CPU s a text, {ratio:.2f}x",
                flush=True,
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure batches and bound outputs on a CPU.")
    parser.add_argument("folder", type=Path, help="with kokoro.onnx")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    path: Path = arguments.folder / "kokoro.onnx"
    network = session(path, threads=arguments.threads)
    print(f"two texts in one run: {refused(network)}", flush=True)
    binding(network, arguments.rounds)
    batching(halves(onnx.load(path)), arguments.threads, arguments.rounds)


if __name__ == "__main__":
    main()
