"""Which of several services that share a machine's cores runs first."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def push_nobody_off() -> None:
    """Have this thread, and what it starts from now on, take no core from another one by being woken.

    Linux gives a core at once to who was asleep and is woken, by a call that comes in for example, and takes
    it from who runs there: where cores are few, from the service that is just making that call. Of the policy
    SCHED_BATCH one waits until that one sleeps, or its slice is over, and has as much of the core as before.

    Another policy than the usual one was somebody's choice, and stays. Elsewhere than on Linux, and where a
    sandbox does not let it be changed, nothing happens.
    """
    if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_OTHER:
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
