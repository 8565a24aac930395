"""Long convolutions in parts: the same sound, and an end between two of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper
from tiny import write_network_in_layers

from parlando_kokoro.parts import in_parts
from parlando_synth.networks import unless_stopped
from parlando_synth.stop_flag import StopFlag

LONGEST = 3000
"""Steps of a part."""


def network(*weights: int, groups: int = 1, biased: bool = True, **attributes: object) -> ModelProto:
    """Return a network that is a convolution of weights of that shape."""
    outputs, inputs, *taps = weights
    random = np.random.default_rng(0)
    values = {"weights": random.normal(0, 1 / np.sqrt(prod(weights[1:])), weights)}
    if biased:
        values["bias"] = random.normal(size=outputs)
    kind, axes = TensorProto.FLOAT, range(len(taps))
    taken = [1, inputs * groups, *(f"taken{axis}" for axis in axes)]
    made = [1, outputs, *(f"made{axis}" for axis in axes)]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["signal", *values], ["made"], group=groups, **attributes)],
        "convolution",
        [helper.make_tensor_value_info("signal", kind, taken)],
        [helper.make_tensor_value_info("made", kind, made)],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in values.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def divided(model: ModelProto, longest: int = LONGEST) -> ModelProto:
    """Return a copy whose convolutions are made in parts of so many steps at most."""
    copy = ModelProto()
    copy.CopyFrom(model)
    weights = next(constant for constant in model.graph.initializer if constant.name == "weights")
    made = in_parts(copy, longest * prod(weights.dims))
    onnx.checker.check_model(made)
    return made


def opened(model: ModelProto, *, threads: int = 1, profile: str = "") -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.enable_profiling = bool(profile)
    options.profile_file_prefix = profile
    return ort.InferenceSession(model.SerializeToString(), options)


def made(session: ort.InferenceSession, signal: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(session.run(None, {"signal": signal})[0])


@pytest.mark.parametrize(
    ("weights", "attributes"),
    [
        ((64, 64, 11), {"pads": [25, 25], "dilations": [5]}),
        ((64, 64, 7), {"pads": [9, 9], "dilations": [3], "strides": [1], "kernel_shape": [7]}),
        ((48, 32, 3), {"pads": [1, 1]}),
        ((32, 48, 1), {}),
        ((32, 32, 4), {"pads": [3, 0]}),
        ((32, 32, 5), {"dilations": [2]}),  # what it makes is shorter than what it takes
        ((32, 32, 3), {"pads": [4, 5]}),  # and here longer
        ((64, 1, 3), {"pads": [1, 1], "groups": 64}),
        ((32, 16, 3), {"pads": [1, 1], "groups": 4}),
        ((64, 64, 3), {"pads": [1, 1], "biased": False}),
    ],
)
def test_parts_make_what_the_whole_makes_to_the_last_bit(
    weights: Sequence[int], attributes: dict[str, object]
) -> None:
    model = network(*weights, **attributes)  # type: ignore[arg-type]
    cut = divided(model)
    assert [node.op_type for node in cut.graph.node].count("If") == 1
    whole, parts = opened(model, threads=2), opened(cut, threads=2)
    random = np.random.default_rng(1)
    inputs = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    for steps in (40, LONGEST, LONGEST + 1, 3 * LONGEST - 1, 3 * LONGEST + 1, 6 * LONGEST, 20 * LONGEST + 7):
        signal = random.normal(size=(1, inputs, steps)).astype(np.float32)
        assert np.array_equal(made(whole, signal), made(parts, signal)), steps


@pytest.mark.parametrize(
    ("steps", "parts"), [(LONGEST, 1), (LONGEST + 1, 3), (3 * LONGEST, 3), (3 * LONGEST + 1, 6)]
)
def test_there_are_as_many_parts_as_the_length_asks_for(tmp_path: Path, steps: int, parts: int) -> None:
    session = opened(divided(network(16, 16, 3, pads=[1, 1])), profile=str(tmp_path / "profile"))
    made(session, np.ones((1, 16, steps), np.float32))
    told = json.loads(Path(session.end_profiling()).read_text())
    ran = [event["args"]["op_name"] for event in told if event["name"].endswith("_kernel_time")]
    assert ran.count("Conv") == parts


@pytest.mark.parametrize(
    "model",
    [
        network(16, 16, 3, strides=[2], pads=[1, 1]),
        network(16, 16, 3, auto_pad="SAME_UPPER"),
        network(16, 16, 3, 3, pads=[1, 1, 1, 1]),  # over time and something else
        network(16, 16, 11, pads=[1500, 1500], dilations=[300]),  # a part would need more than its neighbours
    ],
)
def test_what_cannot_be_divided_is_left(model: ModelProto) -> None:
    assert divided(model) == model


def test_weights_of_eight_bits_are_left() -> None:
    model = network(16, 16, 3, pads=[1, 1])
    (weights, *_) = (constant for constant in model.graph.initializer if constant.name == "weights")
    weights.CopyFrom(numpy_helper.from_array(np.ones((16, 16, 3), np.int8), "eight_bits"))
    model.graph.initializer.append(numpy_helper.from_array(np.float32(0.1), "scale"))
    model.graph.node.insert(0, helper.make_node("DequantizeLinear", ["eight_bits", "scale"], ["weights"]))
    copy = ModelProto()
    copy.CopyFrom(model)
    assert in_parts(copy, 1000) == model


def test_a_network_in_parts_says_what_it_says_whole(tmp_path: Path) -> None:
    model = onnx.load(write_network_in_layers(tmp_path / "layers.onnx"))
    whole = opened(model)
    parts = opened(in_parts(model, 1_000_000))
    assert any(node.op_type == "If" for node in model.graph.node)
    for symbols in (1, 20, 90):
        inputs = {
            "input_ids": np.arange(20, 22 + symbols)[None] % 150,
            "style": np.full((1, 256), 0.1, np.float32),
            "speed": np.ones(1, np.float32),
        }
        for one, other in zip(whole.run(None, inputs), parts.run(None, inputs), strict=True):
            assert np.array_equal(one, other)


def test_a_stop_ends_a_run_between_two_parts(tmp_path: Path) -> None:
    # One convolution, of which a part takes long enough for a stop to come in its midst.
    model = divided(network(256, 256, 11, pads=[5, 5]), longest=10_000)
    session = opened(model, profile=str(tmp_path / "profile"))
    signal, stop = np.ones((1, 256, 60_000), np.float32), StopFlag()
    runs: list[object] = []
    running = threading.Thread(
        target=lambda: runs.append(
            unless_stopped(stop, lambda options: session.run(None, {"signal": signal}, options))
        )
    )
    running.start()
    running.join(0.2)
    assert running.is_alive()
    stop.set()
    running.join()
    assert runs == [None]
    told = json.loads(Path(session.end_profiling()).read_text())
    ran = [event["args"]["op_name"] for event in told if event["name"].endswith("_kernel_time")]
    assert ran.count("Conv") < 6
