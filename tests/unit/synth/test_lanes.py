"""What can wait yields to what cannot."""

from __future__ import annotations

import os
import threading

import pytest

from parlando_synth.lanes import Lanes


def _niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_what_can_wait_yields_and_what_is_urgent_does_not() -> None:
    lanes, usual = Lanes(2), _niceness()
    assert lanes.run(threading.get_native_id, urgent=True) == threading.get_native_id()
    assert lanes.run(_niceness, urgent=False) > usual
    assert lanes.run(threading.get_native_id, urgent=False) != threading.get_native_id()
    assert _niceness() == usual
    lanes.close()


@pytest.mark.parametrize("urgent", [True, False])
def test_a_failure_is_the_callers(*, urgent: bool) -> None:
    lanes = Lanes(1)
    with pytest.raises(ZeroDivisionError):
        lanes.run(lambda: 1 // 0, urgent=urgent)
    assert lanes.run(lambda: 7, urgent=urgent) == 7
    lanes.close()
