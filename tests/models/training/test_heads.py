"""The head's regressor learns from windows with faces, and the command says what is missing."""

from __future__ import annotations

import torch

from models.head.regressor import HeadRegressor
from models.synth.poses import MotionSampler
from models.synth.windows import WindowBatch, WindowMaker
from models.training.heads import main, make_head_network, train_heads
from models.training.pair_shards import write_shard
from tests.models.training.test_pair_shards import clip_of


class Synthetic:
    """Windows of simulated detectors."""

    def __init__(self, library) -> None:
        clips = library.clips(validation=False).tolist()
        self._maker = WindowMaker(MotionSampler(library, clips, rate_hz=30.0, variety=1.0), frames=16)

    def sample(self, batch: int, rng: torch.Generator) -> WindowBatch:
        return self._maker.make(batch, rng)[0]


def test_the_loss_falls(library):
    torch.manual_seed(0)
    losses = train_heads(make_head_network(), Synthetic(library), 240, 64, 0)
    first, last = sum(losses[:20]) / 20, sum(losses[-20:]) / 20
    assert last < 0.6 * first


def test_the_command_writes_what_the_engine_reads(tmp_path):
    write_shard(tmp_path / "some.pairs.npz", [clip_of(seed) for seed in range(2)])
    out = tmp_path / "head.npz"
    assert main(["--pairs", str(tmp_path), "--out", str(out), "--steps", "2", "--batch", "8"]) == 0
    assert HeadRegressor(out)


def test_a_folder_without_pairs_is_one_line(tmp_path, caplog):
    assert main(["--pairs", str(tmp_path), "--out", str(tmp_path / "head.npz")]) == 1
    assert "no pairs in it" in caplog.text
    assert not (tmp_path / "head.npz").exists()
