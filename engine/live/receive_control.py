"""The VMC port we listen on, opened, changed and closed as the settings say. Off unless they name a port."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import OutputError
from engine.live.interfaces import Clock, Factories, Hub, Receiver
from engine.types import ReceiverState


class ReceiveControl:
    """At most one port. `follow` and `close` by whoever starts and changes the pipeline; `state` from any thread."""

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
        """Listen where it is wanted ("": nowhere). A port that cannot be opened is an error in `state`.

        Raises UsageError for what can never be an address; then nothing changes.
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
        """Why the port is not open."""
        return self._error

    def state(self) -> ReceiverState | None:
        """Counts and trouble; None when nothing is to be received."""
        receiver, error = self._receiver, self._error
        if receiver is not None:
            return receiver.state()
        return None if error is None else ReceiverState("", 0, 0, 0, 0, 0, error)

    def close(self) -> None:
        """Listen no more. May be called again."""
        receiver, self._receiver = self._receiver, None
        self._wanted, self._error = "", None
        if receiver is not None:
            receiver.close()
