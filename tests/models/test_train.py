"""`python -m models.train`: from a folder of clips to checkpoints; every failure one line and exit code 1."""

from __future__ import annotations

import contextlib
import io
import json
import logging

import pytest
import torch

from models import train
from models.training import loop
from models.training.state import read_checkpoint
from models.vtm.config import VTMConfig
from tests.models.mocap.rigs import BLENDER, write_bvh


@pytest.fixture(autouse=True)
def quick(monkeypatch, tiny):
    """The smallest network, few windows to validate on, as many threads as before."""
    monkeypatch.setattr(train, "VTMConfig", lambda **changes: VTMConfig(**_fields(tiny) | changes))
    whole = loop.validation_windows
    monkeypatch.setattr(
        loop, "validation_windows", lambda library, config, _count, **cut: whole(library, config, 8, **cut)
    )
    monkeypatch.setattr(torch, "set_num_threads", lambda _threads: None)


def _fields(config: VTMConfig) -> dict:
    return {name: getattr(config, name) for name in VTMConfig.__dataclass_fields__}


@pytest.fixture
def mocap(tmp_path):
    for clip in range(4):
        write_bvh(tmp_path / "mocap" / f"clip_{clip}.bvh", BLENDER, frames=20, seed=clip)
    return tmp_path / "mocap"


def run(*arguments: object) -> int:
    return train.main([*map(str, arguments), "--threads", "1", "--batch", "8"])


def told(caplog) -> str:
    return next(record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)


def test_a_folder_of_clips_becomes_checkpoints_a_log_and_a_cache(mocap, tmp_path, capsys):
    out = tmp_path / "runs" / "vtm"
    assert run("--mocap", mocap, "--out", out, "--minutes", 0.01, "--report-every", 2) == 0
    assert (tmp_path / "runs" / "mocap.npz").exists()
    final = read_checkpoint(out / "final.pt")
    assert final["progress"].stage == 2
    assert final["run"]["settings"]["minutes"] == 0.01
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["step"] == final["progress"].step
    assert capsys.readouterr().out == ""


def test_resuming_goes_on_from_the_last_checkpoint(mocap, tmp_path):
    out = tmp_path / "runs" / "vtm"
    assert run("--mocap", mocap, "--out", out, "--minutes", 0.01) == 0
    before = read_checkpoint(out / "final.pt")["progress"]
    more = before.seconds / 60 + 0.02  # however slow the machine was
    assert run("--mocap", mocap, "--out", out, "--minutes", more, "--resume") == 0
    after = read_checkpoint(out / "final.pt")["progress"]
    assert after.step > before.step
    assert after.history[: len(before.history)] == before.history
    assert run("--mocap", mocap, "--out", out, "--minutes", 0.005, "--resume") == 0  # nothing left to do


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--mocap", "nowhere"), "nowhere: no such folder; pass --mocap"),
        (("--mocap", "mocap", "--resume"), "no such checkpoint"),
        (("--mocap", "mocap", "--window", "18"), "window_frames is 18"),
        (("--mocap", "mocap", "--minutes", "0"), "0 minutes"),
        (("--mocap", "mocap", "--pairs", "few", "--pair-share", "1.5"), "make up 1.5 of each batch"),
        (("--mocap", "few"), "no clip to draw from"),
        (("--mocap", "empty"), "no usable .bvh"),
    ],
    ids=["no folder", "nothing to resume", "window", "no minutes", "too many pairs", "too few clips", "no clips"],
)
def test_what_cannot_work_is_one_line_and_exit_code_1(mocap, tmp_path, monkeypatch, caplog, arguments, expected):
    (tmp_path / "empty").mkdir()
    write_bvh(tmp_path / "few" / "clip.bvh", BLENDER)
    assert mocap.is_dir()
    monkeypatch.chdir(tmp_path)
    assert run(*arguments, "--out", "runs/vtm") == 1
    assert expected in told(caplog)
    assert "\n" not in told(caplog)


def test_a_broken_checkpoint_is_one_line_and_exit_code_1(mocap, tmp_path, caplog):
    out = tmp_path / "runs" / "vtm"
    out.mkdir(parents=True)
    (out / "last.pt").write_bytes(b"broken")
    assert run("--mocap", mocap, "--out", out, "--resume") == 1
    assert "last.pt" in told(caplog)
    assert "\n" not in told(caplog)


def test_ctrl_c_says_how_to_go_on(mocap, tmp_path, monkeypatch, caplog):
    def stopped(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train.Trainer, "run", stopped)
    assert run("--mocap", mocap, "--out", tmp_path / "runs" / "vtm") == 1
    assert "--resume" in told(caplog)


def test_so_many_steps_with_one_choice_left_out(mocap, tmp_path):
    out = tmp_path / "runs" / "direct"
    assert run("--mocap", mocap, "--out", out, "--steps", 3, "--ablation", "direct") == 0
    final = read_checkpoint(out / "final.pt")
    assert final["progress"].step == 3
    assert final["config"].network == "direct"


def test_an_auto_encoder_of_an_earlier_run_is_taken_over(mocap, tmp_path, caplog):
    first, second = tmp_path / "runs" / "first", tmp_path / "runs" / "second"
    assert run("--mocap", mocap, "--out", first, "--steps", 4) == 0
    assert run("--mocap", mocap, "--out", second, "--steps", 2, "--autoencoder", first / "final.pt") == 0
    assert read_checkpoint(second / "final.pt")["progress"].stage == 2
    assert run("--mocap", mocap, "--out", second, "--steps", 2, "--autoencoder", tmp_path / "none.pt") == 1
    assert "none.pt: no such checkpoint" in told(caplog)


def test_the_share_of_stage_1_can_be_chosen(mocap, tmp_path):
    out = tmp_path / "runs" / "vtm"
    arguments = ("--mocap", mocap, "--out", out, "--steps", 4, "--report-every", 1, "--autoencoder-share", 0.75)
    assert run(*arguments) == 0
    stages = [json.loads(line)["stage"] for line in (out / "log.jsonl").read_text().splitlines()]
    assert stages[:3] == [1, 1, 1]
    assert read_checkpoint(out / "final.pt")["progress"].stage == 2


def test_torchrun_passes_every_option_on():
    """torchrun reads abbreviations of its own options behind the module's name, too (argparse)."""
    from torch.distributed.run import get_args_parser

    names = [line.split()[0].rstrip(",") for line in _help().splitlines() if line.startswith("  --")]
    assert len(names) > 20
    for name in names:
        given = ["--standalone", "-m", "models.train", name, "value"]
        assert get_args_parser().parse_args(given).training_script_args == [name, "value"]


def _help() -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text), pytest.raises(SystemExit):
        train.main(["--help"])
    return text.getvalue()


def test_the_line_for_torchrun_has_no_ambiguous_option(capsys):
    with pytest.raises(SystemExit):
        train.main(["--processes", "2", "--mocap", "clips", "--start", "a.pt"])
    assert "-m models.train --mocap clips --start-from a.pt" in capsys.readouterr().err
