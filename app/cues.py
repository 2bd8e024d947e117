"""Cues that a performer three metres away must see and hear: countdowns, progress of calibration and take (no Qt)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.types import Calibration, RecordingState, Snapshot

TICK, GO, DONE, FAILED = "tick", "go", "done", "failed"
TONES = (TICK, GO, DONE, FAILED)
_DONE_FOR_S = 2.0
_BEGUN_FOR_S = 1.5
_LINE_BREAK = "\n"


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue. `headline` is a digit or a few words, with line breaks for a narrow picture."""

    kind: str  # "calibrate" or "record"
    headline: str
    line: str
    tone: str = ""  # one of TONES, played when the headline appears; "": none
    level: str = "info"  # "warning" for a failure
    announced: bool = False  # the pipeline shows the same in a message

    @property
    def is_digit(self) -> bool:
        """Whether the headline is a countdown digit."""
        return self.headline.isdecimal()

    @property
    def words(self) -> str:
        """The headline in one line."""
        return self.headline.replace(_LINE_BREAK, " ")


def cue_of(snapshot: Snapshot, take_in_s: float | None) -> Cue | None:
    """Return the cue to show now, or None. `take_in_s`: seconds until a take starts, None if none is due."""
    return _of_calibration(snapshot) or _of_take(take_in_s, snapshot.recording)


def tone_between(before: Cue | None, after: Cue | None) -> str:
    """Return the tone to play when the cue changes; "": none."""
    if after is None or (before is not None and (before.kind, before.headline) == (after.kind, after.headline)):
        return ""
    return after.tone


def _of_calibration(snapshot: Snapshot) -> Cue | None:
    calibration, at_s = snapshot.calibration, snapshot.at_s
    left_s = calibration.until_s - at_s
    if calibration.state == "asked":
        return Cue("calibrate", "Get\nready", "A receiver is about to calibrate: stand upright, face the camera", TICK)
    if calibration.state == "countdown":
        return Cue("calibrate", digit(left_s), "Calibrating: face the camera", TICK)
    if calibration.state == "waiting":
        return _of_waiting(snapshot, left_s)
    if calibration.state == "failed":
        return Cue("calibrate", "Not\ncalibrated", _sentence(calibration.reason), FAILED, "warning", announced=True)
    return _of_done(calibration, at_s)


def _of_waiting(snapshot: Snapshot, left_s: float) -> Cue:
    if snapshot.pose is not None and snapshot.pose.tracked:
        return Cue("calibrate", "Hold\nstill", "Calibrating: face the camera")
    return Cue("calibrate", "Step\ninto view", f"Calibrating: waiting for you, {digit(left_s)} s", level="warning")


def _of_done(calibration: Calibration, at_s: float) -> Cue | None:
    if calibration.state != "done" or at_s - calibration.since_s > _DONE_FOR_S:
        return None
    return Cue("calibrate", "Calibrated", "You face the front and stand at the origin", DONE, announced=True)


def _of_take(take_in_s: float | None, recording: RecordingState | None) -> Cue | None:
    if take_in_s is not None and take_in_s > 0.0:
        return Cue("record", digit(take_in_s), "Recording: get into position", TICK)
    if recording is not None and recording.seconds < _BEGUN_FOR_S:
        return Cue("record", "Recording", "", GO)
    return None


def digit(left_s: float) -> str:
    """Return the number that a countdown shows: 3 until two seconds are left; never 0."""
    return str(max(math.ceil(left_s), 1))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
