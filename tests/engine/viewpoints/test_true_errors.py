"""True errors by sector, beside what the ring shows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.errors import InputError
from engine.viewpoints.true_errors import rank_correlation, read_truth, true_side
from engine.viewpoints.turn import NOTHING, Side
from models.skeleton import JOINT, JOINT_NAMES
from tests.engine.viewpoints.turners import body


def rows(errors_m):
    """Ten frames of each sector, every joint off by that sector's error; the Hips are where they belong."""
    truth = np.repeat(body()[None], 120, axis=0)
    sectors = np.repeat(np.arange(12), 10)
    said = truth + np.asarray(errors_m)[sectors][:, None, None] * [0, 0, 1.0]
    said[:, 0] = truth[:, 0]
    return said, truth, sectors.tolist()


def test_a_ring_in_the_true_order_correlates_with_it():
    ring = Side(tuple(float(k) for k in range(12)), NOTHING, NOTHING)
    side = true_side(*rows(np.linspace(0.01, 0.12, 12)), ring)
    assert side.rank_correlation == pytest.approx(1.0)
    assert side.about_hips_correlation == pytest.approx(1.0)
    assert side.about_hips_mm[11] == pytest.approx(120.0)
    assert true_side(*rows(np.linspace(0.12, 0.01, 12)), ring).rank_correlation == pytest.approx(-1.0)


def test_ranks_count_and_not_sizes():
    assert rank_correlation([1, 2, 3, 4], [10, 11, 500, 501]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 2, 3], [5, 7, 7, 9]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3, 4], [4, 3, 1, 2]) == pytest.approx(-0.8)


def test_what_is_the_same_everywhere_has_no_order():
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None


def test_a_body_that_faces_the_wrong_way_is_wrong_about_the_hips_and_right_in_itself():
    said, truth, sectors = rows(np.zeros(12))
    turned = said @ Rotation.from_euler("y", 40, degrees=True).as_matrix().T
    side = true_side(turned, truth, sectors, Side(tuple(float(k) for k in range(12)), NOTHING, NOTHING))
    assert side.sectors_mm[0] == pytest.approx(0, abs=1e-6)
    assert side.constant_mm == pytest.approx(0, abs=1e-6)
    assert side.about_hips_mm[0] > 100


def test_what_is_the_same_from_all_sides_is_told_apart():
    truth = np.repeat(body()[None], 120, axis=0)
    sectors = np.repeat(np.arange(12), 10).tolist()
    said = truth.copy()
    said[:, JOINT["LeftHand"], 1] += 0.12  # from every side
    said[:10, JOINT["RightHand"], 1] += 0.12  # from the front only
    side = true_side(said, truth, sectors, Side(tuple(float(k) for k in range(12)), NOTHING, NOTHING))
    assert side.constant_mm == pytest.approx(10 + 10 / 12, rel=0.01)
    assert side.sectors_mm[0] == pytest.approx(20, rel=0.01)
    assert side.sectors_mm[5] == pytest.approx(10, rel=0.01)


def test_sectors_nobody_was_seen_in_are_left_out():
    ring = Side((1.0, 2.0, None, *range(3, 12)), NOTHING, NOTHING)
    assert true_side(*rows(np.linspace(0.01, 0.12, 12)), ring).rank_correlation == pytest.approx(1.0)


def test_a_detector_without_3d_has_no_true_error():
    said, truth, sectors = rows(np.full(12, 0.1))
    side = true_side(np.full_like(said, np.nan), truth, sectors, Side(NOTHING, NOTHING, NOTHING))
    assert side.sectors_mm == NOTHING
    assert side.rank_correlation is None


def test_joints_in_another_order_are_put_into_ours(tmp_path):
    joints = np.random.default_rng(1).normal(size=(4, 22, 3))
    path = tmp_path / "x_truth.npz"
    np.savez(path, joints_cam_m=joints[:, ::-1], joint_names=np.array(JOINT_NAMES)[::-1])
    assert np.allclose(read_truth(path), joints)


@pytest.mark.parametrize("what", ["text", "other arrays", "nothing"])
def test_a_file_without_truth_is_one_line(tmp_path, what):
    path = tmp_path / "x.npz"
    if what == "text":
        path.write_text("no archive")
    elif what == "other arrays":
        np.savez(path, joints_cam_m=np.zeros((3, 2, 3)), joint_names=np.array(["Hips", "Head"]))
    with pytest.raises(InputError, match="truth of a rendered clip"):
        read_truth(path)
