"""For all engine tests: no thread may survive a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

_PATIENCE_S = 2.0


@pytest.fixture(autouse=True)
def no_thread_survives() -> Iterator[None]:
    """Fail the test that leaves a thread running behind."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + _PATIENCE_S
    left = set(threading.enumerate()) - before
    while left and time.monotonic() < deadline:
        time.sleep(0.01)
        left = {thread for thread in left if thread.is_alive()}
    if left:
        pytest.fail(f"threads survived: {', '.join(sorted(thread.name for thread in left))}")
