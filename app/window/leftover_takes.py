"""Takes that a crash left incomplete, as offered by the window: searched on a thread, then a notice with a button."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from app.window.background import Background
from app.window.notices import Notice
from engine.motion.atomic import remove_dead_temporaries
from engine.takes.recovery import unfinished_takes
from engine.takes.safe_place import safe_folder

log = logging.getLogger(__name__)

RECOVER = "Recover"
_OFFERED_FOR_S = 60.0


class LeftOver:
    """Qt thread only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._search: Background[tuple[Path, ...]] = Background("find-takes")
        self._found: tuple[Path, ...] = ()
        self._until_s = 0.0

    def look(self, folder: Path) -> None:
        """Search a folder for unfinished takes; a later `notice` has the result."""

        def search() -> tuple[Path, ...]:
            remove_dead_temporaries(folder)
            return (*unfinished_takes(folder), *unfinished_takes(safe_folder()))

        self._search.start(search)

    def notice(self) -> Notice | None:
        """Return the notice to show now, or None."""
        answer = self._search.take()
        if isinstance(answer, Exception):
            log.warning("searching for unfinished takes failed", exc_info=answer)
        elif answer:
            self._found, self._until_s = answer, self._clock() + _OFFERED_FOR_S
        if not self._found or self._clock() > self._until_s:
            return None
        first = self._found[0].name
        what = f"A take was left unfinished: {first}"
        if len(self._found) > 1:
            what = f"{len(self._found)} takes were left unfinished, the first is {first}"
        return Notice("warning", what, RECOVER)

    def take(self) -> tuple[Path, ...]:
        """Return the offered takes, once."""
        found, self._found = self._found, ()
        return found
