"""The VMC receive port: opened, changed and closed according to the settings. Off unless they name a port."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import OutputError
from engine.live.interfaces import Clock, Factories, Hub, Receiver
from engine.types import ReceiverState


class ReceiveControl:
    """At most one port. `follow` and `close` from the pipeline's controlling thread; `state` from any thread."""

    def __init__(
        self,
        factories: Factories,
        clock: Clock,
        on_calibrate: Callable[[], None],
        on_announce: Callable[[], None],
    ) -> None:
        self._factories = factories
        self._clock = clock
        self._on_calibrate, self._on_announce = on_calibrate, on_announce
        self._receiver: Receiver | None = None
        self._wanted = ""
        self._error: str | None = None

    def follow(self, wanted: str, hub: Hub) -> None:
        """Listen on the requested address ("": off). A port that cannot be opened is an error in `state`.

        Raises UsageError for an invalid address; then nothing changes.
        """
        host, port = self._factories.listen_address(wanted) if wanted else ("", 0)
        if wanted == self._wanted and self._error is None:
            return
        self.close()
        self._wanted = wanted
        if not wanted:
            return
        try:
            self._receiver = self._factories.make_receiver(
                hub.change_feed, self._on_calibrate, self._on_announce, host=host, port=port, clock=self._clock
            )
        except OutputError as error:
            self._error = str(error)

    @property
    def error(self) -> str | None:
        """Why the port is not open, or None."""
        return self._error

    def state(self) -> ReceiverState | None:
        """Return counts and errors; None when receiving is off."""
        receiver, error = self._receiver, self._error
        if receiver is not None:
            return receiver.state()
        return None if error is None else ReceiverState("", 0, 0, 0, 0, 0, error)

    def close(self) -> None:
        """Stop listening. Idempotent."""
        receiver, self._receiver = self._receiver, None
        self._wanted, self._error = "", None
        if receiver is not None:
            receiver.close()
