"""Output of the commands on a terminal: lines, and one status line that is rewritten in place."""

from __future__ import annotations

import io
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from engine.masking import mask_secrets


class Silence(io.TextIOBase):
    """A stream that swallows everything."""

    def write(self, text: str) -> int:
        """Drop it."""
        return len(text)


def streams_there() -> None:
    """Give a process without a terminal (pythonw, windowed builds: sys.stderr is None) streams that can be written."""
    if sys.stdout is None:
        sys.stdout = Silence()
    if sys.stderr is None:
        sys.stderr = Silence()


def say(line: str, stream: TextIO | None = None) -> None:
    """Print one line, masked, immediately; to stderr by default. A closed or missing stream (windowed builds) is no
    error."""
    _write(mask_secrets(line) + "\n", stream if stream is not None else sys.stderr)


def _write(text: str, stream: TextIO | None) -> None:
    """Write, ignoring errors: a closed terminal must not end a run, whose take still has to be finished."""
    if stream is None:
        return
    with suppress(OSError, ValueError):
        stream.write(text)
        stream.flush()


class StatusLine:
    """A progress line: rewritten in place on a terminal, a new line every few seconds elsewhere."""

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
        text = mask_secrets(text)
        if self._live:
            width = min(self._width, shutil.get_terminal_size().columns - 1)  # a wrapped line cannot be rewritten
            _write("\r" + text[:width].ljust(width), self._stream)
        elif self._clock() - self._shown_at_s >= self._every_s:
            self._shown_at_s = self._clock()
            say(text, self._stream)

    def interrupt(self, line: str) -> None:
        """Write a complete line without mixing it with the status."""
        if self._live:
            width = min(self._width, shutil.get_terminal_size().columns - 1)
            _write("\r" + " " * width + "\r", self._stream)
        say(line, self._stream)

    def bell(self) -> None:
        """Sound the terminal's bell; not in a log."""
        if self._live:
            _write("\a", self._stream)

    def close(self) -> None:
        """Move the cursor to a new line."""
        if self._live:
            say("", self._stream)
