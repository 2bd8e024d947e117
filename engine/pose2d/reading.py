"""What a pair of networks brings to be followed with: finding people, and reading one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.networks.region import Region
from engine.types import Frame, Keypoints2D


@dataclass(frozen=True, slots=True)
class Reading:
    """One person as the networks read them."""

    keypoints: Keypoints2D
    region: Region  # around the person, for the next frame


class PeopleNetworks(Protocol):
    """What a detector brings. Pose thread only."""

    @property
    def name(self) -> str:
        """ "blazepose" or "rtmpose"."""

    @property
    def details(self) -> tuple[str, ...]:
        """What it can leave out under load, least important first."""

    @property
    def size(self) -> str:
        """Of the network that reads a person: "lite", "full" or "heavy"; "" where there is only one."""

    @property
    def size_steps(self) -> int:
        """So many of the first `details` are smaller networks."""

    def size_costs_s(self, frame: Frame, region: Region) -> tuple[float, ...]:
        """Measure each size on the person in a region: seconds, the largest first. Raises DetectorError."""

    def leave_out(self, number: int) -> None:
        """Do without the first so many of `details`."""

    def find(self, frame: Frame) -> list[Region]:
        """Return everybody in the picture. Raises DetectorError."""

    def read(self, frame: Frame, region: Region) -> Reading | None:
        """Return the person in a region, None where there is none. Raises DetectorError."""

    def close(self) -> None:
        """Release the networks."""
