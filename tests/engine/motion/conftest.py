"""Takes for the tests of motion files."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.motion.take import MotionTake, row_of, take_from_rows
from engine.types import Keypoints2D, NoPerson, Pose

PoseMaker = Callable[..., Pose]
TakeMaker = Callable[..., MotionTake]


@pytest.fixture
def make_take(make_pose: PoseMaker, make_detection: Callable[[Pose], Keypoints2D]) -> TakeMaker:
    """make_take(times, without=frames that hold no person) -> a take."""

    def make(times: np.ndarray, without: tuple[int, ...] = (), seed: int = 0) -> MotionTake:
        rows = []
        for frame, time_s in enumerate(times):
            pose = make_pose(seed, float(time_s), frame_id=frame, tracked=frame not in without)
            gone = NoPerson(frame, float(time_s), (640, 480))
            rows.append(row_of(pose, gone if frame in without else make_detection(pose)))
        return take_from_rows(np.concatenate(rows))

    return make
