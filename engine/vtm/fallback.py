"""A back end that fails in the middle of a performance is replaced by the next one, with one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.errors import ModelError
from engine.types import RawMotion, Window
from engine.vtm.base import VtmRuntime
from engine.vtm.onnx_runtime import first_line
from models.camera import Intrinsics
from models.vtm.config import VTMConfig


class FallbackRuntime:
    """A running back end and those that take over. Solve thread only."""

    def __init__(
        self, running: VtmRuntime, others: Callable[[str], Iterator[VtmRuntime]], on_message: Callable[[str], None]
    ) -> None:
        """others: opens the back ends slower than the one named, one after the other, those that work."""
        self._running = running
        self._others = others
        self._on_message = on_message

    @property
    def name(self) -> str:
        """Of the back end that runs now."""
        return self._running.name

    @property
    def config(self) -> VTMConfig:
        """Of the weights."""
        return self._running.config

    @property
    def running(self) -> VtmRuntime:
        """The back end that runs now."""
        return self._running

    def lift(self, window: Window, intrinsics: Intrinsics) -> RawMotion:
        """Lift a window; whoever fails is replaced. Raises ModelError when nobody is left."""
        try:
            return self._running.lift(window, intrinsics)
        except Exception as error:  # noqa: BLE001 - a provider out of memory raises what it likes
            return self._replace(first_line(error), window, intrinsics)

    def _replace(self, reason: str, window: Window, intrinsics: Intrinsics) -> RawMotion:
        """The first of the others that lifts this very window stays."""
        failed = self._running
        failed.close()
        for other in self._others(failed.name):
            try:
                raw = other.lift(window, intrinsics)
            except Exception as error:  # noqa: BLE001 - as above
                self._on_message(f"back end {other.name} failed ({first_line(error)})")
                other.close()
                continue
            self._running = other
            self._on_message(f"back end {failed.name} failed ({reason}); VTM goes on with {other.name}")
            return raw
        raise ModelError(f"back end {failed.name} failed ({reason}) and no other works; run vtm doctor")

    def close(self) -> None:
        """Release the back end."""
        self._running.close()
