"""How the processes that torchrun starts find each other.

torchrun keeps one store of keys for all its restarts, and gloo would find in it the addresses of processes that are
gone. So the processes of each start agree on a part of the store that is theirs alone.
"""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import torch.distributed as dist

_AGAIN_S = 0.05


def own_store(timeout: timedelta) -> tuple[Any, int, int]:
    """Store, rank and number of processes of this start, by torchrun's environment.

    Raises RuntimeError, ValueError when they do not meet in time.
    """
    store, rank, size = next(dist.rendezvous("env://", timeout=timeout))  # type: ignore[attr-defined]
    place = _told_place(store, size, timeout) if rank == 0 else _heard_place(store, rank, timeout)
    return dist.PrefixStore(place, store), rank, size  # type: ignore[attr-defined]


def _told_place(store: Any, size: int, timeout: timedelta) -> str:
    """Process 0: name a new place to each of the others until it answers from there; who is gone never does."""
    place, until_s = uuid.uuid4().hex, time.monotonic() + timeout.total_seconds()
    for rank in range(1, size):
        while not store.check([f"here/{place}/{rank}"]):
            if time.monotonic() > until_s:
                raise RuntimeError(f"process {rank} did not come in {timeout.total_seconds():.0f} s")
            if store.check([f"asking/{rank}"]):
                store.set(f"place/{store.get(f'asking/{rank}').decode()}", place)
            time.sleep(_AGAIN_S)
    return place


def _heard_place(store: Any, rank: int, timeout: timedelta) -> str:
    """The others: ask under a name that nobody had before."""
    name = uuid.uuid4().hex
    store.set(f"asking/{rank}", name)
    store.wait([f"place/{name}"], timeout)
    place: str = store.get(f"place/{name}").decode()
    store.set(f"here/{place}/{rank}", "yes")
    return place
