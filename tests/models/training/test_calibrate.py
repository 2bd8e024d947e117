"""The confidence head learnt anew: it alone changes, its loss falls, and refusals are one line."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.synth.poses import MotionSampler
from models.synth.windows import WindowMaker
from models.training import calibrate as command
from models.training.calibrate import calibrate
from models.training.recorded import Recorded
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


class Counting:
    """Recorded windows that are made ones, and how many were asked for."""

    def __init__(self, maker: WindowMaker) -> None:
        self.maker, self.asked = maker, []

    def sample(self, batch, rng):
        self.asked.append(batch)
        return self.maker.make(batch, rng)[0]


@pytest.mark.parametrize(("share", "each"), [(0.25, 4), (1.0, 16), (0.01, None)])
def test_recorded_people_are_the_wanted_fraction_of_a_batch(maker, tiny, share, each):
    torch.manual_seed(0)
    source = Counting(maker)
    losses = calibrate(VTM(tiny), maker, 3, 16, 0, 0.3, Recorded(source, share))
    assert source.asked == ([each] * 3 if each else [])
    assert len(losses) == 3


def test_a_folder_without_pairs_is_one_line_and_exit_code_1(library, tiny, tmp_path, monkeypatch, caplog):
    model = VTM(tiny)
    source = tmp_path / "last.pt"
    save_checkpoint(source, model, Ema(model, 0.9), torch.optim.AdamW(model.parameters()), Progress(), {"settings": {}})
    monkeypatch.setattr(command, "open_library", lambda _mocap, _cache: library)
    monkeypatch.setattr(torch, "set_num_threads", lambda _threads: None)
    (tmp_path / "none").mkdir()
    arguments = [str(source), str(tmp_path / "out.pt"), "--mocap", str(tmp_path), "--pairs", str(tmp_path / "none")]
    assert command.main(arguments) == 1
    assert "no pairs in it" in caplog.text


def test_a_missing_checkpoint_is_one_line_and_exit_code_1(tmp_path, caplog):
    assert command.main([str(tmp_path / "no.pt"), str(tmp_path / "out.pt"), "--mocap", str(tmp_path)]) == 1
    assert "no such checkpoint" in caplog.text
