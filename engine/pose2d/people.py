"""Which of several people to follow; the same rule for every detector."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.networks.region import Region

REMEMBER_S = 3.0
"""So long after losing a person the one nearest to where they were is preferred to the largest one."""
SAME_PERSON_DISTANCE = 0.5
"""Largest step, in sides of the region, that the remembered person can have made meanwhile."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The person being followed: where they were last, and when."""

    region: Region
    seen_at_s: float

    def remembered(self, now_s: float) -> Region | None:
        """Where to expect them; None when that is too long ago, or the clock ran back (another file)."""
        return self.region if 0.0 <= now_s - self.seen_at_s <= REMEMBER_S else None


def rank_people(regions: list[Region], image_size: tuple[int, int], remembered: Region | None) -> list[int]:
    """Whom to look at, best first, as indices: whoever is where the remembered person was, else the largest and most
    central one."""
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
