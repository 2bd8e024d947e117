"""The log file of every `vtm` command, and the last resort: uncaught errors and crashes in native code.

Only this file configures `logging`; the engine only logs. The file is `vtm.log` in the user's log folder
(VTM_LOG_DIR overrides it, for tests), rotated, and shared by all instances. `--debug` also logs to stderr.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

import platformdirs

from app.terminal import say
from engine.errors import describe
from engine.masking import mask_secrets

MAX_BYTES = 1_000_000
BACKUPS = 3
SAME_EVERY_S = 10.0
"""Minimum time between reports of an uncaught error: a widget that cannot be painted fails 50 times a second."""
_FORMAT = "%(asctime)s %(levelname)-8s [%(process)d %(threadName)s] %(name)s: %(message)s"
_OURS = ("app", "engine", "models")
_CRASHES = "crash-*.txt"
_CRASH_KEPT_S = 7 * 24 * 3600.0

log = logging.getLogger(__name__)
_listeners: list[Callable[[str], None]] = []  # registered by `defects_shown`
_reported_at_s: dict[str, float] = {}  # time of the last report, by the line of the error


def log_folder() -> Path:
    """Return the user's log folder."""
    return Path(os.environ.get("VTM_LOG_DIR") or platformdirs.user_log_dir("vtm-live", appauthor=False))


def log_path() -> Path:
    """Return the current log file."""
    return log_folder() / "vtm.log"


class SharedLogFile(RotatingFileHandler):
    """A rotating file that several processes append to: when one rotates it, the others follow.

    Write errors (a full disk, a read-only folder) are ignored.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=True, errors="backslashreplace"
        )

    def shouldRollover(self, record: logging.LogRecord) -> int:  # noqa: N802 - logging's name
        """Decide as the base class, for the file that now has the name."""
        if self.stream is not None and self._renamed(self.stream.fileno()):
            self.stream.close()
            self.stream = None  # reopened by the base class
        return int(super().shouldRollover(record))

    def _renamed(self, ours: int) -> bool:
        try:
            there, opened = Path(self.baseFilename).stat(), os.fstat(ours)
        except FileNotFoundError:
            return True
        return (there.st_dev, there.st_ino) != (opened.st_dev, opened.st_ino)

    def doRollover(self) -> None:  # noqa: N802 - logging's name
        """Rotate; if another process has the file open (Windows), keep writing to it."""
        with suppress(OSError):
            super().doRollover()
        if self.stream is None:
            self.stream = self._open()

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Drop the record."""


class MaskingFormatter(logging.Formatter):
    """Masks the passwords of addresses in lines and tracebacks alike."""

    def format(self, record: logging.LogRecord) -> str:
        """Format as the base class, then mask."""
        return mask_secrets(super().format(record))


@contextmanager
def logging_set_up(*, debug: bool) -> Iterator[None]:
    """Context: log to the file, and with `debug` to stderr; uncaught errors are logged and reported in one line."""
    handlers: list[logging.Handler] = [SharedLogFile(log_path())]
    if debug and sys.stderr is not None:
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(MaskingFormatter(_FORMAT))
    with logging_through(*handlers, level=logging.DEBUG if debug else logging.INFO):
        yield


@contextmanager
def logging_through(*handlers: logging.Handler, level: int = logging.INFO) -> Iterator[None]:
    """Context: send all records to `handlers`: our own packages' from `level` on, others' from WARNING on."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in _OURS}
    for handler in handlers:
        root.addHandler(handler)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    try:
        with _net():
            yield
    finally:
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


@contextmanager
def _net() -> Iterator[None]:
    """Context: log what reaches the interpreter's hooks; the hooks are restored afterwards."""
    before = sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            _uncaught(args.exc_value, f"thread {args.thread.name if args.thread else '?'}")

    def anywhere(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        _uncaught(error, "the main thread")

    def unraisable(args: Any) -> None:  # sys.UnraisableHookArgs exists for type checkers only
        log.error("ignored in %r: %s", args.object, args.err_msg or "", exc_info=args.exc_value)

    sys.excepthook, threading.excepthook, sys.unraisablehook = anywhere, in_thread, unraisable
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        _reported_at_s.clear()
        logging.captureWarnings(capture=False)
        sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning = before


def _uncaught(error: BaseException, where: str) -> None:
    text = describe(error)
    if time.monotonic() - _reported_at_s.get(text, float("-inf")) < SAME_EVERY_S:
        return
    _reported_at_s[text] = time.monotonic()
    log.critical("uncaught in %s", where, exc_info=error)
    say(f"vtm: {text}")
    for listener in tuple(_listeners):
        listener(text)


@contextmanager
def defects_shown(listener: Callable[[str], None]) -> Iterator[None]:
    """Context: call `listener` with one line for each uncaught error, in the thread where it happened."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextmanager
def native_crashes_kept(folder: Path) -> Iterator[None]:
    """Context: on a crash in native code (a driver, a library), write the stacks of all threads to a file.

    There is one file per process; the next start moves its contents into the log, see `log_old_crashes`.
    """
    path = folder / _CRASHES.replace("*", str(os.getpid()))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = None if faulthandler.is_enabled() else path.open("w", encoding="utf-8")
    except OSError:
        file = None
    if file is None:
        yield
        return
    with file:
        faulthandler.enable(file)
        try:
            yield
        finally:
            faulthandler.disable()
    with suppress(OSError):
        path.unlink()


def log_old_crashes(folder: Path) -> None:
    """Move the stacks left by crashed runs into the log."""
    for path in sorted(folder.glob(_CRASHES)):
        try:
            text, since_s = path.read_text(encoding="utf-8", errors="replace"), path.stat().st_mtime
            if text:
                when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(since_s))
                log.error("a run crashed in native code at %s:\n%s", when, text)
            if text or time.time() - since_s > _CRASH_KEPT_S:  # an empty one may belong to a running process
                path.unlink()
        except OSError as error:
            log.warning("%s cannot be read: %s", path, error)
