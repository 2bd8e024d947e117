"""The table of seen and unseen views: no error for who knows the truth, the right one for who is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.aist.cameras import SEEN_VIEWS, UNSEEN_VIEWS
from models.aist.evaluate import evaluate_aist, report_aist
from models.aist.windows import AistWindows
from models.evaluation.predict import Predictions
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import rotation_6d_to_matrix

COUNT = 30


class Knowing:
    """Answers with the truth of the windows that evaluate_aist will ask about; `turn`: the Hips off by so much."""

    def __init__(self, library, config, turn_deg: float = 0.0) -> None:
        self.config = config
        self.asked: list[tuple[int, ...]] = []
        self._groups = [
            AistWindows(library, library.of_split("val", "test"), views, config).fixed(COUNT)[0]
            for views in (SEEN_VIEWS, UNSEEN_VIEWS)
        ]
        self._turn = Rotation.from_euler("y", turn_deg, degrees=True).as_matrix()

    def predict(self, keypoints, evidence, box, *, refine: bool = True) -> Predictions:
        assert refine
        assert not evidence.any()
        batch = self._groups[len(self.asked)]
        assert np.array_equal(keypoints, batch.keypoints.numpy())
        assert np.array_equal(box, batch.box.numpy())
        self.asked.append(keypoints.shape)
        rotations = rotation_6d_to_matrix(batch.rotations_6d[:, -1].double().numpy())
        rotations[:, 0] = self._turn @ rotations[:, 0]
        ratio = batch.bone_ratio.double().numpy()
        joints, _ = forward_kinematics(rotations, ratio_offsets(ratio), np.zeros((len(ratio), 3)))
        return Predictions(rotations, joints, np.zeros((len(ratio), 5)), ratio)


def test_who_knows_the_truth_makes_no_error(dances, config):
    tables = evaluate_aist(Knowing(dances, config), dances, COUNT)
    assert tables["dances"] == 2
    for group in ("seen_views", "unseen_views"):
        table = tables[group]
        assert table["windows"] == COUNT
        assert max(*table["limbs"].values(), *table["all_joints"].values()) < 0.5
        assert max(table["angle_deg"], table["hips_deg"], table["bone_length_percent"]) < 0.05
        assert set(table["per_genre_mm"]) == {"KR", "WA"}


def test_a_turned_person_is_wrong_in_place_and_hips_and_not_in_shape(dances, config):
    table = evaluate_aist(Knowing(dances, config, turn_deg=20.0), dances, COUNT)["seen_views"]
    assert table["hips_deg"] == pytest.approx(20.0, abs=0.1)
    assert table["angle_deg"] < 0.05
    assert table["limbs"]["pa_mpjpe_mm"] < 0.5
    assert 30 < table["limbs"]["mpjpe_mm"] < 150


def test_the_tables_are_json_and_text(dances, config):
    tables = evaluate_aist(Knowing(dances, config), dances, COUNT)
    assert json.loads(json.dumps(tables)) == tables
    text = "\n".join(report_aist(tables))
    assert "seen views" in text
    assert "unseen views" in text
    assert tables["unseen_views"]["views"] == ["c02", "c04", "c06", "c08", "c09"]
