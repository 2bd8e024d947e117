"""Every number of the randomisation in one frozen value that goes into checkpoints."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict, fields

import pytest

from models.synth.randomisation import MEASURED, Randomisation
from models.training.settings import TrainSettings


def test_it_is_written_as_plain_json_with_every_number():
    values = json.loads(json.dumps(asdict(TrainSettings())))["randomisation"]
    assert set(values) == {field.name for field in fields(Randomisation)}
    assert values["keypoints"]["shoulder"] == {"size": 0.0085, "hidden": 1.4, "far": 0.002}
    assert values["cut"]["fraction"] == pytest.approx(0.35)


def test_nothing_in_it_can_be_changed_by_accident():
    with pytest.raises(FrozenInstanceError):
        Randomisation().keypoints.level = (0.0, 0.0)  # type: ignore[misc]
    assert isinstance(hash(Randomisation()), int)


def test_errors_in_training_go_from_a_third_of_the_measured_to_about_all_of_it_and_are_all_of_it_in_validation():
    drawn = Randomisation()
    for low, high in (drawn.keypoints.level, drawn.landmarks.level, drawn.landmarks.depth_level):
        assert 0.2 < low < 0.4
        assert 1.0 <= high <= 1.15
    for level in (MEASURED.keypoints.level, MEASURED.landmarks.level, MEASURED.landmarks.depth_level):
        assert level == (1.0, 1.0)
    assert MEASURED.cut.fraction == 0.0
