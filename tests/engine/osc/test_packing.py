"""The packets are what python-osc builds afresh, byte for byte, and those of the earlier packer written by hand."""

from __future__ import annotations

import numpy as np
import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.osc.packing import OscMessage, PacketSet, grouped
from engine.osc.reading import read_packet
from tests.engine.osc.golden_packets import CASES, datagrams, kept

MESSAGES = [
    OscMessage("/a", "iiii"),
    OscMessage("/abc", "f"),
    OscMessage("/abcd/Pos", "sfffffff", ("LeftUpperLeg",)),
    OscMessage("/mixed", "sfsi", ("ab", "名前")),
    OscMessage("/empty"),
]
FLOATS = np.array([1.5, *np.linspace(-3, 3, 7), 1e-8], np.float32)
INTS = (1, -2, 3, 2**31 - 1, 7)


def _by_python_osc(messages: list[OscMessage]) -> list[bytes]:
    """The same messages by python-osc's own builder."""
    floats, ints, built = iter(FLOATS.tolist()), iter(INTS), []
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
    (picked,) = PacketSet([messages], floats_from=[3, 0, 3], given=4).pack(np.array([1, 2, 3, 4], np.float32), (9,))
    assert [picked] == PacketSet([messages]).pack(np.array([4, 1, 4], np.float32), (9,))


def test_a_wrong_number_of_numbers_is_refused() -> None:
    packets = PacketSet([[OscMessage("/a", "fi")]])
    for floats, ints in ((0, (1,)), (2, (1,)), (1, ()), (1, (1, 2))):
        with pytest.raises(ValueError, match="1 floats and 1 ints expected"):
            packets.pack(np.ones(floats, np.float32), ints)
    with pytest.raises(OverflowError):
        packets.pack([1e300], (1,))
    with pytest.raises(ValueError, match="floats_from says 2"):
        PacketSet([[OscMessage("/a", "fi")]], floats_from=[0, 1])


def test_ints_are_those_of_the_last_call_also_when_they_come_back() -> None:
    packets = PacketSet([[OscMessage("/a", "ifi")]], bundled=False)
    for ints in ((0, 0), (1, -7), (1, -7), (2**31 - 1, 0), (0, 0)):
        (packed,) = packets.pack(np.ones(1, np.float32), ints)
        assert read_packet(packed)[0].values == (ints[0], 1.0, ints[1])


@pytest.mark.parametrize("case", CASES)
def test_every_target_sends_the_bytes_that_the_packer_written_by_hand_sent(case: str) -> None:
    sent, expected = datagrams(case), kept(case)
    if "fold" not in case:
        assert sent == expected
        return
    assert len(sent) == len(expected)  # folded bones are SciPy's float64 now, rounded once: the last bit may differ
    for now, before in zip(sent, expected, strict=True):
        for message, old in zip(read_packet(now), read_packet(before), strict=True):
            assert (message.address, message.tags) == (old.address, old.tags)
            numbers, strings = _parted(message.values)
            assert strings == _parted(old.values)[1]
            np.testing.assert_allclose(numbers, _parted(old.values)[0], rtol=0, atol=1.2e-7)


def _parted(values: tuple[object, ...]) -> tuple[list[float], list[str]]:
    return [v for v in values if isinstance(v, int | float)], [v for v in values if isinstance(v, str)]


@pytest.mark.parametrize("case", CASES)
def test_every_target_sends_what_python_osc_builds_afresh(case: str) -> None:
    for datagram in datagrams(case):
        built = []
        for message in read_packet(datagram):
            builder = OscMessageBuilder(message.address)
            for tag, value in zip(message.tags, message.values, strict=True):
                builder.add_arg(value, tag)
            built.append(builder.build())
        bundle = OscBundleBuilder(IMMEDIATELY)
        for content in built:
            bundle.add_content(content)
        assert datagram == (bundle.build().dgram if datagram.startswith(b"#") else built[0].dgram)


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
    with pytest.raises(ValueError, match="NUL"):
        OscMessage("/text", "s", ("cut\0here",))
    with pytest.raises(ValueError, match="/text"):
        OscMessage("/text", "s", ("\ud800",)).built()
    with pytest.raises(ValueError, match="more than 20"):
        grouped([OscMessage("/too/long", "fffff")], 20)
    with pytest.raises(ValueError, match="one message"):
        PacketSet([MESSAGES], bundled=False)
