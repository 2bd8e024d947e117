"""Received packets: what keeps to the format is read, everything else is one kind of error, whatever the bytes."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.osc.reading import OscFormatError, ReadMessage, read_packet
from tests.engine.osc.golden_packets import CASES, kept

BUNDLE = b"#bundle\0" + bytes(7) + b"\1"
EVERY_TYPE = (("i", -5), ("f", 2.5), ("h", 2**40), ("d", 1 / 3), ("s", "tü"), ("b", b"abcde"), ("T", True), ("N", None))


def _message(address: str = "/a", *values: tuple[str, object]) -> bytes:
    builder = OscMessageBuilder(address)
    for tag, value in values:
        builder.add_arg(value, tag)
    return bytes(builder.build().dgram)


def _bundle(*parts: bytes) -> bytes:
    return BUNDLE + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_every_type_is_read_with_its_tag() -> None:
    tags, values = zip(*EVERY_TYPE, strict=True)
    assert read_packet(_message("/a/b", *EVERY_TYPE)) == [ReadMessage("/a/b", "".join(tags), values)]
    time_tag = b"/t\0\0,t\0\0" + struct.pack(">Q", 2**63 + 1)
    assert read_packet(time_tag) == [ReadMessage("/t", "t", (2**63 + 1,))]


def test_bundles_in_bundles_are_read_in_order_down_to_the_fourth() -> None:
    packet = _bundle(_message("/1"), _bundle(_message("/2"), _bundle(_message("/3"))), _message("/4"))
    assert [message.address for message in read_packet(packet)] == ["/1", "/2", "/3", "/4"]
    deep = _message()
    for depth in range(1, 1000):
        deep = _bundle(deep)
        if depth <= 4:
            assert len(read_packet(deep)) == 1
        else:
            with pytest.raises(OscFormatError, match="deep"):
                read_packet(deep)


def test_a_message_without_type_tags_is_one_of_an_old_sender() -> None:
    assert read_packet(b"/old\0\0\0\0") == [ReadMessage("/old", "", ())]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"/a",
        b"/a\0\0,i\0\0",  # no number
        b"/a\0\0,f\0\0",  # python-osc would read 0.0
        b"/a\0\0,f\0\0\0\0",  # and fill this one up
        b"/a\0\0,d\0\0\0\0\0\0",
        b"/a\0\0,i\0\0" + bytes(8),  # more than said
        b"/a\0\0,x\0\0",  # a type that python-osc skips, and logs
        b"/a\0\0,[i]" + bytes(8),
        b"/a\0x,\0\0\0",  # padding that is none
        b"/aaa",  # a text without end
        b"/a\xff\0,\0\0\0",  # no UTF-8
        b"a\0\0\0,\0\0\0",  # no address
        b"/a\0\0i\0\0\0" + bytes(4),  # no comma
        b"/a\0\0,s\0\0" + b"x" * 8192 + bytes(4),  # a text to keep a reader busy with
        b"/a\0\0,b\0\0" + struct.pack(">i", -1),
        b"/a\0\0,b\0\0" + struct.pack(">i", -4),
        b"/a\0\0,b\0\0" + struct.pack(">i", 5) + bytes(4),
        b"#bundle\0",
        BUNDLE + struct.pack(">i", -4) + _message(),
        BUNDLE + struct.pack(">i", 2**31 - 1) + _message(),
        BUNDLE + struct.pack(">i", 0),
        _bundle(_message(), b"junk"),
    ],
)
def test_what_breaks_the_format_is_refused_as_a_whole(data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(OscFormatError):
        read_packet(data)
    assert not caplog.records, "a stranger's packets must not fill the log"


def test_any_bytes_are_read_or_refused_and_what_is_read_is_what_was_sent() -> None:
    rng = np.random.default_rng(0)
    seeds = [datagram for case in CASES for datagram in kept(case)[:2]]
    seeds += [_message("/a", *EVERY_TYPE), _bundle(_bundle(_message("/a", *EVERY_TYPE)))] * 10
    refused = 0
    for _ in range(2000):
        data = bytearray(seeds[rng.integers(len(seeds))])
        for _ in range(rng.integers(0, 4)):
            at, length = int(rng.integers(len(data) + 1)), int(rng.integers(1, 9))
            kind = rng.integers(4)
            if kind == 0:
                data[at : at + 1] = rng.bytes(1)
            elif kind == 1:
                del data[at : at + length]
            elif kind == 2:
                data[at:at] = rng.bytes(length)
            else:
                data[at : at + 4] = int(rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1])).to_bytes(4, "big")
        try:
            messages = read_packet(bytes(data))
        except OscFormatError:
            refused += 1
            continue
        size = sum(_size(message) for message in messages)
        assert size <= len(data)
        if not data.startswith(b"#bundle\0"):
            assert size == len(data)
    assert 500 < refused < 1900


def _size(message: ReadMessage) -> int:
    """Bytes of a message by the OSC 1.0 text alone."""
    sizes = {"i": 4, "f": 4, "h": 8, "d": 8, "t": 8, "T": 0, "F": 0, "N": 0}
    size = len(message.address.encode()) // 4 * 4 + 4
    size += (len(message.tags) + 1) // 4 * 4 + 4 if message.tags else 0
    for tag, value in zip(message.tags, message.values, strict=True):
        if isinstance(value, str):
            size += len(value.encode()) // 4 * 4 + 4
        elif isinstance(value, bytes):
            size += 4 + (len(value) + 3) // 4 * 4
        else:
            size += sizes[tag]
    return size
