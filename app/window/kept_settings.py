"""The settings in force in the window, written to their file when there is something new. Qt thread only."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

from app.settings import Settings, save_settings
from engine.errors import OutputError

log = logging.getLogger(__name__)


class KeptSettings:
    """One frozen value, replaced as a whole."""

    def __init__(self, settings: Settings, say: Callable[[str, str], None]) -> None:
        """say: shows a line of that level to the user."""
        self.now = settings
        self._say = say
        self._unsaved = False

    def keep(self, settings: Settings) -> None:
        """Take another value; the next `save` writes it."""
        self.now, self._unsaved = settings, True

    def change(self, **fields: Any) -> None:
        """Take new values of some fields."""
        self.keep(dataclasses.replace(self.now, **fields))

    def save(self) -> None:
        """Write what is not written yet. A file that cannot be written is reported and not tried again by itself."""
        if not self._unsaved:
            return
        self._unsaved = False
        try:
            save_settings(self.now)
        except OutputError as error:
            log.warning("the settings are not saved", exc_info=True)
            self._say("warning", str(error))
