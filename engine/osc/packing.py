"""OSC 1.0 packets of a fixed layout: python-osc builds a template once, and each frame's numbers are inserted.

In a message whose address, tags and strings never change, only the int32 and float32 words differ between frames. Their
positions are found by building the packets again with other numbers and comparing. All packets of a frame form one
`struct`, whose arguments (fixed bytes and numbers in turn) are ordered by one `itemgetter`: two calls, whatever the
number of joints. In the live chain a single NumPy write is slower: see docs/benchmarks.md.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, count, pairwise
from operator import itemgetter
from typing import Any

from pythonosc import osc_bundle_builder, osc_message_builder
from pythonosc.osc_message import OscMessage as BuiltMessage

MAX_DATAGRAM_BYTES = 65_507
_WORD = 4
_SIZE_BYTES = 4  # length of the size before each bundle element
_EMPTY_BUNDLE_BYTES = 16


@dataclass(frozen=True, slots=True)
class OscMessage:
    """One message of fixed address and types. `tags` consists of i, f, s; `strings` holds the value of every s."""

    address: str
    tags: str = ""
    strings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for an invalid layout."""
        if not self.address.startswith("/") or not set(self.tags) <= set("ifs"):
            raise ValueError(f"not an OSC message of i, f, s: {self.address!r} {self.tags!r}")
        if any("\0" in text for text in (self.address, *self.strings)):
            raise ValueError(f"an OSC string cannot contain a NUL: {self.address!r} {self.strings!r}")
        if self.tags.count("s") != len(self.strings):
            raise ValueError(f"{self.address}: {self.tags.count('s')} strings expected, got {len(self.strings)}")

    def built(self, number: float = 0.0, integer: int = 0) -> BuiltMessage:
        """Return the message built by python-osc, with this value for every float and int. Raises ValueError."""
        builder = osc_message_builder.OscMessageBuilder(self.address)
        strings = iter(self.strings)
        for tag in self.tags:
            builder.add_arg(next(strings) if tag == "s" else number if tag == "f" else integer, tag)
        try:
            return builder.build()
        except osc_message_builder.BuildError as error:  # a text that UTF-8 cannot encode
            raise ValueError(f"{self.address!r}: {error}") from error


def grouped(messages: Sequence[OscMessage], max_bytes: int) -> list[list[OscMessage]]:
    """Distribute messages, in order, to as few bundles of at most `max_bytes` as possible."""
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
    """All datagrams of one frame. One thread at a time."""

    def __init__(
        self,
        groups: Sequence[Sequence[OscMessage]],
        *,
        bundled: bool = True,
        floats_from: Sequence[int] | None = None,
        given: int | None = None,
    ) -> None:
        """Create one datagram per group: a bundle or, with `bundled` False, a single bare message.

        floats_from  index into the numbers given to `pack`, for each float of the messages; None: in order
        given        number of floats that `pack` gets; None: as many as in the messages
        """
        built = [_datagram(group, bundled=bundled) for group in groups]
        template = b"".join(built)
        floats = _differing_words(template, b"".join(_datagram(g, number=1.0, bundled=bundled) for g in groups))
        ints = _differing_words(template, b"".join(_datagram(g, integer=1, bundled=bundled) for g in groups))
        order = range(len(floats)) if floats_from is None else floats_from
        if len(order) != len(floats):
            raise ValueError(f"the messages have {len(floats)} floats, floats_from says {len(order)}")
        self.num_floats, self.num_ints = len(floats) if given is None else given, len(ints)
        layout, self._fixed = _cut_at_numbers(template, dict.fromkeys(floats, "f") | dict.fromkeys(ints, "i"))
        self._struct = struct.Struct(layout)
        start = len(self._fixed)  # packed items come from: fixed bytes, ints, floats
        sources = {at: start + n for n, at in enumerate(ints)}
        sources |= {at: start + len(ints) + n for at, n in zip(floats, order, strict=True)}
        self._pick = _picker(layout, [sources[at] for at in sorted(sources)])
        ends = list(accumulate(map(len, built), initial=0))
        self._cuts = [slice(start, stop) for start, stop in pairwise(ends)]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes of each datagram."""
        return tuple(cut.stop - cut.start for cut in self._cuts)

    def pack(self, floats: Sequence[float], ints: Sequence[int] = ()) -> list[bytes]:
        """Return the datagrams of this frame; numbers in the order of the messages, unless `floats_from` says
        otherwise.

        Raises ValueError for a wrong number of values, OverflowError for values beyond float32.
        """
        if len(floats) != self.num_floats or len(ints) != self.num_ints:
            raise ValueError(f"{self.num_floats} floats and {self.num_ints} ints expected")
        packets = self._struct.pack(*self._pick([*self._fixed, *ints, *floats]))
        return [packets[cut] for cut in self._cuts]


def number_places(messages: Sequence[OscMessage], *, bundled: bool) -> tuple[bytes, list[int], list[int]]:
    """A datagram of these messages with every number 0, and the byte offsets of its floats and of its ints.

    Raises ValueError: not bundled, and not a single message.
    """
    template = _datagram(messages, bundled=bundled)
    floats = _differing_words(template, _datagram(messages, number=1.0, bundled=bundled))
    return template, floats, _differing_words(template, _datagram(messages, integer=1, bundled=bundled))


def _differing_words(template: bytes, other: bytes) -> list[int]:
    """Byte offsets of the words in which two packets of one layout differ."""
    return [at for at in range(0, len(template), _WORD) if template[at : at + _WORD] != other[at : at + _WORD]]


def _cut_at_numbers(template: bytes, tags: dict[int, str]) -> tuple[str, list[bytes]]:
    """Byte offset -> "f" or "i" of each number: the `struct` format of the template, and its fixed bytes in order."""
    layout, fixed, read = [">"], [], 0
    for at, tag in sorted(tags.items()):
        if at > read:
            layout.append(f"{at - read}s")
            fixed.append(template[read:at])
        layout.append(tag)
        read = at + _WORD
    return "".join([*layout, f"{len(template) - read}s"]), [*fixed, template[read:]]


def _picker(layout: str, sources: list[int]) -> Callable[[list[Any]], tuple[Any, ...]]:
    """What puts fixed bytes (first in the list that it gets) and numbers (at `sources`) in the order of the layout."""
    fixed, numbers = count(), iter(sources)
    order = [next(fixed) if tag == "s" else next(numbers) for tag in layout if tag in "sfi"]
    return itemgetter(*order) if len(order) > 1 else lambda values: (values[order[0]],)


def _datagram(group: Sequence[OscMessage], number: float = 0.0, integer: int = 0, *, bundled: bool) -> bytes:
    if not bundled:
        if len(group) != 1:
            raise ValueError(f"an unbundled datagram holds one message, got {len(group)}")
        return group[0].built(number, integer).dgram
    bundle = osc_bundle_builder.OscBundleBuilder(osc_bundle_builder.IMMEDIATELY)
    for message in group:
        bundle.add_content(message.built(number, integer))
    return bundle.build().dgram
