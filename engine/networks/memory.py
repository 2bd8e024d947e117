"""Memory that closed networks leave behind."""

from __future__ import annotations

import ctypes
import sys


def give_memory_back() -> None:
    """Return freed memory to the system. glibc keeps it otherwise: 108 MB after BlazePose's sizes were measured.

    A few milliseconds. Does nothing where the C library is another one: those return large blocks by themselves.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))
