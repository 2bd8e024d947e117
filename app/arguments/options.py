"""What a command does besides its Config."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.motion.edit import Edit


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of a run besides its Config."""

    seconds: float | None = None
    record: Path | None = None
    stats: Path | None = None
    force: bool = False  # replace an existing take
    calibrate: bool = False
    replay: Path | None = None  # played instead of live motion, from the start


@dataclass(frozen=True, slots=True)
class ConvertOptions:
    """Options of `vtm convert` besides its Config."""

    paths: tuple[Path, ...]
    format: str | None = None
    style: str = "default"
    jobs: int = 1
    force: bool = False
    edit: Edit | None = None
    dask: str = ""  # address of a scheduler; "": this machine
    report: bool = False  # write a page and a JSON file beside each output; exit code 1 for a red one
