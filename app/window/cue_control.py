"""Connects countdowns to the window: the overlay on the video, the tones, the buttons and keys that start and
cancel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.cues import Cue, cue_of, tone_between
from app.tones import TonePlayer
from app.window.session import Session
from app.window.widgets.cue_overlay import CueOverlay
from app.window.widgets.side_panel import SidePanel
from engine.types import Snapshot


class CueControl:
    """Polled by the window's timer. Qt thread only."""

    def __init__(
        self, session: Session, overlay: CueOverlay, side: SidePanel, tones: TonePlayer, countdown_s: Callable[[], int]
    ) -> None:
        """countdown_s: returns the current setting."""
        self._session, self._overlay, self._side, self._tones = session, overlay, side, tones
        self._countdown_s = countdown_s
        self.sounds = True
        self._cue: Cue | None = None
        side.performer.calibrate.connect(self.toggle_calibration)
        side.performer.measure_hands.connect(session.calibrate_hands)
        side.record.pressed.connect(self.toggle_take)

    def toggle_calibration(self) -> None:
        """Calibrate, or cancel the calibration under way."""
        if self._session.calibrating:
            self._session.cancel_calibration()
        else:
            self._session.calibrate()

    def toggle_take(self) -> None:
        """Start a take after the countdown; stop it; or cancel its countdown."""
        if self._session.has_take:
            self._session.stop_recording()
        elif self._side.record.button.isEnabled():
            self.start_take(self._side.record.new_take())

    def start_take(self, path: Path, *, overwrite: bool = False) -> None:
        """Start a take after the countdown; an existing file is kept unless `overwrite`."""
        self._session.start_recording(path, self._countdown_s(), overwrite=overwrite)

    def pull(self, snapshot: Snapshot) -> None:
        """Show the performer's current cue."""
        take_in_s = self._session.take_in_s
        before, self._cue = self._cue, cue_of(snapshot, take_in_s)
        tone = tone_between(before, self._cue)
        if tone and self.sounds:
            self._tones.play(tone)
        self._overlay.show_cue(self._cue)
        self._side.performer.show_calibration(snapshot.calibration)
        self._side.record.show_countdown(take_in_s)

    def close(self) -> None:
        """Stop all tones."""
        self._tones.close()
