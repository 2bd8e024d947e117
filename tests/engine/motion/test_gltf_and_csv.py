"""A .glb reader written from the glTF specification finds the joints of the take; .vrma keeps the extension's rules."""

from __future__ import annotations

import csv
import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.motion.formats import write_motion
from engine.motion.take import MotionTake, row_of, take_from_rows
from engine.types import Keypoints2D, Pose
from models.parts import PART
from models.skeleton import JOINT, JOINT_NAMES

PoseMaker = Callable[..., Pose]
VRM_REQUIRED = {"hips", "spine", "head"} | {
    side + bone
    for side in ("left", "right")
    for bone in ("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand")
}


@pytest.fixture
def take(make_pose: PoseMaker, make_detection: Callable[[Pose], Keypoints2D]) -> MotionTake:
    """Twenty frames at uneven times, the eleventh without a person."""
    times = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.05, 20)) + 7.0
    poses = [make_pose(1, float(time_s), frame_id=n, tracked=n != 10) for n, time_s in enumerate(times)]
    return take_from_rows(np.concatenate([row_of(pose, make_detection(pose)) for pose in poses]))


class Glb:
    """A binary glTF file, taken apart by the specification."""

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<4sII", data, 0)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert (kind, size % 4) == (b"JSON", 0)
        self.json = json.loads(data[20 : 20 + size])
        at = 20 + size
        size, kind = struct.unpack_from("<I4s", data, at)
        assert (kind, size % 4) == (b"BIN\0", 0)
        self.binary = data[at + 8 : at + 8 + size]
        assert at + 8 + size == length
        assert self.json["buffers"] == [{"byteLength": size}]

    def array(self, accessor: int) -> np.ndarray:
        info = self.json["accessors"][accessor]
        view = self.json["bufferViews"][info["bufferView"]]
        dtype = {5126: np.dtype("<f4"), 5123: np.dtype("<u2")}[info["componentType"]]
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[info["type"]]
        assert view["byteOffset"] % dtype.itemsize == 0
        assert view["byteLength"] == info["count"] * width * dtype.itemsize
        values = np.frombuffer(self.binary, dtype, info["count"] * width, view["byteOffset"]).reshape(-1, width)
        if "min" in info:
            np.testing.assert_array_equal(values.min(0), np.array(info["min"], dtype))
            np.testing.assert_array_equal(values.max(0), np.array(info["max"], dtype))
        return values

    def animated(self) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, Rotation]]:
        """Key times, world position and orientation of every named node at them."""
        (animation,) = self.json["animations"]
        tracks: dict[tuple[int, str], np.ndarray] = {}
        times = np.zeros(0)
        for channel in animation["channels"]:
            sampler = animation["samplers"][channel["sampler"]]
            times = self.array(sampler["input"])[:, 0]
            tracks[channel["target"]["node"], channel["target"]["path"]] = self.array(sampler["output"])
        places: dict[str, np.ndarray] = {}
        turns: dict[str, Rotation] = {}

        def walk(node: int, place: np.ndarray, turn: Rotation) -> None:
            info = self.json["nodes"][node]
            assert "scale" not in info
            local = tracks.get((node, "translation"), np.tile(info.get("translation", [0, 0, 0]), (len(times), 1)))
            rotation = tracks.get((node, "rotation"), np.tile([0, 0, 0, 1], (len(times), 1)))
            place, turn = place + turn.apply(local), turn * Rotation.from_quat(rotation)
            places[info["name"]], turns[info["name"]] = place, turn
            for child in info.get("children", []):
                walk(child, place, turn)

        for root in self.json["scenes"][self.json["scene"]]["nodes"]:
            walk(root, np.zeros((len(times), 3)), Rotation.identity(len(times)))
        return times, places, turns


@pytest.mark.parametrize("suffix", [".glb", ".vrma"])
def test_the_animated_nodes_are_the_joints_of_the_take_at_its_own_times(
    take: MotionTake, tmp_path: Path, suffix: str
) -> None:
    write_motion(tmp_path / f"a{suffix}", take)
    times, places, _ = Glb((tmp_path / f"a{suffix}").read_bytes()).animated()
    np.testing.assert_allclose(times, take.timestamps_s - take.timestamps_s[0], atol=1e-6)
    for name in JOINT_NAMES:
        expected = take.joints_world_m[:, JOINT[name]].copy()
        expected[10] = expected[9]  # nobody there: the pose is held
        np.testing.assert_allclose(places[name], expected, atol=1e-4, err_msg=name)


def test_the_body_follows_its_bones(take: MotionTake, tmp_path: Path) -> None:
    write_motion(tmp_path / "a.glb", take)
    glb = Glb((tmp_path / "a.glb").read_bytes())
    (mesh,), (skin,) = glb.json["meshes"], glb.json["skins"]
    (primitive,) = mesh["primitives"]
    points, normals, joints, weights = (
        glb.array(primitive["attributes"][name]) for name in ("POSITION", "NORMAL", "JOINTS_0", "WEIGHTS_0")
    )
    triangles = glb.array(primitive["indices"]).reshape(-1, 3)
    assert triangles.max() < len(points) == len(normals) == len(joints)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(weights.sum(1), 1.0)
    binding = glb.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)  # glTF: column-major
    _, places, turns = glb.animated()
    frame = 5
    for point, joint in zip(points[::17], joints[::17, 0], strict=True):
        name = glb.json["nodes"][skin["joints"][joint]]["name"]
        in_joint = (binding[joint] @ [*point, 1.0])[:3]
        moved = places[name][frame] + turns[name][frame].apply(in_joint)
        assert np.linalg.norm(moved - places[name][frame]) < 0.6
    assert points[:, 1].min() > 0
    assert 1.3 < points[:, 1].max() < 2.2


def test_normals_point_outwards(take: MotionTake, tmp_path: Path) -> None:
    write_motion(tmp_path / "a.glb", take)
    glb = Glb((tmp_path / "a.glb").read_bytes())
    attributes = glb.json["meshes"][0]["primitives"][0]["attributes"]
    solids = glb.array(attributes["POSITION"]).reshape(-1, 24, 3)  # 8 triangles each
    normals = glb.array(attributes["NORMAL"]).reshape(-1, 24, 3)
    outwards = ((solids - solids.mean(1, keepdims=True)) * normals).sum(-1)
    assert outwards.min() > 0


def test_a_vrma_names_the_required_bones_and_moves_only_rotations_and_the_hips(
    take: MotionTake, tmp_path: Path
) -> None:
    write_motion(tmp_path / "a.vrma", take)
    glb = Glb((tmp_path / "a.vrma").read_bytes())
    extension = glb.json["extensions"]["VRMC_vrm_animation"]
    assert glb.json["extensionsUsed"] == ["VRMC_vrm_animation"]
    assert extension["specVersion"] == "1.0"
    bones = {name: bone["node"] for name, bone in extension["humanoid"]["humanBones"].items()}
    assert bones.keys() >= VRM_REQUIRED
    assert len(set(bones.values())) == len(bones) == 22
    channels = [(c["target"]["node"], c["target"]["path"]) for c in glb.json["animations"][0]["channels"]]
    assert [node for node, path in channels if path == "translation"] == [bones["hips"]]
    assert {path for _, path in channels} == {"translation", "rotation"}
    assert "meshes" not in glb.json


def test_the_nodes_rest_in_the_vrm_t_pose(take: MotionTake, tmp_path: Path) -> None:
    write_motion(tmp_path / "a.vrma", take)
    nodes = Glb((tmp_path / "a.vrma").read_bytes()).json["nodes"]
    place = {}
    for node in nodes:  # parents come first
        assert "rotation" not in node
        place.setdefault(node["name"], np.zeros(3))
        place[node["name"]] = place[node["name"]] + node["translation"]
        for child in node.get("children", []):
            place[nodes[child]["name"]] = place[node["name"]]
    assert place["LeftHand"][0] > 0.5 > -0.5 > place["RightHand"][0]
    assert abs(place["LeftHand"][1] - place["LeftUpperArm"][1]) < 0.05
    assert place["LeftToes"][2] > place["LeftFoot"][2]
    assert 0 <= place["LeftToes"][1] < 0.06


def test_csv_has_one_line_per_frame_and_empty_cells_where_nobody_was(take: MotionTake, tmp_path: Path) -> None:
    write_motion(tmp_path / "a.csv", take)
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20
    assert len(rows[0]) == 6 + 22 * 7 + 6
    assert float(rows[3]["seen_left_leg"]) == pytest.approx(take.part_confidence[3, PART["left_leg"]])
    assert rows[10]["seen_left_leg"] == ""
    hand = [float(rows[3][f"LeftHand_{axis}_m"]) for axis in "xyz"]
    np.testing.assert_allclose(hand, take.joints_world_m[3, JOINT["LeftHand"]], atol=1e-5)
    turn = [float(rows[3][f"Hips_q{axis}"]) for axis in "xyzw"]
    np.testing.assert_allclose(turn, take.rotations_xyzw[3, 0], atol=1e-5)
    assert (rows[10]["tracked"], rows[10]["Hips_x_m"], rows[9]["tracked"]) == ("0", "", "1")
    assert float(rows[10]["time_s"]) == pytest.approx(take.timestamps_s[10], abs=1e-6)
