"""How long a closed window waits for its pipeline: while a take is being written and grows, it stays visible."""

from __future__ import annotations

from app.window.widgets.saving import Saving
from engine.types import RecordingState

_PATIENCE_S = 15.0
"""Time limit for the pipeline to stop: a device that hangs is abandoned."""
_SAVING_PATIENCE_S = 120.0
"""Time limit for a take that does not grow."""


class Closing:
    """Qt thread only. `since_s` is 0 until the window is closed."""

    def __init__(self) -> None:
        self.since_s = 0.0
        self.saving: Saving | None = None
        self._saved = -1.0  # fraction of the take written at the last check

    def over(self, recording: RecordingState | None, ended: bool, now_s: float) -> bool:
        """Check the take being written, if any; return True when there is nothing left to wait for.

        ended  the pipelines have stopped
        """
        writing = recording is not None and recording.saved is not None
        if recording is not None and recording.saved is not None and recording.saved != self._saved:
            self._saved, self.since_s = recording.saved, now_s
            self.saving = self.saving or Saving()
            self.saving.show_state(recording)
        if not ended and now_s - self.since_s <= (_SAVING_PATIENCE_S if writing else _PATIENCE_S):
            return False
        if self.saving is not None:
            self.saving.hide()
        return True
