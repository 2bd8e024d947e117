"""One line per frame, for spreadsheets and scripts: time, root, every joint in the world and its local rotation."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from engine.motion.atomic import replacing
from engine.motion.take import MotionTake
from models.skeleton import JOINT_NAMES

_HEAD = ["frame", "time_s", "tracked", "lost_before", "contact_left", "contact_right"]


def csv_columns() -> list[str]:
    """The header; metres in the world, quaternions x, y, z, w local to the parent."""
    places = [f"{name}_{axis}_m" for name in JOINT_NAMES for axis in "xyz"]
    turns = [f"{name}_q{axis}" for name in JOINT_NAMES for axis in "xyzw"]
    return [*_HEAD, *places, *turns]


def write_motion_csv(path: Path, take: MotionTake) -> None:
    """Write atomically. Frames without a person have empty cells. Raises OutputError."""
    frames = len(take)
    values = np.concatenate(
        [take.contacts, take.joints_world_m.reshape(frames, -1), take.rotations_xyzw.reshape(frames, -1)], axis=1
    )
    with replacing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(csv_columns())
        for frame in range(frames):
            numbers = [f"{value:.6f}" if take.tracked[frame] else "" for value in values[frame]]
            time_s = f"{take.timestamps_s[frame]:.6f}"
            writer.writerow([frame, time_s, int(take.tracked[frame]), int(take.lost_before[frame]), *numbers])
        text.flush()
        text.detach()
