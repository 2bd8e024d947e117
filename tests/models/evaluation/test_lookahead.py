"""Look-ahead and checkpoints: each frame against its own truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from models.evaluation.checkpoint import CheckpointLifter, open_checkpoint
from models.evaluation.frames import FrameTruth, inputs_of
from models.evaluation.lookahead import AHEAD, evaluate_look_ahead
from models.evaluation.mirrored import KINDS, evaluate_mirrored
from models.evaluation.predict import Inputs, decoded
from models.training.losses import truth_motion
from models.training.state import CheckpointError
from models.training.validate import guess_last
from models.vtm.direct import make_network
from models.vtm.mirror import mirrored_window
from models.vtm.vtm import Lifted


@dataclass
class Knowing:
    """A network that says the truth of every frame of a batch."""

    batch: object
    rate_hz: float

    def __call__(self, keypoints, _evidence, _box) -> Lifted:
        assert len(keypoints) == len(self.batch.seen)
        return Lifted(truth_motion(self.batch, self.rate_hz), None, None, self.batch.bone_ratio.log())


def test_every_frame_is_compared_with_its_own_truth(tiny, batch):
    lifter = CheckpointLifter(Knowing(batch, tiny.rate_hz), tiny, 0)
    inputs = inputs_of(batch)
    for frames in AHEAD:
        found = decoded(lifter.looking_ahead(frames).answer(inputs), inputs, refine=False)
        truth = FrameTruth.of(batch, frames)
        np.testing.assert_allclose(found.joints[truth.seen], truth.joints[truth.seen], atol=1e-3)
        np.testing.assert_allclose(found.root[truth.seen, 0], truth.depth[truth.seen], atol=1e-6)
    moved = FrameTruth.of(batch, 4).joints - FrameTruth.of(batch, 0).joints
    assert np.abs(moved).max() > 0.01


def test_the_table_has_every_look_ahead_with_what_it_costs(tiny, batch, library):
    table = evaluate_look_ahead(CheckpointLifter(Knowing(batch, tiny.rate_hz), tiny, 0), library, 40)
    assert list(table["frames"]) == ["0", "2", "4"]
    assert [row["added_latency_ms"] for row in table["frames"].values()] == [0.0, 66.7, 133.3]
    assert all(row["hips_deg"] < 0.1 for row in table["frames"].values())  # refinement leaves the Hips alone


def test_refinement_takes_the_keypoints_of_the_frame_that_is_read(tiny, batch):
    lifter = CheckpointLifter(Knowing(batch, tiny.rate_hz), tiny, 0).looking_ahead(4)
    inputs = replace(inputs_of(batch), keypoints=batch.keypoints.numpy().copy())
    before = decoded(lifter.answer(inputs), inputs).joints
    inputs.keypoints[:, -1] = 0  # the newest frame is not the one that is read
    np.testing.assert_array_equal(decoded(lifter.answer(inputs), inputs).joints, before)
    inputs.keypoints[:, -5] = 0
    assert np.abs(decoded(lifter.answer(inputs), inputs).joints - before).max() > 1e-3


def test_more_look_ahead_than_the_window_holds_is_told_in_one_line(untrained):
    with pytest.raises(ValueError, match="look-ahead of 16 frames; the window has 16"):
        untrained.looking_ahead(16)


def test_a_checkpoints_answers_are_the_networks_own(untrained, batch):
    inputs = inputs_of(batch)
    found = decoded(untrained.answer(inputs), inputs, refine=False)
    expected = guess_last(untrained.model, batch)
    np.testing.assert_allclose(found.joints, expected.joints.numpy(), atol=1e-4)
    np.testing.assert_allclose(found.ratio, expected.ratio.numpy(), atol=1e-5)


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint"], ids=["missing", "empty", "other"])
def test_a_checkpoint_that_cannot_be_read_is_told_in_one_line(tmp_path, content):
    path = tmp_path / "final.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"final\.pt") as error:
        open_checkpoint(path)
    assert "\n" not in str(error.value)


def test_the_plain_regression_is_a_peer_like_any_other(tmp_path, tiny, batch):
    config = replace(tiny, network="direct")
    model = make_network(config)
    data = {"config": config.to_dict(), "model": model.state_dict(), "ema": model.state_dict(), "progress": {}}
    torch.save(data, tmp_path / "direct.pt")
    inputs = inputs_of(batch)
    found = decoded(open_checkpoint(tmp_path / "direct.pt").answer(inputs), inputs, refine=False)
    np.testing.assert_allclose(found.joints, guess_last(model.eval(), batch).joints.numpy(), atol=1e-4)


def test_a_checkpoint_is_opened_with_its_averaged_weights(tmp_path, untrained):
    state = untrained.model.state_dict()
    data = {
        "config": untrained.config.to_dict(),
        "model": {name: value * 0 for name, value in state.items()},
        "ema": state,
        "progress": {},
    }
    torch.save(data, tmp_path / "final.pt")
    lifter = open_checkpoint(tmp_path / "final.pt")
    assert lifter.ahead == untrained.config.latency_frames
    assert torch.equal(lifter.model.tpve.body_head.weight, untrained.model.tpve.body_head.weight)
    assert not lifter.model.training


def test_a_checkpoint_is_asked_of_the_mirror_image_only_where_it_is_wanted(untrained, batch):
    inputs = inputs_of(batch)
    alone, both = (untrained.mirrored(wanted).answer(inputs) for wanted in (False, True))
    np.testing.assert_array_equal(alone.rotations_6d, untrained.answer(inputs).rotations_6d)
    assert np.abs(alone.root - both.root).max() > 1e-4
    window = [torch.from_numpy(array) for array in (inputs.keypoints, inputs.evidence, inputs.box)]
    turned = Inputs(*(array.numpy() for array in mirrored_window(*window)))
    np.testing.assert_allclose(untrained.mirrored(True).answer(turned).root[:, 1], -both.root[:, 1], atol=1e-5)


def test_the_table_of_the_mirror_image_has_both_ways_and_both_readings(untrained, library):
    table = evaluate_mirrored(untrained, library, 20)
    assert table["windows"] == 20
    rows = [table[kind][reading] for kind in KINDS for reading in ("with_evidence", "keypoints_alone")]
    assert len({row["limbs"]["mpjpe_mm"] for row in rows}) == len(rows)
