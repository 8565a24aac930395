"""What must hold when a disturbance is over, and what nobody promises."""

from __future__ import annotations

import psutil
import pytest

from tests.chaos.conversation import SESSION, Forgotten
from tests.chaos.experiment import excused
from tests.chaos.faults import Fault, Kind
from tests.chaos.wired import Part, Wired

_BEGAN = 10.0


def _wired(*names: str) -> Wired:
    return Wired({name: Part(name, 0, 0, [], [], psutil.Process()) for name in names}, "", 0)


@pytest.mark.parametrize(
    ("what", "since", "fault", "promised"),
    [
        ("turn item_1", 9.5, Fault("edge", Kind.KILL), 0),
        ("settings", 9.5, Fault("edge", Kind.KILL), 0),
        ("turn item_1", 8.5, Fault("edge", Kind.KILL), 1),
        ("settings", 8.5, Fault("edge", Kind.KILL), 1),
        (SESSION, 9.5, Fault("edge", Kind.KILL), 1),
        ("turn item_1", 9.5, Fault("edge", Kind.PAUSE), 1),
        ("turn item_1", 9.5, Fault("session", Kind.KILL), 1),
    ],
)
def test_only_what_is_young_goes_with_its_edge(what: str, since: float, fault: Fault, promised: int) -> None:
    forgotten = Forgotten(what, since)
    assert excused(forgotten, _wired("edge", "session", "redis"), [fault], _BEGAN) is not bool(promised)
    assert excused(forgotten, _wired("edge", "session"), [fault], _BEGAN)
