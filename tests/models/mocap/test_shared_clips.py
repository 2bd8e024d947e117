"""Retargeting on the real mocap files beside the checkout: some of every folder."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from models.kinematics import STATURE, forward_kinematics, ratio_offsets
from models.mocap.bvh import read_bvh
from models.mocap.library import CACHE_HZ, foot_contacts, resample
from models.mocap.retarget import first_frame_of, map_joints, retarget, round_trip_error
from models.rotations import quaternion_to_matrix
from models.skeleton import FEET, JOINT, NUM_JOINTS, TOES

MOCAP = Path(__file__).parents[3].parent / "shared" / "data" / "mocap"
WANTED = {
    "cmu_bvh.tar.xz": ("cmu_bvh/02/02_01.bvh", "cmu_bvh/02/02_02.bvh"),  # walking
    "extra_bvh.tar.xz": (
        "animated_drawings/wave_hello.bvh",
        "animated_drawings/jumping_jacks.bvh",
        "cmu_expmap/test_walking_walking_1.bvh",
        "mesh2motion/base__Walk_Loop.bvh",
    ),
}
HEIGHT_M = 1.7

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not MOCAP.is_dir(), reason="no shared/data/mocap beside the checkout"),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    """The wanted clips, unpacked."""
    folder = tmp_path_factory.mktemp("mocap")
    found = []
    for archive, wanted in WANTED.items():
        left = set(wanted)
        with tarfile.open(MOCAP / archive, "r|xz") as bundle:
            for member in bundle:
                if member.name in left:
                    left.remove(member.name)
                    source = bundle.extractfile(member)  # extract(filter=) is not in every Python 3.11
                    assert source is not None
                    target = folder / member.name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(source.read())
                    found.append(folder / member.name)
                if not left:
                    break
        assert not left
    return found


@pytest.fixture(scope="module")
def clips(files):
    """(path, Bvh, Retargeted, joints (N, 22, 3) on s̄, statures)."""
    rows = []
    for path in files:
        bvh = read_bvh(path)
        clip = retarget(bvh, path.name, first_frame=first_frame_of(path))
        rotations = quaternion_to_matrix(clip.rotations_xyzw)
        joints, _ = forward_kinematics(rotations, ratio_offsets(np.ones(NUM_JOINTS)), clip.root)
        rows.append((path, bvh, clip, joints))
    return rows


def limb_vectors(joints: np.ndarray, index: dict[str, int], bone: str) -> np.ndarray:
    """(N, 2, 3) from the shoulder or hip joint to `bone`, left and right."""
    start = "UpperArm" if bone in ("LowerArm", "Hand") else "UpperLeg"
    sides = [joints[:, index[side + bone]] - joints[:, index[side + start]] for side in ("Left", "Right")]
    return np.stack(sides, axis=1)


def limb(joints: np.ndarray, index: dict[str, int], bone: str) -> np.ndarray:
    return np.linalg.norm(limb_vectors(joints, index, bone), axis=-1).mean(-1)


def test_limbs_come_back_within_5_mm_of_a_person_of_170_cm(clips):
    for path, bvh, clip, _ in clips:
        names = map_joints(bvh.names, path.name)
        theirs, _ = bvh.world()
        theirs = theirs[first_frame_of(path) :]
        ours, _ = forward_kinematics(quaternion_to_matrix(clip.rotations_xyzw), clip.rest_offsets, clip.root)
        scale = limb(ours, JOINT, "LowerLeg")[0] / limb(theirs, names, "LowerLeg")[0]
        for bone in ("LowerArm", "Hand", "LowerLeg", "Foot"):
            error = limb_vectors(ours, JOINT, bone) - limb_vectors(theirs, names, bone) * scale
            assert np.linalg.norm(error, axis=-1).max() * HEIGHT_M < 0.005, (path.name, bone)


def test_whole_bodies_come_back_within_5_mm_where_the_spine_has_no_more_bones_than_ours(clips):
    for path, bvh, clip, _ in clips:
        error = round_trip_error(bvh, clip, first_frame=first_frame_of(path)).max() * HEIGHT_M
        assert error < (0.04 if "Spine3" in bvh.names else 0.005), path.name


def test_people_are_upright_with_their_hips_at_hips_height_and_their_feet_near_the_floor(clips):
    for path, _, _, joints in clips:
        assert (joints[:, JOINT["Head"], 1] > joints[:, JOINT["Hips"], 1] + 0.1).mean() > 0.9, path.name
        hips = np.percentile(joints[:, JOINT["Hips"], 1], 75) * STATURE
        assert 0.7 < hips < 1.3, path.name
        lowest = joints[:, [*FEET, *TOES], 1].min(-1) * HEIGHT_M
        assert abs(np.median(lowest)) < 0.15, path.name


def test_left_is_on_the_left_of_where_the_feet_point(clips):
    for path, _, _, joints in clips:
        for pair in ("UpperArm", "UpperLeg"):
            left = joints[:, JOINT[f"Left{pair}"]] - joints[:, JOINT[f"Right{pair}"]]
            ahead = np.cross(left, [0.0, 1.0, 0.0])
            toes = (joints[:, list(TOES)] - joints[:, list(FEET)]).mean(1)
            assert ((ahead * toes).sum(-1) > 0).mean() > 0.9, (path.name, pair)


def test_the_file_itself_has_its_left_joints_where_ours_are(clips):
    for path, bvh, clip, joints in clips:
        raw, _ = bvh.world()
        index = {name.lower(): i for i, name in enumerate(bvh.names)}
        pairs = (("lforearm", "LeftLowerArm"), ("leftforearm", "LeftLowerArm"), ("lowerarm_l", "LeftLowerArm"))
        for theirs, ours in pairs:
            if theirs in index:
                first = first_frame_of(path)
                offset = raw[first:, index[theirs]] - raw[first:, 0]
                mine = joints[:, JOINT[ours]] - joints[:, JOINT["Hips"]]
                cosine = (offset * mine).sum(-1) / np.linalg.norm(offset, axis=-1) / np.linalg.norm(mine, axis=-1)
                assert np.median(cosine) > 0.9, (path.name, theirs)
        assert clip.rotations_xyzw.shape[0] == len(raw) - first_frame_of(path)


def test_standing_feet_get_contacts_and_bones_have_human_proportions(clips):
    shares = []
    for _, _, clip, _ in clips:
        quaternions, root = resample(clip, CACHE_HZ)
        shares.append(foot_contacts(quaternions, root, CACHE_HZ).mean())
        lengths = np.linalg.norm(clip.rest_offsets, axis=-1) * HEIGHT_M
        for bone, low, high in (("LowerArm", 0.18, 0.38), ("Hand", 0.16, 0.34), ("LowerLeg", 0.3, 0.55)):
            for side in ("Left", "Right"):
                assert low < lengths[JOINT[side + bone]] < high, (clip.name, bone)
    assert max(shares) > 0.3
