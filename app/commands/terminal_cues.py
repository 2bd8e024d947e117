"""Cues of a headless run: digits and instructions for the performer, line by line, with the terminal's bell."""

from __future__ import annotations

from app.cues import GO, Cue
from app.terminal import StatusLine


class TerminalCues:
    """Main thread only."""

    def __init__(self, status: StatusLine) -> None:
        self._status = status
        self._last: Cue | None = None

    def show(self, cue: Cue | None) -> None:
        """Print a new cue. What the pipeline prints itself only rings the bell here."""
        before, self._last = self._last, cue
        if cue is None or (before is not None and (before.kind, before.headline) == (cue.kind, cue.headline)):
            return
        counted = before is not None and before.is_digit and before.kind == cue.kind
        if cue.tone == GO and not counted:  # a take that started at once needs no signal
            return
        if cue.tone:
            self._status.bell()
        if not cue.announced:
            self._status.interrupt(f"vtm: {_line(cue, counted=counted)}")


def _line(cue: Cue, *, counted: bool) -> str:
    if not cue.is_digit:
        return cue.words.lower()
    return cue.headline if counted else f"{cue.headline}  {cue.line}"
