"""Interface of every 2D detector."""

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
        """Size of the running network: "lite", "full" or "heavy"; "" if there is only one."""

    @property
    def size_steps(self) -> int:
        """Number of leading `details` that are smaller networks."""

    def size_costs_s(self, frame: Frame) -> tuple[float, ...]:
        """Time each network on the person in this frame: seconds, largest first. () if no person is tracked."""

    @property
    def details(self) -> tuple[str, ...]:
        """Features that can be dropped under load (engine/live/load_shedding.py), least important first."""

    def leave_out(self, number: int) -> None:
        """Drop the first `number` of `details` from the next frame on."""

    def detect(self, frame: Frame) -> Detection:
        """Keypoints in pixels of the frame. Raises DetectorError when the network itself fails."""

    def look_round(self, frame: Frame) -> None:
        """After a detection was handed over: occasionally look for other people in its frame. Raises DetectorError."""

    def choose(self, choice: PersonChoice) -> None:
        """Follow another person from the next frame on."""

    def reset(self) -> None:
        """Forget the person being followed (another source, a jump in a file)."""

    def close(self) -> None:
        """Release the networks; the detector cannot be used afterwards."""
