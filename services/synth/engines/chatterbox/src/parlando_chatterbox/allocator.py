"""glibc's allocator, told to keep the memory it has."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8  # of malloc.h
_MOST_UNMAPPED = 32 * 1024 * 1024  # as large as it takes
_PAD = 256 * 1024 * 1024


def keep_memory() -> None:
    """Have freed memory kept and used again, by all threads alike; does nothing where there is no glibc.

    Networks take and give back some megabytes at every layer. Left to itself glibc returns each to the
    kernel, which clears its pages when they are asked for again.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _MOST_UNMAPPED)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_TOP_PAD, _PAD)
