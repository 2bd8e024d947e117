"""OSC 1.0 packets of a fixed layout: python-osc builds them once as a template, NumPy writes each frame's numbers in.

A message whose address, tags and strings never change differs from frame to frame in its int32 and float32 words only.
Where they are is found by building the packets again with other numbers: the words that differ are the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray
from pythonosc import osc_bundle_builder, osc_message_builder
from pythonosc.osc_message import OscMessage as BuiltMessage

from engine.types import F32

MAX_DATAGRAM_BYTES = 65_507
_SIZE_BYTES = 4  # of a bundle's element, in front of it
_EMPTY_BUNDLE_BYTES = 16


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
        if any("\0" in text for text in (self.address, *self.strings)):
            raise ValueError(f"a NUL ends a text of OSC, so none may hold one: {self.address!r} {self.strings!r}")
        if self.tags.count("s") != len(self.strings):
            raise ValueError(f"{self.address}: {self.tags.count('s')} strings expected, got {len(self.strings)}")

    def built(self, number: float = 0.0, integer: int = 0) -> BuiltMessage:
        """The message by python-osc, every float and every int with the value given. Raises ValueError."""
        builder = osc_message_builder.OscMessageBuilder(self.address)
        strings = iter(self.strings)
        for tag in self.tags:
            builder.add_arg(next(strings) if tag == "s" else number if tag == "f" else integer, tag)
        try:
            return builder.build()
        except osc_message_builder.BuildError as error:  # a text that UTF-8 cannot hold
            raise ValueError(f"{self.address!r}: {error}") from error


def grouped(messages: Sequence[OscMessage], max_bytes: int) -> list[list[OscMessage]]:
    """Share messages out, in order, over as few bundles of at most `max_bytes` as that order allows."""
    groups: list[list[OscMessage]] = []
    used = max_bytes
    for message in messages:
        size = _SIZE_BYTES + message.built().size
        if used + size > max_bytes:
            groups.append([])
            used = _EMPTY_BUNDLE_BYTES
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
        built = [_datagram(group, bundled=bundled) for group in groups]
        self._cuts = list(accumulate(map(len, built), initial=0))
        self._packets = np.frombuffer(bytearray(b"".join(built)), ">u4")
        self._floats, self._ints = self._packets.view(">f4"), self._packets.view(">i4")
        self._float_places = self._places(groups, bundled, number=1.0)
        self._int_places = self._places(groups, bundled, integer=1)
        self._last_ints: tuple[int, ...] = (0,) * self.num_ints
        self._floats_from = None if floats_from is None else np.array(floats_from, np.intp)
        if floats_from is not None and len(floats_from) != self.num_floats:
            raise ValueError(f"the messages hold {self.num_floats} floats, floats_from says {len(floats_from)}")

    def _places(
        self, groups: Sequence[Sequence[OscMessage]], bundled: bool, number: float = 0.0, integer: int = 0
    ) -> NDArray[np.intp]:
        """The words that are not as in the template when all numbers of one kind are 1."""
        other = b"".join(_datagram(group, number, integer, bundled=bundled) for group in groups)
        return np.flatnonzero(np.frombuffer(other, ">u4") != self._packets)

    @property
    def num_floats(self) -> int:
        """Floats of all messages."""
        return len(self._float_places)

    @property
    def num_ints(self) -> int:
        """Ints of all messages."""
        return len(self._int_places)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes of each datagram."""
        return tuple(stop - start for start, stop in pairwise(self._cuts))

    def pack(self, floats: F32, ints: tuple[int, ...] = ()) -> list[bytes]:
        """The datagrams of this frame; numbers in the order of the messages, unless `floats_from` says otherwise.

        Raises ValueError for another number of numbers.
        """
        values = floats if self._floats_from is None else floats[self._floats_from]
        if len(values) != self.num_floats or len(ints) != self.num_ints:
            raise ValueError(f"{self.num_floats} floats and {self.num_ints} ints expected")
        self._floats[self._float_places] = values
        if ints != self._last_ints:
            self._ints[self._int_places] = self._last_ints = ints
        data = self._packets.tobytes()
        return [data[start:stop] for start, stop in pairwise(self._cuts)]


def _datagram(group: Sequence[OscMessage], number: float = 0.0, integer: int = 0, *, bundled: bool) -> bytes:
    if not bundled:
        if len(group) != 1:
            raise ValueError(f"an unbundled datagram holds one message, got {len(group)}")
        return group[0].built(number, integer).dgram
    bundle = osc_bundle_builder.OscBundleBuilder(osc_bundle_builder.IMMEDIATELY)
    for message in group:
        bundle.add_content(message.built(number, integer))
    return bundle.build().dgram
