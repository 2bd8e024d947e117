"""What every 2D detector offers to the pipeline."""

from __future__ import annotations

from typing import Protocol

from engine.types import Detection, Frame, PersonChoice


class Detector(Protocol):
    """Frame -> the 23 keypoints of ONE person, or an explicit NoPerson. Pose thread only, frames in order."""

    @property
    def name(self) -> str:
        """ "blazepose" or "rtmpose"."""

    @property
    def size(self) -> str:
        """Of the network that runs now: "lite", "full" or "heavy"; "" where there is only one."""

    @property
    def size_steps(self) -> int:
        """So many of the first `details` are smaller networks."""

    def size_costs_s(self, frame: Frame) -> tuple[float, ...]:
        """Measure each network on the person in this frame: seconds, the largest first. () with nobody followed."""

    @property
    def details(self) -> tuple[str, ...]:
        """What it can leave out under load (engine/live/load_shedding.py), least important first."""

    def leave_out(self, number: int) -> None:
        """From the next frame on do without the first so many of `details`."""

    def detect(self, frame: Frame) -> Detection:
        """Keypoints in pixels of the frame. Raises DetectorError when the network itself fails."""

    def look_round(self, frame: Frame) -> None:
        """Once a detection was handed over: look for other people in its frame, now and then. Raises DetectorError."""

    def choose(self, choice: PersonChoice) -> None:
        """Follow another person from the next frame on, and stay with them."""

    def reset(self) -> None:
        """Forget the person being followed (another source, a jump in a file)."""

    def close(self) -> None:
        """Release the networks; the detector cannot be used afterwards."""
