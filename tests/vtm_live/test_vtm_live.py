"""The public door: arrays to motion, motion to files, poses live; the examples run."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import vtm_live
from engine.motion.take import row_of, take_from_rows
from engine.osc.demo_pose import wave_pose
from engine.sources.open_source import DEMO_CLIP
from engine.types import NoPerson
from models.keypoints import KEYPOINT_NAMES, NUM_COCO
from tests.engine.detailed_poses import with_details

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
FRAMES = 60
JOINT_OF = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg"}


def coco_from_truth() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The demo's true joints as COCO's 17 (N, 17, 2), scores (N, 17), and the truth in the camera (N, 22, 3)."""
    with np.load(DEMO_CLIP.with_name("demo_truth.npz")) as truth:
        names, px, joints = truth["joint_names"].tolist(), truth["joints_px"][:FRAMES], truth["joints_cam_m"][:FRAMES]
    points, scores = np.zeros((FRAMES, 17, 2)), np.zeros((FRAMES, 17))
    for index, name in enumerate(KEYPOINT_NAMES[:NUM_COCO]):
        side, _, part = name.partition("_")
        joint = f"{side.title()}{ {**JOINT_OF, 'ankle': 'Foot'}.get(part) }"
        if joint in names:
            points[:, index], scores[:, index] = px[:, names.index(joint)], 1.0
    return points, scores, joints


@pytest.fixture(scope="module")
def motion() -> vtm_live.Motion:
    points, scores, _ = coco_from_truth()
    return vtm_live.lift_keypoints(points, scores, (640, 480), fps=30.0)


def test_keypoints_of_any_detector_become_motion_near_the_truth(motion: vtm_live.Motion) -> None:
    _, _, truth = coco_from_truth()
    assert len(motion) == FRAMES
    assert motion.tracked.all()
    ours = motion.joints_cam_m - motion.joints_cam_m[:, :1]
    error_m = np.linalg.norm(ours - (truth - truth[:, :1]), axis=-1).mean()
    assert error_m < 0.12
    assert "60 frames" in repr(motion)


def test_motion_is_saved_in_every_format_and_read_again(motion: vtm_live.Motion, tmp_path: Path) -> None:
    for suffix in (".npz", ".bvh", ".csv", ".glb", ".vrma", ".jsonl"):
        assert motion.save(tmp_path / f"out{suffix}").stat().st_size > 1000
    again = vtm_live.Motion.load(tmp_path / "out.npz")
    np.testing.assert_array_equal(again.rotations_xyzw, motion.rotations_xyzw)
    assert motion.save(tmp_path / "out.npz").name == "out-2.npz"


def test_motion_is_cut_and_judged(motion: vtm_live.Motion) -> None:
    assert len(motion.trimmed(0.5, 1.0)) == 16
    assert motion.report().frames == FRAMES
    assert len(motion.filled()) == FRAMES


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keypoints_px": np.zeros((60, 5, 2))}, "keypoint_scores"),
        ({"scores": np.full((60, 17), -1.0)}, "the minimum is 0"),
        ({"fps": None}, "fps or timestamps_s"),
        ({"image_size": (0, 480)}, "image_size"),
        ({"keypoints_px": "no numbers"}, "expected numbers"),
    ],
)
def test_keypoints_that_cannot_be_are_one_line(change: dict[str, object], words: str) -> None:
    points, scores, _ = coco_from_truth()
    given: dict[str, object] = {"keypoints_px": points, "scores": scores, "image_size": (640, 480), "fps": 30.0}
    with pytest.raises(vtm_live.InputError, match=words) as caught:
        vtm_live.lift_keypoints(**(given | change))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_poses_come_live_to_a_function() -> None:
    heard: list[vtm_live.Pose] = []
    enough = threading.Event()

    def on_pose(pose: vtm_live.Pose) -> None:
        heard.append(pose)
        if len(heard) >= 3:
            enough.set()

    with vtm_live.Pipeline(vtm_live.Config(source="demo", loop=True), on_pose=on_pose) as pipeline:
        assert enough.wait(120), pipeline.error
        pipeline.reconfigure(height_m=1.9)
        assert pipeline.snapshot().pose is not None
    assert [pose.frame_id for pose in heard] == sorted({pose.frame_id for pose in heard})


def test_what_on_pose_raises_is_kept_and_said() -> None:
    def on_pose(_pose: vtm_live.Pose) -> None:
        raise KeyError("mine")

    with vtm_live.Pipeline(vtm_live.Config(source="demo", loop=True), on_pose=on_pose) as pipeline:
        assert pipeline.wait(120) == "failed"
        assert isinstance(pipeline.error, KeyError)


def run_example(name: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def keypoints_file(path: Path) -> Path:
    points, scores, _ = coco_from_truth()
    np.savez(path, keypoints_px=points, keypoint_scores=scores, fps=30.0, image_size=(640, 480))
    return path


def test_the_example_with_own_keypoints_runs(tmp_path: Path) -> None:
    out = run_example("own_keypoints.py", str(keypoints_file(tmp_path / "k.npz")), str(tmp_path / "out.bvh"))
    assert "60 frames" in out
    assert (tmp_path / "out.bvh").exists()


def test_the_example_with_live_joints_runs() -> None:
    assert "right hand" in run_example("live_joints.py", "demo", "20")


def test_the_example_that_plots_runs(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    run_example("clip_to_plots.py", str(keypoints_file(tmp_path / "k.npz")), str(tmp_path / "plots.png"))
    assert (tmp_path / "plots.png").stat().st_size > 10_000


def test_hands_and_face_are_arrays_by_name_and_none_where_nobody_looked(
    motion: vtm_live.Motion, tmp_path: Path
) -> None:
    assert (motion.fingers_xyzw, motion.eyes_xyzw, motion.expression, motion.detail_confidence) == (None,) * 4
    pose = with_details(wave_pose(1.7, 0.0))
    take = take_from_rows(np.concatenate([row_of(pose, NoPerson(n, n / 30, (640, 480))) for n in range(3)]))
    found = vtm_live.Motion.load(vtm_live.Motion(take).save(tmp_path / "a.npz"))
    assert found.fingers_xyzw is not None
    assert found.fingers_xyzw.shape == (3, len(vtm_live.FINGER_NAMES), 4)
    assert found.expression is not None
    assert found.expression.shape == (3, len(vtm_live.EXPRESSION_NAMES))
    assert found.eyes_xyzw is not None
    assert found.detail_confidence is not None


def test_the_example_with_two_cameras_finds_the_angle_between_them(tmp_path: Path) -> None:
    turned = np.diag([-1.0, 1.0, -1.0])  # the second camera stands behind
    with np.load(DEMO_CLIP.with_name("demo_truth.npz")) as truth:
        K, names, joints = truth["K"], truth["joint_names"].tolist(), truth["joints_cam_m"]
    hips = joints[:1, :1]
    for name, seen in (("front.npz", joints), ("back.npz", (joints - hips) @ turned.T + hips)):
        px = seen @ K.T
        points, scores = np.zeros((len(seen), 17, 2)), np.zeros((len(seen), 17))
        for index, keypoint in enumerate(KEYPOINT_NAMES[:NUM_COCO]):
            side, _, part = keypoint.partition("_")
            joint = f"{side.title()}{ {**JOINT_OF, 'ankle': 'Foot'}.get(part) }"
            if joint in names:
                points[:, index] = (px[..., :2] / px[..., 2:])[:, names.index(joint)]
                scores[:, index] = 1.0
        np.savez(
            tmp_path / name,
            keypoints_px=points,
            keypoint_scores=scores,
            fps=30.0,
            image_size=np.array([640, 480]),
            intrinsics=K,
        )
    out = run_example("two_cameras.py", str(tmp_path / "front.npz"), str(tmp_path / "back.npz"))
    angle = int(out.split("cameras are ")[1].split()[0])
    assert 150 <= angle <= 180
