from __future__ import annotations

import os
import subprocess
import sys
import threading

from parlando_kit.scheduling import push_nobody_off

_POLICY = "import os; print(os.sched_getscheduler(0))"


def _in_a_thread(policy: int) -> tuple[int, int]:
    """Return the policy of a thread after the call, and of a process that it starts; `policy` before."""
    found: list[int] = []

    def run() -> None:
        os.sched_setscheduler(0, policy, os.sched_param(0))
        push_nobody_off()
        child = subprocess.run([sys.executable, "-c", _POLICY], capture_output=True, check=True)
        found.extend([os.sched_getscheduler(0), int(child.stdout)])

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0], found[1]


def test_a_thread_and_what_it_starts_push_nobody_off() -> None:
    assert _in_a_thread(os.SCHED_OTHER) == (os.SCHED_BATCH, os.SCHED_BATCH)


def test_a_policy_that_was_chosen_stays() -> None:
    assert _in_a_thread(os.SCHED_IDLE) == (os.SCHED_IDLE, os.SCHED_IDLE)
