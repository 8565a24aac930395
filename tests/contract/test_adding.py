"""The engine of docs/engines/adding.md keeps the contract, as it stands there."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path
from typing import Any

from parlando_synth.contract import EngineContract
from parlando_synth.engine import Engine

_PAGE = Path(__file__).parents[2] / "docs/engines/adding.md"
_RATE = 16_000


@cache
def _written() -> str:
    """Return the page's first piece of Python."""
    found = re.search(r"^```python\n(.*?)^```", _PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def _hum(text: str) -> dict[str, Any]:
    """Return a tone of 50 ms a letter, in the form of a pipeline of transformers."""
    step = 2 * math.pi * 220 / _RATE
    samples = [[0.3 * math.sin(step * place) for place in range(len(text) * _RATE // 20)]]
    return {"audio": samples, "sampling_rate": _RATE}


class TestTheWorkedEngine(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        names: dict[str, Any] = {}
        exec(compile(_written(), str(_PAGE), "exec"), names)  # noqa: S102  # our own page
        engine: Engine = names["ThreadedEngine"](names["HubEngine"](lambda: _hum), instances=1)
        return engine


def test_it_is_about_thirty_lines() -> None:
    body = _written().partition("class ")[2].partition("def create")[0]
    assert len([line for line in body.splitlines() if line.strip()]) <= 32
