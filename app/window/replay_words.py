"""What the camera view shows of a replay, which has no picture. No Qt and no OpenGL here."""

from __future__ import annotations

from engine.types import Pose


def has_camera(pose: Pose) -> bool:
    """Return whether a pose was seen by a camera; a test pose was not."""
    return min(pose.intrinsics.cx, pose.intrinsics.cy) >= 1.0


def replay_words(pose: Pose | None) -> str:
    """Return the quiet line beside the camera view of a replayed pose; None: a log of packets, which holds none."""
    if pose is None or not has_camera(pose):
        return "There is no picture to show"
    return "Replay: lens of the recording, no picture"
