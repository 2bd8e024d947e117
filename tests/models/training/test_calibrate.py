"""The confidence head learnt anew: it alone changes, its loss falls, and refusals are one line."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.synth.poses import MotionSampler
from models.synth.windows import WindowMaker
from models.training import calibrate as command
from models.training.calibrate import calibrate
from models.training.state import CheckpointError, Ema, Progress, load_vtm, save_checkpoint
from models.vtm.vtm import VTM


@pytest.fixture
def maker(library, tiny) -> WindowMaker:
    sampler = MotionSampler(library, library.clips(validation=False).tolist(), rate_hz=30.0, variety=0.0)
    return WindowMaker(sampler, frames=tiny.window_frames)


def test_only_the_head_changes_and_its_loss_falls(maker, tiny):
    torch.manual_seed(0)
    model = VTM(tiny)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    losses = calibrate(model, maker, 40, 16, 0, 0.3)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith("tpve.spread_head") for name in changed)
    assert sum(losses[-5:]) < sum(losses[:5])


def test_a_network_without_confidence_is_refused(maker, tiny):
    with pytest.raises(CheckpointError, match="no confidence of parts"):
        calibrate(VTM(replace(tiny, confidence=False)), maker, 1, 4, 0, 0.0)


def test_the_command_writes_weights_that_load(library, tiny, tmp_path, monkeypatch):
    model = VTM(tiny)
    source = tmp_path / "last.pt"
    save_checkpoint(source, model, Ema(model, 0.9), torch.optim.AdamW(model.parameters()), Progress(), {"settings": {}})
    monkeypatch.setattr(command, "open_library", lambda _mocap, _cache: library)
    monkeypatch.setattr(torch, "set_num_threads", lambda _threads: None)
    out = tmp_path / "out.pt"
    arguments = [str(source), str(out), "--mocap", str(tmp_path), "--steps", "2", "--batch", "4"]
    assert command.main(arguments) == 0
    loaded, _ = load_vtm(out)
    assert torch.equal(loaded.tpve.upper.position, model.tpve.upper.position)


def test_a_missing_checkpoint_is_one_line_and_exit_code_1(tmp_path, caplog):
    assert command.main([str(tmp_path / "no.pt"), str(tmp_path / "out.pt"), "--mocap", str(tmp_path)]) == 1
    assert "no such checkpoint" in caplog.text
