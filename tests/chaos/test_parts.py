"""Parts of a whole system that fail while callers listen. The long form is `make chaos-parts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.chaos.experiment import disturbed, undisturbed
from tests.chaos.faults import Fault, Kind
from tests.chaos.wired import running_wired

# What fails at the same time, and whether callers may be told so: where one thing is on everybody's way.
_FAULTS = (
    ([Fault("synth", Kind.KILL), Fault("session", Kind.KILL), Fault("redis", Kind.KILL)], False),
    ([Fault("synth", Kind.PAUSE), Fault("session", Kind.CUT)], False),
    ([Fault("edge", Kind.DROP), Fault("fragmenter", Kind.SLOW)], True),
    ([Fault("router", Kind.HANG)], True),
    ([Fault("envoy", Kind.KILL)], True),
)

_OF_TWO_TOGETHER = (
    ([Fault("together", Kind.KILL)], True),
    ([Fault("together-2", Kind.PAUSE)], False),
)

_RECOVERY_SECONDS = 120.0
"""A bound for a machine that others use; `make chaos-parts` holds a quiet one to a quarter of it.

Each of three parts takes about a second of CPU until it serves again: at a load of thirty on two cores more
than thirty seconds go by for that alone, before the calls that bear it out.
"""


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("several", "trials"),
    [({}, _FAULTS), ({"together": 2}, _OF_TWO_TOGETHER)],
    ids=["each a process", "two processes with four each"],
)
async def test_whatever_fails_no_word_is_lost_no_call_hangs_and_nothing_is_left_or_forgotten(
    tmp_path: Path, several: Mapping[str, int], trials: Sequence[tuple[Sequence[Fault], bool]]
) -> None:
    async with running_wired(tmp_path / "log", "scripted", **several) as wired:
        before = await undisturbed(wired)
        for faults, may_be_told in trials:
            what = ", ".join(map(str, faults))
            outcome = await disturbed(wired, faults, before, _RECOVERY_SECONDS)
            assert not outcome.broken, what
            assert not outcome.forgotten, what
            assert all(outcome.hit.values()), what
            assert any(call.well for call in outcome.noticed.calls), what
            assert may_be_told or not outcome.noticed.errors, what
