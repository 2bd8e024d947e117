"""Send Qt's own messages to the log file, and to the previous handler."""

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
    """Context: log Qt's messages. Qt thread; messages may come from any thread."""

    def handle(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        log.log(_LEVELS[kind], "%s: %s", context.category or "qt", text)
        if before is not None:
            before(kind, context, text)

    before = qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
