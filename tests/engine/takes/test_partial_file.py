"""The header of an unfinished take names files in its own folder; anything else is one line, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import InputError
from engine.motion.take import row_of
from engine.takes.partial_file import PartialFile, read_partial
from engine.types import Keypoints2D, Pose


@pytest.fixture
def partial(tmp_path: Path, make_pose: Callable[..., Pose], make_detection: Callable[[Pose], Keypoints2D]) -> Path:
    """Four frames, the last without a person."""
    growing = PartialFile(tmp_path / "take.npz", video=tmp_path / "take.mkv")
    for frame in range(4):
        pose = make_pose(1, frame / 30, frame_id=frame, tracked=frame < 3)
        growing.append(row_of(pose, make_detection(pose)))
    growing.close()
    return growing.path


def with_header(path: Path, header: bytes, length: int | None = None) -> None:
    data = path.read_bytes()
    end = 12 + int.from_bytes(data[8:12], "little")
    said = len(header) if length is None else length
    path.write_bytes(data[:8] + said.to_bytes(4, "little") + header + data[end:])


def header_of(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    header: dict[str, Any] = json.loads(data[12 : 12 + int.from_bytes(data[8:12], "little")])
    return header


def test_names_and_rows_come_back(partial: Path) -> None:
    read = read_partial(partial)
    assert (read.final, read.video) == ("take.npz", "take.mkv")
    assert read.rows["tracked"].tolist() == [True, True, True, False]


@pytest.mark.parametrize("name", ["", ".", "..", "../up.npz", "a/b.npz", "/etc/x.npz", "x\0.npz", "take", 3, None, []])
@pytest.mark.parametrize("field", ["final", "video"])
def test_a_name_that_is_no_file_here_is_refused(partial: Path, field: str, name: Any) -> None:
    with_header(partial, json.dumps(header_of(partial) | {field: name}).encode())
    if (field, name) == ("video", None):
        assert read_partial(partial).video is None
        return
    with pytest.raises(InputError, match=r"not an unfinished take .*has no file name"):
        read_partial(partial)


@pytest.mark.parametrize(
    ("header", "length"), [(b"", 0), (b"[]", None), (b"{", None), (b"[" * 60_000, None), (b"{}", 1 << 31)]
)
def test_a_header_that_is_none_is_refused(partial: Path, header: bytes, length: int | None) -> None:
    with_header(partial, header, length)
    with pytest.raises(InputError, match="not an unfinished take"):
        read_partial(partial)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30, 0.0])
def test_a_row_that_holds_no_pose_is_left_out(
    tmp_path: Path, make_pose: Callable[..., Pose], make_detection: Callable[[Pose], Keypoints2D], value: float
) -> None:
    growing = PartialFile(tmp_path / "take.npz")
    for frame in range(3):
        pose = make_pose(1, frame / 30, frame_id=frame)
        row = row_of(pose, make_detection(pose))
        if frame == 1:
            row["rotations_xyzw"][0, 5] = value
        growing.append(row)
    growing.close()
    assert read_partial(growing.path).rows["frame_id"].tolist() == [0, 2]
