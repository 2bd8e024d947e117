"""FBX files, read back by a reader that shares no line with the writer."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import OutputError
from engine.motion.bvh_styles import BVH_STYLES, FBX_STYLES
from engine.motion.fbx_binary import Record, write_records
from engine.motion.formats import write_motion
from engine.motion.take import MotionTake
from models.detail_skeleton import DETAIL_NAMES
from models.skeleton import JOINT_NAMES
from tests.engine.motion.fbx_reader import FbxReader

TakeMaker = Callable[..., MotionTake]


def _written(tmp_path: Path, take: MotionTake, style: str = "default") -> FbxReader:
    path = write_motion(tmp_path / "a.fbx", take, style=style, overwrite=True)
    return FbxReader(path.read_bytes())


@pytest.mark.parametrize("fps", [24, 29.97, 60])
def test_joints_rate_and_length_are_the_takes(make_take: TakeMaker, tmp_path: Path, fps: float) -> None:
    take = make_take(np.arange(40) / fps)
    fbx = _written(tmp_path, take)
    assert fbx.names == list(JOINT_NAMES)
    np.testing.assert_allclose(fbx.joints_m(), take.joints_world_m, atol=1e-4)
    np.testing.assert_allclose(fbx.times_s, np.arange(40) / fps, atol=1e-4)
    assert fbx.settings["TimeMode"] == {24: 11, 29.97: 14, 60: 3}[fps]
    assert fbx.settings["CustomFrameRate"] == pytest.approx(fps, rel=1e-3)
    assert (fbx.settings["UpAxis"], fbx.settings["UnitScaleFactor"]) == (1, 1.0)


def test_angles_do_not_jump_between_frames(make_take: TakeMaker, tmp_path: Path) -> None:
    fbx = _written(tmp_path, make_take(np.arange(5000) / 60))  # more than one block
    assert np.abs(np.diff(fbx.angles_deg, axis=0)).max() <= 180


@pytest.mark.parametrize("style", FBX_STYLES)
def test_names_are_those_of_the_style(make_take: TakeMaker, tmp_path: Path, style: str) -> None:
    fbx = _written(tmp_path, make_take(np.arange(3) / 30), style)
    assert fbx.names == [BVH_STYLES[style].names.get(name, name) for name in JOINT_NAMES]


def test_one_frame_is_a_file_and_a_shortened_gap_is_marked(make_take: TakeMaker, tmp_path: Path) -> None:
    assert len(_written(tmp_path, make_take(np.zeros(1))).times_s) == 1
    times = np.concatenate([np.arange(5) / 30, 1000 + np.arange(5) / 30])
    fbx = _written(tmp_path, make_take(times))
    hips = next(inner for name, values, inner in fbx.top["Objects"] if name == "Model" and values[1][:4] == "Hips")
    (gap,) = json.loads(fbx._table(hips)["gaps"])
    assert gap["lasted_s"] == pytest.approx(999.87, abs=0.01)
    assert fbx.times_s[-1] < 11


def test_a_take_without_a_person_is_one_line(make_take: TakeMaker, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no person"):
        write_motion(tmp_path / "a.fbx", make_take(np.arange(3) / 30, without=(0, 1, 2)))
    assert not list(tmp_path.iterdir())


def test_a_file_of_more_than_four_gigabytes_is_refused() -> None:
    class Far:
        """A file that says that it is long."""

        def write(self, data: bytes) -> int:
            return len(data)

        def seek(self, _at: int) -> None: ...

        def tell(self) -> int:
            return 2**32

    with pytest.raises(OutputError, match="longer than an"):
        write_records(Far(), [Record("Objects")])


def test_fingers_and_eyes_are_joints_where_the_take_has_them(make_take: TakeMaker, tmp_path: Path) -> None:
    take = make_take(np.arange(4) / 30)
    rest = np.zeros((4, 30, 4), np.float32)
    rest[..., 3] = 1
    eyes = rest[:, :2].copy()
    fbx = _written(tmp_path, dataclasses.replace(take, fingers_xyzw=rest, eyes_xyzw=eyes), "mixamo")
    names = BVH_STYLES["mixamo"].names
    assert fbx.names == [names[name] for name in (*JOINT_NAMES, *DETAIL_NAMES)]
    tip = fbx.names.index(names["LeftIndexDistal"])
    assert fbx.names[fbx.parents[tip]] == "mixamorig:LeftHandIndex2"
