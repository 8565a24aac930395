"""Long convolutions in parts, so that a run ends soon once it is stopped.

ONNX Runtime ends a run between two nodes of its graph, and the longest nodes by far are convolutions over
time. What one makes of a moment depends on a few steps around it. So it can be made in parts that follow one
another, each of its own steps and those around them: the same sums. How long it is, is known when it runs:
one that is short is made as a whole, and pays for the question alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

MOST = 2_000_000_000
"""Products of a part: what a core makes in 50 ms, more or less."""

_PARTS = (3, 6)
"""How many parts a convolution may have; one that is too long for the most of them has longer ones."""


def in_parts(model: ModelProto, most: int = MOST) -> ModelProto:
    """Return a network whose long convolutions over time are made in parts.

    Others are as they were: those with a stride, and those of weights that are computed, as of 8 bits.

    Args:
        model: the network, which is changed.
        most: products of a part.
    """
    weights = {constant.name: constant for constant in model.graph.initializer}
    nodes: list[NodeProto] = []
    for node in model.graph.node:
        weight = weights.get(node.input[1]) if node.op_type == "Conv" else None
        division = _Division(node, weight, most) if weight is not None else None
        nodes += division.nodes() if division is not None and division.possible else [node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


class _Nodes(list[NodeProto]):
    """Nodes that follow one another, named after what they are for."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self._at = at

    def add(self, operator: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        """Add a node, and return what its output is called."""
        made = f"{self._at}/{name}"
        self.append(helper.make_node(operator, inputs, [made], name=made, **attributes))
        return made

    def constant(self, name: str, value: ArrayLike) -> str:
        """Add whole numbers, and return what they are called."""
        return self.add("Constant", [], name, value=numpy_helper.from_array(np.asarray(value, np.int64)))


class _Division:
    """What takes the place of a convolution.

    Args:
        conv: the convolution.
        weight: its weights, [outputs, inputs of a group, taps].
        most: products of a part.

    Attributes:
        possible: it makes a step of each step, and its parts are longer than what they need of each other.
    """

    def __init__(self, conv: NodeProto, weight: TensorProto, most: int) -> None:
        told = {each.name: helper.get_attribute_value(each) for each in conv.attribute}
        self._before, self._after, *_ = told.pop("pads", [0, 0])
        dilation, *_ = told.get("dilations", [1])
        taps = weight.dims[2:]
        self._around = dilation * (taps[0] - 1)  # steps that one is made of, beside itself
        self._longest = most // prod(weight.dims)  # steps of a part
        self.possible = (
            len(taps) == 1
            and told.get("strides", [1]) == [1]
            and "auto_pad" not in told
            and self._longest >= 2 * (self._around + max(self._before, self._after))
        )
        self._attributes = told
        self._type = weight.data_type
        self._signal, *self._weights = conv.input
        (self._output,) = conv.output

    def nodes(self) -> list[NodeProto]:
        """Return nodes that make what the convolution makes."""
        made = self._divided(_PARTS[-1])
        for parts in reversed(_PARTS[:-1]):
            made = self._either(parts, made, self._divided(parts), f"{self._output}/over_{parts}")
        whole = _Nodes(f"{self._output}/whole")
        self._convolve(whole, self._signal, (self._before, self._after), "made")
        nodes = _Nodes(self._output)
        shape = nodes.add("Shape", [self._signal], "shape")
        nodes.add("Gather", [shape, nodes.constant("time", [2])], "length")
        return [*nodes, *self._either(1, made, whole, self._output)]

    def _either(
        self, parts: int, longer: list[NodeProto], shorter: list[NodeProto], output: str
    ) -> list[NodeProto]:
        """Return nodes that make the one where there is more than so many parts may have, else the other."""
        nodes = _Nodes(f"{self._output}/{parts}")
        most = nodes.constant("most", [parts * self._longest])
        over = nodes.add("Greater", [f"{self._output}/length", most], "over")
        branches = {"then_branch": self._branch(longer), "else_branch": self._branch(shorter)}
        return [*nodes, helper.make_node("If", [over], [output], name=output, **branches)]

    def _divided(self, parts: int) -> list[NodeProto]:
        """Return nodes that make it in so many parts."""
        nodes = _Nodes(f"{self._output}/in_{parts}")
        lost = nodes.constant("lost", self._around - self._before - self._after)
        steps = nodes.add("Sub", [f"{self._output}/length", lost], "steps")
        numbers = np.arange(parts)
        starts = self._places(nodes, "starts", steps, numbers, np.minimum(numbers, 1) * -self._before)
        ends = self._places(nodes, "ends", steps, numbers + 1, np.full(parts, self._around - self._before))
        time = nodes.constant("time", [2])
        made = []
        for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
            signal = nodes.add("Slice", [self._signal, start, end, time], f"signal_{number}")
            pads = self._before * (number == 0), self._after * (number == parts - 1)
            made.append(self._convolve(nodes, signal, pads, f"part_{number}"))
        nodes.add("Concat", made, "made", axis=2)
        return nodes

    @staticmethod
    def _places(
        nodes: _Nodes, name: str, steps: str, numbers: NDArray[np.int64], beside: NDArray[np.int64]
    ) -> list[str]:
        """Return places in the signal: of so many parts of all steps, and so much beside that."""
        parts = len(numbers)
        times = nodes.add("Mul", [steps, nodes.constant(f"{name}/numbers", numbers)], f"{name}/times")
        even = nodes.add("Div", [times, nodes.constant(f"{name}/parts", parts)], f"{name}/even")
        moved = nodes.add("Add", [even, nodes.constant(f"{name}/beside", beside)], f"{name}/moved")
        each = nodes.constant(f"{name}/each", [1] * parts)
        places = [f"{moved}/{number}" for number in range(parts)]
        nodes.append(helper.make_node("Split", [moved, each], places, name=f"{moved}/split"))
        return places

    def _convolve(self, nodes: _Nodes, signal: str, pads: Sequence[int], name: str) -> str:
        return nodes.add("Conv", [signal, *self._weights], name, pads=pads, **self._attributes)

    def _branch(self, nodes: list[NodeProto]) -> GraphProto:
        made = nodes[-1].output[0]
        return helper.make_graph(nodes, made, [], [helper.make_tensor_value_info(made, self._type, None)])
