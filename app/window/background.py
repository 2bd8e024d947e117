"""One slow call off the Qt thread (listing cameras, resolving a name); the window polls for its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """Starts a call whose outcome is polled later. At most one runs at a time; a further start is refused."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._result: T | Exception | None = None

    @property
    def busy(self) -> bool:
        """True from start() to the take() that returns the outcome."""
        return self._thread is not None

    def start(self, call: Callable[[], T]) -> bool:
        """Run `call` on a separate thread. Return False when one is still running."""
        if self.busy:
            return False

        def work() -> None:
            try:
                self._result = call()
            except Exception as error:  # noqa: BLE001 - handed to whoever takes the outcome
                self._result = error

        self._thread = threading.Thread(target=work, name=self._name, daemon=True)
        self._thread.start()
        return True

    def take(self) -> T | Exception | None:
        """Return the outcome, once; None while it runs or when nothing was started."""
        if self._thread is None or self._thread.is_alive():
            return None
        result, self._result, self._thread = self._result, None, None
        return result
