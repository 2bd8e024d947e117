"""Strict parsing of received OSC 1.0 packets: a packet that violates the format in any way is rejected as a whole.

python-osc reads the values. It is lenient (it pads truncated numbers, skips unknown types, accepts any padding) and
raises several kinds of exception, so its results are checked here and every failure becomes one kind of error.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pythonosc.osc_bundle import OscBundle
from pythonosc.parsing import osc_types

_WORD = 4
_HEADER = 16  # "#bundle\0" and the time tag
_MAX_DEPTH = 4  # nesting of bundles; no sender needs more
_LONGEST_TEXT = 4096  # bytes; python-osc searches the end of a string byte by byte

Value: TypeAlias = int | float | str | bytes | bool | None
_READERS: dict[str, Callable[[bytes, int], tuple[Value, int]]] = {
    "i": osc_types.get_int,
    "f": osc_types.get_float,
    "h": osc_types.get_int64,
    "d": osc_types.get_double,
    "t": osc_types.get_uint64,
    "b": osc_types.get_blob,
    "T": lambda _data, at: (True, at),
    "F": lambda _data, at: (False, at),
    "N": lambda _data, at: (None, at),
}


class OscFormatError(ValueError):
    """The bytes are not an OSC packet."""


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """One message. `tags` without the comma."""

    address: str
    tags: str
    values: tuple[Value, ...]


def read_packet(data: bytes) -> list[ReadMessage]:
    """Return the messages of a datagram in order, bundles flattened. Raises OscFormatError."""
    try:
        return _read(data, _MAX_DEPTH)
    except (osc_types.ParseError, UnicodeDecodeError, struct.error) as error:
        raise OscFormatError(str(error)) from error


def _read(data: bytes, depth: int) -> list[ReadMessage]:
    if len(data) % _WORD or not data:
        raise OscFormatError(f"{len(data)} bytes are not a multiple of 4")
    if not OscBundle.dgram_is_bundle(data):
        return [_read_message(data)]
    if depth == 0 or len(data) < _HEADER:
        raise OscFormatError("a bundle that is nested too deeply or too short")
    messages: list[ReadMessage] = []
    at = _HEADER
    while at < len(data):
        size, at = osc_types.get_int(data, at)
        if not 0 < size <= len(data) - at:
            raise OscFormatError(f"a part of {size} bytes in a bundle that has {len(data) - at} left")
        messages += _read(data[at : at + size], depth - 1)
        at += size
    return messages


def _read_message(data: bytes) -> ReadMessage:
    address, at = _read_text(data, 0)
    tags, at = _read_text(data, at) if at < len(data) else (",", at)  # old senders omit the tags
    if not address.startswith("/") or not tags.startswith(","):
        raise OscFormatError("no address or no type tags")
    values: list[Value] = []
    for tag in tags[1:]:
        value, at = _read_text(data, at) if tag == "s" else _read_value(tag, data, at)
        values.append(value)
    if at != len(data):
        raise OscFormatError(f"it ends at {at} and has {len(data)} bytes")
    return ReadMessage(address, tags[1:], tuple(values))


def _read_value(tag: str, data: bytes, at: int) -> tuple[Value, int]:
    reader = _READERS.get(tag)
    if reader is None:
        raise OscFormatError(f"unknown type {tag!r}")
    value, after = reader(data, at)
    if after > len(data) or (isinstance(value, bytes) and osc_types.get_int(data, at)[0] != len(value)):
        raise OscFormatError(f"it ends inside a value of type {tag!r}, or its size is negative")
    return value, after


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    if data.find(0, at, at + _LONGEST_TEXT) < 0:
        raise OscFormatError(f"a text without end, or longer than {_LONGEST_TEXT} bytes")
    text, after = osc_types.get_string(data, at)
    if osc_types.write_string(text) != data[at:after]:
        raise OscFormatError("a text without its padding")
    return text, after
