"""`python -m models.train`: trains VTM in the paper's two stages, with progress, checkpoints and --resume."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from models.mocap.library import LibraryError, open_library
from models.training.loop import Trainer, TrainSettings
from models.training.pairs import PairError
from models.training.state import CheckpointError
from models.vtm.config import VTMConfig

log = logging.getLogger("models.train")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    defaults = TrainSettings()
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("--mocap", type=Path, required=True, help="folder of .bvh clips or of .tar.xz archives of them")
    parser.add_argument("--out", type=Path, default=Path("runs/vtm"), help="folder for checkpoints and the log")
    parser.add_argument("--cache", type=Path, help="compact cache of the clips (default: OUT/../mocap.npz)")
    parser.add_argument("--minutes", type=float, default=defaults.minutes, help="training time, both stages together")
    parser.add_argument("--resume", action="store_true", help="go on from OUT/last.pt")
    parser.add_argument("--window", type=int, default=VTMConfig().window_frames, help="frames per window")
    parser.add_argument("--batch", type=int, default=defaults.batch)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--learning-rate", type=float, default=defaults.learning_rate)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    parser.add_argument("--pairs", type=Path, help="folder of NAME.npz (python -m app.detect) and NAME_truth.npz")
    parser.add_argument("--report-every", type=int, default=defaults.report_every, help="steps between validations")
    return parser.parse_args(argv)


def _line(values: dict[str, float], minutes: float) -> str:
    done = f"{values['minutes']:6.1f}/{minutes:g} min  stage {values['stage']:.0f}  step {values['step']:6.0f}"
    errors = f"  loss {values['loss']:.3f}  auto-encoder {values['ae_mm']:.1f} mm"
    if "mpjpe_mm" in values:
        errors += (
            f"  MPJPE {values['mpjpe_mm']:.1f}  PA {values['pa_mpjpe_mm']:.1f}"
            f"  keypoints alone {values['alone_mpjpe_mm']:.1f} / {values['alone_pa_mpjpe_mm']:.1f} mm"
            f"  angle {values['angle_deg']:.1f}  hips {values['hips_deg']:.1f} deg"
        )
    return done + errors


def train(args: argparse.Namespace) -> None:
    """Run the whole training that the arguments describe."""
    if args.threads:
        torch.set_num_threads(args.threads)
    cache = args.cache or args.out.parent / "mocap.npz"
    library = open_library(args.mocap, cache)
    settings = TrainSettings(
        minutes=args.minutes,
        batch=args.batch,
        learning_rate=args.learning_rate,
        seed=args.seed,
        report_every=args.report_every,
        pairs=str(args.pairs or ""),
    )
    trainer = Trainer(VTMConfig(window_frames=args.window), settings, library, args.out)
    if args.resume:
        trainer.resume(args.out / "last.pt")
    args.out.mkdir(parents=True, exist_ok=True)
    started = time.strftime("%H:%M:%S")
    log.info("training from %s on %s, %d clips", started, trainer.device, len(library.names))
    with (args.out / "log.jsonl").open("a") as file:

        def report(values: dict[str, float]) -> None:
            file.write(json.dumps(values) + "\n")
            file.flush()
            log.info(_line(values, args.minutes))

        trainer.run(report)
    trainer.save(args.out / "final.pt")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    args = _arguments(argv)
    try:
        train(args)
    except (LibraryError, PairError, CheckpointError, ValueError, OSError) as error:
        log.error("error: %s", error)
        return 1
    except KeyboardInterrupt:
        log.error("stopped; go on with --resume")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
