"""One UDP target: encodes a pose, sends its datagrams without ever waiting, and knows how it is doing.

The socket is connected, so that on this machine a closed port is reported back ("nobody is listening"). Such errors are
counted, shown and tried again with the next pose; they stop nothing.
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
"""Receivers that smooth need the last pose three times to come to rest in it."""
_EARLY = 0.1  # share of the interval by which a pose may come early and still be sent, so that jitter costs none
_WINDOW_S = 1.0  # packets/s is counted, and an error is shown, for this long


class Encoder(Protocol):
    """Turns poses into datagrams of one protocol."""

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:
        """The datagrams of one frame; `elapsed_s` since the start of sending."""
        ...

    def encode_lost(self, elapsed_s: float) -> list[bytes]:
        """The datagrams that say that nobody is tracked, without a pose; none where the protocol has no such thing."""
        ...


def resolve(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """The address to send to. IPv4 is preferred: most receivers listen there. Raises OutputError, one line."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise OutputError(f"OSC host {host!r} does not resolve: check the name, or give its IP address") from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return found[0][0], found[0][4]


def connected_socket(host: str, port: int, *, broadcast: bool) -> socket.socket:
    """A non-blocking UDP socket on an ephemeral port.

    Raises OutputError for what may work later (no such host yet, no network), UsageError for a broadcast not asked for.
    """
    family, address = resolve(host, port)
    ip = ipaddress.ip_address(str(address[0]).split("%")[0])
    many = ip.is_multicast or str(ip) == "255.255.255.255"
    refused = f"{ip} reaches many machines at once: add ?broadcast=1 to the target if that is meant"
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
        """Open the socket; `rate_hz`: leave out poses that come faster.

        Raises OutputError for a host that does not resolve or cannot be reached, UsageError for one that may not be."""
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
        self._error: tuple[float, str] | None = None  # when, and what
        self._last_error: str | None = None
        self._recent: deque[tuple[float, int]] = deque()  # (time, packets) of the last second

    @property
    def encoder(self) -> Encoder:
        """What turns poses into datagrams here."""
        return self._encoder

    def send(self, pose: Pose) -> None:
        """Send one pose. Never blocks; what goes wrong is counted and shown in `state()`."""
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
        """Report that nobody is tracked, after a while without poses; the last pose counts as untracked then."""
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
        """True if the system took the packet."""
        for _ in range(2):
            try:
                self._socket.send(packet)
            except (ConnectionRefusedError, ConnectionResetError):
                # This reports the fate of an EARLIER packet and sends nothing: once more, someone may listen by now.
                self._note_error(f"nobody is listening on {self._where}: start the receiver or check its port")
            except BlockingIOError:
                self._note_error(f"the network to {self._where} is busy: a packet was left out")
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
        """Counts since the start, packets of the last second, the error of the last second if poses go on."""
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
        """Repeat the last pose three times (unless told not to) and let the socket go. May be called again."""
        if self._closed:
            return
        try:
            if self._last is not None and repeat:
                self._interval_s, self._due_at_s = 0.0, float("-inf")  # these three keep to no rate
                for _ in range(CLOSING_REPEATS):
                    self.send(self._last)
        finally:
            self._closed = True
            self._socket.close()
