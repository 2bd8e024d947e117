"""Release memory of closed networks to the system."""

from __future__ import annotations

import ctypes
import sys


def give_memory_back() -> None:
    """Return freed memory to the system, which glibc otherwise keeps: 108 MB after measuring BlazePose's sizes.

    Takes a few milliseconds. Does nothing with other C libraries, which return large blocks themselves.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))
