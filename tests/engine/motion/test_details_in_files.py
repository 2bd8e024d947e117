"""A take with fingers and face through every format and back; one without is written as before."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.errors import InputError
from engine.motion.bvh_styles import BVH_STYLES
from engine.motion.formats import write_motion
from engine.motion.npz import read_motion_npz, write_motion_npz
from engine.motion.osc_log import read_osc_log
from engine.motion.take import BODY_ROW, DETAIL_FIELDS, MotionTake, row_of, take_from_rows
from engine.motion.take_poses import poses_of
from engine.types import Keypoints2D, Pose
from models.detail_skeleton import DETAIL_NAMES, EYE_NAMES, skeleton_with
from models.face import EXPRESSION, EXPRESSION_NAMES
from models.fingers import FINGER_NAMES
from models.parts import DETAIL_PARTS, PART_NAMES
from models.skeleton import JOINT_NAMES
from models.vrm_expressions import VRM1_NAMES, vrm_expressions
from tests.engine.detailed_poses import with_details
from tests.engine.motion.bvh_reader import BvhReader
from tests.engine.motion.test_gltf_and_csv import Glb

PoseMaker = Callable[..., Pose]
FRAMES, LOST, HANDS_OFF = 12, 4, 7
"""In one frame nobody is seen, in another the hands and the face are not looked at."""


@pytest.fixture
def take(make_pose: PoseMaker, make_detection: Callable[[Pose], Keypoints2D]) -> MotionTake:
    rows = []
    for frame in range(FRAMES):
        pose = make_pose(1, frame / 30, frame_id=frame, tracked=frame != LOST)
        pose = pose if frame == HANDS_OFF else with_details(pose)
        rows.append(row_of(pose, make_detection(pose)))
    return take_from_rows(np.concatenate(rows))


@pytest.fixture
def body(make_pose: PoseMaker, make_detection: Callable[[Pose], Keypoints2D]) -> MotionTake:
    poses = [make_pose(1, frame / 30, frame_id=frame) for frame in range(5)]
    return take_from_rows(np.concatenate([row_of(pose, make_detection(pose)) for pose in poses]))


def held(values: np.ndarray) -> np.ndarray:
    """What is shown: the frames in which nothing is seen repeat the one before."""
    shown = values.copy()
    for frame in (LOST, HANDS_OFF):
        shown[frame] = shown[frame - 1]
    return shown


def assert_same_turns(found: np.ndarray, expected: np.ndarray) -> None:
    """Of q and -q either."""
    dots = np.abs((found * expected).sum(-1))
    np.testing.assert_allclose(dots, 1.0, atol=1e-5)


def test_npz_keeps_everything_by_the_names_of_the_contract(take: MotionTake, tmp_path: Path):
    write_motion(tmp_path / "a.npz", take)
    with np.load(tmp_path / "a.npz") as file:
        shapes = {name: file[name].shape for name in file.files}
        assert tuple(file["finger_names"]) == FINGER_NAMES
        assert tuple(file["expression_names"]) == EXPRESSION_NAMES
        assert tuple(file["part_names"]) == (*PART_NAMES, *DETAIL_PARTS)
        assert file["head_from_face"].dtype == bool
    n = FRAMES
    contract = {
        "fingers_xyzw": (n, 30, 4), "expression": (n, 52), "eyes_xyzw": (n, 2, 4), "hand_points_cam_m": (n, 2, 21, 3),
        "head_from_face": (n,), "part_confidence": (n, 9), "finger_names": (30,), "expression_names": (52,),
    }  # fmt: skip
    assert contract.items() <= shapes.items()
    back = read_motion_npz(tmp_path / "a.npz")
    for field in dataclasses.fields(MotionTake):
        np.testing.assert_array_equal(getattr(back, field.name), getattr(take, field.name), err_msg=field.name)
    assert np.isnan(back.fingers_xyzw[[LOST, HANDS_OFF]]).all()
    assert back.head_from_face.tolist() == [frame not in (LOST, HANDS_OFF) for frame in range(n)]


def test_poses_played_back_hold_what_is_not_seen(take: MotionTake):
    poses = list(poses_of(take))
    for name in ("fingers_xyzw", "eyes_xyzw"):
        assert_same_turns(np.stack([getattr(pose, name) for pose in poses]), held(getattr(take, name)))
    np.testing.assert_allclose(np.stack([pose.expression for pose in poses]), held(take.expression), atol=1e-6)
    assert [bool(pose.detail_confidence.any()) for pose in poses] == [n not in (LOST, HANDS_OFF) for n in range(FRAMES)]
    assert [pose.head_from_face for pose in poses][:LOST] == [True] * LOST
    for before, after in pairwise(poses):
        assert ((before.fingers_xyzw * after.fingers_xyzw).sum(-1) > 0).all()  # signs do not jump


@pytest.mark.parametrize("style", ["default", "blender", "mixamo", "rokoko"])
def test_bvh_has_a_joint_for_each_finger_and_eye_and_its_kinematics_give_the_hands(
    take: MotionTake, tmp_path: Path, style: str
):
    write_motion(tmp_path / "a.bvh", take, style=style)
    bvh = BvhReader((tmp_path / "a.bvh").read_text())
    names = BVH_STYLES[style].names
    theirs = [names.get(name, name) for name in (*JOINT_NAMES, *DETAIL_NAMES)]
    assert sorted(bvh.names) == sorted(theirs)
    assert len(set(theirs)) == len(theirs)
    expected = kinematics(take)
    places = bvh.joints() / BVH_STYLES[style].units_per_metre
    for at, name in enumerate(theirs):
        np.testing.assert_allclose(places[:, bvh.names.index(name)], expected[:, at], atol=2e-4, err_msg=name)
    fingertips = [name for name in bvh.end_sites if "Distal" in name or name.endswith("3")]
    assert len(fingertips) == 10
    assert not any(name in bvh.end_sites for name in ("LeftHand", "mixamorig:LeftHand"))


def kinematics(take: MotionTake) -> np.ndarray:
    """(N, 54, 3) joints in the world by the take's own numbers."""
    skeleton = skeleton_with(take.rest_offsets_m, fingers=True, eyes=True)
    body = take.rotations_xyzw.copy()
    body[LOST] = body[LOST - 1]
    turns = np.concatenate([body, held(take.fingers_xyzw), held(take.eyes_xyzw)], axis=1)
    root = take.root_m.copy()
    root[LOST] = root[LOST - 1]
    places: list[np.ndarray] = []
    world: list[Rotation] = []
    for joint, parent in enumerate(skeleton.parents):
        local = Rotation.from_quat(turns[:, joint])
        if parent < 0:
            places.append(root.astype(float))
            world.append(local)
            continue
        places.append(places[parent] + world[parent].apply(np.tile(skeleton.offsets_m[joint], (len(root), 1))))
        world.append(world[parent] * local)
    return np.stack(places, axis=1)


def test_mixamo_and_rokoko_fingers_have_the_names_of_those_rigs():
    assert BVH_STYLES["mixamo"].names["LeftLittleIntermediate"] == "mixamorig:LeftHandPinky2"
    assert BVH_STYLES["mixamo"].names["RightThumbProximal"] == "mixamorig:RightHandThumb1"
    assert BVH_STYLES["rokoko"].names["LeftIndexIntermediate"] == "leftIndexMedial"


def test_glb_has_fingers_as_nodes_and_the_face_as_morph_weights(take: MotionTake, tmp_path: Path):
    write_motion(tmp_path / "a.glb", take)
    glb = Glb((tmp_path / "a.glb").read_bytes())
    _, places, _ = glb.animated()
    expected = kinematics(take)
    for at, name in enumerate((*JOINT_NAMES, *DETAIL_NAMES)):
        np.testing.assert_allclose(places[name], expected[:, at], atol=1e-4, err_msg=name)
    (face,) = (mesh for mesh in glb.json["meshes"] if mesh["name"] == "face")
    assert face["extras"]["targetNames"] == list(EXPRESSION_NAMES)
    (primitive,) = face["primitives"]
    assert len(primitive["targets"]) == len(face["weights"]) == 52
    points = glb.array(primitive["attributes"]["POSITION"])
    moves = np.stack([glb.array(target["POSITION"]) for target in primitive["targets"]])
    assert moves.shape == (52, *points.shape)
    assert glb.array(primitive["indices"]).max() < len(points)
    assert np.abs(moves[EXPRESSION["jawOpen"]]).max() > 0.01
    assert np.array_equal(  # mirrored: the left lid closes as the right one does
        np.sort(moves[EXPRESSION["eyeBlinkLeft"]][:, 1]), np.sort(moves[EXPRESSION["eyeBlinkRight"]][:, 1])
    )
    (node,) = (n for n, info in enumerate(glb.json["nodes"]) if info["name"] == "face")
    (head,) = (info for info in glb.json["nodes"] if info["name"] == "Head")
    assert node in head["children"]
    (animation,) = glb.json["animations"]
    (channel,) = (channel for channel in animation["channels"] if channel["target"]["path"] == "weights")
    assert channel["target"]["node"] == node
    weights = glb.array(animation["samplers"][channel["sampler"]]["output"]).reshape(-1, 52)
    np.testing.assert_allclose(weights, held(take.expression), atol=1e-6)
    (skin,) = glb.json["skins"]
    assert len(skin["joints"]) == 54


def test_vrma_has_fingers_expressions_and_gaze_by_its_specification(take: MotionTake, tmp_path: Path):
    write_motion(tmp_path / "a.vrma", take)
    glb = Glb((tmp_path / "a.vrma").read_bytes())
    extension = glb.json["extensions"]["VRMC_vrm_animation"]
    bones = {name: bone["node"] for name, bone in extension["humanoid"]["humanBones"].items()}
    assert len(bones) == 52
    assert not {"leftEye", "rightEye"} & set(bones)
    thumb = [f"leftThumb{part}" for part in ("Metacarpal", "Proximal", "Distal")]
    assert [glb.json["nodes"][bones[name]]["name"] for name in thumb] == [
        f"LeftThumb{part}" for part in ("Proximal", "Intermediate", "Distal")
    ]
    animation = glb.json["animations"][0]
    tracks = {
        (channel["target"]["node"], channel["target"]["path"]): glb.array(
            animation["samplers"][channel["sampler"]]["output"]
        )
        for channel in animation["channels"]
    }
    eyes = [node for node, info in enumerate(glb.json["nodes"]) if info["name"] in EYE_NAMES]
    assert not [node for node, _ in tracks if node in eyes]
    moved = {node for node, path in tracks if path == "translation"}
    presets = {name: entry["node"] for name, entry in extension["expressions"]["preset"].items()}
    assert set(presets) == set(VRM1_NAMES)
    assert not {"lookUp", "lookDown", "lookLeft", "lookRight"} & set(presets)
    assert "custom" not in extension["expressions"]  # vowels or the 52, never both
    assert moved == {bones["hips"], *presets.values()}
    expected = vrm_expressions(held(take.expression))
    for at, name in enumerate(VRM1_NAMES):
        track = tracks[presets[name], "translation"]
        np.testing.assert_allclose(track[:, 0], expected[:, at], atol=1e-6)
        assert not track[:, 1:].any()
    gaze = extension["lookAt"]
    assert_same_turns(tracks[gaze["node"], "rotation"], held(take.eyes_xyzw)[:, 0])
    assert gaze["offsetFromHeadBone"][0] == 0
    assert 0.03 < gaze["offsetFromHeadBone"][1] < 0.1


def test_csv_has_a_column_for_every_number_and_empty_cells_where_nothing_is_seen(take: MotionTake, tmp_path: Path):
    write_motion(tmp_path / "a.csv", take)
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for name in (*FINGER_NAMES, *EYE_NAMES):
        assert f"{name}_qw" in rows[0]
    fingers = np.array([[float(rows[0][f"{name}_q{axis}"]) for axis in "xyzw"] for name in FINGER_NAMES])
    np.testing.assert_allclose(fingers, take.fingers_xyzw[0], atol=1e-6)
    scores = [float(rows[1][name]) for name in EXPRESSION_NAMES]
    np.testing.assert_allclose(scores, take.expression[1], atol=1e-6)
    assert float(rows[0]["seen_left_hand"]) == pytest.approx(0.9)
    assert rows[HANDS_OFF]["jawOpen"] == rows[LOST]["LeftThumbDistal_qx"] == ""
    assert rows[HANDS_OFF]["Hips_qw"] != ""


def test_a_take_without_hands_and_face_is_written_as_before(body: MotionTake, tmp_path: Path):
    for name in DETAIL_FIELDS:
        assert getattr(body, name) is None
    for suffix in (".npz", ".bvh", ".csv", ".glb", ".vrma"):
        write_motion(tmp_path / f"a{suffix}", body)
    with np.load(tmp_path / "a.npz") as file:
        assert file["part_confidence"].shape == (5, 6)
        assert not {"fingers_xyzw", "expression", "finger_names"} & set(file.files)
    assert "Thumb" not in (tmp_path / "a.bvh").read_text()
    assert "jawOpen" not in (tmp_path / "a.csv").read_text().splitlines()[0]
    vrma = Glb((tmp_path / "a.vrma").read_bytes()).json["extensions"]["VRMC_vrm_animation"]
    assert set(vrma) == {"specVersion", "humanoid"}


@pytest.mark.parametrize("hands", [True, False])
def test_a_take_with_only_hands_or_only_a_face_holds_only_that(
    make_pose: PoseMaker, make_detection: Callable[[Pose], Keypoints2D], tmp_path: Path, hands: bool
):
    poses = [with_details(make_pose(1, n / 30, frame_id=n), hands=hands, face=not hands) for n in range(4)]
    one = take_from_rows(np.concatenate([row_of(pose, make_detection(pose)) for pose in poses]))
    assert (one.fingers_xyzw is None, one.expression is None) == (not hands, hands)
    for suffix in (".npz", ".bvh", ".csv", ".glb", ".vrma", ".jsonl"):
        write_motion(tmp_path / f"a{suffix}", one)
    back = next(poses_of(read_motion_npz(tmp_path / "a.npz")))
    assert (back.fingers_xyzw is None, back.eyes_xyzw is None) == (not hands, hands)


def test_uneven_times_are_slerped_and_lerped_for_hands_and_face_too(
    make_pose: PoseMaker, make_detection: Callable[[Pose], Keypoints2D], tmp_path: Path
):
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.06, 40))
    poses = [with_details(make_pose(1, float(time_s), frame_id=n)) for n, time_s in enumerate(times)]
    uneven = take_from_rows(np.concatenate([row_of(pose, make_detection(pose)) for pose in poses]))
    write_motion(tmp_path / "a.bvh", uneven)
    bvh = BvhReader((tmp_path / "a.bvh").read_text())
    at = bvh.names.index("LeftIndexProximal")
    middle = bvh.frames // 2
    time_s = times[0] + middle * bvh.frame_time_s
    exact = with_details(make_pose(1, float(time_s))).fingers_xyzw[FINGER_NAMES.index("LeftIndexProximal")]
    z, x, y = bvh.values[middle, 3 * at + 3 : 3 * at + 6]
    found = Rotation.from_euler("ZXY", [z, x, y], degrees=True)
    assert np.degrees((Rotation.from_quat(exact).inv() * found).magnitude()) < 0.5


def test_an_osc_log_of_the_take_can_be_read_again(take: MotionTake, tmp_path: Path):
    write_motion(tmp_path / "a.jsonl", take)
    log = read_osc_log(tmp_path / "a.jsonl")
    assert log.warning is None
    assert len(log.datagrams) >= FRAMES


def test_rows_of_before_hands_and_face_are_still_read(take: MotionTake, make_pose: PoseMaker, make_detection):
    pose = make_pose()
    row = row_of(pose, make_detection(pose))
    older = np.zeros(1, BODY_ROW)
    for name in BODY_ROW.names or ():
        older[name] = row[name]
    assert take_from_rows(older).fingers_xyzw is None
    assert take.fingers_xyzw is not None


def changed_file(take: MotionTake, path: Path, **changes: np.ndarray) -> Path:
    file = io.BytesIO()
    write_motion_npz(file, take)
    with np.load(io.BytesIO(file.getvalue())) as found:
        arrays = {name: found[name] for name in found.files} | changes
    np.savez(path / "changed.npz", **arrays)
    return path / "changed.npz"


def test_numbers_that_no_hand_has_are_refused_or_left_out(take: MotionTake, tmp_path: Path):
    with pytest.raises(InputError, match="fingers_xyzw of frame 0, bone 0: a quaternion of length 2"):
        read_motion_npz(changed_file(take, tmp_path, fingers_xyzw=2 * take.fingers_xyzw))
    with pytest.raises(InputError, match="finger_names differ"):
        read_motion_npz(changed_file(take, tmp_path, finger_names=np.array(["x"] * 30)))
    with pytest.raises(InputError, match="part_names differ"):
        read_motion_npz(changed_file(take, tmp_path, part_names=np.array(["x"] * 9)))
    wild = read_motion_npz(
        changed_file(
            take,
            tmp_path,
            expression=np.where(np.arange(52) < 2, np.inf, 7.0)[None] + 0 * take.expression,
            hand_points_cam_m=np.full_like(take.hand_points_cam_m, 1e30),
            eyes_xyzw=np.full_like(take.eyes_xyzw, np.nan),
        )
    )
    assert (wild.expression, wild.eyes_xyzw) == (None, None)
    assert np.isnan(wild.hand_points_cam_m).all()
    assert wild.fingers_xyzw is not None
    loud = read_motion_npz(changed_file(take, tmp_path, expression=np.full_like(take.expression, 7.0)))
    assert loud.expression[0].tolist() == [1.0] * 52
    for suffix in (".bvh", ".glb", ".vrma", ".csv", ".jsonl"):
        write_motion(tmp_path / f"wild{suffix}", wild)
