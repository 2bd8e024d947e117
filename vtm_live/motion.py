"""The motion of one person as arrays, and the file formats it can be saved in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.motion.edit import filled, trimmed
from engine.motion.formats import write_motion
from engine.motion.npz import read_motion_npz
from engine.motion.take import MotionTake
from engine.quality.report import TakeReport, report_of

Array = NDArray[np.float64]


class Motion:
    """N frames of one person. World: metres, right-handed, Y up, floor at y = 0. Quaternions are x, y, z, w.

    Joints are in the order of `vtm_live.JOINT_NAMES` (Unity and VRM names, 22 of them); rotations are local to the
    parent, Hips in the world; the identity on every joint is a T-pose that faces +Z. Frames without a person are NaN.
    """

    def __init__(self, take: MotionTake) -> None:
        self.take = take

    def __len__(self) -> int:
        """Frames."""
        return len(self.take)

    def __repr__(self) -> str:
        """Motion(300 frames, 10.0 s, a person in 98 %)"""
        seconds = float(np.ptp(self.timestamps_s)) if len(self) else 0.0
        seen = float(self.tracked.mean()) if len(self) else 0.0
        return f"Motion({len(self)} frames, {seconds:.1f} s, a person in {seen:.0%})"

    @classmethod
    def load(cls, path: str | Path) -> Motion:
        """Read a take (.npz) written by the app, `vtm convert` or `save`. Raises InputError."""
        return cls(read_motion_npz(Path(path)))

    def save(self, path: str | Path, *, overwrite: bool = False, style: str = "default") -> Path:
        """Write .npz, .bvh, .csv, .glb, .vrma, .fbx or .jsonl; return the actual name of the file.

        An existing file is kept and the next free name used, unless overwrite.
        style      for a certain program: one of engine.motion.formats.STYLES of the suffix
        Raises UsageError (suffix), OutputError.
        """
        return write_motion(Path(path), self.take, style=style, overwrite=overwrite)

    def trimmed(self, start_s: float = 0.0, end_s: float | None = None) -> Motion:
        """Return the part between two times in seconds from the start. Raises UsageError if it is empty."""
        return Motion(trimmed(self.take, start_s, end_s))

    def filled(self, longest_s: float = 0.5) -> Motion:
        """Return the motion with short gaps (no person) interpolated; their part confidence is 0."""
        return Motion(filled(self.take, longest_s)[0])

    def report(self) -> TakeReport:
        """Judge the quality without ground truth: lost time, unseen parts, jitter, sliding feet, spikes, bones."""
        return report_of(self.take)

    @property
    def fps(self) -> float:
        """Frames per second; `timestamps_s` has the exact times."""
        return self.take.fps

    @property
    def timestamps_s(self) -> Array:
        """(N,) seconds."""
        return self.take.timestamps_s

    @property
    def tracked(self) -> NDArray[np.bool_]:
        """(N,) whether a person was seen."""
        return self.take.tracked

    @property
    def rotations_xyzw(self) -> NDArray[np.float32]:
        """(N, 22, 4) local to the parent, Hips in the world."""
        return self.take.rotations_xyzw

    @property
    def root_m(self) -> NDArray[np.float32]:
        """(N, 3) position of the Hips, world."""
        return self.take.root_m

    @property
    def joints_world_m(self) -> NDArray[np.float32]:
        """(N, 22, 3) smoothed, feet on the floor: as sent to avatars."""
        return self.take.joints_world_m

    @property
    def joints_cam_m(self) -> NDArray[np.float32]:
        """(N, 22, 3) the network's output: camera frame, x right, y down, z forward."""
        return self.take.joints_cam_m

    @property
    def contacts(self) -> NDArray[np.float32]:
        """(N, 2) left and right foot on the floor, 0..1."""
        return self.take.contacts

    @property
    def part_confidence(self) -> NDArray[np.float32]:
        """(N, 6) visibility of head, trunk, left arm, right arm, left leg, right leg, 0..1; 0 means invented."""
        return self.take.part_confidence

    @property
    def fingers_xyzw(self) -> NDArray[np.float32] | None:
        """(N, 30, 4) in the order of `vtm_live.FINGER_NAMES`, local to the parent. None: hands were not tracked."""
        return self.take.fingers_xyzw

    @property
    def eyes_xyzw(self) -> NDArray[np.float32] | None:
        """(N, 2, 4) left and right eye relative to the head. None: the face was not tracked."""
        return self.take.eyes_xyzw

    @property
    def expression(self) -> NDArray[np.float32] | None:
        """(N, 52) in the order of `vtm_live.EXPRESSION_NAMES`, 0..1. None: the face was not tracked."""
        return self.take.expression

    @property
    def detail_confidence(self) -> NDArray[np.float32] | None:
        """(N, 3) visibility of left hand, right hand and face, 0..1; 0 means invented. None: none was tracked."""
        return self.take.detail_confidence

    @property
    def bone_lengths_m(self) -> NDArray[np.float32]:
        """(22,) bone lengths of the person, to the parent; 0 for Hips."""
        return self.take.bone_lengths_m
