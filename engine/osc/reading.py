"""Reading OSC 1.0 packets that others sent, strictly: what breaks the format in any way is refused as a whole.

Not python-osc's reader: on malformed packets that one also raises UnicodeDecodeError and RecursionError, and logs.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_WORD = 4
_HEADER = 16  # "#bundle\0" and the time tag
_MAX_DEPTH = 4  # bundles in bundles; nobody needs more
_NUMBERS = {"i": ">i", "f": ">f", "h": ">q", "d": ">d", "t": ">Q"}
_CONSTANTS: dict[str, bool | None] = {"T": True, "F": False, "N": None}

Value = int | float | str | bytes | bool | None


class OscFormatError(ValueError):
    """The bytes are not an OSC packet."""


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """One message. `tags` without the comma."""

    address: str
    tags: str
    values: tuple[Value, ...]


def read_packet(data: bytes) -> list[ReadMessage]:
    """Datagram -> its messages in order, bundles opened. Raises OscFormatError."""
    return _read(data, _MAX_DEPTH)


def _read(data: bytes, depth: int) -> list[ReadMessage]:
    if len(data) % _WORD or not data:
        raise OscFormatError(f"{len(data)} bytes are no whole words")
    if not data.startswith(b"#bundle\0"):
        return [_read_message(data)]
    if depth == 0 or len(data) < _HEADER:
        raise OscFormatError("a bundle too deep or too short")
    messages: list[ReadMessage] = []
    at = _HEADER
    while at < len(data):
        size = int.from_bytes(data[at : at + _WORD], "big")
        at += _WORD
        if not 0 < size <= len(data) - at:
            raise OscFormatError(f"a part of {size} bytes in a bundle that has {len(data) - at} left")
        messages += _read(data[at : at + size], depth - 1)
        at += size
    return messages


def _read_message(data: bytes) -> ReadMessage:
    address, at = _read_string(data, 0)
    tags, at = _read_string(data, at) if at < len(data) else (",", at)  # old senders leave the tags out
    if not address.startswith("/") or not tags.startswith(","):
        raise OscFormatError("no address or no type tags")
    values: list[Value] = []
    for tag in tags[1:]:
        value, at = _read_value(tag, data, at)
        values.append(value)
    if at != len(data):
        raise OscFormatError(f"{len(data) - at} bytes too many")
    return ReadMessage(address, tags[1:], tuple(values))


def _read_value(tag: str, data: bytes, at: int) -> tuple[Value, int]:
    if tag in _NUMBERS:
        layout = struct.Struct(_NUMBERS[tag])
        if at + layout.size > len(data):
            raise OscFormatError("it ends inside a number")
        return layout.unpack_from(data, at)[0], at + layout.size
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], at
    if tag == "s":
        return _read_string(data, at)
    if tag == "b":
        size = int.from_bytes(data[at : at + _WORD], "big")
        at += _WORD
        if at + size > len(data):
            raise OscFormatError("it ends inside a blob")
        return data[at : at + size], at + size + -size % _WORD
    raise OscFormatError(f"unknown type {tag!r}")


def _read_string(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(0, at)
    if end < 0:
        raise OscFormatError("a string without end")
    after = (end // _WORD + 1) * _WORD
    if any(data[end:after]) or after > len(data):
        raise OscFormatError("a string without its padding")
    try:
        return data[at:end].decode("utf-8"), after
    except UnicodeDecodeError:
        raise OscFormatError("a string that is not UTF-8") from None
