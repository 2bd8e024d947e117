"""`vtm report TAKE…`: judge takes without a truth; lines, a page and a JSON file each, exit code 1 for a red light.

Two takes are also compared: measure by measure, and joint by joint where they are of the same motion.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from app.terminal import say
from engine.errors import InputError
from engine.motion.npz import read_motion_npz
from engine.motion.take import MotionTake
from engine.quality.comparison import Comparison, compare_takes
from engine.quality.files import write_report
from engine.quality.lights import LIMITS
from engine.quality.report import TakeReport, number_text, report_of


def run_take_report(paths: tuple[Path, ...], against: Path | None, *, as_json: bool) -> int:
    """Report on each take. Raises InputError, OutputError; nothing is written for an unreadable take."""
    reference = None if against is None else read_motion_npz(against)
    takes = [read_motion_npz(path) for path in paths[:2]] if len(paths) == 2 else None
    red = False
    values, reports = [], []
    for number, path in enumerate(paths):
        take = read_motion_npz(path) if takes is None else takes[number]
        report, comparison = report_of(take), None
        if reference is not None:
            comparison = compare_takes(take, reference)
        elif takes is not None:
            comparison = _same_motion(take, takes[1 - number])
        reports.append(report)
        red = red or report.light == "red"
        if as_json:
            compared = {} if comparison is None else {"compared": comparison.to_json()}
            values.append({"take": path.name, **report.to_json(), **compared})
        else:
            page, _ = write_report(path, report, comparison)
            _tell(path, page, report, comparison)
    if takes is not None and not as_json:
        say(side_by_side(paths, reports), sys.stdout)
    if as_json:
        print(json.dumps(values if len(values) > 1 else values[0], indent=1))
    return 1 if red else 0


def _same_motion(take: MotionTake, other: MotionTake) -> Comparison | None:
    """None: the two have no moment in common at which both see a person."""
    try:
        return compare_takes(take, other)
    except InputError:
        return None


def side_by_side(paths: Sequence[Path], reports: Sequence[TakeReport]) -> str:
    """A table of what was measured of two takes, and which of them is better in each."""
    names = [path.stem[-24:] for path in paths]
    lines = [f"{'':46}{names[0]:>26}{names[1]:>26}"]
    second = {finding.name: finding for finding in reports[1].findings}
    for finding in reports[0].findings:
        other = second.get(finding.name)
        if other is None:
            continue
        limit = LIMITS[finding.name]
        cells = [f"{number_text(each.value)} {limit.unit} {each.light:>5}" for each in (finding, other)]
        lines.append(f"{limit.label:46}{cells[0]:>26}{cells[1]:>26}")
    return "\n".join(lines)


def _tell(path: Path, page: Path, report: TakeReport, comparison: Comparison | None) -> None:
    for line in report.lines():
        say(f"vtm: {path.name}: {line}")
    if comparison is not None:
        say(
            f"vtm: {path.name}: {comparison.frames} frames compared: {comparison.mean_mm:.0f} mm relative to "
            f"the hips, 95 % within {comparison.p95_mm:.0f} mm"
        )
    say(f"vtm: {page}: full report")
