"""OSC 1.0 packets of a fixed layout: built once as a template, then only the numbers are written in.

A message whose address, tags and strings never change differs from frame to frame in its int32 and float32 words only.
All packets of a frame are one compiled `struct`, whose arguments (fixed bytes and numbers in turn) one `itemgetter`
puts in order: two calls, whatever the number of joints, and no array operation (see engine/osc/pose_numbers.py).
Source: OSC 1.0 specification (address, tags, strings NUL-padded to 4 bytes; bundle = "#bundle", time tag, sized parts).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

MAX_DATAGRAM_BYTES = 65_507
_WORD = 4
_BUNDLE_HEADER = b"#bundle\x00" + (1).to_bytes(8, "big")  # time tag 1: immediately


def osc_string(text: str) -> bytes:
    """UTF-8, at least one NUL, padded to a multiple of 4 bytes."""
    encoded = text.encode("utf-8")
    return encoded + b"\x00" * (_WORD - len(encoded) % _WORD)


@dataclass(frozen=True, slots=True)
class OscMessage:
    """One message of fixed address and types. `tags` is made of i, f, s; `strings` holds the value of every s."""

    address: str
    tags: str = ""
    strings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a layout that no receiver could read."""
        if not self.address.startswith("/") or not set(self.tags) <= set("ifs"):
            raise ValueError(f"not an OSC message of i, f, s: {self.address!r} {self.tags!r}")
        if self.tags.count("s") != len(self.strings):
            raise ValueError(f"{self.address}: {self.tags.count('s')} strings expected, got {len(self.strings)}")

    def template(self) -> tuple[bytes, list[int], list[int]]:
        """The message with zeros for numbers, the byte offsets of its floats, those of its ints."""
        data = bytearray(osc_string(self.address) + osc_string("," + self.tags))
        strings = iter(self.strings)
        floats: list[int] = []
        ints: list[int] = []
        for tag in self.tags:
            if tag == "s":
                data += osc_string(next(strings))
                continue
            (floats if tag == "f" else ints).append(len(data))
            data += bytes(_WORD)
        return bytes(data), floats, ints


def grouped(messages: Sequence[OscMessage], max_bytes: int) -> list[list[OscMessage]]:
    """Share messages out, in order, over as few bundles of at most `max_bytes` as that order allows."""
    groups: list[list[OscMessage]] = []
    used = max_bytes
    for message in messages:
        size = _WORD + len(message.template()[0])
        if used + size > max_bytes:
            groups.append([])
            used = len(_BUNDLE_HEADER)
        if used + size > max_bytes:
            raise ValueError(f"{message.address} needs {used + size} bytes, more than {max_bytes}")
        groups[-1].append(message)
        used += size
    return groups


class PacketSet:
    """All datagrams of one frame. For one thread at a time."""

    def __init__(
        self, groups: Sequence[Sequence[OscMessage]], *, bundled: bool = True, floats_from: Sequence[int] | None = None
    ) -> None:
        """One datagram per group: a bundle or, with `bundled` False, a single bare message.

        floats_from  which of the numbers given to `pack` is the n-th float of the messages; None: the n-th
        """
        data = bytearray()
        floats: list[int] = []
        ints: list[int] = []
        self._cuts: list[tuple[int, int]] = []
        for group in groups:
            if not bundled and len(group) != 1:
                raise ValueError(f"an unbundled datagram holds one message, got {len(group)}")
            start = len(data)
            data += _BUNDLE_HEADER if bundled else b""
            for message in group:
                body, float_offsets, int_offsets = message.template()
                data += len(body).to_bytes(_WORD, "big") if bundled else b""
                floats += [len(data) + offset for offset in float_offsets]
                ints += [len(data) + offset for offset in int_offsets]
                data += body
            self._cuts.append((start, len(data)))
        self.num_floats, self.num_ints = len(floats), len(ints)
        self._in_order = floats_from is None
        order = range(len(floats)) if floats_from is None else floats_from
        if len(order) != len(floats):
            raise ValueError(f"the messages hold {len(floats)} floats, floats_from says {len(order)}")
        self._compile(bytes(data), dict(zip(floats, order, strict=True)), ints)

    def _compile(self, data: bytes, floats: dict[int, int], ints: list[int]) -> None:
        """Cut the template at its numbers. `floats`: byte offset -> place among the numbers given."""
        words = [(offset, "f", place) for offset, place in floats.items()]
        words += [(offset, "i", place) for place, offset in enumerate(ints)]
        tags, read = [">"], 0
        parts: list[tuple[str, int]] = []  # kind, place among its kind
        fixed: list[bytes] = []
        for offset, tag, place in sorted(words):
            if offset > read:
                tags.append(f"{offset - read}s")
                parts.append(("s", len(fixed)))
                fixed.append(data[read:offset])
            tags.append(tag)
            parts.append((tag, place))
            read = offset + _WORD
        tags.append(f"{len(data) - read}s0s")
        parts += [("s", len(fixed)), ("s", len(fixed) + 1)]  # never one alone: itemgetter would give no tuple
        self._fixed = [*fixed, data[read:], b""]
        start = {"s": 0, "i": len(self._fixed), "f": len(self._fixed) + len(ints)}
        self._struct = struct.Struct("".join(tags))
        self._arguments = itemgetter(*(start[kind] + place for kind, place in parts))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes of each datagram."""
        return tuple(stop - start for start, stop in self._cuts)

    def pack(self, floats: Sequence[float], ints: Sequence[int] = ()) -> list[bytes]:
        """The datagrams of this frame; numbers in the order of the messages, unless `floats_from` says otherwise.

        Raises ValueError for another number of numbers, OverflowError for what no float32 holds.
        """
        if len(ints) != self.num_ints or (self._in_order and len(floats) != self.num_floats):
            raise ValueError(f"{self.num_floats} floats and {self.num_ints} ints expected")
        data = self._struct.pack(*self._arguments([*self._fixed, *ints, *floats]))
        return [data[start:stop] for start, stop in self._cuts]
