"""The C library's memory, kept for the next run.

PyTorch asks for large blocks and gives them back, run after run, and glibc maps each anew: the kernel clears
every page of it before it can be used. Kept, the same pages serve again.
"""

from __future__ import annotations

import ctypes

# glibc's malloc.h
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
_ALL = 2**31 - 1
_AT_A_TIME = 1 << 28  # bytes that the heap grows by


def keep_memory() -> bool:
    """Have memory kept that is given back; return whether the C library can.

    To be called before threads that allocate are started.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # not glibc
        return False
    # One heap for all threads: what is beyond the size of theirs would be mapped all the same.
    wanted = ((_ARENA_MAX, 1), (_MMAP_MAX, 0), (_TRIM_THRESHOLD, _ALL), (_TOP_PAD, _AT_A_TIME))
    taken = [mallopt(name, value) for name, value in wanted]
    return taken == [1] * len(wanted)
