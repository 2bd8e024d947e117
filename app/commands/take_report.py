"""`vtm report TAKE…`: judge takes without a truth; lines, a page and a JSON file each, exit code 1 for a red light."""

from __future__ import annotations

import json
from pathlib import Path

from app.terminal import say
from engine.motion.npz import read_motion_npz
from engine.motion.take import MotionTake
from engine.quality.comparison import Comparison, compare_takes
from engine.quality.files import write_report
from engine.quality.report import TakeReport, report_of


def run_take_report(paths: tuple[Path, ...], against: Path | None, *, as_json: bool) -> int:
    """Report on each take. Raises InputError, OutputError; nothing is written for a take that cannot be read."""
    reference = None if against is None else read_motion_npz(against)
    red = False
    values = []
    for path in paths:
        report, comparison = _judged(read_motion_npz(path), reference)
        red = red or report.light == "red"
        if as_json:
            compared = {} if comparison is None else {"compared": comparison.to_json()}
            values.append({"take": path.name, **report.to_json(), **compared})
        else:
            page, _ = write_report(path, report, comparison)
            _tell(path, page, report, comparison)
    if as_json:
        print(json.dumps(values if len(values) > 1 else values[0], indent=1))
    return 1 if red else 0


def _judged(take: MotionTake, reference: MotionTake | None) -> tuple[TakeReport, Comparison | None]:
    return report_of(take), None if reference is None else compare_takes(take, reference)


def _tell(path: Path, page: Path, report: TakeReport, comparison: Comparison | None) -> None:
    for line in report.lines():
        say(f"vtm: {path.name}: {line}")
    if comparison is not None:
        say(
            f"vtm: {path.name}: {comparison.frames} frames beside the other take: {comparison.mean_mm:.0f} mm about "
            f"the hips, 95 % within {comparison.p95_mm:.0f} mm"
        )
    say(f"vtm: {page}: the whole report")
