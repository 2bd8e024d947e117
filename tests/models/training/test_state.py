"""Checkpoints: they come back whole, are written atomically, and what is not one is told in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.training.state import (
    CheckpointError,
    Ema,
    Progress,
    load_network,
    load_vtm,
    read_checkpoint,
    save_checkpoint,
    save_weights,
    without_folders,
)
from models.vtm.vtm import VTM


@pytest.fixture(scope="module")
def model(tiny) -> VTM:
    torch.manual_seed(3)
    return VTM(tiny)


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "run" / "last.pt"
    ema = Ema(model, 0.9)
    optimizer = torch.optim.AdamW(model.parameters())
    progress = Progress(stage=2, step=7, seconds=12.5, windows=99, history=[{"loss": 1.0}])
    save_checkpoint(path, model, ema, optimizer, progress, {"settings": {"seed": 1}})
    return path


def test_everything_comes_back(saved, model, tiny):
    data = read_checkpoint(saved)
    assert data["config"] == tiny
    assert data["progress"] == Progress(2, 7, 12.5, 99, [{"loss": 1.0}])
    assert data["run"] == {"settings": {"seed": 1}}
    assert all(torch.equal(data["model"][name], value) for name, value in model.state_dict().items())


def test_the_averaged_network_is_loaded_ready_to_run(saved, model):
    loaded, _ = load_vtm(saved)
    assert not loaded.training
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), model.parameters(), strict=True))


def test_nothing_partial_stays_behind_and_a_failed_write_leaves_the_old_checkpoint(saved, model, monkeypatch):
    assert [path.name for path in saved.parent.iterdir()] == ["last.pt"]
    before = saved.read_bytes()

    def full(_data, path):
        path.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr("models.training.state.torch.save", full)
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(saved, model, Ema(model, 0.9), torch.optim.AdamW(model.parameters()), Progress(), {})
    assert saved.read_bytes() == before


def assert_one_line(error, path) -> None:
    message = str(error.value)
    assert path.name in message
    assert "\n" not in message
    assert len(message) < 400


def test_a_missing_checkpoint_is_told_with_the_command_that_makes_one(tmp_path):
    with pytest.raises(CheckpointError, match=r"python -m models\.train") as error:
        read_checkpoint(tmp_path / "none.pt")
    assert_one_line(error, tmp_path / "none.pt")


@pytest.mark.parametrize("keep", [0, 100, 0.5, -20])
def test_a_checkpoint_cut_short_is_told_in_one_line(saved, keep):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(saved)
    assert_one_line(error, saved)


@pytest.mark.parametrize("content", [b"hello", b"PK\x03\x04" + b"\0" * 60], ids=["text", "zip"])
def test_another_file_is_told_in_one_line(tmp_path, content):
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(tmp_path / "x.pt")
    assert_one_line(error, tmp_path / "x.pt")


@pytest.mark.parametrize("value", [{"model": {}}, [1, 2], {"config": None, "progress": {}}, {"config": 3}])
def test_a_torch_file_that_is_no_checkpoint_is_told_in_one_line(tmp_path, value):
    torch.save(value, tmp_path / "x.pt")
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(tmp_path / "x.pt")
    assert_one_line(error, tmp_path / "x.pt")


def test_a_checkpoint_that_runs_code_when_read_is_refused(tmp_path, capsys):
    class Evil:
        def __reduce__(self) -> tuple:
            return (print, ("evil",))

    torch.save({"config": Evil()}, tmp_path / "x.pt")
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(tmp_path / "x.pt")
    assert "evil" not in capsys.readouterr().out
    assert_one_line(error, tmp_path / "x.pt")


def rewritten(path, **changes: object) -> None:
    torch.save(torch.load(path, weights_only=True) | changes, path)


def test_another_version_of_the_network_is_refused(saved, tiny):
    rewritten(saved, config=tiny.to_dict() | {"format_version": 99})
    with pytest.raises(CheckpointError, match="format 99"):
        read_checkpoint(saved)


def test_weights_that_do_not_fit_their_config_are_told_in_one_line(saved, tiny):
    rewritten(saved, config=replace(tiny, width=32).to_dict())
    with pytest.raises(CheckpointError, match="do not fit") as error:
        load_vtm(saved)
    assert_one_line(error, saved)


def test_the_average_follows_quickly_at_first_and_slowly_later(tiny, model):
    ema, other = Ema(model, 0.99), VTM(tiny)
    for value in other.parameters():
        torch.nn.init.constant_(value, 1.0)
    first = next(ema.model.parameters()).clone()
    ema.update(other)
    moved = next(ema.model.parameters())
    expected = first + (1 - first) * (1 - 2 / 11)  # decay 2 / 11 at the first update
    assert (moved - expected).abs().max() < 1e-6
    for _ in range(30):
        ema.update(other)
    assert (next(ema.model.parameters()) - 1).abs().max() < 1e-3
    assert ema.updates == 31
    assert not any(value.requires_grad for value in ema.model.parameters())


def test_the_average_is_a_copy(model):
    ema = Ema(model, 0.5)
    before = next(model.parameters()).clone()
    next(ema.model.parameters()).add_(1)
    assert torch.equal(next(model.parameters()), before)


def test_kept_weights_are_the_averaged_ones_in_half_precision_and_only_start_a_run(saved, tmp_path):
    kept = tmp_path / "kept.pt"
    save_weights(kept, read_checkpoint(saved))
    whole, small = load_network(saved)[0], load_network(kept)[0]
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(small.state_dict()[name], value, atol=2e-3, rtol=1e-3, msg=name)
    assert kept.stat().st_size < 0.3 * saved.stat().st_size
    data = read_checkpoint(kept)
    assert "model" not in data
    assert "optimizer" not in data


def test_what_is_handed_on_names_no_folder_of_the_machine(tmp_path):
    pairs = str(tmp_path / "pairs" / "new")
    run = {
        "settings": {"pairs": pairs, "minutes": 3.0, "start": "models/checkpoints/vtm.pt"},
        "averaged": [(pairs, 0.6)],
    }
    assert without_folders(run) == {
        "settings": {"pairs": "new", "minutes": 3.0, "start": "models/checkpoints/vtm.pt"},
        "averaged": [["new", 0.6]],
    }
