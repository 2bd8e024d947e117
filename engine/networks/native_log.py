"""Keep informational output of native libraries off the user's terminal; everything else passes."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NOISE = b"INFO:"
_one_at_a_time = threading.RLock()
"""Serialises the redirection: two threads would restore each other's temporary file as stderr."""


@contextmanager
def without_native_chatter() -> Iterator[None]:
    """Context: capture file descriptor 2 and afterwards print only lines that are not informational.

    LiteRT announces its CPU delegate from C, and no setting disables that. Other lines, including those of other
    threads, are printed when the block ends. Without stderr (windowed builds) it does nothing.
    """
    with _one_at_a_time:
        yield from _held_back()


def _held_back() -> Iterator[None]:
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            held.seek(0)
            lines = [line for line in held if not line.startswith(NOISE)]
            if lines:
                os.write(2, b"".join(lines))
