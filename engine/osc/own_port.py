"""Refuse to send to our own receive port: no receiver would get the stream, and we would receive our own messages."""

from __future__ import annotations

import ipaddress
import socket

from engine.errors import UsageError
from engine.osc.receive_port import listen_address
from engine.osc.targets import DEFAULT_PORTS, Target, parse_targets

_EVERY_ADDRESS = ("0.0.0.0", "::")
_LOOPBACK = {"localhost": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def check_own_port(urls: tuple[str, ...], vmc_receive: str) -> None:
    """Raise UsageError when a target is the port that `vmc_receive` (PORT, HOST:PORT, "" for none) listens on.

    Uses no name server.
    """
    if not vmc_receive:
        return
    host, port = listen_address(vmc_receive)
    for target in parse_targets(urls):
        if target.port == port and _is_heard(target, host.lower()):
            usual = DEFAULT_PORTS[target.scheme]
            advice = f"a receiver's own port, {usual} is usual" if usual != port else "a receiver's own port"
            raise UsageError(
                f"{target.url!r} is our own receive port (VMC receive {vmc_receive}): send to {advice}, "
                "or receive on another"
            )


def _is_heard(target: Target, listening: str) -> bool:
    """Return whether a socket bound to `listening` receives packets sent to the target's host."""
    host = target.host.lower()
    if listening in _EVERY_ADDRESS:
        return target.broadcast or _is_local(host)
    return _LOOPBACK.get(host, host) == _LOOPBACK.get(listening, listening)


def _is_local(host: str) -> bool:
    """Return whether it is an address of this machine: one that can be bound, or a name that needs no name server."""
    if host in _LOOPBACK or host == socket.gethostname().lower():
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True
