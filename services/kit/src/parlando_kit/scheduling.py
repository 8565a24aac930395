"""Which of several services that share a machine's cores runs first."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def push_nobody_off(process: int = 0) -> None:
    """Have a process that has just been started, or this thread, take no core from another by being woken.

    So does what it starts from now on.

    Linux gives a core at once to who was asleep and is woken, by a call that comes in for example, and takes
    it from who runs there: where cores are few, from the service that is just making that call. Of the policy
    SCHED_BATCH one waits until that one sleeps, or its slice is over, and has as much of the core as before.

    Another policy than the usual one was somebody's choice, and stays. Elsewhere than on Linux, where a
    sandbox does not let it be changed, and where the process has ended, nothing happens.

    Args:
        process: its id; 0 is this thread.
    """
    if sys.platform == "linux":
        with suppress(PermissionError, ProcessLookupError):
            if os.sched_getscheduler(process) == os.SCHED_OTHER:
                os.sched_setscheduler(process, os.SCHED_BATCH, os.sched_param(0))
