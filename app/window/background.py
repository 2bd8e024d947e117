"""One slow call off the Qt thread (listing cameras, asking a name server); the window polls for its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """Start a call, ask later. At most one runs at a time; the newest start wins nothing, it is refused."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._result: T | Exception | None = None

    @property
    def busy(self) -> bool:
        """True between start() and the take() that returned the outcome."""
        return self._thread is not None

    def start(self, call: Callable[[], T]) -> bool:
        """Run `call` on its own thread. False when one is still running."""
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
        """The outcome, once; None while it runs or when nothing was started."""
        if self._thread is None or self._thread.is_alive():
            return None
        result, self._result, self._thread = self._result, None, None
        return result
