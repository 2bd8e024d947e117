"""The packets are what python-osc builds, byte for byte, and what the OSC specification asks."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.osc.packing import OscMessage, PacketSet, grouped, osc_string

MESSAGES = [
    OscMessage("/a", "iiii"),
    OscMessage("/abc", "f"),
    OscMessage("/abcd/Pos", "sfffffff", ("LeftUpperLeg",)),
    OscMessage("/mixed", "sfsi", ("ab", "名前")),
    OscMessage("/empty"),
]
FLOATS = np.array([1.5, *np.linspace(-3, 3, 7), 1e-8], np.float32)
INTS = np.array([1, -2, 3, 2**31 - 1, 7], np.int32)


def _by_python_osc(messages: list[OscMessage]) -> list[bytes]:
    """The same messages by python-osc's own builder."""
    floats, ints, built = iter(FLOATS.tolist()), iter(INTS.tolist()), []
    for message in messages:
        builder = OscMessageBuilder(message.address)
        strings = iter(message.strings)
        for tag in message.tags:
            builder.add_arg({"s": strings, "f": floats, "i": ints}[tag].__next__(), tag)
        built.append(builder.build().dgram)
    return built


def test_a_bundle_is_byte_for_byte_python_oscs() -> None:
    bundle = OscBundleBuilder(IMMEDIATELY)
    for message in MESSAGES:
        builder = OscMessageBuilder(message.address)
        bundle.add_content(builder.build())
    reference = b"#bundle\x00" + (1).to_bytes(8, "big")
    for dgram in _by_python_osc(MESSAGES):
        reference += len(dgram).to_bytes(4, "big") + dgram
    assert bundle.build().dgram[:16] == reference[:16]
    assert PacketSet([MESSAGES]).pack(FLOATS, INTS) == [reference]


def test_bare_messages_are_byte_for_byte_python_oscs() -> None:
    packets = PacketSet([[message] for message in MESSAGES], bundled=False)
    assert packets.pack(FLOATS, INTS) == _by_python_osc(MESSAGES)


def test_packing_again_leaves_earlier_packets_alone() -> None:
    packets = PacketSet([MESSAGES])
    first = packets.pack(FLOATS, INTS)
    packets.pack(FLOATS * 2, INTS)
    assert first == PacketSet([MESSAGES]).pack(FLOATS, INTS)


def test_floats_may_lie_in_any_order_and_some_be_left_out() -> None:
    messages = [OscMessage("/a", "ff"), OscMessage("/b", "fi")]
    (picked,) = PacketSet([messages], floats_from=[3, 0, 3]).pack([1.0, 2.0, 3.0, 4.0], [9])
    assert [picked] == PacketSet([messages]).pack([4.0, 1.0, 4.0], [9])


def test_a_wrong_number_of_numbers_is_refused() -> None:
    packets = PacketSet([[OscMessage("/a", "fi")]])
    for floats, ints in (([], [1]), ([1.0, 2.0], [1]), ([1.0], []), ([1.0], [1, 2])):
        with pytest.raises(ValueError, match="1 floats and 1 ints expected"):
            packets.pack(floats, ints)
    with pytest.raises(ValueError, match="floats_from says 2"):
        PacketSet([[OscMessage("/a", "fi")]], floats_from=[0, 1])


@pytest.mark.parametrize("length", range(9))
def test_strings_end_in_a_nul_and_fill_whole_words(length: int) -> None:
    packed = osc_string("x" * length)
    assert len(packed) % 4 == 0
    assert packed.rstrip(b"\x00") == b"x" * length
    assert 1 <= len(packed) - length <= 4


def test_grouping_keeps_the_order_and_the_limit() -> None:
    messages = [OscMessage(f"/bone/{n}", "sfffffff", ("name" * (n % 4 + 1),)) for n in range(40)]
    groups = grouped(messages, 500)
    assert [message for group in groups for message in group] == messages
    sizes = PacketSet(groups).sizes
    assert max(sizes) <= 500
    assert len(sizes) <= sum(sizes) // 500 + 2


def test_what_no_receiver_could_read_is_refused() -> None:
    with pytest.raises(ValueError, match="not an OSC message"):
        OscMessage("no-slash", "f")
    with pytest.raises(ValueError, match="not an OSC message"):
        OscMessage("/double", "d")
    with pytest.raises(ValueError, match="strings expected"):
        OscMessage("/text", "s")
    with pytest.raises(ValueError, match="more than 20"):
        grouped([OscMessage("/too/long", "fffff")], 20)
    with pytest.raises(ValueError, match="one message"):
        PacketSet([MESSAGES], bundled=False)


def test_a_frame_of_two_bundles_packs_in_far_less_than_a_millisecond() -> None:
    messages = [OscMessage("/VMC/Ext/Bone/Pos", "sfffffff", (f"Bone{n}",)) for n in range(22)]
    packets = PacketSet(grouped(messages, 1200))
    floats = np.ones(packets.num_floats, np.float32)
    best = min(_seconds(lambda: packets.pack(floats)) for _ in range(20))
    assert best < 2e-4


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
