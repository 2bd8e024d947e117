"""Live joints in your own loop, for a robot or a game: the newest pose at each tick, never an old one.

python examples/live_joints.py demo 5                (source, seconds; "" is the first camera)
"""

from __future__ import annotations

import sys
import threading
import time

import vtm_live

TICK_S = 1 / 50


class Newest:
    """Holds the newest pose: the pipeline's thread writes, the loop takes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pose: vtm_live.Pose | None = None

    def put(self, pose: vtm_live.Pose) -> None:
        with self._lock:
            self._pose = pose

    def take(self) -> vtm_live.Pose | None:
        with self._lock:
            pose, self._pose = self._pose, None
            return pose


def main(source: str = "", seconds: str = "10") -> None:
    newest = Newest()
    hand = vtm_live.JOINT_NAMES.index("RightHand")
    until_s = time.monotonic() + float(seconds)
    with vtm_live.Pipeline(vtm_live.Config(source=source, loop=True), on_pose=newest.put) as pipeline:
        while time.monotonic() < until_s and pipeline.error is None:
            pose = newest.take()
            if pose is not None and pose.tracked:  # otherwise stop the robot gently
                x, y, z = pose.joints_world_m[hand]
                print(f"right hand {x:+.2f} {y:+.2f} {z:+.2f} m, sure {pose.confidence:.2f}")
            time.sleep(TICK_S)
        if pipeline.error is not None:
            raise pipeline.error


if __name__ == "__main__":
    main(*sys.argv[1:])
