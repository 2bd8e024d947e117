"""One line per frame, for spreadsheets and scripts: time, root, every joint in the world and its local rotation."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO

import numpy as np

from engine.motion.resample import BLOCK_FRAMES
from engine.motion.take import MotionTake, Progress, no_progress
from models.parts import PART_NAMES
from models.skeleton import JOINT_NAMES

_HEAD = ["frame", "time_s", "tracked", "lost_before", "contact_left", "contact_right"]


def csv_columns() -> list[str]:
    """The header; metres in the world, quaternions x, y, z, w local to the parent."""
    places = [f"{name}_{axis}_m" for name in JOINT_NAMES for axis in "xyz"]
    turns = [f"{name}_q{axis}" for name in JOINT_NAMES for axis in "xyzw"]
    return [*_HEAD, *places, *turns, *(f"seen_{name}" for name in PART_NAMES)]


def write_motion_csv(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write block by block. Frames without a person have empty cells; times are the true ones, gaps and all."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(csv_columns())
    for start in range(0, len(take), BLOCK_FRAMES):
        stop = min(start + BLOCK_FRAMES, len(take))
        writer.writerows(_rows(take, start, stop))
        progress(stop / len(take))
    text.flush()
    text.detach()


def _rows(take: MotionTake, start: int, stop: int) -> Iterator[list[object]]:
    count = stop - start
    values = np.concatenate(
        [
            take.contacts[start:stop],
            take.joints_world_m[start:stop].reshape(count, -1),
            take.rotations_xyzw[start:stop].reshape(count, -1),
            take.part_confidence[start:stop],
        ],
        axis=1,
    )
    for frame, row in zip(range(start, stop), values, strict=True):
        numbers = [f"{value:.6f}" if take.tracked[frame] else "" for value in row]
        time_s = f"{take.timestamps_s[frame]:.6f}"
        yield [frame, time_s, int(take.tracked[frame]), int(take.lost_before[frame]), *numbers]
