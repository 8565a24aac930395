"""Outlives the supervisor by a moment, to end what its children started: `guard.py`, run by its path.

Reads "+PID" and "-PID" lines: process groups that are running and that have ended. When the pipe ends,
because the supervisor has ended in whatever way, every group still running is killed.
"""

import contextlib
import os
import signal
import sys


def main() -> None:
    """Read until the pipe ends, then kill."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with the supervisor, not before
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
