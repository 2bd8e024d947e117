"""A report beside its take: NAME.report.json for programs, NAME.report.html for people."""

from __future__ import annotations

import json
from pathlib import Path

from engine.motion.atomic import new_file
from engine.quality.comparison import Comparison
from engine.quality.page import report_page
from engine.quality.report import TakeReport


def write_report(take: Path, report: TakeReport, comparison: Comparison | None = None) -> tuple[Path, Path]:
    """Write both, replacing those of an earlier report on the same take. Raises OutputError."""
    page, data = take.with_suffix(".report.html"), take.with_suffix(".report.json")
    values = report.to_json()
    if comparison is not None:
        values["compared"] = comparison.to_json()
    for path, text in ((page, report_page(take.name, report, comparison)), (data, json.dumps(values, indent=1))):
        with new_file(path, overwrite=True) as new:
            new.file.write(text.encode())
    return page, data
