"""Identities: every person seen in the picture as a track of position, size, motion and clothes.

A sighting belongs to the track that explains it best. Other people's tracks matter as much as the performer's: where
two people cross, the one in front is recognised as the other person, and the performer counts as hidden.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.networks.region import Region
from engine.pose2d.clothes import difference, mixed

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CrowdSettings:
    """Gates and time constants. Distances in sides of the person's region (about 1.25 body heights), times in
    seconds."""

    place: float = 0.12  # largest distance of a sighting from a track's predicted position
    place_per_s: float = 1.2  # growth of that distance per second since the last sighting
    place_limit: float = 1.0
    size: float = 0.45  # natural logarithm of the ratio of sizes: boxes of a finder and of keypoints differ
    size_per_s: float = 2.0
    size_limit: float = 0.8
    clothes: float = 0.45  # Hellinger distance of the trunk's colours
    memory_s: float = 6.0  # a track not seen for this long is dropped
    velocity_tau_s: float = 0.25
    velocity_fade_s: float = 0.5  # a person who is not seen slows down
    clothes_tau_s: float = 1.5
    moving: float = 0.06  # a path of this length within `motion_tau_s` is motion
    motion_tau_s: float = 1.5
    still: float = 0.012


SETTINGS = CrowdSettings()


@dataclass(frozen=True, slots=True)
class Sighting:
    """A person found in a frame."""

    region: Region
    clothes: F32 | None = None  # see engine.pose2d.clothes.trunk_colours


@dataclass(slots=True, eq=False)
class Track:
    """A person over time."""

    region: Region
    clothes: F32 | None
    seen_at_s: float
    born_at_s: float
    velocity_px_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    slow: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))  # lagging position, to measure motion
    motion: float = 0.0  # distance from the lagging position, in sides
    ever_moved: bool = False

    def expected(self, now_s: float, settings: CrowdSettings = SETTINGS) -> Region:
        """Return the predicted region: the last velocity, fading."""
        gone_s = max(0.0, now_s - self.seen_at_s)
        reach_s = settings.velocity_fade_s * (1 - math.exp(-gone_s / settings.velocity_fade_s))
        x, y = np.array([self.region.x_px, self.region.y_px]) + self.velocity_px_s * reach_s
        return Region(float(x), float(y), self.region.size_px, self.region.angle_rad)

    def cost(self, sighting: Sighting, now_s: float, settings: CrowdSettings = SETTINGS) -> float:
        """Return the mismatch of a sighting in position, size and clothes together; 1 is the limit."""
        gone_s = max(0.0, now_s - self.seen_at_s)
        expected = self.expected(now_s, settings)
        place = min(settings.place + settings.place_per_s * gone_s, settings.place_limit)
        size = min(settings.size + settings.size_per_s * gone_s, settings.size_limit)
        ratio = abs(math.log(sighting.region.size_px / expected.size_px))
        terms = (
            sighting.region.distance(expected) / place,
            ratio / size,
            difference(self.clothes, sighting.clothes) / settings.clothes,
        )
        return math.hypot(*terms)

    def see(self, sighting: Sighting, now_s: float, settings: CrowdSettings = SETTINGS) -> None:
        """Update with a sighting of this person."""
        step_s = now_s - self.seen_at_s
        place = np.array([sighting.region.x_px, sighting.region.y_px])
        if step_s > 1e-6:
            moved = place - (self.region.x_px, self.region.y_px)
            gain = 1 - math.exp(-step_s / settings.velocity_tau_s)
            self.velocity_px_s = self.velocity_px_s + gain * (moved / step_s - self.velocity_px_s)
            self.slow = self.slow + (1 - math.exp(-step_s / settings.motion_tau_s)) * (place - self.slow)
            alike = max(0.0, 1 - difference(self.clothes, sighting.clothes) / settings.clothes)
            learnt = alike * (1 - math.exp(-step_s / settings.clothes_tau_s))  # not from a person in front
            self.clothes = mixed(self.clothes, sighting.clothes, learnt)
        self.region, self.seen_at_s = sighting.region, now_s
        self.motion = float(np.linalg.norm(place - self.slow)) / sighting.region.size_px
        self.ever_moved = self.ever_moved or self.motion > settings.moving


class Crowd:
    """All tracks of a source. Pose thread only."""

    def __init__(self, settings: CrowdSettings = SETTINGS) -> None:
        self._settings = settings
        self.tracks: list[Track] = []

    def reset(self) -> None:
        """Forget all tracks, for another source."""
        self.tracks = []

    def whose(self, sighting: Sighting, now_s: float) -> Track | None:
        """Return the track that explains a sighting best, or None."""
        costs = [(track.cost(sighting, now_s, self._settings), index) for index, track in enumerate(self.tracks)]
        best = min(costs, default=(math.inf, -1))
        return self.tracks[best[1]] if best[0] <= 1.0 else None

    def see(self, sightings: list[Sighting], now_s: float) -> list[Track | None]:
        """Add all people found in a frame; return each one's track, including new ones. Each track is seen once.

        None: a sighting at a known person's position that does not look like them, such as a half-hidden one.
        """
        pairs = sorted(
            (track.cost(sighting, now_s, self._settings), t, s)
            for t, track in enumerate(self.tracks)
            for s, sighting in enumerate(sightings)
        )
        taken: dict[int, Track] = {}
        used: set[int] = set()
        for cost, t, s in pairs:
            if cost <= 1.0 and t not in used and s not in taken:
                used.add(t)
                taken[s] = self.tracks[t]
                self.tracks[t].see(sightings[s], now_s, self._settings)
        known = list(self.tracks)
        for s, sighting in enumerate(sightings):
            if s not in taken and not any(self._is_at(track, sighting, now_s) for track in known):
                taken[s] = self.add(sighting, now_s)
        return [taken.get(s) for s in range(len(sightings))]

    def _is_at(self, track: Track, sighting: Sighting, now_s: float) -> bool:
        return sighting.region.distance(track.expected(now_s, self._settings)) <= self._settings.place

    def add(self, sighting: Sighting, now_s: float) -> Track:
        """Start a track."""
        place = np.array([sighting.region.x_px, sighting.region.y_px])
        track = Track(sighting.region, sighting.clothes, now_s, now_s, slow=place)
        self.tracks.append(track)
        return track

    def forget(self, now_s: float, keep: Track | None) -> None:
        """Drop tracks not seen for a while, except `keep`; all when time runs backwards (a file restarts)."""
        if any(track.seen_at_s > now_s + 1e-6 for track in self.tracks):
            self.tracks = []
        self.tracks = [
            track for track in self.tracks if track is keep or now_s - track.seen_at_s <= self._settings.memory_s
        ]

    def is_still(self, track: Track, now_s: float) -> bool:
        """Return whether a track has not moved since it began: a poster, a mannequin, a picture on a wall."""
        old = now_s - track.born_at_s > 2 * self._settings.motion_tau_s
        return old and not track.ever_moved and track.motion < self._settings.still

    def is_moving(self, track: Track, now_s: float) -> bool:
        """Return whether a track has been seen long enough and is moving now."""
        old = now_s - track.born_at_s > self._settings.motion_tau_s / 2
        return old and track.motion > self._settings.moving
