"""Keeps the chatter of native libraries off the user's terminal, and lets everything else through."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NOISE = b"INFO:"
_one_at_a_time = threading.RLock()
"""Two threads that load networks would each take the other's temporary file for the terminal and leave it in place."""


@contextmanager
def without_native_chatter() -> Iterator[None]:
    """Hold back file descriptor 2 and replay afterwards only the lines that are no mere information.

    LiteRT announces its CPU delegate on the C level, and no setting stops it. Nothing else is lost: other lines,
    also those of other threads, come out when the block ends. Without a stderr (windowed builds) it does nothing.
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
