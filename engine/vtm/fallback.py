"""Replace a back end that fails during a performance by the next one, with one message.

Only the network itself is covered: an error while decoding its answer is ours and is passed on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from engine.errors import ModelError
from engine.types import RawMotion, Window
from engine.vtm.base import Outputs, VtmRuntime
from engine.vtm.decode import decode
from engine.vtm.onnx_runtime import first_line
from models.camera import Intrinsics
from models.vtm.config import VTMConfig

log = logging.getLogger(__name__)


class FallbackRuntime:
    """A running back end and its replacements. Solve thread only."""

    def __init__(
        self, running: VtmRuntime, others: Callable[[str], Iterator[VtmRuntime]], on_message: Callable[[str], None]
    ) -> None:
        """others: opens the working back ends slower than the named one, one after the other."""
        self._running = running
        self._others = others
        self._on_message = on_message

    @property
    def name(self) -> str:
        """Name of the running back end."""
        return self._running.name

    @property
    def config(self) -> VTMConfig:
        """Config of the weights."""
        return self._running.config

    @property
    def running(self) -> VtmRuntime:
        """The running back end."""
        return self._running

    def lift(self, window: Window, intrinsics: Intrinsics) -> RawMotion:
        """Lift a window; a back end that fails is replaced. Raises ModelError when none is left."""
        return decode(window, intrinsics, *self._infer(window))

    def _infer(self, window: Window) -> Outputs:
        try:
            return self._running.infer(window)
        except Exception as error:
            log.warning("back end %s failed", self._running.name, exc_info=True)
            return self._replace(first_line(error), window)

    def _replace(self, reason: str, window: Window) -> Outputs:
        """Switch to the first of the others that can run this window."""
        failed = self._running
        _release(failed)
        for other in self._others(failed.name):
            try:
                outputs = other.infer(window)
            except Exception as error:
                log.warning("back end %s failed", other.name, exc_info=True)
                self._on_message(f"back end {other.name} failed ({first_line(error)})")
                _release(other)
                continue
            self._running = other
            self._on_message(f"back end {failed.name} failed ({reason}); VTM continues with {other.name}")
            return outputs
        raise ModelError(f"back end {failed.name} failed ({reason}) and no other works; run vtm doctor")

    def close(self) -> None:
        """Release the back end."""
        self._running.close()


def _release(failed: VtmRuntime) -> None:
    """Close a failed back end; a lost device may raise again."""
    try:
        failed.close()
    except Exception:
        log.warning("back end %s does not close", failed.name, exc_info=True)
