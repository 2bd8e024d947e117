"""After a recording: its verdict in a card, and the whole report beside the take on request. Qt thread only."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from app.take_judge import TakeJudge
from app.window.widgets.take_card import TakeCard
from engine.errors import OutputError
from engine.quality.files import write_report

log = logging.getLogger(__name__)


class JudgedTakes(QObject):
    """Pulled by the window's timer."""

    def __init__(self, card: TakeCard, judge: TakeJudge, say: Callable[[str, str], None]) -> None:
        super().__init__(card)
        self._card, self._judge, self._say = card, judge, say
        card.whole_report.connect(self.open_report)

    def pull(self, *, recording: bool) -> None:
        """Show a take that has been judged since; hide the card in time."""
        judged = self._judge.newest()
        if judged is not None:
            self._card.show_take(judged)
        self._card.follow(recording=recording)

    def open_report(self) -> None:
        """Write the page and JSON beside the take and open the page."""
        judged = self._card.judged
        if judged is None:
            return
        try:
            page, _ = write_report(Path(judged.path), judged.report)
        except OutputError as error:
            log.warning("the report is not written", exc_info=True)
            self._say("warning", str(error))
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))
