"""`python -m models.training.heads --pairs FOLDER`: train the head's regressor on rendered people.

Windows of the pairs as in stage 2 of models.train, but with the detector's errors as they are: simulated points of a
face sit elsewhere than the detector's own. Loss: distance of the rotations, and the likelihood of the angle between
them under an exponential distribution with the predicted mean. Faces seen from behind count less.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.head.inputs import FRAMES, NUM_INPUTS, face_shown, head_inputs
from models.head.joined import LEAST_SCORE
from models.head.regressor import LOG_ERROR, OUTPUTS, VERSION, WEIGHTS
from models.rotations import geodesic_angle, rotation_6d_to_matrix
from models.synth.windows import WindowBatch
from models.training.losses import head_turned
from models.training.pairs import PairError, PairSampler
from models.training.recorded import WindowSource
from models.vtm.blocks import Gelu

WIDTH, HIDDEN = 256, 3
RATE, DECAY = 1e-3, 1e-2
FROM_BEHIND = 0.2
"""Weight of a head that looks more than 80 degrees away from the camera."""
_SIDEWAYS = 0.17
_SPREAD = 0.1  # weight of the likelihood

log = logging.getLogger("models.training.heads")


def make_head_network() -> nn.Sequential:
    """Return the untrained network: NUM_INPUTS -> OUTPUTS."""
    widths = [NUM_INPUTS, *[WIDTH] * HIDDEN]
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), Gelu()]
    return nn.Sequential(*layers, nn.Linear(WIDTH, OUTPUTS))


def head_loss(network: nn.Module, windows: WindowBatch) -> Tensor:
    """Return the loss over the windows whose newest frame shows all points of a face."""
    kept = (face_shown(windows.keypoints) > LEAST_SCORE) & (windows.evidence[:, -1, 0, 3] > 0)
    keypoints, evidence = windows.keypoints[kept], windows.evidence[kept]
    inputs, own = head_inputs(keypoints, evidence, windows.box[kept, 2].exp())
    out = network(inputs)
    truth = own.mT @ head_turned(rotation_6d_to_matrix(windows.rotations_6d[kept, -1]))
    found = rotation_6d_to_matrix(out[:, :6])
    weight = torch.where(-truth[:, 2, 2] > _SIDEWAYS, 1.0, FROM_BEHIND)
    weight = weight / weight.sum().clamp(min=1)
    distance = (found - truth).pow(2).sum((-1, -2)).add(1e-4).sqrt()
    spread = out[:, 6].clamp(*LOG_ERROR)
    likelihood = geodesic_angle(found, truth).detach() * torch.exp(-spread) + spread
    loss: Tensor = ((distance + _SPREAD * likelihood) * weight).sum()
    return loss


def train_heads(network: nn.Module, pairs: WindowSource, steps: int, batch: int, seed: int) -> list[float]:
    """Train in place; return the loss of each step."""
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    losses: list[float] = []
    begin = time.perf_counter()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / 200) * (1 - step / steps)
        rng = torch.Generator().manual_seed(seed * 1_000_003 + step)
        loss = head_loss(network, pairs.sample(batch, rng))
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(float(loss.detach()))
        if (step + 1) % 500 == 0:
            mean, minutes = np.mean(losses[-500:]), (time.perf_counter() - begin) / 60
            log.info("step %d of %d, %.1f min, loss %.3f", step + 1, steps, minutes, mean)
    return losses


def save_head(network: nn.Sequential, path: Path) -> None:
    """Write the layers in half precision, as the rest of the shipped weights."""
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    arrays = {f"weight_{k}": layer.weight.detach().numpy().astype(np.float16) for k, layer in enumerate(linear)}
    arrays |= {f"bias_{k}": layer.bias.detach().numpy().astype(np.float16) for k, layer in enumerate(linear)}
    partial = path.with_suffix(".partial.npz")
    np.savez_compressed(partial, version=np.array(VERSION), **arrays)  # type: ignore[arg-type]
    partial.replace(path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m models.training.heads", description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, help="folder of pairs, or one packed file")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args(argv)
    if min(args.steps, args.batch) < 1:
        parser.error("--steps and --batch must be at least 1")
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    network = make_head_network()
    try:
        train_heads(network, PairSampler(args.pairs, frames=FRAMES), args.steps, args.batch, args.seed)
        save_head(network, args.out)
    except (PairError, OSError) as error:
        log.error("error: %s", error)
        return 1
    log.info("%s", args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
