"""The shipped ONNX as weights to train on: the same answers, and one line where that cannot be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import models
from models.export import INPUTS, example_inputs
from models.onnx_session import ort
from models.training.start import load_start
from models.training.state import CheckpointError
from models.vtm.answer import network_answer
from models.vtm.mirror import with_mirror_image
from models.vtm.recovered import RecoverError, recovered_vtm
from models.vtm.vtm import VTM

SHIPPED = Path(models.__file__).parent / "weights" / "vtm.onnx"


@pytest.fixture(scope="module")
def recovered() -> VTM:
    try:
        return recovered_vtm(SHIPPED).eval()
    except RecoverError:
        pytest.skip("the shipped weights are of a later format: their checkpoint is what training goes on from")


@torch.no_grad()
def test_the_recovered_network_answers_as_the_file_it_came_from(recovered):
    session = ort.InferenceSession(str(SHIPPED), providers=["CPUExecutionProvider"])
    for seed in range(3):
        inputs = example_inputs(recovered, seed)
        lifted = recovered(*with_mirror_image(*inputs))
        motion, nothing = lifted.motion, torch.zeros(2, 6)
        ours = network_answer(
            (motion.rotations_6d[:, -1], motion.root(-1), lifted.log_ratio, motion.contacts[:, -1].sigmoid(), nothing),
            mirrored=True,
        )
        theirs = session.run(None, dict(zip(INPUTS, (x.numpy() for x in inputs), strict=True)))
        for name, found in zip(("rotations_6d", "root", "log_ratio", "contacts"), theirs, strict=False):
            torch.testing.assert_close(getattr(ours, name), torch.from_numpy(found), atol=2e-3, rtol=0)


def test_training_starts_from_it_with_a_head_for_confidence_of_its_own(recovered):
    torch.manual_seed(0)
    model = VTM(replace(recovered.config, confidence=True))
    before = model.tpve.spread_head[0].weight.clone()
    load_start(model, SHIPPED)
    assert torch.equal(model.tpve.upper.position, recovered.tpve.upper.position)
    assert torch.equal(model.tpve.spread_head[0].weight, before)


def test_weights_of_another_size_or_format_or_no_weights_at_all_are_one_line(tmp_path, tiny):
    with pytest.raises(CheckpointError, match=r"other sizes|whose checkpoint is models/checkpoints/vtm\.pt"):
        load_start(VTM(tiny), SHIPPED)
    for name in ("no.onnx", "bad.onnx"):
        if name == "bad.onnx":
            (tmp_path / name).write_bytes(b"nothing")
            (tmp_path / "bad.json").write_text("{}")
        with pytest.raises(CheckpointError, match="no weights to continue from") as caught:
            load_start(VTM(tiny), tmp_path / name)
        assert "\n" not in str(caught.value)
