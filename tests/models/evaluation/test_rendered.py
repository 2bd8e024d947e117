"""Tables of rendered people: the truth has no error, what is wrong is told where it is, confidence is held to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models import evaluate
from models.evaluation.frames import landmark_joints
from models.evaluation.predict import Predictions, Predictor
from models.evaluation.rendered import (
    LandmarkErrors,
    Shown,
    _by_kind,
    body_table,
    confidence_table,
    evaluate_rendered,
    guess_of,
    landmark_errors_of,
    lift_shards,
    proportions,
)
from models.evaluation.report import report
from models.metrics import position_errors
from models.parts import PART, PART_NAMES
from models.rotations import rotation_6d_to_matrix
from models.skeleton import JOINT, LIMBS
from models.synth.windows import WindowBatch
from models.training.pair_shards import PairClip, write_shard
from models.training.pairs import PairError
from models.training.validate import HIPS, cut_errors
from tests.models.training.test_pair_shards import clip_of


def shown(batch: WindowBatch, seed: int = 0, **changes: np.ndarray) -> Shown:
    """The truth of a batch as somebody's answer, but for the changes."""
    batch = replace(batch, seen=torch.ones(len(batch.seen), dtype=torch.bool))
    truth = {
        "rotations": rotation_6d_to_matrix(batch.rotations_6d[:, -1]).double().numpy(),
        "joints": batch.joints[:, -1].double().numpy(),
        "root": np.zeros((len(batch.seen), 5)),
        "ratio": batch.bone_ratio.double().numpy(),
        "log_spread": np.full((len(batch.seen), 6), -3.0),
    }
    truth["root"][:, 0] = batch.root_depth[:, -1].double().numpy()
    clip = PairClip(seed, "cuts", "waist", {}, {"rotations": np.zeros((3, 22, 4))})
    found = Predictions(**(truth | changes))
    return Shown(clip, batch, found, found.head)


def test_the_truth_has_no_error(batch):
    one = shown(batch)
    errors = cut_errors(guess_of(one), one.windows)
    assert errors["arms_to_hips_mm"] < 0.1
    assert errors["arms_to_neck_mm"] < 0.1
    assert errors["lean_deg"] < 0.1
    assert errors["head_deg"] < 0.2


def test_arms_off_by_a_known_distance_are_told_and_a_shifted_neck_spares_the_arms_to_hips(batch):
    joints = batch.joints[:, -1].double().numpy().copy()
    joints[:, [JOINT[side + name] for side in ("Left", "Right") for name in ("LowerArm", "Hand")], 0] += 0.1
    one = shown(batch, joints=joints)
    errors = cut_errors(guess_of(one), one.windows)
    assert errors["arms_to_hips_mm"] == pytest.approx(170, rel=1e-3)
    assert errors["arms_to_neck_mm"] == pytest.approx(170, rel=1e-3)
    joints = batch.joints[:, -1].double().numpy().copy()
    joints[:, JOINT["Neck"], 2] += 0.1
    one = shown(batch, joints=joints)
    errors = cut_errors(guess_of(one), one.windows)
    assert errors["arms_to_hips_mm"] < 0.1
    assert errors["arms_to_neck_mm"] == pytest.approx(170, rel=1e-3)


def test_whole_bodies_stand_beside_the_detectors_own_landmarks_at_the_persons_height(batch):
    one = shown(batch, joints=batch.joints[:, -1].double().numpy() * 1.1)
    truth = one.clip.truth | {"height_m": np.array(1.2)}
    for kind, cut in (("whole", "legs"), ("behind", ""), ("cuts", "whole"), ("cuts", "waist"), ("talk", "whole")):
        clip = PairClip(0, kind, cut, {}, truth)
        table = _by_kind([replace(one, clip=clip, landmarks=LandmarkErrors(100.0, 70.0))])
        assert bool(table) == (kind in ("whole", "behind") or (kind, cut) == ("cuts", "whole"))
        for row in map(body_table, table.values()):
            assert (row["clips"], row["detector_mpjpe_mm"], row["detector_pa_mpjpe_mm"]) == (1.0, 100.0, 70.0)
            assert row["mpjpe_mm"] > 5.0
            assert row["pa_mpjpe_mm"] == pytest.approx(0.0, abs=1e-6)
    assert body_table([replace(one, landmarks=None)]) == {"clips": 0.0}


def test_the_detectors_own_landmarks_are_held_against_the_truth_of_their_frames():
    clip = clip_of(1, 20, ("full",))
    clip.found["full"]["evidence_m"] = np.nan_to_num(clip.found["full"]["evidence_m"])
    frames = np.arange(8, 20, 3)
    errors = landmark_errors_of(clip, "full", frames)
    own = landmark_joints(clip.found["full"]["evidence_m"][frames].astype(float))
    expected = position_errors(own, clip.truth["joints_cam_m"][frames].astype(float), HIPS, LIMBS)
    assert errors is not None
    assert errors.mpjpe_mm == pytest.approx(expected["mpjpe_mm"])
    nobody = {"full": clip.found["full"] | {"evidence_m": np.full((20, 27, 3), np.nan)}}
    assert landmark_errors_of(replace(clip, found=nobody), "full", frames) is None


def people(batch: WindowBatch, count: int, change: float) -> list[Shown]:
    """Windows of the batch as so many people, the bones of their answers drawn towards the mean by `change`."""
    clips = []
    for at in range(count):
        one = type(batch)(**{name: getattr(batch, name)[at : at + 1] for name in batch.__dataclass_fields__})
        ratio = one.bone_ratio.double().numpy()
        clips.append(shown(one, at, ratio=ratio + change * (1 - ratio)))
    return clips


def test_bones_that_follow_the_person_correlate_and_shrunk_ones_still_do(batch):
    for change in (0.0, 0.8):
        table = proportions(people(batch, 12, change))
        assert table["people"] == 12
        for bone in ("upper_arm", "forearm", "thigh", "shank", "shoulder_width"):
            assert table[bone]["correlation"] > 0.99, bone
    assert abs(proportions(people(batch, 12, 0.0))["upper_arm"]["mean_percent"]) < 1e-6
    assert proportions(people(batch, 12, 1.0))["upper_arm"]["correlation"] == 0.0  # the same for everybody


def test_fewer_than_three_people_have_no_correlation(batch):
    assert proportions(people(batch, 2, 0.0)) == {"people": 2}


def test_declared_errors_stand_beside_the_real_ones_and_the_sure_ones_apart(batch):
    joints = batch.joints[:, -1].double().numpy().copy()
    count = len(joints)
    hands = [JOINT["LeftLowerArm"], JOINT["LeftHand"]]
    off = np.linspace(0.01, 0.2, count)
    joints[:, hands, 1] += off[:, None]
    spread = np.full((count, 6), np.log(0.01))
    spread[:, PART["left_arm"]] = np.log(off)
    table = confidence_table([shown(batch, joints=joints, log_spread=spread)])
    arm = table["left_arm"]
    assert arm["real_mm"] == pytest.approx(arm["declared_mm"], rel=0.02)
    assert arm["sure_mm"] < 0.036 * 1700 < arm["others_mm"]
    assert table["right_arm"]["sure_percent"] == 100
    assert table["right_arm"]["others_mm"] is None
    assert set(PART_NAMES) < set(table)


def test_weights_without_confidence_have_no_such_table(batch):
    one = shown(batch)
    assert confidence_table([replace(one, found=replace(one.found, log_spread=None))]) == {}


def test_every_detector_of_a_shard_has_its_tables_and_they_are_text(weights, tmp_path):
    write_shard(tmp_path / "a.pairs.npz", [clip_of(seed) for seed in range(4)])
    table = evaluate_rendered(Predictor(weights, 1), tmp_path)
    assert set(table) == {"full", "heavy"}
    assert table["full"]["clips"] == 4
    assert set(table["full"]["cuts"]) == {"waist"}
    assert table["full"]["proportions"]["people"] >= 1
    text = report({"rendered": {"vtm": table}})
    assert "Rendered people, vtm, detector heavy, 4 clips" in text
    assert "waist" in text


def test_windows_end_at_every_third_frame(weights, tmp_path):
    write_shard(tmp_path / "a.pairs.npz", [clip_of(1, 20, ("full",))])
    lifter = Predictor(weights, 1)
    (one,) = lift_shards(lifter, tmp_path)["full"]
    assert 1 <= len(one.windows.seen) <= 4  # of the twelve frames that have eight before them


def test_a_folder_without_shards_is_refused_in_one_line(weights, tmp_path):
    with pytest.raises(PairError, match=r"no shards of pairs in it; make them with") as caught:
        evaluate_rendered(Predictor(weights, 1), tmp_path)
    assert "\n" not in str(caught.value)


def test_the_command_prints_the_tables_and_draws_what_is_declared(weights, tmp_path, capsys):
    write_shard(tmp_path / "a.pairs.npz", [clip_of(seed) for seed in range(3)])
    picture = tmp_path / "confidence.png"
    arguments = ["--weights", str(weights), "--tables", "rendered", "--rendered", str(tmp_path)]
    assert evaluate.main([*arguments, "--confidence-picture", str(picture)]) == 0
    assert "Rendered people, vtm, detector full" in capsys.readouterr().out
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_the_picture_needs_rendered_people(weights, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        evaluate.main(["--weights", str(weights), "--confidence-picture", str(tmp_path / "a.png")])
    assert caught.value.code == 2
    assert "pass --rendered FOLDER" in capsys.readouterr().err
