"""The network cut in two: what says how a text sounds, and what makes sound of that, a window at a time.

The first half is cheap and takes the whole text. The second is nearly all of the work, and what it makes of a
moment depends on a few frames around it, but for its instance norms, which take mean and variance over all of
time. So each norm is replaced by what it stands for, with statistics that are carried from window to window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

# Where it is cut: inputs of the decoder's first layers, by their names in the exports of PyTorch's network.
_POINTS = {
    "asr": "/decoder/asr_res/asr_res.0/Conv",
    "pitch": "/decoder/F0_conv/Conv",
    "energy": "/decoder/N_conv/Conv",
    "source": "/decoder/generator/noise_convs.0/Conv",
}
_CHANNELS = {"asr": 512, "pitch": 1, "energy": 1, "source": 22}


class UncutError(ValueError):
    """The network does not have the layers that it is cut at."""


@dataclass(frozen=True, slots=True)
class Halves:
    """A network in two.

    Attributes:
        prosody: takes what the network takes; gives asr, pitch, energy, source and duration, in this order.
        decoder: takes these but duration, `style`, and `mean`, `variance` and `weight`; gives samples, and
            mean and variance with those of this window, which count for `weight` of them.
        points: what asr, pitch, energy and source are called in both.
        norms: channels of all norms together, the length of mean and variance.
    """

    prosody: ModelProto
    decoder: ModelProto
    points: Mapping[str, str]
    norms: int


def halves(model: ModelProto) -> Halves:
    """Cut a network that tells how long each symbol lasts.

    Raises:
        UncutError: it is no such network.
    """
    graph = _Graph(model)
    layers = {node.name: node for node in model.graph.node}
    outputs = {output.name for output in model.graph.output}
    if not set(_POINTS.values()) <= layers.keys() or "duration" not in outputs:
        raise UncutError("the layers to cut it at are not in it")
    points = {name: layers[layer].input[0] for name, layer in _POINTS.items()}
    inputs = {each.name: each for each in model.graph.input}
    waveform = next(output for output in model.graph.output if output.name != "duration")
    duration = next(output for output in model.graph.output if output.name == "duration")
    tied = [
        helper.make_tensor_value_info(tensor, TensorProto.FLOAT, [1, _CHANNELS[name], f"{name}_frames"])
        for name, tensor in points.items()
    ]
    prosody = helper.make_graph(
        graph.behind([*points.values(), duration.name]),
        "prosody",
        list(inputs.values()),
        [*tied, duration],
        graph.constants,
    )
    norms = _Norms(graph)
    nodes = norms.carried(graph.behind([waveform.name], until=set(points.values())))
    decoder = helper.make_graph(
        nodes,
        "decoder",
        [*tied, inputs["style"], *norms.inputs],
        [waveform, *norms.outputs],
        [*graph.constants, *norms.constants],
    )
    return Halves(graph.model(prosody), graph.model(decoder), points, norms.channels)


class _Graph:
    """A model's nodes, and which of them make what."""

    def __init__(self, model: ModelProto) -> None:
        self._model = model
        self._made_by = {name: place for place, node in enumerate(model.graph.node) for name in node.output}
        self.constants = list(model.graph.initializer)
        self._by_name = {constant.name: constant for constant in self.constants}

    def behind(self, tensors: Iterable[str], until: Iterable[str] = ()) -> list[NodeProto]:
        """Return the nodes that make tensors of what is given, or of other tensors, in their order."""
        kept: set[int] = set()
        seen, wanted = set(until), list(tensors)
        while wanted:
            tensor = wanted.pop()
            if tensor not in seen and tensor in self._made_by:
                kept.add(self._made_by[tensor])
                wanted += _needs(self._model.graph.node[self._made_by[tensor]])
            seen.add(tensor)
        return [self._model.graph.node[place] for place in sorted(kept)]

    def constant(self, tensor: str) -> np.ndarray:
        """Return what a tensor is that never changes."""
        while tensor not in self._by_name:
            node = self._model.graph.node[self._made_by[tensor]] if tensor in self._made_by else None
            if node is None or node.op_type != "Identity":
                raise UncutError(f"{tensor} is no constant")
            tensor = node.input[0]
        return numpy_helper.to_array(self._by_name[tensor])

    def model(self, graph: GraphProto) -> ModelProto:
        """Return a graph as a model like this one, without constants that it has no use for."""
        used = {name for node in graph.node for name in _needs(node)}
        kept = [constant for constant in graph.initializer if constant.name in used]
        del graph.initializer[:]
        graph.initializer.extend(kept)
        about = {"opset_imports": self._model.opset_import, "ir_version": self._model.ir_version}
        return helper.make_model(graph, **about)


def _needs(node: NodeProto) -> Iterator[str]:
    """Yield what a node takes, and what the graphs within it take from outside."""
    yield from node.input
    for attribute in node.attribute:
        if attribute.HasField("g"):
            for inner in attribute.g.node:
                yield from _needs(inner)


class _Norms:
    """Replaces instance norms by arithmetic with carried statistics.

    Of n frames before and m in this window `weight` is m / (n + m); 1 makes each norm what it was.
    """

    def __init__(self, graph: _Graph) -> None:
        self._graph = graph
        self._nodes: list[NodeProto] = []
        self._statistics: list[tuple[str, str]] = []
        self.channels = 0
        self.constants: list[TensorProto] = []

    @property
    def inputs(self) -> list[onnx.ValueInfoProto]:
        """What the decoder takes for them."""
        shape = [1, self.channels, 1]
        names = (("mean", shape), ("variance", shape), ("weight", [1]))
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in names]

    @property
    def outputs(self) -> list[onnx.ValueInfoProto]:
        """What the decoder gives of them."""
        shape = [1, self.channels, 1]
        return [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("means", "variances")
        ]

    def carried(self, nodes: Iterable[NodeProto]) -> list[NodeProto]:
        """Return nodes with their norms replaced."""
        self._constant("norms/one", np.ones(1, np.float32))
        self._constant("norms/axis", np.array([1], np.int64))
        rest = self._node("Sub", ["norms/one", "weight"], "norms/rest")
        self._node("Mul", ["weight", rest], "norms/mixed")
        for node in nodes:
            if node.op_type == "InstanceNormalization":
                self._replace(node)
            else:
                self._nodes.append(node)
        means, variances = zip(*self._statistics, strict=True)
        self._node("Concat", means, "means", axis=1)
        self._node("Concat", variances, "variances", axis=1)
        return self._nodes

    def _replace(self, norm: NodeProto) -> None:
        at = f"{norm.name}/"
        signal, scale, bias = norm.input
        scales, biases = (self._graph.constant(name).reshape(1, -1, 1) for name in (scale, bias))
        epsilon = next((each.f for each in norm.attribute if each.name == "epsilon"), 1e-5)
        first, self.channels = self.channels, self.channels + scales.shape[1]
        ends = [
            self._constant(f"{at}{name}", np.array([end], np.int64))
            for name, end in (("first", first), ("last", self.channels))
        ]
        before = [
            self._node("Slice", [name, *ends, "norms/axis"], f"{at}{name}") for name in ("mean", "variance")
        ]
        here = self._node("ReduceMean", [signal], f"{at}mean_here", axes=[2], keepdims=1)
        off = self._node("Sub", [signal, here], f"{at}off")
        squared = self._node("Mul", [off, off], f"{at}squared")
        spread = self._node("ReduceMean", [squared], f"{at}variance_here", axes=[2], keepdims=1)
        # Both groups of frames taken together (Chan, Golub and LeVeque, 1979).
        apart = self._node("Sub", [here, before[0]], f"{at}apart")
        mean = self._node("Add", [before[0], self._by("weight", apart, at + "moved")], f"{at}mean_now")
        wider = self._node("Sub", [spread, before[1]], f"{at}wider")
        between = self._by("norms/mixed", self._node("Mul", [apart, apart], f"{at}apart2"), f"{at}between")
        within = self._node("Add", [before[1], self._by("weight", wider, f"{at}share")], f"{at}within")
        variance = self._node("Add", [within, between], f"{at}variance_now")
        self._statistics.append((mean, variance))
        safe = self._node("Add", [variance, self._constant(f"{at}epsilon", np.float32(epsilon))], f"{at}safe")
        root = self._node("Sqrt", [safe], f"{at}deviation")
        factor = self._node("Div", [self._constant(f"{at}scale", scales), root], f"{at}factor")
        shift = self._node(
            "Sub", [self._constant(f"{at}bias", biases), self._by(mean, factor, f"{at}middle")], f"{at}shift"
        )
        self._node("Add", [self._by(signal, factor, f"{at}scaled"), shift], norm.output[0])

    def _by(self, one: str, other: str, product: str) -> str:
        return self._node("Mul", [one, other], product)

    def _node(self, operator: str, inputs: Iterable[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def _constant(self, name: str, value: ArrayLike) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name
