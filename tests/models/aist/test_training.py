"""`python -m models.train --aist`: the paper's experiment with one command, and AIST++ beside mocap."""

from __future__ import annotations

import json
import logging

import pytest
import torch

from models import train
from models.aist.cameras import SEEN_VIEWS
from models.aist.windows import AistWindows
from models.training import loop
from models.training.loop import Trainer
from models.training.recorded import Recorded
from models.training.settings import TrainSettings
from models.training.state import read_checkpoint
from models.vtm.config import VTMConfig
from tests.models.mocap.rigs import BLENDER, write_bvh

SMALL = VTMConfig(width=16, latent=16, features=16, heads=2, window_frames=16, context_blocks=1)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The smallest network on the CPU, few windows to validate on."""
    monkeypatch.setattr(train, "VTMConfig", lambda **_given: SMALL)
    whole = loop.validation_windows
    monkeypatch.setattr(
        loop, "validation_windows", lambda library, config, _count, **cut: whole(library, config, 8, **cut)
    )
    monkeypatch.setattr(torch, "set_num_threads", lambda _threads: None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def run(*arguments: object) -> int:
    short = ("--threads", 1, "--batch", 8, "--minutes", 0.01, "--window", 16)
    return train.main([*map(str, arguments), *map(str, short)])


def told(caplog) -> str:
    return next(record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)


def test_aist_alone_is_trained_on_in_both_stages(written, tmp_path):
    out = tmp_path / "runs" / "vtm"
    assert run("--aist", written[0], "--out", out) == 0
    assert (tmp_path / "runs" / "aist.npz").exists()
    assert not (tmp_path / "runs" / "mocap.npz").exists()
    final = read_checkpoint(out / "final.pt")
    assert final["progress"].stage == 2
    assert final["run"]["settings"]["aist"] == str(written[0])
    assert final["run"]["settings"]["aist_share"] == 1.0
    last = json.loads((out / "log.jsonl").read_text().splitlines()[-1])
    assert last["mpjpe_mm"] == last["alone_mpjpe_mm"]  # validated on recorded windows, which have no image evidence


def test_aist_beside_mocap_is_trained_on_together_and_can_be_resumed(written, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    for clip in range(4):
        write_bvh(tmp_path / "mocap" / f"clip_{clip}.bvh", BLENDER, frames=20, seed=clip)
    out = tmp_path / "runs" / "vtm"
    both = ("--mocap", tmp_path / "mocap", "--aist", written[0], "--out", out)
    assert run(*both) == 0
    assert "8 clips" in caplog.text  # four of each
    assert read_checkpoint(out / "final.pt")["run"]["settings"]["aist_share"] == 0.35
    assert run(*both, "--resume") == 0


def test_without_any_data_the_usage_is_wrong(capsys):
    with pytest.raises(SystemExit) as stopped:
        run("--out", "runs")
    assert stopped.value.code == 2
    assert "pass --mocap FOLDER, --aist FOLDER, or both" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (None, b"", "nowhere: no such folder; pass --aist"),
        ("aist.npz", b"PK broken", "not a cache of AIST++; delete the file"),
    ],
    ids=["no folder", "a cut cache"],
)
def test_what_cannot_work_is_one_line_and_exit_code_1(tmp_path, monkeypatch, caplog, name, content, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    if name:
        (tmp_path / "runs" / name).write_bytes(content)
    assert run("--aist", "nowhere", "--out", "runs/vtm") == 1
    assert expected in told(caplog)
    assert "\n" not in told(caplog)
    assert not (tmp_path / "runs" / "vtm").exists()


class Counting:
    """A source that remembers how many windows it was asked for."""

    def __init__(self, source: AistWindows) -> None:
        self.source = source
        self.asked: list[int] = []

    def sample(self, batch: int, rng: torch.Generator):
        self.asked.append(batch)
        return self.source.sample(batch, rng)


@pytest.mark.parametrize(("share", "expected"), [(0.25, 2), (1.0, 8)])
def test_recorded_windows_have_their_share_of_stage_2_and_none_of_stage_1(
    dances, library, tmp_path, share: float, expected: int
):
    source = Counting(AistWindows(dances, dances.of_split("train"), SEEN_VIEWS, SMALL))
    recorded = [Recorded(source, share)]
    trainer = Trainer(SMALL, TrainSettings(batch=8), library, tmp_path, recorded=recorded)
    assert len(trainer._draw(0, 1).keypoints) == 8
    assert source.asked == []
    first, again = trainer._draw(1, 2), trainer._draw(1, 2)
    assert source.asked == [expected, expected]
    assert len(first.keypoints) == 8
    assert torch.equal(first.keypoints, again.keypoints)
    assert bool((first.evidence[-expected:] == 0).all())


def test_shares_of_more_than_the_whole_are_refused():
    with pytest.raises(ValueError, match=r"pairs and AIST\+\+ make up 1\.1 of each batch; expected at most 1"):
        TrainSettings(pairs="pairs", pair_share=0.5, aist="aist", aist_share=0.6)
