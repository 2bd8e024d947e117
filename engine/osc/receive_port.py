"""The performer's own VMC port (39540): messages accepted from assistants and receivers. Off by default.

Accepted: /VMC/Ext/Set/Calib/Ready and /Exec, /VMC/Ext/Set/Period, /VMC/Ext/Set/Req, and a face (/VMC/Ext/Blend/Val and
/Apply), which is passed on to our targets. Everything else is counted and ignored. Listens on this machine only by
default.
"""

from __future__ import annotations

import logging
import math
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from engine.errors import OutputError, UsageError, describe
from engine.osc.reading import OscFormatError, ReadMessage, Value, read_packet
from engine.osc.vmc import VmcFeed
from engine.types import ReceiverState

log = logging.getLogger(__name__)

DEFAULT_PORT = 39540
DEFAULT_HOST = "127.0.0.1"
_POLL_S = 0.2
_JOIN_S = 2.0
_FACE_LASTS_S = 2.0  # without a new Apply the face is no longer sent
_MOST_BLENDS, _LONGEST_NAME = 256, 64
_MOST_FRAMES = 1000  # largest period
_PERIODS_LAST_S = 60.0  # this long after the last Set/Period every frame is sent again
CALIBRATION_EVERY_S = 2.0
"""Calibration requests sooner than this after the last one are refused."""
_EVERY_FRAME = (1, 1, 1, 1)

ChangeFeed = Callable[[Callable[[VmcFeed], VmcFeed]], None]


def listen_address(text: str) -> tuple[str, int]:
    """Parse PORT or HOST:PORT; without a host, only this machine. Raises UsageError."""
    host, separator, port = text.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if separator else DEFAULT_HOST
    if not host or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65_535:
        raise UsageError(
            f"cannot listen on {text!r}: give PORT or HOST:PORT, PORT is 1 to 65535, the default is {DEFAULT_PORT}"
        )
    return host, int(port)


class VmcReceiver:
    """Listens on its own thread, "vmc-receive". All methods are thread-safe."""

    def __init__(
        self,
        change_feed: ChangeFeed,
        on_calibrate: Callable[[], None],
        on_announce: Callable[[], None] = lambda: None,
        *,
        port: int = DEFAULT_PORT,
        host: str = DEFAULT_HOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the port.

        change_feed   applies a change to what is sent (OutputHub.change_feed)
        on_calibrate  called in the receiving thread on a calibration request
        on_announce   the same when a calibration request is announced
        Raises UsageError for an invalid port, OutputError for one that is in use.
        """
        if not 1 <= port <= 65_535:
            raise UsageError(f"VMC receive port {port} is not 1 to 65535; the default is {DEFAULT_PORT}")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise OutputError(f"cannot listen on {host}:{port}: {error.strerror or error}; choose another") from None
        self._socket.settimeout(_POLL_S)
        self._change_feed = change_feed
        self._on_calibrate, self._on_announce = on_calibrate, on_announce
        self._clock = clock
        self._face: dict[str, float] = {}  # receiving thread only, as the next
        self._face_at_s: float | None = None
        self._periods_at_s: float | None = None
        self._calibrated_at_s = -math.inf
        self._state = ReceiverState(host, port, 0, 0, 0, 0, None)  # replaced by the receiving thread
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vmc-receive", daemon=True)
        self._thread.start()

    def state(self) -> ReceiverState:
        """Return the counts since the start."""
        return self._state

    def close(self) -> None:
        """Stop listening. Idempotent."""
        self._stop.set()
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                try:
                    data = self._socket.recv(65_535)
                except TimeoutError:
                    data = None
                except ConnectionResetError:  # on Windows, about an earlier packet; nothing was received
                    continue
                if data is not None:
                    self._take(data)
                self._drop_old_face()
                self._drop_old_periods()
        except Exception as error:  # a dead worker's exception is kept as data
            log.error("receiving VMC failed", exc_info=True)
            self._state = replace(self._state, error=f"receiving stopped: {describe(error)}")
        finally:
            self._socket.close()
            self._change_feed(lambda feed: VmcFeed(calibration=feed.calibration))  # requests end with the port

    def _take(self, data: bytes) -> None:
        try:
            messages = read_packet(data)
        except OscFormatError:
            self._count("malformed", "packets")
            return
        for message in messages:
            action = self._action(message.address)
            self._count("unknown" if action is None else "messages" if action(message) else "malformed")
        self._count("packets")

    def _count(self, *names: str) -> None:
        counts: dict[str, Any] = {name: getattr(self._state, name) + 1 for name in names}
        self._state = replace(self._state, **counts)

    def _action(self, address: str) -> Callable[[ReadMessage], bool] | None:
        """Return the handler of a message; it returns False for invalid arguments."""
        return {
            "/VMC/Ext/Set/Calib/Ready": self._calibration_ready,
            "/VMC/Ext/Set/Calib/Exec": self._calibrate,
            "/VMC/Ext/Set/Period": self._set_periods,
            "/VMC/Ext/Set/Req": self._request,
            "/VMC/Ext/Blend/Val": self._blend,
            "/VMC/Ext/Blend/Apply": self._apply,
        }.get(address)

    def _calibration_ready(self, _message: ReadMessage) -> bool:
        self._on_announce()
        return True

    def _calibrate(self, message: ReadMessage) -> bool:
        if not _fits(message.values, (int,)):
            return False
        now_s = self._clock()
        if now_s - self._calibrated_at_s < CALIBRATION_EVERY_S:
            self._count("refused")
            return True
        self._calibrated_at_s = now_s
        self._on_calibrate()
        return True

    def _set_periods(self, message: ReadMessage) -> bool:
        """Set the periods of status, root, bones, blends, camera, devices, in frames; we send the first four.

        Whatever the period, VmcEncoder sends each group once per second.
        """
        if not _fits(message.values, (int,) * 6):
            return False
        status, root, bones, blends = (min(max(1, int(value)), _MOST_FRAMES) for value in message.values[:4])  # type: ignore[arg-type]
        self._periods_at_s = self._clock()
        self._send_every((status, root, bones, blends))
        return True

    def _send_every(self, periods: tuple[int, int, int, int]) -> None:
        status, root, bones, blends = periods
        self._change_feed(
            lambda feed: replace(feed, status_every=status, root_every=root, bones_every=bones, blends_every=blends)
        )
        self._state = replace(self._state, periods=periods)

    def _drop_old_periods(self) -> None:
        if self._periods_at_s is not None and self._clock() > self._periods_at_s + _PERIODS_LAST_S:
            self._periods_at_s = None
            self._send_every(_EVERY_FRAME)

    def _request(self, _message: ReadMessage) -> bool:
        self._change_feed(lambda feed: replace(feed, requests=feed.requests + 1))
        return True

    def _blend(self, message: ReadMessage) -> bool:
        if not _fits(message.values, (str, float)):
            return False
        name, value = str(message.values[0]), float(message.values[1])  # type: ignore[arg-type]
        full = len(self._face) >= _MOST_BLENDS and name not in self._face
        if full or len(name) > _LONGEST_NAME or not math.isfinite(value):
            return False
        self._face[name] = min(max(0.0, value), 1.0)
        return True

    def _apply(self, _message: ReadMessage) -> bool:
        face = tuple(self._face.items())
        self._face = {}
        self._face_at_s = self._clock()
        self._change_feed(lambda feed: replace(feed, blends=face))
        return True

    def _drop_old_face(self) -> None:
        if self._face_at_s is not None and self._clock() > self._face_at_s + _FACE_LASTS_S:
            self._face_at_s = None
            self._change_feed(lambda feed: replace(feed, blends=()))


def _fits(values: Sequence[Value], types: Sequence[type]) -> bool:
    """Return whether there are enough values, each of exactly its type; more are ignored, as the protocol demands."""
    return len(values) >= len(types) and all(type(value) is kind for value, kind in zip(values, types, strict=False))
