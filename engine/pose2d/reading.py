"""Interface of a pair of networks for tracking: finding people, and reading one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.networks.region import Region
from engine.types import Frame, Keypoints2D


@dataclass(frozen=True, slots=True)
class Reading:
    """One person as read by the networks."""

    keypoints: Keypoints2D
    region: Region  # around the person, for the next frame


class PeopleNetworks(Protocol):
    """The networks of a detector. Pose thread only."""

    @property
    def name(self) -> str:
        """ "blazepose" or "rtmpose"."""

    @property
    def details(self) -> tuple[str, ...]:
        """Features that can be dropped under load, least important first."""

    @property
    def size(self) -> str:
        """Size of the network that reads a person: "lite", "full" or "heavy"; "" if there is only one."""

    @property
    def size_steps(self) -> int:
        """Number of leading `details` that are smaller networks."""

    def size_costs_s(self, frame: Frame, region: Region) -> tuple[float, ...]:
        """Time each size on the person in a region: seconds, largest first. Raises DetectorError."""

    def leave_out(self, number: int) -> None:
        """Drop the first `number` of `details`."""

    def find(self, frame: Frame) -> list[Region]:
        """Return all people in the picture. Raises DetectorError."""

    def read(self, frame: Frame, region: Region) -> Reading | None:
        """Return the person in a region, or None. Raises DetectorError."""

    def close(self) -> None:
        """Release the networks."""
