"""One line per frame, for spreadsheets and scripts: time, root, every joint in the world and its local rotation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

from engine.motion.resample import BLOCK_FRAMES
from engine.motion.take import MotionTake, Progress, no_progress
from models.detail_skeleton import EYE_NAMES
from models.face import EXPRESSION_NAMES
from models.fingers import FINGER_NAMES
from models.parts import DETAIL_PARTS, PART_NAMES
from models.skeleton import JOINT_NAMES

_HEAD = ["frame", "time_s", "tracked", "lost_before", "contact_left", "contact_right"]


def csv_columns(take: MotionTake | None = None) -> list[str]:
    """Return the header; metres in the world, quaternions x, y, z, w local to the parent. Hands and face if in the
    take."""
    places = [f"{name}_{axis}_m" for name in JOINT_NAMES for axis in "xyz"]
    turns = [f"{name}_q{axis}" for name in JOINT_NAMES for axis in "xyzw"]
    columns = [*_HEAD, *places, *turns, *(f"seen_{name}" for name in PART_NAMES)]
    return columns if take is None else [*columns, *_detail_columns(take)]


def _detail_columns(take: MotionTake) -> list[str]:
    """Return the columns of hands and face, in the order of `_details`; cells are empty where they are not seen."""
    names: list[str] = []
    if take.fingers_xyzw is not None:
        names += [f"{name}_q{axis}" for name in FINGER_NAMES for axis in "xyzw"]
    if take.eyes_xyzw is not None:
        names += [f"{name}_q{axis}" for name in EYE_NAMES for axis in "xyzw"]
    names += EXPRESSION_NAMES if take.expression is not None else ()
    return names + ([f"seen_{name}" for name in DETAIL_PARTS] if take.detail_confidence is not None else [])


def _details(take: MotionTake, start: int, stop: int) -> list[NDArray[np.float32]]:
    fields = (take.fingers_xyzw, take.eyes_xyzw, take.expression, take.detail_confidence)
    return [values[start:stop].reshape(stop - start, -1) for values in fields if values is not None]


def write_motion_csv(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write block by block. Frames without a person have empty cells; times are the original ones, including gaps."""
    file.write((",".join(csv_columns(take)) + "\n").encode())
    for start in range(0, len(take), BLOCK_FRAMES):
        stop = min(start + BLOCK_FRAMES, len(take))
        file.write("".join(_rows(take, start, stop)).encode())
        progress(stop / len(take))


def _rows(take: MotionTake, start: int, stop: int) -> Iterator[str]:
    count = stop - start
    values = np.concatenate(
        [
            take.contacts[start:stop],
            take.joints_world_m[start:stop].reshape(count, -1),
            take.rotations_xyzw[start:stop].reshape(count, -1),
            take.part_confidence[start:stop],
            *_details(take, start, stop),
        ],
        axis=1,
    )
    known = np.isfinite(values) & take.tracked[start:stop, None]
    whole = known.all(1)
    template = ",".join(["%.6f"] * values.shape[1])
    for frame, row, all_known, cells in zip(range(start, stop), values.tolist(), whole, known, strict=True):
        head = f"{frame},{take.timestamps_s[frame]:.6f},{take.tracked[frame]:d},{take.lost_before[frame]}"
        if all_known:
            yield f"{head},{template % tuple(row)}\n"
        else:
            texts = (f"{value:.6f}" if there else "" for value, there in zip(row, cells, strict=True))
            yield f"{head},{','.join(texts)}\n"
