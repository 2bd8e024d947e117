"""`python -m models.train`: trains VTM in the paper's two stages, with progress, checkpoints and --resume.

In several processes or on several machines: `torchrun --standalone --nproc-per-node 2 -m models.train …`. OUT is then
a folder that all machines share. A run that torchrun starts again goes on from OUT/last.pt by itself.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from models.aist.cameras import SEEN_VIEWS, VIEWS
from models.aist.library import joined_motion, open_aist
from models.aist.windows import AistWindows
from models.mocap.library import LibraryError, open_library
from models.training.ablations import ABLATIONS
from models.training.loop import Trainer
from models.training.pairs import PairError
from models.training.recorded import Recorded
from models.training.settings import TrainSettings
from models.training.state import CheckpointError
from models.training.team import Team, TeamError, goes_on, joined_team, team_of
from models.training.visual import ARRAYS
from models.vtm.config import VTMConfig

log = logging.getLogger("models.train")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    defaults = TrainSettings()
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("--mocap", type=Path, help="folder of .bvh clips or of .tar.xz archives of them")
    parser.add_argument("--out", type=Path, default=Path("runs/vtm"), help="folder for checkpoints and the log")
    parser.add_argument("--cache", type=Path, help="compact cache of the clips (default: OUT/../mocap.npz)")
    parser.add_argument("--minutes", type=float, default=defaults.minutes, help="training time of both stages")
    parser.add_argument("--steps", type=int, default=0, help="train this many steps instead, exactly reproducible")
    parser.add_argument("--autoencoder", type=Path, help="checkpoint to take the TPMAE from: stage 2 only")
    parser.add_argument(
        "--start-from",
        "--start",  # ambiguous behind torchrun, which has a --start-method
        dest="start",
        type=Path,
        help="weights to continue from: a checkpoint .pt, or an exported .onnx with its .json",
    )
    parser.add_argument(
        "--cooldown",
        type=float,
        default=defaults.cooldown,
        help="final fraction of the run in which the rate falls to zero; default: a cosine over all of stage 2",
    )
    parser.add_argument(
        "--autoencoder-share", type=float, default=defaults.autoencoder_share, help="fraction of the run for stage 1"
    )
    parser.add_argument(
        "--ablation", choices=sorted(ABLATIONS), help="leave out one choice, for the table of ablations"
    )
    parser.add_argument("--resume", action="store_true", help="continue from OUT/last.pt")
    parser.add_argument("--window", type=int, default=VTMConfig().window_frames, help="frames per window")
    parser.add_argument("--batch", type=int, default=defaults.batch)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--learning-rate", type=float, default=defaults.learning_rate)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    parser.add_argument("--processes", type=int, default=1, help=argparse.SUPPRESS)  # torchrun starts them
    parser.add_argument("--pairs", type=Path, help="folder of pairs: python -m app.commands.render_pairs")
    parser.add_argument(
        "--pair-share", type=float, default=defaults.pair_share, help="fraction of pairs in each batch of stage 2"
    )
    parser.add_argument(
        "--blind", type=float, default=defaults.blind, help="fraction of stage 2's windows without image evidence"
    )
    parser.add_argument("--aist", type=Path, help="folder of AIST++'s annotations; alone: the paper's experiment")
    parser.add_argument("--aist-cache", type=Path, help="compact cache of AIST++ (default: OUT/../aist.npz)")
    parser.add_argument("--report-every", type=int, default=defaults.report_every, help="steps between validations")
    parser.add_argument(
        "--backbone",
        choices=tuple(ARRAYS),
        default=VTMConfig().backbone,
        help="input of the visual branch; resnet18: pairs made with app.commands.detect --features resnet18",
    )
    words = list(sys.argv[1:] if argv is None else argv)
    args = parser.parse_args(words)
    if args.processes != 1:
        parser.error(f"torchrun starts several processes: {_by_torchrun(words, args.processes)}")
    if args.backbone != VTMConfig().backbone and args.pairs is None:
        parser.error(f"--backbone {args.backbone} learns from its features of pictures: pass --pairs FOLDER too")
    if team_of(os.environ).size > args.batch:
        parser.error(f"{team_of(os.environ).size} processes share a batch of {args.batch}; expected --batch to be more")
    if args.mocap is None and args.aist is None:
        parser.error("no training data: pass --mocap FOLDER, --aist FOLDER, or both")
    return args


def _by_torchrun(words: list[str], processes: int) -> str:
    """The same command for torchrun."""
    kept = ["--start-from" if word == "--start" else word for word in words if not word.startswith("--processes=")]
    if "--processes" in kept:
        place = kept.index("--processes")
        del kept[place : place + 2]
    return f"torchrun --standalone --nproc-per-node {max(1, processes)} -m models.train {shlex.join(kept)}"


def _line(values: dict[str, float], minutes: float) -> str:
    done = f"{values['minutes']:6.1f}/{minutes:g} min  stage {values['stage']:.0f}  step {values['step']:6.0f}"
    errors = f"  loss {values['loss']:.3f}"
    if "ae_mm" in values:
        errors += f"  auto-encoder {values['ae_mm']:.1f} mm"
    if "mpjpe_mm" in values:
        errors += (
            f"  MPJPE {values['mpjpe_mm']:.1f}  PA {values['pa_mpjpe_mm']:.1f}"
            f"  keypoints alone {values['alone_mpjpe_mm']:.1f} / {values['alone_pa_mpjpe_mm']:.1f} mm"
            f"  angle {values['angle_deg']:.1f}  hips {values['hips_deg']:.1f} deg"
        )
    if "cut_lean_deg" in values:
        errors += (
            f"  cut views: arms {values['cut_arms_to_hips_mm']:.0f} mm to hips, {values['cut_arms_to_neck_mm']:.0f} to"
            f" neck, lean {values['cut_lean_deg']:.1f}, head {values['cut_head_deg']:.1f} deg"
        )
    if {"cut_leg_seen_confidence", "cut_leg_unseen_confidence"} <= set(values):
        errors += (
            f", confidence of legs {values['cut_leg_seen_confidence']:.2f} seen"
            f" {values['cut_leg_unseen_confidence']:.2f} unseen"
        )
    return done + errors


def _trainer(args: argparse.Namespace, config: VTMConfig, team: Team) -> Trainer:
    """Return the run for the available data: mocap through virtual cameras, AIST++, or both.

    AIST++ alone is the paper's experiment: stage 1 on its dances, stage 2 on its keypoints from the seen views only,
    validated on its validation dances from all views.
    """
    settings = TrainSettings(
        minutes=args.minutes,
        batch=args.batch,
        learning_rate=args.learning_rate,
        seed=args.seed,
        report_every=args.report_every,
        steps=args.steps,
        autoencoder=str(args.autoencoder or ""),
        autoencoder_share=args.autoencoder_share,
        start=str(args.start or ""),
        cooldown=args.cooldown,
        pairs=str(args.pairs or ""),
        pair_share=args.pair_share,
        blind=args.blind,
        aist=str(args.aist or ""),
    )
    if args.ablation:
        config, settings = ABLATIONS[args.ablation](config, settings)
    cache = args.cache or args.out.parent / "mocap.npz"
    if not args.aist:
        return Trainer(config, settings, open_library(args.mocap, cache), args.out, team=team)
    aist = open_aist(args.aist, args.aist_cache or args.out.parent / "aist.npz")
    windows = AistWindows(aist, aist.of_split("train"), SEEN_VIEWS, config)
    if args.mocap:
        both = joined_motion(open_library(args.mocap, cache), aist.motion())
        dances = [Recorded(windows, settings.aist_share)]
        return Trainer(config, settings, both, args.out, recorded=dances, team=team)
    settings = replace(settings, aist_share=1 - settings.pair_share * bool(settings.pairs))
    validation, _ = AistWindows(aist, aist.of_split("val"), VIEWS, config).fixed(768)
    alone = [Recorded(windows, settings.aist_share)]
    return Trainer(config, settings, aist.motion(), args.out, recorded=alone, validation=validation, team=team)


def _ready(args: argparse.Namespace, team: Team) -> Trainer:
    """The run, where it was when it is to be resumed."""
    if args.threads or team.local_size > 1:
        torch.set_num_threads(max(1, args.threads))
    if team.local > 0:
        team.wait()  # the first one on this machine writes the caches
    trainer = _trainer(args, VTMConfig(window_frames=args.window, backbone=args.backbone), team)
    if team.local == 0:
        team.wait()
    if args.resume or goes_on(team, args.out):
        trainer.resume(args.out / "last.pt")
        log.info("going on from %s, step %d", args.out / "last.pt", trainer.progress.step)
    return trainer


def train(args: argparse.Namespace, team: Team) -> None:
    """Run the whole training that the arguments describe; of a team, the one that leads reports and saves."""
    trainer = _ready(args, team)
    if not team.leads:
        trainer.run(lambda _values: None)
        return
    args.out.mkdir(parents=True, exist_ok=True)
    with (args.out / "log.jsonl").open("a") as file:
        started = time.strftime("%H:%M:%S")
        log.info("training from %s on %s, %d clips", started, trainer.device, trainer.clips)

        def report(values: dict[str, float]) -> None:
            file.write(json.dumps(values) + "\n")
            file.flush()
            log.info(_line(values, args.minutes))

        trainer.run(report)
    trainer.save(args.out / "final.pt")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    level = logging.INFO if team_of(os.environ).leads else logging.ERROR
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    args = _arguments(argv)
    try:
        with joined_team() as team:
            train(args, team)
            team.wait()  # nobody leaves while another still needs the connection
    except (LibraryError, PairError, CheckpointError, TeamError, ValueError, OSError) as error:
        log.error("error: %s", error)
        return 1
    except KeyboardInterrupt:
        log.error("stopped; continue with --resume")
        return 1
    return 0


def leave(code: int) -> None:
    """End the process; in a team without taking libraries down, whose threads abort now and then (gloo)."""
    if team_of(os.environ).size > 1:
        logging.shutdown()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    leave(main())
