"""Rendezvous of the processes that torchrun starts.

torchrun keeps one key-value store across restarts, in which gloo would find the addresses of dead processes. So the
processes of each start agree on a prefix of the store of their own.
"""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import torch.distributed as dist

_AGAIN_S = 0.05


def own_store(timeout: timedelta) -> tuple[Any, int, int]:
    """Return store, rank and number of processes of this start, according to torchrun's environment.

    Raises RuntimeError, ValueError when a process does not join in time.
    """
    store, rank, size = next(dist.rendezvous("env://", timeout=timeout))  # type: ignore[attr-defined]
    place = _told_place(store, size, timeout) if rank == 0 else _heard_place(store, rank, timeout)
    return dist.PrefixStore(place, store), rank, size  # type: ignore[attr-defined]


def _told_place(store: Any, size: int, timeout: timedelta) -> str:
    """In process 0: send a new prefix to each other process until it answers there, which a dead process never does."""
    place, until_s = uuid.uuid4().hex, time.monotonic() + timeout.total_seconds()
    for rank in range(1, size):
        while not store.check([f"here/{place}/{rank}"]):
            if time.monotonic() > until_s:
                raise RuntimeError(f"process {rank} did not join within {timeout.total_seconds():.0f} s")
            if store.check([f"asking/{rank}"]):
                store.set(f"place/{store.get(f'asking/{rank}').decode()}", place)
            time.sleep(_AGAIN_S)
    return place


def _heard_place(store: Any, rank: int, timeout: timedelta) -> str:
    """In the other processes: ask for the prefix under a unique name, and return it."""
    name = uuid.uuid4().hex
    store.set(f"asking/{rank}", name)
    store.wait([f"place/{name}"], timeout)
    place: str = store.get(f"place/{name}").decode()
    store.set(f"here/{place}/{rank}", "yes")
    return place
