"""Performers in the window: choosing, adding, renaming, deleting, and storing measurements. Qt thread only."""

from __future__ import annotations

from collections.abc import Callable

from app.performers import added, chosen, current, deleted, performers_of, remembered, renamed
from app.settings import Settings
from app.window.widgets.performer_panel import PerformerPanel
from engine.errors import UsageError
from engine.types import Snapshot

Change = Callable[[Settings], Settings]


class PerformerControl:
    """Connects the panel and the settings; the window applies the result."""

    def __init__(
        self,
        panel: PerformerPanel,
        settings: Callable[[], Settings],
        apply: Callable[[Settings], None],
        say: Callable[[str, str], None],
    ) -> None:
        """apply: save the settings and, if it changed, send their Config to the pipeline."""
        self._panel, self._settings, self._apply, self._say = panel, settings, apply, say
        self._measured_at_s: float | None = None
        self._details_at_s: float | None = None
        panel.chosen.connect(lambda name: self._do(lambda settings: chosen(settings, name)))
        panel.added.connect(lambda name: self._do(lambda settings: added(settings, name)))
        panel.renamed.connect(lambda name: self._do(lambda settings: renamed(settings, name)))
        panel.deleted.connect(lambda: self._do(deleted))

    def pull(self, snapshot: Snapshot) -> None:
        """Store new measurements with the current performer."""
        measured, details = snapshot.measured, snapshot.details_measured
        if measured is not None and measured.at_s != self._measured_at_s:
            self._measured_at_s = measured.at_s
            self._panel.changed.emit({"proportions": measured.lengths})
        if details is not None and details.at_s != self._details_at_s:
            self._details_at_s = details.at_s
            self._panel.changed.emit({"face_at_rest": details.face, "finger_ranges": details.fingers})

    def show(self) -> None:
        """Show the list of performers."""
        settings = self._settings()
        self._panel.show_performers([one.name for one in performers_of(settings)], current(settings).name)

    def _do(self, change: Change) -> None:
        try:
            self._apply(change(remembered(self._settings())))
        except UsageError as error:
            self._say("warning", str(error))
        self.show()
