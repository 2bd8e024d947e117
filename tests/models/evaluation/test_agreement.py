"""Two runtimes: the same network agrees, another weight or another config does not."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
import torch

from models.evaluation.agreement import evaluate_agreement
from models.evaluation.checkpoint import CheckpointLifter
from models.evaluation.predict import Predictor
from models.export import export_onnx
from models.vtm.vtm import VTM


def shaken(lifter: CheckpointLifter, size: float) -> CheckpointLifter:
    model: VTM = copy.deepcopy(lifter.model)
    with torch.no_grad():
        for parameter in model.tpmae.parameters():
            parameter += size * torch.randn_like(parameter)
    return CheckpointLifter(model, lifter.config, lifter.ahead)


def test_a_network_agrees_with_itself_and_not_with_another(untrained, library):
    same = evaluate_agreement(untrained, untrained, library, 20)
    assert same["agrees"]
    assert same["network"]["max_mm"] == same["network"]["mean_mm"] == 0.0
    torch.manual_seed(1)
    other = evaluate_agreement(shaken(untrained, 0.05), untrained, library, 20)
    assert not other["agrees"]
    assert other["network"]["max_mm"] > other["network"]["p99_mm"] > other["network"]["mean_mm"] > 1


def test_another_config_is_told_in_one_line(untrained, library):
    other = CheckpointLifter(untrained.model, replace(untrained.config, latent=8), 0)
    with pytest.raises(ValueError, match=r"different configs; export with python -m models\.export"):
        evaluate_agreement(other, untrained, library, 4)


@pytest.mark.slow
def test_the_exported_file_says_what_the_checkpoint_says(tmp_path, untrained, library):
    path = tmp_path / "vtm.onnx"
    export_onnx(untrained.model, path)
    path.with_suffix(".json").write_text(json.dumps({"config": untrained.config.to_dict()}))
    own = evaluate_agreement(Predictor(path), untrained, library, 20)["network"]
    other = evaluate_agreement(Predictor(path), shaken(untrained, 0.05), library, 20)["network"]
    assert 0 < own["mean_mm"] < 1  # weights are stored in half precision, and untrained rotations are short vectors
    assert other["mean_mm"] > 20 * own["mean_mm"]
