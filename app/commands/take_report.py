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
from engine.quality.report import Finding, TakeReport, number_text, report_of


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
    found = [{finding.name: finding for finding in report.findings} for report in reports]
    for name, limit in LIMITS.items():
        if any(name in each for each in found):
            cells = (_cell(each.get(name)) for each in found)
            lines.append(f"{limit.label:46}" + "".join(f"{cell:>26}" for cell in cells))
    return "\n".join(lines)


def _cell(finding: Finding | None) -> str:
    """12.0 mm amber; a dash for what was not measured of this take."""
    return f"{number_text(finding.value)} {LIMITS[finding.name].unit} {finding.light:>5}" if finding else "–"


def _tell(path: Path, page: Path, report: TakeReport, comparison: Comparison | None) -> None:
    for line in report.lines():
        say(f"vtm: {path.name}: {line}")
    if comparison is not None:
        say(
            f"vtm: {path.name}: {comparison.frames} frames compared: {comparison.mean_mm:.0f} mm relative to "
            f"the hips, 95 % within {comparison.p95_mm:.0f} mm"
        )
    say(f"vtm: {page}: full report")
