"""What the commands write to a terminal: lines, and one status line that is rewritten in place."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO


def say(line: str, stream: TextIO | None = None) -> None:
    """One line, at once. To stderr unless told. A closed or missing stream (windowed builds) is no error."""
    target = stream if stream is not None else sys.stderr
    if target is None:
        return
    target.write(line + "\n")
    target.flush()


class StatusLine:
    """One line that shows how it goes: rewritten in place on a terminal, a new line every few seconds elsewhere."""

    def __init__(
        self, stream: TextIO, every_s: float = 5.0, clock: Callable[[], float] = time.monotonic, width: int = 110
    ) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._every_s = every_s
        self._clock = clock
        self._width = width
        self._shown_at_s = float("-inf")

    def show(self, text: str) -> None:
        """Show `text` now (terminal) or when the last line is old enough (log)."""
        if self._live:
            width = min(self._width, shutil.get_terminal_size().columns - 1)  # a wrapped line cannot be rewritten
            self._stream.write("\r" + text[:width].ljust(width))
            self._stream.flush()
        elif self._clock() - self._shown_at_s >= self._every_s:
            self._shown_at_s = self._clock()
            say(text, self._stream)

    def interrupt(self, line: str) -> None:
        """Write a whole line without mixing it with the status."""
        if self._live:
            width = min(self._width, shutil.get_terminal_size().columns - 1)
            self._stream.write("\r" + " " * width + "\r")
        say(line, self._stream)

    def close(self) -> None:
        """Leave the cursor on a fresh line."""
        if self._live:
            say("", self._stream)
