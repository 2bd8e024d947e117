"""`python -m models.training.average OUT.pt A.pt 0.6 B.pt 0.4`: the weighted mean of checkpoints of one lineage.

A run that saw a few rendered clips many times overfits to them. The mean of its weights and those it started from
generalises better (Wortsman et al., "Model soups", 2022). Config, progress and run are those of the first checkpoint.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from models.training.state import CheckpointError, read_checkpoint, save_weights

log = logging.getLogger("models.training.average")


def average(parts: Sequence[tuple[Path, float]], out: Path) -> None:
    """Write the mean of the averaged (EMA) weights, in half precision, for `--start-from`, calibrate and export.

    Raises CheckpointError when one is missing or has another config.
    """
    read = [read_checkpoint(path) for path, _ in parts]
    total = sum(weight for _, weight in parts)
    for (path, _), data in zip(parts, read, strict=True):
        if data["config"] != read[0]["config"] or data["ema"].keys() != read[0]["ema"].keys():
            raise CheckpointError(f"{path}: its config differs from {parts[0][0]}; average checkpoints of one run")
    mean = {
        name: sum(data["ema"][name].float() * (weight / total) for (_, weight), data in zip(parts, read, strict=True))
        if value.is_floating_point()
        else value
        for name, value in read[0]["ema"].items()
    }
    averaged = [[path.as_posix(), weight / total] for path, weight in parts]
    save_weights(out, read[0] | {"ema": mean, "run": read[0]["run"] | {"averaged": averaged}})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m models.training.average", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "parts", nargs="+", metavar="CHECKPOINT WEIGHT", help="two or more checkpoints, each with a weight"
    )
    args = parser.parse_args(argv)
    try:
        weights = [float(text) for text in args.parts[1::2]]
    except ValueError:
        parser.error("expected a weight after each checkpoint: A.pt 0.6 B.pt 0.4")
    if len(args.parts) % 2 or len(weights) < 2 or not all(0 < weight < float("inf") for weight in weights):
        parser.error("pass two or more checkpoints, each with a weight above 0: A.pt 0.6 B.pt 0.4")
    try:
        average(list(zip(map(Path, args.parts[::2]), weights, strict=True)), args.out)
    except (CheckpointError, OSError) as error:
        log.error("error: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
