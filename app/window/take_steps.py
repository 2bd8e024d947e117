"""What a take needs of the pipeline, step by step: a place to be written to, its beginning, its end.

Worker thread of the session only.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.commands.headless import check_writable
from app.engine_access import PipelineLike
from app.window.wanted import WantedTake
from engine.errors import VtmError


class TakeSteps:
    """Remembers which take was prepared and which one runs."""

    def __init__(self, running: Callable[[], PipelineLike], give_up: Callable[[WantedTake], None]) -> None:
        """Prepare.

        running  the pipeline; raises VtmError where there is none
        give_up  called with a take that cannot be made, or that is over
        """
        self._running, self._give_up = running, give_up
        self._prepared: WantedTake | None = None
        self._recorded: WantedTake | None = None

    @property
    def recording(self) -> bool:
        """A take was begun and not ended."""
        return self._recorded is not None

    def is_prepared(self, take: WantedTake) -> bool:
        """Its folder was made and tried, with success or not."""
        return take is self._prepared

    def prepare(self, take: WantedTake) -> None:
        """Before the countdown, so that nobody gets into position for a take that cannot be written.

        Raises VtmError.
        """
        self._prepared = take
        try:
            self._running()
            take.path.parent.mkdir(parents=True, exist_ok=True)
            check_writable(take.path)
        except OSError as error:
            self._give_up(take)
            raise VtmError(
                f"The folder {take.path.parent} cannot be created ({error.strerror}): choose another folder"
            ) from error
        except VtmError:
            self._give_up(take)
            raise

    def begin(self, take: WantedTake | None) -> None:
        """Record; None: the take is over, or its countdown was called off."""
        if take is None:
            return
        try:
            self._running().start_recording(take.path, overwrite=take.overwrite)
        except BaseException:
            self._give_up(take)
            raise
        self._recorded = take

    def end(self) -> Path | None:
        """Finish the file and return where it is; None: nothing was written."""
        take, self._recorded = self._recorded, None
        if take is not None:
            self._give_up(take)
        return self._running().stop_recording()
