"""A tiny network made to take its time, as a real one does: what is done in its midst is done in mid-run.

Run in an engine's own environment, which has onnx.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

_WIDTH = 10_000  # numbers that a step works on, for each symbol


def slow_down(path: Path, *, steps: int) -> None:
    """Have a network that hums take some milliseconds for each symbol.

    A run grows by steps that all take the same, so that a stop ends it after any of them.

    Args:
        path: the network, which is written anew.
        steps: how many; one takes about a tenth of a millisecond a symbol.
    """
    model = onnx.load(path)
    graph = model.graph
    symbols, sound = graph.input[0].name, graph.output[0].name
    for node in graph.node:
        node.output[:] = ["slowing/sound" if name == sound else name for name in node.output]
    constants = {
        "slowing/column": np.array([-1, 1]),
        "slowing/shape": np.array([1, _WIDTH]),
        "slowing/nothing": np.float32(0),
    }
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    nodes = [
        helper.make_node("Cast", [symbols], ["slowing/number"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Reshape", ["slowing/number", "slowing/column"], ["slowing/each"]),
        helper.make_node("Expand", ["slowing/each", "slowing/shape"], ["slowing/0"]),
    ]
    nodes += [helper.make_node("Sin", [f"slowing/{step}"], [f"slowing/{step + 1}"]) for step in range(steps)]
    nodes += [
        helper.make_node("ReduceMean", [f"slowing/{steps}"], ["slowing/mean"], keepdims=0),
        helper.make_node("Mul", ["slowing/mean", "slowing/nothing"], ["slowing/none"]),
        helper.make_node("Add", ["slowing/sound", "slowing/none"], [sound]),
    ]
    graph.node.extend(nodes)
    onnx.save(model, path)
