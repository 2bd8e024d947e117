"""`vtm viewpoints`: measure a turn on the spot, from a file frame by frame or live in front of a camera."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.arguments.engine_options import config_from
from app.commands.headless import check_writable
from app.terminal import say
from engine.config import Config
from engine.convert import Observed, observe
from engine.errors import InputError, UsageError
from engine.motion.atomic import new_file
from engine.viewpoints.fit import F64
from engine.viewpoints.true_errors import SENSIBLE, TrueSide, read_truth, true_side
from engine.viewpoints.turn import CANNOT_SEE, FEWEST_SECTORS, TurnMeter, TurnReport, own_3d
from models.skeleton import NUM_JOINTS

log = logging.getLogger(__name__)


def run_viewpoints(options: argparse.Namespace) -> int:
    """Measure and print the results. Raises VtmError; nothing is written then."""
    config = config_from(options, Config())
    for path, suffix, option in ((options.json, ".json", "--json"), (options.picture, ".png", "--picture")):
        if path is not None and path.suffix.lower() != suffix:
            raise UsageError(f"{option}: got {path}, expected a file name that ends in {suffix}")
        if path is not None:
            check_writable(path)
    truth = None if options.truth is None else read_truth(options.truth)
    source = config.source
    from_file = source == "demo" or Path(source).is_file()
    if truth is not None and not from_file:
        raise UsageError("--truth needs the rendered clip's video: give it with --source FILE")
    true: dict[str, TrueSide] = {}
    if from_file:
        meter, true = measure_file(source, config, truth)
    else:
        from app.commands.viewpoints_live import measure_live

        meter = measure_live(config, options.seconds)
    report = meter.report()
    _check(report, source or "the camera")
    for line in report_lines(report, true):
        say(f"vtm: {line}")
    _write(report, true, source, options)
    return 0


def measure_file(source: str, config: Config, truth: F64 | None) -> tuple[TurnMeter, dict[str, TrueSide]]:
    """Track every frame, with a progress bar. Raises VtmError."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(Path(source).name, total=None)

        def tell(text: str) -> None:
            log.info("%s", text)
            console.print(f"vtm: {text}", markup=False, highlight=False, soft_wrap=True)

        seen = observe(
            source,
            replace(config, hands="off", face="off"),
            on_progress=lambda done, frames: progress.update(task, completed=done, total=frames or None),
            on_message=tell,
        )
    if truth is not None:
        check_lengths(truth, seen, source)
    return _measured(seen, truth)


def check_lengths(truth: F64, seen: Observed, source: str) -> None:
    """Check that the truth fits the clip. Raises InputError."""
    if len(truth) != len(seen.take):
        raise InputError(
            f"--truth holds {len(truth)} frames and {source} {len(seen.take)}: they do not belong together"
        )


def _measured(seen: Observed, truth: F64 | None) -> tuple[TurnMeter, dict[str, TrueSide]]:
    """Return the turn of a whole file, and its true errors."""
    take, meter = seen.take, TurnMeter()
    theirs = detector_joints(seen)
    for row in np.flatnonzero(take.tracked):
        joints, confidence = take.joints_cam_m[row].astype(np.float64), float(take.part_confidence[row].mean())
        meter.push(float(take.timestamps_s[row]), joints, theirs[row], take.R_world_cam[1], confidence)
    if truth is None:
        return meter, {}
    row_at = {float(at_s): row for row, at_s in enumerate(take.timestamps_s)}
    turn = meter.first_turn
    rows, sectors = [row_at[at_s] for at_s, _ in turn], [sector for _, sector in turn]
    report = meter.report()
    sides = (("ours", take.joints_cam_m.astype(np.float64), report.ours), ("detector", theirs, report.detector))
    return meter, {name: true_side(joints[rows], truth[rows], sectors, side) for name, joints, side in sides}


def detector_joints(seen: Observed) -> F64:
    """Return the detector's own 3D (N, 22, 3) of every frame, NaN where it has none (takes, keypoints)."""
    joints = np.full((len(seen.take), NUM_JOINTS, 3), np.nan)
    for row, detection in enumerate(seen.detections):
        own = own_3d(detection)
        if own is not None:
            joints[row] = own
    return joints


def _check(report: TurnReport, source: str) -> None:
    """Check that the report shows a turn. Raises InputError."""
    if report.filled == 0 and not any(report.frames) and report.yaw_deg is None:
        raise InputError(f"there is no person in {source}: show the whole body and turn once on the spot")
    if report.filled < FEWEST_SECTORS:
        raise InputError(
            f"no full turn in {source}: {report.filled} of 12 sectors seen, expected {FEWEST_SECTORS} or more;"
            " hold a pose and turn once on the spot in 15 to 30 s"
        )


def report_lines(report: TurnReport, true: dict[str, TrueSide]) -> list[str]:
    """Return the results as lines of text."""
    lines = [
        f"{report.filled} of 12 sectors, {report.turns} whole turn{'' if report.turns == 1 else 's'}"
        + "".join(f", {seconds:.0f} s" for seconds in report.seconds)
    ]
    for name, side in (("ours", report.ours), ("the detector's own 3D", report.detector)):
        if side.mean_mm is None or side.worst_over_best is None:
            continue
        numbers = " ".join("–" if value is None else f"{value:.0f}" for value in side.sectors_mm)
        floor = "" if side.floor_mean_mm is None else f", floor {side.floor_mean_mm:.0f} mm (second turn)"
        lines.append(
            f"{name}: {side.mean_mm:.0f} mm from its mean pose, worst over best sector {side.worst_over_best:.2f}"
            f"{floor}; anticlockwise from the front: {numbers}"
        )
    for name, found in true.items():
        lines += _true_lines(name, found)
    return [*lines, *(f"cannot be seen here: {text}" for text in CANNOT_SEE)]


def _true_lines(name: str, found: TrueSide) -> list[str]:
    """Return the true errors of one side as lines of text."""
    lines = []
    for what, errors, correlation in (
        ("of the body's own pose", found.sectors_mm, found.rank_correlation),
        ("relative to the hips, including facing", found.about_hips_mm, found.about_hips_correlation),
    ):
        if correlation is None:
            continue
        numbers = " ".join("–" if value is None else f"{value:.0f}" for value in errors)
        low = "" if correlation >= SENSIBLE else " (low: see the limits of this check)"
        lines.append(f"{name}, true errors {what}: {numbers}; rank correlation with the ring {correlation:.2f}{low}")
    if found.constant_mm is not None:
        lines.append(f"{name}: {found.constant_mm:.0f} mm of its body pose error is the same from all sides")
    return lines


def _write(report: TurnReport, true: dict[str, TrueSide], source: str, options: argparse.Namespace) -> None:
    """Write the requested files. Raises OutputError."""
    found = {"source": Path(source).name or "camera"} | report.as_json()
    for name, side in true.items():
        found[name] |= side.as_json()
    if options.json is not None:
        data = (json.dumps(found, indent=2) + "\n").encode()
        _write_new(options.json, data, "the figures", overwrite=options.force)
    if options.picture is not None:
        from app.window.viewpoint_picture import turn_png

        _write_new(options.picture, turn_png(report, found["source"]), "the ring", overwrite=options.force)


def _write_new(path: Path, data: bytes, what: str, *, overwrite: bool) -> None:
    """Write a complete file under this name, or the next free one."""
    with new_file(path, overwrite=overwrite) as new:
        new.file.write(data)
    kept = "" if new.path == path else f"; {path.name} exists and was kept (--force replaces it)"
    say(f"vtm: {new.path}: {what}{kept}")
