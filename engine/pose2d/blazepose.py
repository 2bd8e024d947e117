"""BlazePose as a Detector: its two networks, followed by the rules of engine.pose2d.following."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.pose2d.blazepose_landmarks import LandmarkReader, Landmarks
from engine.pose2d.blazepose_person import PersonFinder
from engine.pose2d.blazepose_regions import Region
from engine.pose2d.following import FollowingDetector, Reading
from engine.pose2d.weights import WeightPaths
from engine.types import Frame, Keypoints2D
from models.keypoints import EVIDENCE_NAMES, NUM_KEYPOINTS

F32 = NDArray[np.float32]
MIN_PERSON_SCORE = 0.5
OUTSIDE_SCORE = 0.1
"""Factor on the score of a point that lies outside the picture: the network guesses it."""

BLAZEPOSE_LANDMARK: dict[str, int] = {
    **{"nose": 0, "left_eye": 2, "right_eye": 5, "left_ear": 7, "right_ear": 8},
    **{"left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14},
    **{"left_wrist": 15, "right_wrist": 16, "left_pinky": 17, "right_pinky": 18, "left_index": 19, "right_index": 20},
    **{"left_hip": 23, "right_hip": 24, "left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28},
    **{"left_heel": 29, "right_heel": 30, "left_big_toe": 31, "right_big_toe": 32},
}
_SOURCE = np.array([BLAZEPOSE_LANDMARK.get(name, 0) for name in EVIDENCE_NAMES])
_LACKING = np.array([name not in BLAZEPOSE_LANDMARK for name in EVIDENCE_NAMES])  # the small toes
_STAND_IN = np.array(
    [BLAZEPOSE_LANDMARK[name.replace("small_toe", "big_toe")] for name in EVIDENCE_NAMES[:NUM_KEYPOINTS]]
)


class BlazePose(FollowingDetector):
    """The embedded 2D detector (also gives 3D evidence). Pose thread only; frames in order."""

    def __init__(self, paths: WeightPaths, *, threads: int = 1) -> None:
        """Load both networks; download nothing. Raises DetectorError."""
        super().__init__(BlazePoseNetworks(paths, threads=threads))


class BlazePoseNetworks:
    """PeopleNetworks: the person finder and the landmark network. Pose thread only."""

    name = "blazepose"
    details = ("heatmap refinement",)

    def __init__(self, paths: WeightPaths, *, threads: int) -> None:
        """Load both networks; download nothing. Raises DetectorError."""
        self._finder = PersonFinder(paths.person, threads=threads)
        self._reader = LandmarkReader(paths.landmarks, threads=threads)

    def leave_out(self, number: int) -> None:
        """1: points as the network regresses them, not moved to the peaks of their heatmaps."""
        self._reader.refines = number < 1

    def find(self, frame: Frame) -> list[Region]:
        """Return everybody in the picture, best score first. Raises DetectorError."""
        return [candidate.region for candidate in self._finder.find(frame.bgr)]

    def read(self, frame: Frame, region: Region) -> Reading | None:
        """Return the person in a region, None where there is none. Raises DetectorError."""
        landmarks = self._reader.read(frame.bgr, region)
        finite = math.isfinite(landmarks.next_region.size_px)
        if not finite or landmarks.person_score < MIN_PERSON_SCORE:
            return None
        if not landmarks.next_region.is_plausible(frame.image_size):
            return None
        return Reading(to_keypoints(landmarks, frame), landmarks.next_region)

    def close(self) -> None:
        """Do nothing: the networks go with the object."""


def to_keypoints(landmarks: Landmarks, frame: Frame) -> Keypoints2D:
    """BlazePose's landmarks -> our 23 keypoints and 27 pieces of evidence; small toes: score 0 and NaN."""
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
    )
