"""`vtm osc-map`: list the addresses of an osc:// target, for patching them in another program."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import UsageError
from engine.osc.options import Options
from engine.osc.plain import MapEntry, address_map, read_plain_options


def map_lines(prefix: str | None = None, send: str | None = None) -> list[str]:
    """Return one line per address: address, types, meaning. Raises UsageError for an invalid prefix or group."""
    given = [(name, value) for name, value in (("prefix", prefix), ("send", send)) if value is not None]
    try:
        entries = address_map(read_plain_options(Options(given)))
    except ValueError as error:
        raise UsageError(f"--{error}; see: vtm osc-map --help") from error
    return lines_of(entries)


def lines_of(entries: Sequence[MapEntry]) -> list[str]:
    """Return one line per address, in columns."""
    width = max(len(entry.message.address) for entry in entries)
    return [f"{entry.message.address:<{width}}  {entry.message.tags:<4}  {entry.meaning}" for entry in entries]
