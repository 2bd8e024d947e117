"""`vtm-window`: the window started from a menu or a shortcut, without a terminal.

What `vtm` would say on stderr goes to the log alone; when it fails, its last line is shown in a box.
"""

from __future__ import annotations

import io
import sys
from typing import TextIO

from app.cli import main as run_vtm

_TITLE = "VTM Live"
_ERROR_ICON = 0x10  # MB_ICONERROR


def main() -> int:
    """Run `vtm` with the options given and return its exit code."""
    heard = _Heard(sys.stderr)
    sys.stderr = heard
    code = run_vtm()
    if code and heard.last:
        show(heard.last.removeprefix("vtm: "))
    return code


class _Heard(io.StringIO):
    """Stands in for stderr: passes on to it, where there is one, and keeps the last line."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream
        self.last = ""

    def write(self, text: str) -> int:
        """Keep a line; never fails."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        self.last = lines[-1] if lines else self.last
        if self._stream is not None:
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """As the stream."""
        if self._stream is not None:
            self._stream.flush()


def show(text: str) -> None:
    """A box with one sentence; nothing where no box can be shown."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, text, _TITLE, _ERROR_ICON)
        return
    from app.window.display import display_available

    if display_available():
        from app.window.message import message_box

        message_box(_TITLE, text)


if __name__ == "__main__":
    sys.exit(main())
