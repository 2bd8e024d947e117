"""True error by the camera's place: cells, their worst over best, and the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.evaluation.picture import PictureError
from models.evaluation.polar import AZIMUTHS, draw_polar, polar_table
from models.evaluation.report_rendered import report_rendered
from models.rotations import matrix_to_rotation_6d
from models.skeleton import JOINT
from tests.models.evaluation.test_rendered import shown

FRAMES = 10


def seen_from(batch, azimuth_deg: float, off_m: float, elevation_deg: float = 0.0):
    """Ten windows of somebody whom a camera sees from there; the left hand is off by so much at 1.70 m."""
    rows = batch.joints[:1].repeat(FRAMES, 1, 1, 1)
    turn = np.deg2rad(azimuth_deg)
    # the view looks along +z: somebody who faces the camera faces -z; up is -y
    front = np.array([-np.sin(turn), 0.0, -np.cos(turn)])
    up = np.array([0.0, -1.0, 0.0])
    hips = np.stack([np.cross(up, front), up, front], axis=-1)
    tilt = -np.deg2rad(elevation_deg)
    look = np.array([[1, 0, 0], [0, np.cos(tilt), np.sin(tilt)], [0, -np.sin(tilt), np.cos(tilt)]])
    rotations = batch.rotations_6d[:1].repeat(FRAMES, 1, 1, 1).clone()
    rotations[:, -1, 0] = torch.from_numpy(matrix_to_rotation_6d(look @ hips)).float()
    evidence = batch.evidence[:1].repeat(FRAMES, 1, 1, 1).clone()
    evidence[..., 3] = 1.0
    windows = replace(
        batch,
        keypoints=batch.keypoints[:1].repeat(FRAMES, 1, 1, 1),
        evidence=evidence,
        joints=rows,
        rotations_6d=rotations,
        root_depth=batch.root_depth[:1].repeat(FRAMES, 1),
        bone_ratio=batch.bone_ratio[:1].repeat(FRAMES, 1),
        up=torch.from_numpy(np.tile(look @ up, (FRAMES, 1))).float(),
        seen=torch.ones(FRAMES, dtype=torch.bool),
    )
    joints = rows[:, -1].double().numpy().copy()
    joints[:, JOINT["LeftHand"], 0] += off_m / 1.7
    return shown(windows, joints=joints)


@pytest.mark.parametrize(("azimuth", "cell"), [(0, 0), (90, 3), (180, 6), (-90, 9), (20, 1)])
def test_errors_stand_where_the_camera_stood(batch, azimuth, cell):
    table = polar_table([seen_from(batch, azimuth, 0.12)])
    by_azimuth = table["vtm"]["by_azimuth"]
    assert [index for index in range(AZIMUTHS) if by_azimuth[index] is not None] == [cell]
    assert by_azimuth[cell] == pytest.approx(10.0, abs=0.1)  # 120 mm at one of twelve joints
    assert table["clips"][cell] == 1


def test_looking_down_is_another_ring(batch):
    table = polar_table([seen_from(batch, 0, 0.12), seen_from(batch, 0, 0.36, elevation_deg=30)])
    rings = [row[0] for row in table["vtm"]["cells"]]
    assert rings[2] == pytest.approx(30.0, abs=0.1)
    assert table["vtm"]["by_azimuth"][0] == pytest.approx(20.0, abs=0.1)


def test_worst_over_best_is_of_the_azimuths(batch):
    table = polar_table([seen_from(batch, 0, 0.12), seen_from(batch, 180, 0.24)])
    assert table["vtm"]["worst_over_best"] == pytest.approx(2.0, abs=0.02)
    assert table["detector"]["mean"] is not None


def test_without_the_detectors_3d_there_is_no_table(batch):
    one = seen_from(batch, 0, 0.1)
    one.windows.evidence[..., 3] = 0.0
    assert polar_table([one]) == {}
    assert polar_table([]) == {}


def test_the_table_is_drawn_and_printed(batch, tmp_path):
    pytest.importorskip("matplotlib")
    table = polar_table([seen_from(batch, angle, 0.1 + angle / 1e4) for angle in range(0, 360, 30)])
    out = tmp_path / "polar.png"
    draw_polar({"full": table, "heavy": table}, "weights", out)
    assert out.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(PictureError, match="cannot be written"):
        draw_polar({"full": table}, "weights", tmp_path / "missing" / "polar.png")
    own = {"clips": 12, "bodies": {}, "polar": table, "cuts": {}, "proportions": {"people": 0}, "confidence": {}}
    text = "\n".join(report_rendered({"vtm": {"full": own}}))
    assert "by azimuth, 120 frames" in text
    assert "worst / best" in text
