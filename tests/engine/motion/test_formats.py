"""Takes on disk: the .npz comes back as it was, the BVH's own kinematics gives the joints of the .npz."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.errors import InputError, OutputError, UsageError, VtmError
from engine.motion import csv_table, osc_log, resample
from engine.motion.formats import write_motion
from engine.motion.npz import read_motion_npz
from engine.motion.osc_log import read_osc_log
from engine.motion.resample import even_motion, slerp
from engine.motion.take import BODY_ROW, ROW, MotionTake, row_of, take_from_rows
from engine.types import Keypoints2D, Pose
from models.keypoints import KEYPOINT_NAMES
from models.kinematics import forward_kinematics
from models.skeleton import JOINT, JOINT_NAMES
from tests.engine.motion.bvh_reader import BvhReader

PoseMaker = Callable[..., Pose]
TakeMaker = Callable[..., MotionTake]


def _bvh(path: Path, take: MotionTake) -> BvhReader:
    write_motion(path, take)
    return BvhReader(path.read_text())


def test_the_npz_holds_what_the_design_lists_and_comes_back_the_same(make_take: TakeMaker, tmp_path: Path) -> None:
    take = make_take(np.arange(8) / 25, without=(3,))
    write_motion(tmp_path / "a.npz", take)
    with np.load(tmp_path / "a.npz") as file:
        shapes = {name: file[name].shape for name in file.files}
        assert tuple(file["joint_names"]) == JOINT_NAMES
        assert tuple(file["keypoint_names"]) == KEYPOINT_NAMES
        assert file["tracked"].dtype == bool
        assert file["fps"] == pytest.approx(25)
        assert file["bone_lengths_m"][0] == 0
        assert not [name for name in file.files if file[name].dtype == object]
    contract = {
        "fps": (), "timestamps_s": (8,), "joint_names": (22,), "keypoint_names": (23,), "keypoints_px": (8, 23, 2),
        "keypoint_scores": (8, 23), "tracked": (8,), "rotations_xyzw": (8, 22, 4), "root_m": (8, 3),
        "joints_world_m": (8, 22, 3), "joints_cam_m": (8, 22, 3), "bone_lengths_m": (22,), "contacts": (8, 2),
        "intrinsics": (3, 3), "R_world_cam": (3, 3), "t_world_cam": (3,),
    }  # fmt: skip
    assert contract.items() <= shapes.items()
    back = read_motion_npz(tmp_path / "a.npz")
    for field in dataclasses.fields(MotionTake):
        np.testing.assert_array_equal(getattr(back, field.name), getattr(take, field.name), err_msg=field.name)


def test_frames_without_a_person_are_nan_and_not_tracked(make_take: TakeMaker) -> None:
    take = make_take(np.arange(4) / 30, without=(1,))
    assert take.tracked.tolist() == [True, False, True, True]
    for values in (take.rotations_xyzw, take.root_m, take.joints_world_m, take.joints_cam_m, take.keypoints_px):
        assert np.isnan(values[1]).all()
        assert np.isfinite(values[[0, 2, 3]]).all()
    assert (take.keypoint_scores[1] == 0).all()
    assert np.isfinite(take.R_world_cam).all()


def test_the_camera_of_the_take_maps_camera_joints_to_world_joints(make_take: TakeMaker) -> None:
    take = make_take(np.arange(3) / 30)
    world = take.joints_cam_m @ take.R_world_cam.T + take.t_world_cam
    np.testing.assert_allclose(world, take.joints_world_m, atol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_bvhs_own_kinematics_is_within_a_millimetre_of_the_npz(
    make_take: TakeMaker, tmp_path: Path, seed: int
) -> None:
    take = make_take(np.arange(60) / 30, seed=seed)
    bvh = _bvh(tmp_path / "a.bvh", take)
    joints = bvh.joints()[:, [bvh.names.index(name) for name in JOINT_NAMES]] / 100
    assert bvh.frames == 60
    assert bvh.frame_time_s == pytest.approx(1 / 30, abs=1e-8)
    assert np.linalg.norm(joints - take.joints_world_m, axis=-1).max() < 1e-3


def test_the_bvh_has_real_bone_lengths_end_sites_and_zxy_channels(make_take: TakeMaker, tmp_path: Path) -> None:
    take = make_take(np.arange(3) / 30)
    bvh = _bvh(tmp_path / "a.bvh", take)
    assert set(bvh.end_sites) == {"Head", "LeftHand", "RightHand", "LeftToes", "RightToes"}
    assert bvh.end_sites["LeftHand"][0] > 5
    assert bvh.channels[0] == ["Xposition", "Yposition", "Zposition", "Zrotation", "Xrotation", "Yrotation"]
    assert all(channels == ["Zrotation", "Xrotation", "Yrotation"] for channels in bvh.channels[1:])
    for name, offset in zip(bvh.names[1:], bvh.offsets[1:], strict=True):
        assert np.linalg.norm(offset) / 100 == pytest.approx(take.bone_lengths_m[JOINT[name]], abs=1e-5)


def test_bvh_angles_do_not_jump(make_take: TakeMaker, tmp_path: Path) -> None:
    bvh = _bvh(tmp_path / "a.bvh", make_take(np.arange(240) / 60, seed=5))
    assert np.abs(np.diff(bvh.values[:, 3:], axis=0)).max() < 60


def test_uneven_live_timestamps_become_a_true_constant_rate(make_take: TakeMaker, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    times = np.cumsum(random.uniform(0.025, 0.045, 200))
    times[100:] += 0.5  # a gap
    take = make_take(times)
    bvh = _bvh(tmp_path / "a.bvh", take)
    assert (bvh.frames - 1) * bvh.frame_time_s == pytest.approx(times[-1] - times[0], abs=bvh.frame_time_s)
    joints = bvh.joints()[:, [bvh.names.index(name) for name in JOINT_NAMES]] / 100
    (motion,) = even_motion(take).blocks()
    expected, _ = forward_kinematics(
        Rotation.from_quat(motion.rotations_xyzw.reshape(-1, 4)).as_matrix().reshape(-1, 22, 3, 3),
        np.broadcast_to(take.rest_offsets_m, (bvh.frames, 22, 3)).astype(float),
        motion.root_m,
    )
    assert np.linalg.norm(joints - expected, axis=-1).max() < 1e-3
    for frame in (10, 50, 90):  # a recorded pose is found at its own time
        near = round((times[frame] - times[0]) * take.fps)
        assert np.abs(joints[near] - take.joints_world_m[frame]).max() < 0.15


def test_even_frames_are_taken_one_to_one_though_their_times_are_rounded(make_take: TakeMaker) -> None:
    take = make_take(np.round(np.arange(401) / 30, 3))
    motion = even_motion(take)
    assert len(motion) == 401
    assert motion.fps == pytest.approx(30, abs=0.01)
    (block,) = motion.blocks()
    np.testing.assert_allclose(block.root_m, take.root_m, atol=1e-6)


def test_the_bvh_holds_the_pose_while_nobody_is_there(make_take: TakeMaker, tmp_path: Path) -> None:
    bvh = _bvh(tmp_path / "a.bvh", make_take(np.arange(10) / 30, without=(0, 1, 5, 6)))
    np.testing.assert_allclose(bvh.values[[0, 1]], bvh.values[[2, 2]], atol=1e-5)
    np.testing.assert_allclose(bvh.values[[5, 6]], bvh.values[[4, 4]], atol=1e-5)
    assert np.isfinite(bvh.values).all()


def test_a_single_frame_is_a_bvh_too(make_take: TakeMaker, tmp_path: Path) -> None:
    assert _bvh(tmp_path / "a.bvh", make_take(np.array([2.0]))).frames == 1


def test_no_person_at_all_is_no_bvh_and_says_so(make_take: TakeMaker, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no person"):
        write_motion(tmp_path / "a.bvh", make_take(np.arange(3) / 30, without=(0, 1, 2)))
    assert list(tmp_path.iterdir()) == []


def test_slerp_ends_at_both_ends_and_goes_the_short_way() -> None:
    a = Rotation.random(100, random_state=1).as_quat()
    b = -Rotation.random(100, random_state=2).as_quat()
    for share, expected in ((0.0, a), (1.0, b)):
        same = np.abs((slerp(a, b, np.full(100, share)) * expected).sum(-1))
        np.testing.assert_allclose(same, 1.0, atol=1e-12)
    half = Rotation.from_quat(slerp(a, b, np.full(100, 0.5)))
    whole = (Rotation.from_quat(a).inv() * Rotation.from_quat(b)).magnitude()
    np.testing.assert_allclose((Rotation.from_quat(a).inv() * half).magnitude(), whole / 2, atol=1e-9)


@pytest.mark.parametrize("suffix", [".npz", ".bvh"])
def test_a_file_that_is_there_is_replaced_whole_or_stays(
    make_take: TakeMaker, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / f"a{suffix}"
    path.write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr("engine.motion.atomic.os.fsync", full_disk)
        with pytest.raises(OutputError, match="No space left"):
            write_motion(path, make_take(np.arange(2) / 30), overwrite=True)
    assert path.read_text() == "old"
    assert write_motion(path, make_take(np.arange(2) / 30), overwrite=True) == path
    assert path.read_bytes() != b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_unknown_suffixes_and_missing_folders_are_one_line(make_take: TakeMaker, tmp_path: Path) -> None:
    take = make_take(np.arange(2) / 30)
    with pytest.raises(UsageError, match=r"\.npz, \.bvh"):
        write_motion(tmp_path / "a.c3d", take)
    with pytest.raises(OutputError, match="cannot write"):
        write_motion(tmp_path / "missing" / "a.npz", take)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"not a zip at all"])
def test_what_is_no_motion_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(VtmError, match="cannot read") as caught:
        read_motion_npz(path)
    assert "\n" not in str(caught.value)


def test_a_file_of_keypoints_alone_is_told_apart(tmp_path: Path) -> None:
    np.savez(tmp_path / "k.npz", keypoints_px=np.zeros((1, 23, 2)))
    with pytest.raises(InputError, match="lacks fps, joint_names"):
        read_motion_npz(tmp_path / "k.npz")
    with pytest.raises(InputError, match="no file"):
        read_motion_npz(tmp_path / "none.npz")


def test_offsets_are_rebuilt_for_files_that_lack_them(make_take: TakeMaker, tmp_path: Path) -> None:
    take = make_take(np.arange(3) / 30)
    write_motion(tmp_path / "a.npz", take)
    with np.load(tmp_path / "a.npz") as file:
        arrays = {name: file[name] for name in file.files if name not in ("rest_offsets_m", "lost_before")}
    np.savez(tmp_path / "b.npz", **arrays)
    back = read_motion_npz(tmp_path / "b.npz")
    np.testing.assert_allclose(back.rest_offsets_m[1:], take.rest_offsets_m[1:], atol=1e-3)


def test_a_takes_proportions_are_those_it_settles_on_and_not_those_of_its_first_frame(
    make_pose: Callable[..., Pose], make_detection: Callable[[Pose], Keypoints2D]
) -> None:
    """Estimates begin with everybody's proportions; frames without a person say nothing."""
    rows = []
    for number, scale in enumerate([0.5, 0.8, 1.0, 1.0, 1.0, 1.02, 3.0]):
        pose = make_pose(2, number / 30, frame_id=number, tracked=scale != 3.0)
        pose = dataclasses.replace(pose, rest_offsets_m=(pose.rest_offsets_m * scale).astype(np.float32))
        rows.append(row_of(pose, make_detection(pose)))
    settled = make_pose(2).rest_offsets_m
    take = take_from_rows(np.concatenate(rows))
    np.testing.assert_allclose(take.rest_offsets_m, settled, atol=1e-6)
    np.testing.assert_allclose(take.bone_lengths_m[1:], np.linalg.norm(settled[1:], axis=1), atol=1e-6)


def test_a_row_is_small_enough_to_record_for_hours() -> None:
    assert BODY_ROW.itemsize * 60 * 3600 < 400e6
    assert ROW.itemsize * 60 * 3600 < 640e6  # with hands and face


@pytest.mark.parametrize(
    ("style", "unit", "names"),
    [
        ("blender", 1, ("Hips", "LeftUpperArm")),
        ("mixamo", 100, ("mixamorig:Hips", "mixamorig:LeftArm", "mixamorig:Spine2", "mixamorig:RightToeBase")),
        ("rokoko", 100, ("hip", "leftUpperArm", "leftUpLeg", "rightToe", "neck", "Upper_Chest")),
    ],
)
def test_bvh_styles_change_unit_and_names_alone(
    make_take: TakeMaker, tmp_path: Path, style: str, unit: int, names: tuple[str, ...]
) -> None:
    take = make_take(np.arange(5) / 30)
    write_motion(tmp_path / "a.bvh", take, style=style)
    bvh = BvhReader((tmp_path / "a.bvh").read_text())
    assert set(names) <= set(bvh.names)
    assert len(set(bvh.names)) == 22
    ours = _bvh(tmp_path / "b.bvh", take)
    np.testing.assert_allclose(bvh.joints() / unit, ours.joints() / 100, atol=1e-5)


def test_an_unknown_style_is_one_line(make_take: TakeMaker, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="default, blender, mixamo, rokoko, lafan1, gmr, smpl"):
        write_motion(tmp_path / "a.bvh", make_take(np.arange(2) / 30), style="maya")


DAY = 86_400.0


def _with_gap(make_take: TakeMaker, gap_s: float = DAY) -> MotionTake:
    """A second, then nothing for `gap_s`, then a second more."""
    times = np.arange(60) / 30
    times[30:] += gap_s
    return make_take(times)


def test_a_gap_of_a_day_is_held_for_ten_seconds_in_a_bvh_and_marked_beside_it(
    make_take: TakeMaker, tmp_path: Path
) -> None:
    take = _with_gap(make_take)
    bvh = _bvh(tmp_path / "a.bvh", take)
    assert bvh.frames * bvh.frame_time_s == pytest.approx(12, abs=0.1)
    held = bvh.values[30:320]
    np.testing.assert_allclose(held, np.broadcast_to(bvh.values[29], held.shape), atol=1e-5)
    assert np.abs(bvh.values[330] - bvh.values[29]).max() > 0.1
    (gap,) = json.loads((tmp_path / "a.bvh.gaps.json").read_text())["gaps"]
    assert gap == {"at_s": pytest.approx(29 / 30, abs=1e-6), "lasted_s": pytest.approx(DAY + 1 / 30), "held_s": 10.0}
    write_motion(tmp_path / "a.bvh", make_take(np.arange(3) / 30), overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.bvh"]


def test_every_other_format_marks_a_gap_in_itself(make_take: TakeMaker, tmp_path: Path) -> None:
    take = _with_gap(make_take)
    for suffix in (".npz", ".csv", ".glb", ".vrma", ".jsonl"):
        write_motion(tmp_path / f"a{suffix}", take)
    assert len(list(tmp_path.iterdir())) == 5
    np.testing.assert_array_equal(read_motion_npz(tmp_path / "a.npz").timestamps_s, take.timestamps_s)
    assert f",{take.timestamps_s[-1]:.6f}," in (tmp_path / "a.csv").read_text().replace("\n", ",")
    for suffix in (".glb", ".vrma"):
        raw = (tmp_path / f"a{suffix}").read_bytes()
        document = json.loads(raw[20 : 20 + int.from_bytes(raw[12:16], "little")])
        assert document["animations"][0]["extras"]["gaps"][0]["lasted_s"] == pytest.approx(DAY, abs=1)
        times = document["accessors"][document["animations"][0]["samplers"][0]["input"]]
        assert times["max"][0] == pytest.approx(12, abs=0.1)
    header, *_, last = (tmp_path / "a.jsonl").read_text().splitlines()
    assert json.loads(header)["gaps"][0]["held_s"] == 10.0
    assert json.loads(last)["time"] == pytest.approx(12, abs=0.1)
    assert read_osc_log(tmp_path / "a.jsonl").warning is None


def test_a_gap_that_is_short_enough_is_kept_and_not_marked(make_take: TakeMaker, tmp_path: Path) -> None:
    bvh = _bvh(tmp_path / "a.bvh", _with_gap(make_take, 9.0))
    assert bvh.frames * bvh.frame_time_s == pytest.approx(11, abs=0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.bvh"]


@pytest.mark.parametrize("suffix", [".npz", ".bvh", ".csv", ".glb", ".vrma", ".jsonl"])
@pytest.mark.parametrize("even", [True, False])
def test_a_take_written_in_blocks_is_the_same_file_and_says_how_far_it_is(
    make_take: TakeMaker, tmp_path: Path, suffix: str, even: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of 7 and one block: byte for byte the same."""
    times = np.arange(60) / 30 if even else np.cumsum(np.random.default_rng(1).uniform(0.02, 0.06, 60))
    take = make_take(times, without=(3, 20), seed=4)
    turns = Rotation.from_euler("y", 20.0 * np.arange(60)[:, None], degrees=True).as_quat(canonical=True)
    rotations = np.where(np.arange(22)[:, None] == 0, turns[:, None], take.rotations_xyzw).astype(np.float32)
    rotations[~take.tracked] = np.nan
    take = dataclasses.replace(take, rotations_xyzw=rotations)  # signs and angles would jump at 180 degrees
    write_motion(tmp_path / f"whole{suffix}", take)
    told: list[float] = []
    for module in (resample, csv_table):
        monkeypatch.setattr(module, "BLOCK_FRAMES", 7)
    monkeypatch.setattr(osc_log, "_TELL_EVERY", 7)
    write_motion(tmp_path / f"blocks{suffix}", take, progress=told.append)
    if suffix == ".npz":  # an archive holds the time of its making
        with np.load(tmp_path / "whole.npz") as whole, np.load(tmp_path / "blocks.npz") as blocks:
            for name in whole.files:
                np.testing.assert_array_equal(whole[name], blocks[name])
    else:
        assert (tmp_path / f"blocks{suffix}").read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()
    assert told == sorted(told)
    assert 0 < told[0] < 0.5
    assert 0.9 < told[-1] <= 1.0


def test_a_rate_that_no_camera_has_is_not_believed(make_take: TakeMaker, tmp_path: Path) -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.02, 0.06, 60))
    take = dataclasses.replace(make_take(times), fps=1e9)
    assert _bvh(tmp_path / "a.bvh", take).frames < 120
