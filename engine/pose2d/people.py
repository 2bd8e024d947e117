"""Choose one of several people; the same rule for every detector."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.networks.region import Region

REMEMBER_S = 3.0
"""For this long after losing a person, the one nearest to their last position is preferred to the largest one."""
SAME_PERSON_DISTANCE = 0.5
"""Largest distance, in sides of the region, that the remembered person can have moved meanwhile."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The followed person: last position and time."""

    region: Region
    seen_at_s: float

    def remembered(self, now_s: float) -> Region | None:
        """Return the expected region; None when it is too old, or time ran backwards (another file)."""
        return self.region if 0.0 <= now_s - self.seen_at_s <= REMEMBER_S else None


def rank_people(regions: list[Region], image_size: tuple[int, int], remembered: Region | None) -> list[int]:
    """Return indices, best first: the one at the remembered person's position, else the largest and most central
    one."""
    width, height = image_size

    def prominence(index: int) -> float:
        region = regions[index]
        off_centre = math.hypot((region.x_px - width / 2) / width, (region.y_px - height / 2) / height)
        return region.size_px * (1.0 - min(off_centre, 0.75))

    ranked = sorted(range(len(regions)), key=prominence, reverse=True)
    if remembered is None:
        return ranked
    distances = [region.distance(remembered) for region in regions]
    near = sorted((i for i in ranked if distances[i] <= SAME_PERSON_DISTANCE), key=distances.__getitem__)
    return near + [i for i in ranked if distances[i] > SAME_PERSON_DISTANCE]
