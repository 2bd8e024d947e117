"""Signals that end a run: Ctrl-C, `kill`, a closed terminal. The first one stops cleanly, a later one by force."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from app.terminal import say

STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""Signals that end a run cleanly: the take is finished. SIGBREAK is Ctrl-Break on Windows."""
DOUBLE_TAP_S = 1.0
"""A second signal within this time counts as the same one: a double key press, or one forwarded by the parent."""
SLOW_S = 2.0
"""After this time, the user is told how to force the exit."""

_NO_MORE = b"\0"

log = logging.getLogger(__name__)


@contextmanager
def signals_set(
    stop: Event,
    *,
    at_risk: str = "",
    clock: Callable[[], float] = time.monotonic,
    force: Callable[[int], None] = os._exit,
) -> Iterator[None]:
    """Context: the first signal sets `stop`; a later one ends the process at once. Main thread only.

    at_risk  one line on what may then be lost, and how to recover it
    force    ends the process with an exit code
    A signal that was ignored when the process started (SIGHUP under nohup) stays ignored.

    Python's handlers run in the main thread, between any two of its steps: a handler that sets `stop` could deadlock on
    a lock held by this thread, and none runs while the thread hangs in a driver. So Python writes each number to a
    socket (set_wakeup_fd, in the C handler), and a dedicated thread reads them.
    """
    ours, pythons = socket.socketpair()
    with ours, pythons:
        pythons.setblocking(False)
        listener = Thread(target=_listen, args=(ours, stop, at_risk, clock, force), name="signals", daemon=True)
        listener.start()
        before = {number: signal.getsignal(number) for number in STOPPING}
        heeded = [number for number, handler in before.items() if number == signal.SIGINT or handler != signal.SIG_IGN]
        fd_before = signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
        for number in heeded:
            signal.signal(number, lambda _number, _frame: None)
        try:
            yield
        finally:
            for number in heeded:
                signal.signal(number, before[number] or signal.SIG_DFL)
            signal.set_wakeup_fd(fd_before)
            pythons.send(_NO_MORE)
            listener.join()


def _listen(
    numbers: socket.socket, stop: Event, at_risk: str, clock: Callable[[], float], force: Callable[[int], None]
) -> None:
    first = _heard(numbers, None)
    if not first:
        return
    log.info("%s: the run ends", signal.Signals(first).name)
    since_s = clock()
    stop.set()
    if _asked_again(numbers, since_s, clock):
        line = f"exit forced{': ' + at_risk if at_risk else ''}"
        log.warning("%s", line)
        say(f"vtm: {line}")
        force(1)


def _asked_again(numbers: socket.socket, since_s: float, clock: Callable[[], float]) -> bool:
    """Wait for the clean end (False) or another signal (True); prints a hint when it takes long."""
    patience_s: float | None = SLOW_S
    while True:
        number = _heard(numbers, patience_s)
        if number is None:
            say("vtm: finishing; press Ctrl-C again to force the exit")
            patience_s = None
        elif not number:
            return False
        elif clock() - since_s >= DOUBLE_TAP_S:
            return True


def _heard(numbers: socket.socket, timeout_s: float | None) -> int | None:
    """Return the next signal that ends a run, 0 if there will be none, None on timeout."""
    numbers.settimeout(timeout_s)
    while True:
        try:
            number = numbers.recv(1)[0]
        except TimeoutError:
            return None
        if not number or number in STOPPING:
            return number
