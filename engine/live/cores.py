"""How many cores there are, and how many threads each network gets."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def worker_threads(processes: int = 1) -> tuple[int, int]:
    """Threads for the 2D detector and for VTM, which run at the same time, with so many processes on the machine."""
    cores = max(1, usable_cores() // processes)
    return min(cores, 4), 1 if cores <= 2 else 2
