"""The table of heads: errors in degrees, by the angle between face and camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from models.evaluation.heads import WAYS, heads_table
from models.evaluation.report_rendered import report_rendered
from models.synth.windows import WindowBatch
from tests.models.evaluation.test_rendered import shown


def seen_from_the_front(batch: WindowBatch) -> WindowBatch:
    """The windows with every point and landmark."""
    keypoints, evidence = batch.keypoints.clone(), batch.evidence.clone()
    keypoints[..., 2] = 1.0
    evidence[..., 3] = 1.0
    return replace(batch, keypoints=keypoints, evidence=evidence)


def test_the_truth_has_no_error_and_a_turned_head_has_its_angle(batch):
    one = shown(seen_from_the_front(batch))
    tilted = one.network_head @ Rotation.from_euler("z", 12, degrees=True).as_matrix()
    row = heads_table([replace(one, network_head=tilted)])["within_180"]
    assert row["frames"] == len(batch.seen)
    assert row["joined"] == pytest.approx(0.0, abs=0.2)
    assert row["network"] == pytest.approx(12.0, abs=0.2)
    assert all(0 <= row[way] <= 180 for way in WAYS)


def test_frames_without_a_face_do_not_count(batch):
    whole = seen_from_the_front(batch)
    hidden = whole.keypoints.clone()
    hidden[0, -1, 3, 2] = 0.0
    assert heads_table([shown(replace(whole, keypoints=hidden))])["within_180"]["frames"] == len(batch.seen) - 1
    assert heads_table([shown(replace(whole, evidence=torch.zeros_like(whole.evidence)))]) == {}
    assert heads_table([]) == {}


def test_the_report_has_a_row_for_each_group():
    row = {"frames": 7.0} | dict(zip(WAYS, np.arange(4.0), strict=True))
    detector = {"clips": 1, "bodies": {}, "heads": {"within_60": row}, "cuts": {}, "proportions": {"people": 1}}
    text = "\n".join(report_rendered({"vtm": {"heavy": detector | {"confidence": {}}}}))
    assert "within 60° of the camera" in text
    assert "regressor" in text
