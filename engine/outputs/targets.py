"""OSC targets as the user writes them: vmc://HOST:PORT, vrchat://HOST:PORT, osc://HOST:PORT, with options after a ?."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from engine.errors import UsageError
from engine.outputs.plain_osc import PlainOscEncoder
from engine.outputs.sender import Encoder, OscSender
from engine.outputs.vmc import VmcEncoder
from engine.outputs.vrchat import VrchatEncoder

_ENCODERS: dict[str, Callable[[], Encoder]] = {
    "vmc": VmcEncoder,
    "vrchat": VrchatEncoder,
    "osc": PlainOscEncoder,
}
DEFAULT_PORTS = {"vmc": 39539, "vrchat": 9000, "osc": 7000}
_EXAMPLE = "vmc://127.0.0.1:39539"
_LOCAL = {"localhost": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Target:
    """One parsed target. `url` is what the user wrote."""

    url: str
    scheme: str  # vmc, vrchat, osc
    host: str  # a name, an IPv4 or a bare IPv6 address
    port: int
    broadcast: bool = False  # broadcast and multicast addresses are refused unless asked for

    @property
    def address(self) -> tuple[str, int]:
        """What tells two targets apart: one receiver hears one stream."""
        host = self.host.lower()
        return _LOCAL.get(host, host), self.port


def parse_target(url: str) -> Target:
    """Read a target; a missing port is the scheme's own (vmc 39539, vrchat 9000, osc 7000).

    Raises UsageError, one line with the fix, for anything that can never work.
    """
    if "://" not in url:
        raise UsageError(f"{url!r} is not an OSC target: write it as SCHEME://HOST:PORT, for example {_EXAMPLE}")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"{url!r} has no valid host and port: PORT is 1 to 65535, for example {_EXAMPLE}") from None
    if parts.scheme not in _ENCODERS:
        schemes = ", ".join(f"{scheme}://" for scheme in _ENCODERS)
        raise UsageError(f"{url!r} has an unknown scheme: use one of {schemes}, for example {_EXAMPLE}")
    if not host or parts.username is not None or parts.path not in ("", "/"):
        raise UsageError(f"{url!r} is not of the form {parts.scheme}://HOST:PORT, for example {_EXAMPLE}")
    if port == 0:
        raise UsageError(f"{url!r}: port 0 cannot be sent to; PORT is 1 to 65535, for example {_EXAMPLE}")
    return Target(
        url,
        parts.scheme,
        host,
        DEFAULT_PORTS[parts.scheme] if port is None else port,
        broadcast=_broadcast_option(url, parts.query),
    )


def _broadcast_option(url: str, query: str) -> bool:
    """The one option so far, ?broadcast=1. Raises UsageError for any other."""
    options = dict(parse_qsl(query, keep_blank_values=True))
    value = options.pop("broadcast", "0")
    if options or value not in ("0", "1"):
        raise UsageError(f"{url!r} has an unknown option: the one known is ?broadcast=1")
    return value == "1"


def parse_targets(urls: tuple[str, ...]) -> tuple[Target, ...]:
    """All targets of a run. Raises UsageError also when two of them share an address."""
    targets = tuple(parse_target(url) for url in urls)
    seen: dict[tuple[str, int], str] = {}
    for target in targets:
        if target.address in seen:
            other = seen[target.address]
            raise UsageError(f"{other!r} and {target.url!r} share one address: give each receiver its own port")
        seen[target.address] = target.url
    return targets


def open_target(target: str | Target, *, clock: Callable[[], float] = time.monotonic) -> OscSender:
    """A sender for the target, bound to a port of the system's choice.

    Raises UsageError for a bad URL, OutputError for a host that does not resolve or an address that may not be sent to.
    May wait for the name server: not for the Qt thread when the host is a name.
    """
    if isinstance(target, str):
        target = parse_target(target)
    return OscSender(
        target.url,
        _ENCODERS[target.scheme](),
        target.host,
        target.port,
        broadcast=target.broadcast,
        clock=clock,
    )
