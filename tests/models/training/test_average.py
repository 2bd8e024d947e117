"""The mean of checkpoints: of their averaged weights, with the first one's config; refusals in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.training import average as command
from models.training.state import Ema, Progress, load_vtm, save_checkpoint
from models.vtm.vtm import VTM


def checkpoint(path: Path, config, value: float) -> Path:
    """All averaged weights are `value`."""
    model = VTM(config)
    ema = Ema(model, 0.9)
    with torch.no_grad():
        for weight in ema.model.parameters():
            weight.fill_(value)
    progress = Progress(2, int(value * 100))
    save_checkpoint(path, model, ema, torch.optim.AdamW(model.parameters()), progress, {"settings": {"seed": 1}})
    return path


def test_weights_are_the_weighted_mean_and_what_it_was_made_of_is_kept(tmp_path, tiny):
    first, second = checkpoint(tmp_path / "a.pt", tiny, 1.0), checkpoint(tmp_path / "b.pt", tiny, 3.0)
    out = tmp_path / "new" / "mean.pt"
    assert command.main([str(out), str(first), "3", str(second), "1"]) == 0
    model, data = load_vtm(out)
    assert all(torch.equal(weight, torch.full_like(weight, 1.5)) for weight in model.parameters())
    assert data["progress"].step == 100
    assert data["run"] == {
        "settings": {"seed": 1},
        "averaged": [[first.name, 0.75], [second.name, 0.25]],
    }


def test_another_config_or_a_missing_file_is_one_line_and_exit_code_1(tmp_path, tiny, caplog):
    first = checkpoint(tmp_path / "a.pt", tiny, 1.0)
    other = checkpoint(tmp_path / "b.pt", replace(tiny, width=32), 1.0)
    assert command.main([str(tmp_path / "c.pt"), str(first), "1", str(other), "1"]) == 1
    assert "config differs from" in caplog.text
    assert command.main([str(tmp_path / "c.pt"), str(first), "1", str(tmp_path / "no.pt"), "1"]) == 1
    assert "no such checkpoint" in caplog.text
    assert not (tmp_path / "c.pt").exists()


@pytest.mark.parametrize(
    "parts", [["a.pt"], ["a.pt", "1"], ["a.pt", "1", "b.pt"], ["a.pt", "x", "b.pt", "1"], ["a.pt", "0", "b.pt", "1"]]
)
def test_a_checkpoint_without_a_weight_is_wrong_usage(parts, tmp_path):
    with pytest.raises(SystemExit) as caught:
        command.main([str(tmp_path / "c.pt"), *parts])
    assert caught.value.code == 2
