"""What Qt itself has to say goes to the log file; whoever heard it before goes on hearing it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

log = logging.getLogger(__name__)


@contextmanager
def qt_messages_logged() -> Iterator[None]:
    """Log them while inside. Qt thread; the messages may come from any."""

    def handle(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        log.log(_LEVELS[kind], "%s: %s", context.category or "qt", text)
        if before is not None:
            before(kind, context, text)

    before = qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
