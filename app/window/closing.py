"""How long a closed window waits for its pipeline: as long as a take that is being written grows, in sight."""

from __future__ import annotations

from app.window.widgets.saving import Saving
from engine.types import RecordingState

_PATIENCE_S = 15.0
"""How long the closing window waits for the pipeline: a device that hangs is left behind."""
_SAVING_PATIENCE_S = 120.0
"""How long it waits for a take that does not grow."""


class Closing:
    """Qt thread only. `since_s` is 0 until the window is closed."""

    def __init__(self) -> None:
        self.since_s = 0.0
        self.saving: Saving | None = None
        self._saved = -1.0  # how much of the take was written when it was last looked at

    def over(self, recording: RecordingState | None, ended: bool, now_s: float) -> bool:
        """Look at the take that is written, if any; True when there is nothing more to wait for.

        ended  the pipelines are gone
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
