"""Judges each take when its file is written, whatever the format: the recorder still has its rows then. No Qt here."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from engine.motion.take import MotionTake
from engine.quality.report import TakeReport, report_of
from engine.queues import Latest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JudgedTake:
    """A finished file and its report."""

    path: Path
    report: TakeReport


class TakeJudge:
    """Given to the recorder; whoever shows the report asks for the newest one."""

    def __init__(self) -> None:
        self._newest: Latest[JudgedTake] = Latest()

    def __call__(self, path: Path, take: MotionTake) -> None:
        """Judge it, in the thread that ends the take. A report that fails costs the report, not the take."""
        try:
            self._newest.put(JudgedTake(path, report_of(take)))
        except Exception:
            log.warning("%s cannot be judged", path, exc_info=True)

    def newest(self) -> JudgedTake | None:
        """The last take that was judged, once. Never waits."""
        return self._newest.get(0.0)
