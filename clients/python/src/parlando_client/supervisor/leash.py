"""Becomes a child of the supervisor that cannot outlive it: `leash.py SUPERVISOR GUARD_FD COMMAND …`.

Run by its path with `python -I -S`, so that nothing is imported but what it needs: it is on the way of
every start. A program of its own, and not a function between fork and exec, because the supervisor has
threads.
"""

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for a signal when the supervisor dies, tell the guard, and become the command."""
    supervisor, guard, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # or a terminal with `tostop` would stop what it logs
    if os.getppid() != supervisor:  # it died before the kernel was asked
        sys.exit(1)
    with contextlib.suppress(BrokenPipeError):  # without a guard there is still the kernel's signal
        os.write(guard, f"+{os.getpid()}\n".encode())
    os.close(guard)
    os.execvp(command[0], command)  # noqa: S606  # the supervisor's own table names it


if __name__ == "__main__":
    main()
