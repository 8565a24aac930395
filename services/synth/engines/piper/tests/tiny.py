"""Voices of a few kilobytes, with the interface of the published ones.

The network hums: each phoneme has a length and a tone, and the speaker shifts the tones. It is what the
engine's tests speak with, since nothing that can be heard as speech is this small.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

HOP = 256
"""Samples that lengths are counted in."""

RATE = 22_050

_SYMBOLS = 256
_SPELLED_BY = {"en_US": "en-us", "en_GB": "en-gb-x-rp"}
_SPEAKERS = ("amy", "bob", "cleo")
_SILENT = [DEFAULT_PHONEME_ID_MAP[mark][0] for mark in "_^$ !'(),-.:;?"]


def write_voice(
    folder: Path, name: str = "en_US-tiny-low", *, timed: bool = True, several: bool = False
) -> Path:
    """Write a voice: NAME.onnx and NAME.onnx.json.

    Args:
        folder: where to.
        name: of the voice.
        timed: its lengths can be found in the network (they are what its one Ceil makes).
        several: it has three speakers, "amy", "bob" and "cleo".
    """
    path = folder / f"{name}.onnx"
    onnx.save(_network(timed=timed, several=several), path)
    language = name.partition("-")[0]
    about = {
        "audio": {"sample_rate": RATE, "quality": "low"},
        "espeak": {"voice": _SPELLED_BY.get(language, language[:2])},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "language": {"code": language},
        "num_speakers": len(_SPEAKERS) if several else 1,
        "num_symbols": _SYMBOLS,
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "phoneme_type": "espeak",
        "speaker_id_map": {speaker: number for number, speaker in enumerate(_SPEAKERS) if several},
    }
    path.with_name(f"{name}.onnx.json").write_text(json.dumps(about))
    return path


def _network(*, timed: bool, several: bool) -> onnx.ModelProto:
    constants: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []

    def constant(name: str, value: ArrayLike) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(operator: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    frames = np.random.default_rng(0).uniform(3, 7, _SYMBOLS).astype(np.float32)
    frames[_SILENT] = 1
    loud = np.full(_SYMBOLS, 0.3, np.float32)
    loud[_SILENT] = 0
    tones = (130 * 2 ** (np.arange(_SYMBOLS) % 30 / 12)).astype(np.float32)
    zero, axis, last = (
        constant("zero", np.int64(0)),
        constant("axis", np.array([0])),
        constant("last", np.array([-1])),
    )

    row = node("Squeeze", ["input", axis], "row")
    scale = node("Gather", ["scales", constant("second", np.int64(1))], "scale")
    usual = node("Gather", [constant("frames", frames), row], "usual")
    scaled = node("Mul", [usual, scale], "scaled")
    if timed:
        whole = node("Ceil", [scaled], "w_ceil")
    else:
        whole = node("Add", [node("Floor", [scaled], "floor"), constant("one", np.float32(1))], "whole")
    lengths = node(
        "Mul",
        [node("Cast", [whole], "count", to=TensorProto.INT64), constant("hop", np.int64(HOP))],
        "lengths",
    )
    ends = node("CumSum", [lengths, zero], "ends")
    total = node("ReduceSum", [lengths, axis], "total", keepdims=0)
    # Which symbol a sample belongs to: count the ends before it.
    inner = node("Slice", [ends, axis, last, axis], "inner")
    shape = node("Unsqueeze", [total, axis], "shape")
    blank = node("ConstantOfShape", [shape], "blank", value=numpy_helper.from_array(np.array([0])))
    ones = node(
        "Expand", [constant("ones", np.array([1])), node("Shape", [inner], "inner_shape")], "expanded"
    )
    marks = node("ScatterElements", [blank, inner, ones], "marks", axis=0)
    symbol = node("Gather", [row, node("CumSum", [marks, zero], "index")], "symbol")
    tone = node("Gather", [constant("tones", tones), symbol], "tone")
    if several:
        speaker = node("Gather", [constant("shifts", np.array([1, 0.7, 1.4], np.float32)), "sid"], "speaker")
        tone = node("Mul", [tone, speaker], "shifted")
    step = node("Mul", [tone, constant("step", np.float32(2 * np.pi / RATE))], "steps")
    wave = node("Sin", [node("CumSum", [step, zero], "phase")], "wave")
    hum = node("Mul", [wave, node("Gather", [constant("loud", loud), symbol], "loudness")], "hum")
    node("Unsqueeze", [hum, constant("axes", np.array([0, 1, 2]))], "output")

    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "symbols"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if several:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, [1]))
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "samples"])]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return model
