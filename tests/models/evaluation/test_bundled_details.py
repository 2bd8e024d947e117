"""The bundled clip of hands and a face, through the real networks: found, in place, turned and bent as they were."""

from __future__ import annotations

import json

import pytest

from engine.details.weights import FILES
from engine.networks.weight_files import file_state
from engine.pose2d.weights import LANDMARKS, PERSON
from models import evaluate
from models.evaluation.details_files import BUNDLED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(file_state(file) != "ready" for file in (*FILES, PERSON, LANDMARKS)),
        reason="run `vtm fetch` for the networks of body, hands and face",
    ),
]


def test_the_clip_is_small() -> None:
    assert sum(path.stat().st_size for path in BUNDLED.iterdir()) < 1_000_000


def test_hands_and_face_of_the_bundled_clip_are_what_they_were(tmp_path, capsys) -> None:
    assert evaluate.main(["--hands", "--face", "--json", "--detections", str(tmp_path)]) == 0
    tables = json.loads(capsys.readouterr().out)
    hands, face = tables["hands"], tables["face"]
    assert tables["frames"] == 60
    assert hands["hands"] > 20
    assert hands["right_of_found_percent"] >= 95
    assert hands["palm_deg"] < 25
    assert hands["flexion_deg"] < 30
    assert hands["gone"] > 30  # one hand is hidden
    assert hands["false_percent"] == 0
    assert face["found_percent"] > 95
    assert face["head_rested_deg"]["yaw"] < 3
    assert face["jaw_r"] > 0.9
    assert face["lids_r"] > 0.7
    assert hands["flipped_percent"] == 0
    assert hands["closed_percent"] > 90
