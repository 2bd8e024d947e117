"""Plain OSC for stage and patching tools: one flat address per value group, floats only, no string arguments.

/mocap/joint/<name>/pos fff   metres, our world: right-handed, Y up, floor at 0, the performer faces +Z, left at +X
/mocap/joint/<name>/rot ffff  quaternion x, y, z, w, local to the parent (Hips: world)
/mocap/root/x|y|z f           the Hips joint, metres
/mocap/contact/l|r f          foot on the floor, 0..1
/mocap/conf f  /mocap/tracked i  /mocap/fps f  /mocap/time f (seconds since the start)
"""

from __future__ import annotations

import numpy as np

from engine.outputs.coordinates import SignContinuity
from engine.outputs.osc_packing import OscMessage, PacketSet, grouped
from engine.types import F32, Pose
from models.skeleton import JOINT_NAMES, NUM_JOINTS

MAX_BUNDLE_BYTES = 1200
_HEAD = ("root/x", "root/y", "root/z", "contact/l", "contact/r", "conf", "fps", "time")
_FPS_SMOOTHING = 0.1  # share of the newest interval in the running mean


def plain_messages(prefix: str = "/mocap") -> list[OscMessage]:
    """The messages of one frame, in the order they are sent."""
    joints = [
        OscMessage(f"{prefix}/joint/{name}/{what}", tags)
        for name in JOINT_NAMES
        for what, tags in (("pos", "fff"), ("rot", "ffff"))
    ]
    return [*(OscMessage(f"{prefix}/{name}", "f") for name in _HEAD), OscMessage(f"{prefix}/tracked", "i"), *joints]


class PlainOscEncoder:
    """Pose -> plain OSC datagrams. One encoder per target, one thread."""

    def __init__(self) -> None:
        """Lay out the bundles."""
        self._packets = PacketSet(grouped(plain_messages(), MAX_BUNDLE_BYTES))
        self._floats = np.zeros(self._packets.num_floats, dtype=np.float32)
        self._joints: F32 = self._floats[len(_HEAD) :].reshape(NUM_JOINTS, 7)  # a view
        self._signs = SignContinuity()
        self._captured_at_s: float | None = None
        self._interval_s = 0.0

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:
        """The datagrams of one frame."""
        self._floats[:3] = pose.root_m
        self._floats[3:5] = pose.contacts
        self._floats[5:8] = (pose.confidence, self._fps(pose.captured_at_s), elapsed_s)
        self._joints[:, :3] = pose.joints_world_m
        self._joints[:, 3:] = self._signs(pose.rotations_xyzw)
        return self._packets.pack(self._floats, (int(pose.tracked),))

    def _fps(self, captured_at_s: float) -> float:
        """Poses per second as a running mean over some ten poses; 0 until there are two."""
        if self._captured_at_s is not None and captured_at_s > self._captured_at_s:
            interval = captured_at_s - self._captured_at_s
            self._interval_s += (interval - self._interval_s) * (_FPS_SMOOTHING if self._interval_s else 1.0)
        self._captured_at_s = captured_at_s
        return 1.0 / self._interval_s if self._interval_s else 0.0
