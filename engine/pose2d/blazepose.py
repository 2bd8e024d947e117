"""BlazePose as a Detector: its two networks, with the tracking of engine.pose2d.following."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.networks.memory import give_memory_back
from engine.networks.region import Region
from engine.pose2d.blazepose_landmarks import LandmarkReader, Landmarks
from engine.pose2d.blazepose_person import PersonFinder
from engine.pose2d.following import FollowingDetector
from engine.pose2d.reading import Reading
from engine.pose2d.weights import WeightPaths
from engine.types import CropPoints, Frame, Keypoints2D
from models.keypoints import EVIDENCE_NAMES, NUM_KEYPOINTS

F32 = NDArray[np.float32]
MIN_PERSON_SCORE = 0.5
_TRIAL_RUNS, _TRIAL_S = 5, 0.1
"""Number of runs, or time, for measuring a size."""
OUTSIDE_SCORE = 0.1
"""Factor on the score of a point outside the picture, which the network guesses."""

SIDES = ("left", "right")
BLAZEPOSE_LANDMARK: dict[str, int] = {
    **{"nose": 0, "left_eye": 2, "right_eye": 5, "left_ear": 7, "right_ear": 8},
    **{"left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14},
    **{"left_wrist": 15, "right_wrist": 16, "left_pinky": 17, "right_pinky": 18, "left_index": 19, "right_index": 20},
    **{"left_hip": 23, "right_hip": 24, "left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28},
    **{"left_heel": 29, "right_heel": 30, "left_big_toe": 31, "right_big_toe": 32},
}
_KNUCKLES = np.array([[BLAZEPOSE_LANDMARK[f"{side}_{finger}"] for finger in ("index", "pinky")] for side in SIDES])
_MOUTH = np.array([9, 10])  # left, right corner
_SOURCE = np.array([BLAZEPOSE_LANDMARK.get(name, 0) for name in EVIDENCE_NAMES])
_LACKING = np.array([name not in BLAZEPOSE_LANDMARK for name in EVIDENCE_NAMES])  # the small toes
_STAND_IN = np.array(
    [BLAZEPOSE_LANDMARK[name.replace("small_toe", "big_toe")] for name in EVIDENCE_NAMES[:NUM_KEYPOINTS]]
)


class BlazePose(FollowingDetector):
    """The embedded 2D detector (also gives 3D evidence). Pose thread only; frames in order."""

    def __init__(self, paths: WeightPaths, *smaller: WeightPaths, threads: int = 1) -> None:
        """Load the networks without downloading. Raises DetectorError.

        smaller  other sizes of the landmark network for `leave_out`, larger ones first
        """
        super().__init__(BlazePoseNetworks(paths, *smaller, threads=threads))


class BlazePoseNetworks:
    """PeopleNetworks: the person finder and the landmark network, of one size or several. Pose thread only."""

    name = "blazepose"

    def __init__(
        self,
        paths: WeightPaths,
        *smaller: WeightPaths,
        threads: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Load the networks without downloading; smaller ones on first use. Raises DetectorError."""
        self._sizes = (paths, *smaller)
        self._threads = threads
        self._clock = clock
        self._finder = PersonFinder(paths.person, threads=threads)
        self._readers: dict[str, LandmarkReader] = {}
        self._reader = self._reader_of(paths)
        self.size = paths.size
        self.size_steps = len(smaller)
        larger = (f"{size.size} network" for size in self._sizes[:-1])
        self.details: tuple[str, ...] = (*larger, "heatmap refinement")

    def _reader_of(self, paths: WeightPaths) -> LandmarkReader:
        if paths.size not in self._readers:
            self._readers[paths.size] = LandmarkReader(paths.landmarks, threads=self._threads)
        return self._readers[paths.size]

    def leave_out(self, number: int) -> None:
        """Drop larger networks first; then the heatmap refinement of the regressed points.

        Raises DetectorError when a network cannot be loaded.
        """
        paths = self._sizes[min(number, self.size_steps)]
        self._reader = self._reader_of(paths)
        self._reader.refines = number <= self.size_steps
        if len(self._readers) > 1:
            self._readers = {paths.size: self._reader}  # heavy alone takes 130 MB
            give_memory_back()
        self.size = paths.size

    def size_costs_s(self, frame: Frame, region: Region) -> tuple[float, ...]:
        """Return the median time of each size on the person in a region, after one warm-up run."""
        costs = []
        for paths in self._sizes:
            reader = self._reader_of(paths)
            reader.read(frame.bgr, region)
            times: list[float] = []
            while len(times) < _TRIAL_RUNS and sum(times) < _TRIAL_S:
                started_s = self._clock()
                reader.read(frame.bgr, region)
                times.append(self._clock() - started_s)
            costs.append(float(np.median(times)))
        return tuple(costs)

    def find(self, frame: Frame) -> list[Region]:
        """Return all people in the picture, best score first. Raises DetectorError."""
        return [candidate.region for candidate in self._finder.find(frame.bgr)]

    def read(self, frame: Frame, region: Region) -> Reading | None:
        """Return the person in a region, or None. Raises DetectorError."""
        landmarks = self._reader.read(frame.bgr, region)
        finite = math.isfinite(landmarks.next_region.size_px)
        if not finite or landmarks.person_score < MIN_PERSON_SCORE:
            return None
        if not landmarks.next_region.is_plausible(frame.image_size):
            return None
        return Reading(to_keypoints(landmarks, frame), landmarks.next_region)

    def close(self) -> None:
        """Do nothing: the networks are freed with the object."""


def to_keypoints(landmarks: Landmarks, frame: Frame) -> Keypoints2D:
    """Convert BlazePose's landmarks to our 23 keypoints and 27 evidence points; small toes: score 0 and NaN."""
    width, height = frame.image_size
    points = landmarks.points_px[_STAND_IN]
    scores = landmarks.scores[_STAND_IN]
    x, y = points[:, 0], points[:, 1]
    scores = np.where((x < 0) | (x >= width) | (y < 0) | (y >= height), scores * OUTSIDE_SCORE, scores)
    scores[_LACKING[:NUM_KEYPOINTS]] = 0.0
    evidence = landmarks.world_m[_SOURCE]
    evidence[_LACKING] = np.nan
    return Keypoints2D(
        frame_id=frame.frame_id,
        captured_at_s=frame.captured_at_s,
        image_size=frame.image_size,
        points_px=points,
        scores=scores.astype(np.float32),
        evidence_m=evidence,
        crop_points=CropPoints(landmarks.points_px[_KNUCKLES], landmarks.points_px[_MOUTH]),
    )
