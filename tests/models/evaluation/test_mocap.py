"""The mocap tables: three readings, with and without parts hidden; peers on the same windows; by action."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.evaluation.mocap import action_windows, evaluate_actions, evaluate_mocap, evaluate_peers
from models.evaluation.predict import Predictor
from models.skeleton import JOINT
from models.training.validate import validation_windows
from tests.models.evaluation.conftest import Oracle

ROWS = {"with_evidence", "keypoints_alone", "network_without_refinement"}


def test_tables_are_made_with_and_without_image_evidence_whole_and_with_parts_hidden(weights, library):
    tables = evaluate_mocap(Predictor(weights), library, 12)
    assert set(tables) == {"windows"} | ROWS | {f"{row}_parts_hidden" for row in ROWS}
    assert tables["windows"] == 12
    assert tables["with_evidence"]["limbs"]["mpjpe_mm"] == tables["keypoints_alone"]["limbs"]["mpjpe_mm"] > 50


def test_the_network_is_read_on_keypoints_alone_without_its_evidence(oracle, library):
    evaluate_mocap(oracle, library, 40)
    assert [bool(inputs.evidence.any()) for inputs in oracle.shown] == [True, False, True, False]
    tables = evaluate_mocap(oracle, library, 40)
    assert tables["network_without_refinement"]["limbs"]["mpjpe_mm"] < 0.1  # the truth of these very windows


def test_peers_get_the_same_windows_and_the_landmarks_a_row(oracle, tiny, library):
    tables = evaluate_peers({"truth": oracle}, library, tiny, 40)
    assert tables["truth"]["network_without_refinement"]["limbs"]["mpjpe_mm"] < 0.1
    assert tables["simulated_landmarks"]["limbs"]["mpjpe_mm"] > 20
    assert 0 < tables["simulated_landmarks_parts_hidden"]["windows"] < 40  # a quarter of them have none


def test_windows_of_an_action_come_from_its_clips(library, tiny):
    names = tuple("walk_1" if clip == 2 else "sit_1" if clip == 9 else "run_1" for clip in range(10))
    named = replace(library, names=names)
    windows = action_windows(named, tiny, 6)
    assert set(windows) == {"sit", "walk"}  # the running ones are for training
    alone = action_windows(replace(named, validation=named.validation & (library.start == library.start[2])), tiny, 6)
    assert set(alone) == {"walk"}
    assert (alone["walk"].rotations_6d == windows["walk"].rotations_6d).all()
    joint = JOINT["LeftLowerArm"]
    assert not (windows["sit"].rotations_6d[:, :, joint] == windows["walk"].rotations_6d[:, :, joint]).all()


def test_every_action_has_a_row_per_network(weights, library):
    predictor = Predictor(weights)
    tables = evaluate_actions({"vtm": predictor, "plain": predictor}, library, 8)
    assert tables["windows_each"] == 8
    errors = tables["actions"]["other"]
    assert errors["vtm"] == errors["plain"]
    assert errors["vtm"]["mpjpe_mm"] > errors["vtm"]["pa_mpjpe_mm"] > 10


def test_a_peer_with_another_window_gets_windows_of_its_own(weights, library, tiny):
    wide = replace(tiny, window_frames=20)
    peer = Oracle(wide, validation_windows(library, wide, 8))
    evaluate_actions({"vtm": Predictor(weights), "wide": peer}, library, 8)
    assert peer.shown[0].keypoints.shape == (8, 20, 23, 3)


def test_a_library_without_validation_clips_is_told_in_one_line(weights, library):
    empty = replace(library, validation=library.validation & False)
    with pytest.raises(ValueError, match="no clip") as error:
        evaluate_mocap(Predictor(weights), empty, 4)
    assert "\n" not in str(error.value)
