"""One UDP target: encodes a pose, sends its datagrams without waiting, and tracks its state.

The socket is connected, so that a closed port on this machine is reported back ("nobody is listening"). Such errors are
counted, shown, and retried with the next pose; they stop nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from engine.errors import OutputError, UsageError
from engine.osc.pose_numbers import numbers_of
from engine.types import Pose, TargetState

CLOSING_REPEATS = 3
"""Repetitions of the last pose, so that receivers with smoothing come to rest in it."""
_EARLY = 0.1  # fraction of the interval by which a pose may be early and still be sent, to tolerate jitter
_WINDOW_S = 1.0  # window for packets/s, and display time of an error


class Encoder(Protocol):
    """Turns poses into datagrams of one protocol."""

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:
        """Return the datagrams of one frame; `elapsed_s` since the start of sending."""
        ...

    def encode_lost(self, elapsed_s: float) -> list[bytes]:
        """Return datagrams that report a lost person, without a pose; none if the protocol has no such message."""
        ...


def resolve(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """Return the address to send to, preferably IPv4, since most receivers listen there. Raises OutputError, one
    line."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise OutputError(f"OSC host {host!r} does not resolve: check the name, or give its IP address") from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return found[0][0], found[0][4]


def connected_socket(host: str, port: int, *, broadcast: bool) -> socket.socket:
    """Create a non-blocking UDP socket on an ephemeral port.

    Raises OutputError for what may work later (unknown host, no network), UsageError for broadcast without the option.
    """
    family, address = resolve(host, port)
    ip = ipaddress.ip_address(str(address[0]).split("%")[0])
    many = ip.is_multicast or str(ip) == "255.255.255.255"
    refused = f"{ip} reaches many machines: add ?broadcast=1 to the target if this is intended"
    if many and not broadcast:
        raise UsageError(refused)
    udp = socket.socket(family, socket.SOCK_DGRAM)
    try:
        udp.setblocking(False)
        if broadcast and family == socket.AF_INET:
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        udp.connect(address)
    except PermissionError:  # the broadcast address of a local network
        udp.close()
        raise UsageError(refused) from None
    except OSError as error:
        udp.close()
        raise OutputError(f"cannot send to {host}:{port}: {error.strerror or error}") from None
    return udp


class OscSender:
    """Sends poses to one target. `send` and `close` belong to one thread; `state` may be called from any."""

    def __init__(
        self,
        url: str,
        encoder: Encoder,
        host: str,
        port: int,
        *,
        broadcast: bool = False,
        rate_hz: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the socket; `rate_hz`: skip poses that come faster.

        Raises OutputError for a host that does not resolve or cannot be reached, UsageError for a forbidden address."""
        self._url = url
        self._encoder = encoder
        self._where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._socket = connected_socket(host, port, broadcast=broadcast)
        self._clock = clock
        self._started_at_s = clock()
        self._interval_s = 1.0 / rate_hz if rate_hz else 0.0
        self._due_at_s = float("-inf")
        self._last: Pose | None = None
        self._closed = False
        self._lock = threading.Lock()  # guards everything below
        self._packets = 0
        self._bytes = 0
        self._errors = 0
        self._error: tuple[float, str] | None = None  # time and text
        self._last_error: str | None = None
        self._recent: deque[tuple[float, int]] = deque()  # (time, packets) of the last second

    @property
    def encoder(self) -> Encoder:
        """The encoder of this target."""
        return self._encoder

    def send(self, pose: Pose) -> None:
        """Send one pose without blocking; errors are counted and shown in `state()`."""
        if self._closed:
            return
        if not numbers_of(pose).finite:
            self._note_error("a pose with NaN or infinite numbers was not sent")
            return
        self._last = pose
        now = self._clock()
        if now < self._due_at_s - _EARLY * self._interval_s:
            return
        self._due_at_s = max(self._due_at_s, now - self._interval_s) + self._interval_s
        self.send_packets(self._encoder.encode(pose, now - self._started_at_s))

    def send_lost(self) -> None:
        """Report that no person is tracked, after a while without poses; the last pose then counts as untracked."""
        if self._last is not None:
            self._last = self._last.as_lost()
        packets = self._encoder.encode_lost(self._clock() - self._started_at_s)
        if packets:
            self.send_packets(packets)

    def send_packets(self, packets: Sequence[bytes]) -> None:
        """Send ready-made datagrams, as `send` does."""
        if self._closed:
            return
        now = self._clock()
        sent = [packet for packet in packets if self._send_packet(packet)]
        with self._lock:
            self._packets += len(sent)
            self._bytes += sum(map(len, sent))
            self._recent.append((now, len(sent)))
            self._forget_old(now)

    def _send_packet(self, packet: bytes) -> bool:
        """Send a packet; return whether the system accepted it."""
        for _ in range(2):
            try:
                self._socket.send(packet)
            except (ConnectionRefusedError, ConnectionResetError):
                # This reports an error of an EARLIER packet and sends nothing: retry, the receiver may be running by
                # now.
                self._note_error(f"nobody is listening on {self._where}: start the receiver or check its port")
            except BlockingIOError:
                self._note_error(f"the network to {self._where} is busy: a packet was dropped")
                return False
            except OSError as error:
                self._note_error(f"cannot reach {self._where}: {error.strerror or error}")
                return False
            else:
                return True
        return False

    def _note_error(self, text: str) -> None:
        with self._lock:
            self._errors += 1
            self._error = (self._clock(), text)
            self._last_error = text

    def _forget_old(self, now: float) -> None:
        while self._recent and self._recent[0][0] <= now - _WINDOW_S:
            self._recent.popleft()
        if self._error is not None and self._recent and self._error[0] <= now - _WINDOW_S:
            self._error = None

    def state(self) -> TargetState:
        """Return counts since the start, packets of the last second, and its error if poses are being sent."""
        now = self._clock()
        with self._lock:
            self._forget_old(now)
            return TargetState(
                target=self._url,
                packets=self._packets,
                bytes=self._bytes,
                packets_per_s=sum(count for _, count in self._recent) / _WINDOW_S,
                errors=self._errors,
                error=None if self._error is None else self._error[1],
                last_error=self._last_error,
            )

    def close(self, *, repeat: bool = True) -> None:
        """Repeat the last pose three times (by default) and close the socket. Idempotent."""
        if self._closed:
            return
        try:
            if self._last is not None and repeat:
                self._interval_s, self._due_at_s = 0.0, float("-inf")  # the rate limit does not apply to these
                for _ in range(CLOSING_REPEATS):
                    self.send(self._last)
        finally:
            self._closed = True
            self._socket.close()
