"""OSC 1.0 packets of a fixed layout: built once as a template, then only the numbers are written in.

A message whose address, tags and strings never change differs from frame to frame in its int32 and float32 words only.
All packets of a frame lie in one big-endian buffer; packing is two indexed assignments, whatever the number of joints.
Source: OSC 1.0 specification (address, tags, strings NUL-padded to 4 bytes; bundle = "#bundle", time tag, sized parts).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.types import F32

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
    """All datagrams of one frame. Numbers are given in the order of the messages. For one thread at a time."""

    def __init__(self, groups: Sequence[Sequence[OscMessage]], *, bundled: bool = True) -> None:
        """One datagram per group: a bundle or, with `bundled` False, a single bare message."""
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
        words: NDArray[np.uint32] = np.frombuffer(data, dtype=">u4")
        self._buffer = words
        self._as_float = words.view(">f4")
        self._as_int = words.view(">i4")
        self._float_words = np.array(floats, dtype=np.intp) // _WORD
        self._int_words = np.array(ints, dtype=np.intp) // _WORD

    @property
    def num_floats(self) -> int:
        """How many float32 values `pack` takes."""
        return len(self._float_words)

    @property
    def num_ints(self) -> int:
        """How many int32 values `pack` takes."""
        return len(self._int_words)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes of each datagram."""
        return tuple(stop - start for start, stop in self._cuts)

    def pack(self, floats: F32, ints: ArrayLike = ()) -> list[bytes]:
        """(num_floats,) and (num_ints,) numbers -> the datagrams of this frame."""
        self._as_float[self._float_words] = floats
        self._as_int[self._int_words] = ints
        data = self._buffer.tobytes()
        return [data[start:stop] for start, stop in self._cuts]
