"""compare.json: the results of a comparison, written completely or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.terminal import say
from engine.motion.atomic import new_file
from engine.viewpoints.comparison import Comparison, Disagreement


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return the keys of DESIGN.md; unknown values are null."""
    detector, skew = comparison.detector, comparison.fit.skew
    return {
        "angle_deg": round(comparison.fit.angle_deg, 2),
        "frames": len(comparison.pairs),
        "disagreement_mm": _disagreement(comparison.ours),
        "detector_disagreement_mm": None if detector is None else _disagreement(detector),
        "clock_skew_s": None if skew is None else round(skew.seconds, 4),
    }


def _disagreement(disagreement: Disagreement) -> dict[str, Any]:
    return {
        "mean": round(disagreement.mean_mm, 2),
        "p95": round(disagreement.p95_mm, 2),
        "parts": {name: round(value, 2) for name, value in disagreement.parts_mm.items()},
    }


def write_comparison(path: Path, comparison: Comparison, *, overwrite: bool = False) -> Path:
    """Write the file, or one with the next free name, and return its path. Raises OutputError."""
    text = json.dumps(comparison_json(comparison), indent=2) + "\n"
    return write_new(path, text.encode(), overwrite=overwrite)


def write_new(path: Path, data: bytes, *, overwrite: bool) -> Path:
    """Write a complete file under this name, or, with a message, the next free one. Raises OutputError."""
    with new_file(path, overwrite=overwrite) as new:
        new.file.write(data)
    if new.path != path:
        say(f"vtm: {path} exists and was kept: wrote {new.path.name} (--force replaces it)")
    return new.path
