"""OSC targets as the user writes them: vmc://HOST:PORT, vrchat://HOST:PORT, osc://HOST:PORT, with options after a ?.

all            rate=HZ (maximum pose rate), broadcast=1 (allow broadcast and multicast addresses)
vmc://         preset=, avatar=FILE.vrm, packets=, positions=, travel=, facing=, fold=, ...  (engine/osc/vmc_options.py)
vrchat://      trackers=hip,chest,feet,knees,elbows,head  head=position|full|none  eyes=0  face=0  prefix=FT
osc://         prefix=/mocap, send=root,positions,...  every=POSES                (engine/osc/plain.py)
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from engine.errors import UsageError
from engine.osc.avatar_bones import known_avatar
from engine.osc.options import Options
from engine.osc.plain import PlainOptions, PlainOscEncoder, read_plain_options
from engine.osc.receivers import PRESETS
from engine.osc.sender import Encoder, OscSender
from engine.osc.vmc import VmcEncoder
from engine.osc.vmc_options import VmcOptions, read_vmc_options
from engine.osc.vrchat import VrchatEncoder, VrchatOptions, read_vrchat_options

DEFAULT_PORTS = {"vmc": 39539, "vrchat": 9000, "osc": 7000}
_EXAMPLE = "vmc://127.0.0.1:39539"
_LOCAL = {"localhost": "127.0.0.1"}
_FASTEST_HZ = 1000.0

Settings = VmcOptions | PlainOptions | VrchatOptions
"""Settings by scheme: vmc, osc, vrchat."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed target. `url` is the user's text."""

    url: str
    scheme: str  # vmc, vrchat, osc
    host: str  # a name, an IPv4 or a bare IPv6 address
    port: int
    settings: Settings
    broadcast: bool = False  # allow broadcast and multicast addresses
    rate_hz: float | None = None  # maximum rate; None: every pose

    @property
    def opens_at_once(self) -> bool:
        """Whether the host is an IP address, so that no name server is needed, and no avatar has to be read."""
        if isinstance(self.settings, VmcOptions) and self.settings.avatar:
            return False
        try:
            ipaddress.ip_address(self.host.split("%")[0])
        except ValueError:
            return False
        return True

    @property
    def address(self) -> tuple[str, int]:
        """Identity of the target: each receiver gets one stream."""
        host = self.host.lower()
        return _LOCAL.get(host, host), self.port

    def encoder(self) -> Encoder:
        """Create an encoder for this target. Raises InputError for an unusable avatar file."""
        if isinstance(self.settings, VmcOptions):
            file = self.settings.avatar
            return VmcEncoder(self.settings, known_avatar(file) if file else None)
        if isinstance(self.settings, PlainOptions):
            return PlainOscEncoder(self.settings)
        return VrchatEncoder(self.settings)


def parse_target(url: str) -> Target:
    """Parse a target; a missing port is the scheme's default (vmc 39539, vrchat 9000, osc 7000).

    Raises UsageError, one line with the fix, for an invalid target.
    """
    parts, host, port = _address(url)
    try:
        options = Options(parse_qsl(parts.query, keep_blank_values=True))
        settings = _settings(parts.scheme, options)
        broadcast = options.flag("broadcast", False)
        rate_hz = options.number("rate", 0, _FASTEST_HZ, 0)
        options.end()
    except ValueError as error:
        raise UsageError(f"{url!r}: {error}") from None
    return Target(url, parts.scheme, host, port, settings, broadcast, rate_hz or None)


def _address(url: str) -> tuple[SplitResult, str, int]:
    """Return the parts of the URL, host and port. Raises UsageError."""
    if "://" not in url:
        raise UsageError(f"{url!r} is not an OSC target: write it as SCHEME://HOST:PORT, for example {_EXAMPLE}")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"{url!r} has no valid host and port: PORT is 1 to 65535, for example {_EXAMPLE}") from None
    if parts.scheme not in DEFAULT_PORTS:
        schemes = ", ".join(f"{scheme}://" for scheme in DEFAULT_PORTS)
        raise UsageError(f"{url!r} has an unknown scheme: use one of {schemes}, for example {_EXAMPLE}")
    if not host or parts.username is not None or parts.path not in ("", "/"):
        raise UsageError(f"{url!r} is not of the form {parts.scheme}://HOST:PORT, for example {_EXAMPLE}")
    if parts.fragment:
        raise UsageError(f"{url!r}: text after # is ignored; write %23 for a # in a file name")
    if port == 0:
        raise UsageError(f"{url!r}: port 0 cannot be sent to; PORT is 1 to 65535, for example {_EXAMPLE}")
    return parts, host, DEFAULT_PORTS[parts.scheme] if port is None else port


def _settings(scheme: str, options: Options) -> Settings:
    """Parse the options of a scheme. Raises ValueError."""
    if scheme == "vmc":
        return read_vmc_options(options, PRESETS)
    return read_vrchat_options(options) if scheme == "vrchat" else read_plain_options(options)


def parse_targets(urls: tuple[str, ...]) -> tuple[Target, ...]:
    """Parse all targets of a run. Raises UsageError also when two of them share an address."""
    targets = tuple(parse_target(url) for url in urls)
    seen: dict[tuple[str, int], str] = {}
    for target in targets:
        if target.address in seen:
            other = seen[target.address]
            raise UsageError(f"{other!r} and {target.url!r} share one address: give each receiver its own port")
        seen[target.address] = target.url
    return targets


def open_target(target: str | Target, *, clock: Callable[[], float] = time.monotonic) -> OscSender:
    """Create a sender for the target, on an ephemeral port.

    Raises UsageError for a bad URL or a forbidden address, OutputError for a host that does not resolve, InputError for
    an unusable avatar file.
    May wait for the name server: do not call it on the Qt thread when the host is a name.
    """
    if isinstance(target, str):
        target = parse_target(target)
    return OscSender(
        target.url,
        target.encoder(),
        target.host,
        target.port,
        broadcast=target.broadcast,
        rate_hz=target.rate_hz,
        clock=clock,
    )
