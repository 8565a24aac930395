"""A network and voices of a few kilobytes, with the interfaces of the published ones.

The network hums: each symbol has a length and a tone, the style shifts them all. It is what the engine's
tests speak with, since nothing that can be heard as speech is this small.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

FRAME = 600
"""Samples of a frame: durations are whole frames."""

_SYMBOLS = 178
_SILENT = (0, *range(1, 17))  # the pad, marks and the space


def write_network(
    path: Path, *, symbols: str = "input_ids", speed: int = TensorProto.FLOAT, durations: bool = True
) -> Path:
    """Write the network.

    Args:
        path: where to.
        symbols: the name of its first input: "input_ids", or "tokens" as in older exports.
        speed: the type of its speed: FLOAT or INT32.
        durations: it tells how long each symbol lasts.
    """
    constants: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []

    def constant(name: str, value: ArrayLike) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(operator: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    frames = np.random.default_rng(0).integers(3, 6, _SYMBOLS).astype(np.float32)
    frames[[0, *range(1, 7)]] = 8
    loud = np.full(_SYMBOLS, 0.3, np.float32)
    loud[list(_SILENT)] = 0
    tones = (110 * 2 ** (np.arange(_SYMBOLS) % 36 / 12)).astype(np.float32)
    zero = constant("zero", np.int64(0))
    axis, last = constant("axis", np.array([0])), constant("last", np.array([-1]))

    row = node("Squeeze", [symbols, axis], "row")
    rate = node("Cast", ["speed"], "rate", to=TensorProto.FLOAT)
    usual = node("Gather", [constant("frames", frames), row], "usual")
    shortened = node("Round", [node("Div", [usual, rate], "divided")], "shortened")
    bounded = node(
        "Clip", [shortened, constant("least", np.float32(1)), constant("most", np.float32(50))], "bounded"
    )
    duration = node("Cast", [bounded], "duration", to=TensorProto.INT64)
    lengths = node("Mul", [duration, constant("frame", np.array([FRAME]))], "lengths")
    ends = node("CumSum", [lengths, zero], "ends")
    total = node("ReduceSum", [lengths, axis], "total", keepdims=0)
    # Which symbol a sample belongs to: count the ends before it.
    inner = node("Slice", [ends, axis, last, axis], "inner")
    blank = node(
        "ConstantOfShape",
        [node("Unsqueeze", [total, axis], "shape")],
        "blank",
        value=numpy_helper.from_array(np.array([0])),
    )
    ones = node(
        "Expand", [constant("ones", np.array([1])), node("Shape", [inner], "inner_shape")], "expanded"
    )
    marks = node("ScatterElements", [blank, inner, ones], "marks", axis=0)
    symbol = node("Gather", [row, node("CumSum", [marks, zero], "index")], "symbol")
    shift = node("Exp", [node("ReduceMean", ["style"], "mean", keepdims=0)], "shift")
    tone = node("Mul", [node("Gather", [constant("tones", tones), symbol], "tone"), shift], "shifted")
    step = node("Mul", [tone, constant("step", np.float32(2 * np.pi / 24_000))], "steps")
    wave = node("Sin", [node("CumSum", [step, zero], "phase")], "wave")
    node("Mul", [wave, node("Gather", [constant("loud", loud), symbol], "loudness")], "waveform")

    inputs = [
        helper.make_tensor_value_info(symbols, TensorProto.INT64, [1, "symbols"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
        helper.make_tensor_value_info("speed", speed, [1]),
    ]
    outputs = [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["samples"])]
    if durations:
        outputs.append(helper.make_tensor_value_info("duration", TensorProto.INT64, ["symbols"]))
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def write_voices(path: Path) -> Path:
    """Write the voices: four, told apart by their pitch."""
    pitches = {"af_heart": 0.3, "am_adam": -0.4, "bf_emma": 0.2, "ff_siwis": -0.3}
    styles = {name: np.full((510, 1, 256), pitch, np.float32) for name, pitch in pitches.items()}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **styles)
    return path


def write_network_in_layers(path: Path) -> Path:
    """Write a network that has the layers at which the real one is cut, and two instance norms.

    Every symbol lasts four frames. What it makes of a frame depends on its neighbours, but for the norms.
    """
    random = np.random.default_rng(0)
    constants: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []

    def constant(name: str, value: ArrayLike) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weights(name: str, *shape: int) -> str:
        return constant(name, random.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape).astype(np.float32))

    def node(operator: str, inputs: list[str], output: str, name: str = "", **attributes: object) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], name=name or output, **attributes))
        return output

    def norm(signal: str, channels: int, output: str) -> str:
        scale = constant(f"{output}_scale", np.linspace(0.5, 2, channels).astype(np.float32))
        bias = constant(f"{output}_bias", np.linspace(-1, 1, channels).astype(np.float32))
        # As PyTorch exports what several layers share.
        shared = node("Identity", [scale], f"{output}_shared")
        return node("InstanceNormalization", [signal, shared, bias], output, epsilon=1e-5)

    row = node("Squeeze", ["input_ids", constant("axis", np.array([0]))], "row")
    slower = node("Div", [constant("usual", np.array([4], np.float32)), "speed"], "slower")
    each = node("Cast", [node("Round", [slower], "rounded")], "each", to=TensorProto.INT64)
    duration = node("Expand", [each, node("Shape", [row], "symbols")], "duration")
    frames = node(
        "Mul",
        [node("ReduceSum", [duration], "total", keepdims=1), constant("sources", np.array([120]))],
        "rate",
    )
    sounds = node("Gather", [weights("sounds", _SYMBOLS, 512), "input_ids"], "gathered")
    turned = node("Transpose", [sounds], "turned", perm=[0, 2, 1])
    apart = node("Unsqueeze", [turned, constant("last", np.array([3]))], "apart")
    repeats = node("Concat", [constant("once", np.array([1, 1, 1])), each], "repeats", axis=0)
    tiled = node("Tile", [apart, repeats], "tiled")
    asr = node("Reshape", [tiled, constant("flat", np.array([1, 512, -1]))], "asr")
    level = node("ReduceMean", [asr], "level", axes=[1], keepdims=1)
    doubled = node("Resize", [level, "", constant("twice", np.array([1, 1, 2], np.float32))], "pitch")
    energy = node("Abs", [doubled], "energy")
    tail = node(
        "Concat",
        [constant("ones", np.array([1, 1])), node("Add", [frames, constant("one", np.array([1]))], "length")],
        "source_shape",
        axis=0,
    )
    steps = node(
        "ConstantOfShape", [tail], "steps", value=numpy_helper.from_array(np.array([0.01], np.float32))
    )
    time = node("CumSum", [steps, constant("time_axis", np.int64(2))], "time")
    tones = constant("tones", np.linspace(1, 40, 22).astype(np.float32).reshape(1, 22, 1))
    source = node("Sin", [node("Mul", [time, tones], "phase")], "source")

    halved: dict[str, object] = {"strides": [2], "pads": [1, 1]}
    heard = [
        node("Conv", [asr, weights("w0", 8, 512, 1)], "heard", "/decoder/asr_res/asr_res.0/Conv"),
        node("Conv", [doubled, weights("w1", 4, 1, 3)], "pitched", "/decoder/F0_conv/Conv", **halved),
        node("Conv", [energy, weights("w2", 4, 1, 3)], "loud", "/decoder/N_conv/Conv", **halved),
    ]
    first = norm(node("Concat", heard, "joined", axis=1), 16, "norm1")
    manner = node("ReduceMean", ["style"], "manner", keepdims=0)
    mixed = node("Conv", [first, weights("w3", 16, 16, 3)], "mixed", pads=[1, 1])
    coloured = node("Add", [mixed, manner], "coloured")
    upper = node("ConvTranspose", [coloured, weights("w4", 16, 4, 120)], "upper", strides=[120])
    noise = node("Conv", [source, weights("w5", 4, 22, 2)], "noise", "/decoder/generator/noise_convs.0/Conv")
    second = norm(node("Add", [upper, noise], "summed"), 4, "norm2")
    made = node("ConvTranspose", [second, weights("w6", 4, 1, 5)], "made", strides=[5])
    row_of = node("Squeeze", [made, constant("both", np.array([0, 1]))], "samples")
    node("Tanh", [row_of], "waveform")

    inputs = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "symbols"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
        helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
    ]
    outputs = [
        helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["samples"]),
        helper.make_tensor_value_info("duration", TensorProto.INT64, ["symbols"]),
    ]
    graph = helper.make_graph(nodes, "layers", inputs, outputs, initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path
