"""`python -m models.training.calibrate RUN/last.pt OUT.pt`: retrain the confidence head on unseen windows.

A network memorises the motions of a small set of pairs. The errors it predicts are then too small for other people.
Here everything but the confidence head is frozen. Synthetic windows never repeat; `--pairs` adds rendered people, who
must not be in the training set, because the errors of a real detector differ from simulated ones.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from models.kinematics import forward_kinematics, ratio_offsets
from models.mocap.library import LibraryError, open_library
from models.parts import HEAD_LEVER
from models.rotations import rotation_6d_to_matrix
from models.skeleton import JOINT
from models.synth.poses import MotionSampler
from models.synth.randomisation import Randomisation
from models.synth.windows import WindowBatch, WindowMaker
from models.training.losses import head_turned, part_errors, spread_loss
from models.training.pairs import PairError, PairSampler
from models.training.recorded import Recorded
from models.training.state import CheckpointError, Progress, load_vtm, read_checkpoint
from models.vtm.vtm import VTM

_RATE = 2e-3

log = logging.getLogger("models.training.calibrate")


def calibrate(
    model: VTM,
    maker: WindowMaker,
    steps: int,
    batch: int,
    seed: int,
    hide_evidence: float,
    pairs: Recorded | None = None,
) -> list[float]:
    """Train `model.tpve.spread_head` in place; return the loss of each step. Raises CheckpointError without a head.

    pairs  recorded people that the network was not trained on, and their fraction of each batch
    """
    head = model.tpve.spread_head
    if head is None:
        raise CheckpointError("the network has no confidence of parts (format 3); train it on with --start-from")
    model.requires_grad_(False).eval()
    head.requires_grad_(True)
    optimizer = torch.optim.Adam(head.parameters(), lr=_RATE)
    losses = []
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = _RATE * (1 - step / steps)
        rng = torch.Generator().manual_seed(seed * 1_000_003 + step)
        windows = _windows(maker, pairs, batch, rng)
        windows = windows.without_evidence(torch.rand(batch, generator=rng) < hide_evidence)
        loss = _loss(model, windows)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def _windows(maker: WindowMaker, pairs: Recorded | None, batch: int, rng: torch.Generator) -> WindowBatch:
    """Return synthetic windows, followed by recorded ones."""
    recorded = 0 if pairs is None else int(batch * pairs.share)
    made = maker.make(batch - recorded, rng)[0] if recorded < batch else None
    if pairs is None or not recorded:
        assert made is not None
        return made
    seen = pairs.source.sample(recorded, rng)
    return seen if made is None else made.joined(seen)


def _loss(model: VTM, windows: WindowBatch) -> torch.Tensor:
    """Return the head's loss on the newest frame, and on the last frames of the earlier patches."""
    lifted = model(windows.keypoints, windows.evidence, windows.box)
    assert lifted.log_spread is not None
    stride = model.config.stride
    ends = slice(stride - 1, None, stride)
    rotations = rotation_6d_to_matrix(lifted.motion.rotations_6d[:, ends])
    zero = torch.zeros(*rotations.shape[:2], 3)
    placed, turned = forward_kinematics(rotations, ratio_offsets(lifted.log_ratio.exp())[:, None], zero)
    true_head = head_turned(rotation_6d_to_matrix(windows.rotations_6d[:, ends]))
    head = HEAD_LEVER * (turned[:, :, JOINT["Head"]] - true_head).norm(dim=-2).mean(-1)
    errors = part_errors(placed, windows.joints[:, ends], head)
    seen = windows.seen.float()[:, None].expand(-1, errors.shape[1])
    return spread_loss(lifted.log_spread[:, ends], errors, seen / seen.mean().clamp(min=1e-6))


def _pairs(folder: Path | None, share: float, frames: int) -> Recorded | None:
    """Open the pairs. Raises PairError."""
    if folder is None:
        return None
    return Recorded(PairSampler(folder, frames=frames, errors=Randomisation().recorded), share)


def _save(path: Path, data: dict[str, Any], model: VTM) -> None:
    progress = data["progress"]
    torch.save(
        {
            "config": data["config"].to_dict(),
            "ema": model.state_dict(),
            "progress": {name: getattr(progress, name) for name in Progress.__dataclass_fields__},
            "run": data["run"],
        },
        path,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m models.training.calibrate", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mocap", type=Path, required=True, help="as in models.train")
    parser.add_argument("--cache", type=Path, default=Path("runs/mocap.npz"))
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--pairs", type=Path, help="rendered people that the network was not trained on")
    parser.add_argument("--pair-share", type=float, default=0.5, help="fraction of each batch; default %(default)s")
    args = parser.parse_args(argv)
    if not 0 < args.pair_share <= 1:
        parser.error(f"--pair-share {args.pair_share:g}; expected more than 0, at most 1")
    try:
        model, data = load_vtm(args.checkpoint)
        settings = data["run"].get("settings", {})
        library = open_library(args.mocap, args.cache)
        drawn = Randomisation()
        sampler = MotionSampler(
            library,
            library.clips(validation=False).tolist(),
            rate_hz=model.config.rate_hz,
            variety=1.0,
            poses=drawn.poses,
        )
        maker = WindowMaker(
            sampler, frames=model.config.window_frames, hide=float(settings.get("hide", 0.7)), randomisation=drawn
        )
        torch.set_num_threads(1)
        blind = float(settings.get("blind", 0.33))
        pairs = _pairs(args.pairs, args.pair_share, model.config.window_frames)
        losses = calibrate(model, maker, args.steps, args.batch, args.seed, blind, pairs)
        _save(args.out, read_checkpoint(args.checkpoint), model)
    except (CheckpointError, LibraryError, PairError, OSError) as error:
        log.error("error: %s", error)
        return 1
    tenth = max(1, len(losses) // 10)
    first, last = (sum(part) / len(part) for part in (losses[:tenth], losses[-tenth:]))
    log.info("%s: loss %.3f, then %.3f", args.out, first, last)
    return 0


if __name__ == "__main__":
    sys.exit(main())
