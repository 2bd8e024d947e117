"""A named thread around one device: it follows the settings, survives device failures, and keeps its exception."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from engine.config import Config
from engine.errors import VtmError
from engine.live.shared_state import SharedState

POLL_S = 0.1
"""Longest time before a worker notices that it should stop."""


class Worker(ABC):
    """A named thread around one device."""

    name: str

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared
        self._stop = threading.Event()
        self._retry = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: Exception | None = None  # error that stops it

    @property
    def alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread, unless it is running."""
        if not self.alive:
            self._recovered()
            self._thread = threading.Thread(target=self._guarded, name=f"vtm-{self.name}", daemon=True)
            self._thread.start()

    def follow(self, old: Config, new: Config) -> None:
        """Follow changed settings; if they are the same, retry what failed."""
        if self._error is not None and (old == new or self._wanted(old) != self._wanted(new)):
            self._recovered()
            self._retry.set()
        self.start()

    def request_stop(self) -> None:
        """Ask the thread to stop; returns at once."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; True if it has."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return not self.alive

    def _guarded(self) -> None:
        try:
            while not self._stop.is_set():
                self._run_once()
        except Exception as error:  # noqa: BLE001 - a dead worker's exception is kept as data and shown
            self._failed(error)

    def _run_once(self) -> None:
        """Serve one device until the settings change; after a failure, wait."""
        wanted = self._wanted(self._shared.config)
        self._retry.clear()
        try:
            self._serve(wanted)
        except VtmError as error:
            self._failed(error)
            while self._still(wanted) and not self._retry.is_set():
                self._idle()
            self._recovered()

    def _failed(self, error: Exception) -> None:
        """Handle a failure that stops this worker, and thereby the pipeline."""
        self._error = error
        self._shared.failed(self.name, error)

    def _recovered(self) -> None:
        """Handle a retry."""
        self._error = None
        self._shared.recovered(self.name)

    def _still(self, wanted: tuple[object, ...]) -> bool:
        """Return whether to continue with this device."""
        return not self._stop.is_set() and self._wanted(self._shared.config) == wanted

    def _idle(self) -> None:
        self._stop.wait(POLL_S)

    def _inform(self, text: str) -> None:
        self._shared.say("info", text)

    @staticmethod
    @abstractmethod
    def _wanted(config: Config) -> tuple[object, ...]:
        """Return the settings that the device depends on."""

    @abstractmethod
    def _serve(self, wanted: tuple[object, ...]) -> None:
        """Open the device, work while `_still(wanted)`, close it. Raises VtmError if it cannot be used."""
