"""Lines of an OSC log: printed fast, they are the entries that the slow way gives, to the last bit of each float."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from engine.motion.osc_lines import LogLines, log_line
from engine.osc.packing import OscMessage, PacketSet
from engine.osc.reading import OscFormatError

MESSAGES = [OscMessage("/a/100%", "sifi", ("x %s",)), OscMessage("/b"), OscMessage("/c", "fffi")]


def same(line: str, datagram: bytes) -> None:
    """The line is the entry of the datagram; its floats give the same float32."""
    found, expected = json.loads(line), json.loads(log_line(0.0, datagram))
    assert (found["bundle"], len(found["messages"])) == (expected["bundle"], len(expected["messages"]))
    for one, other in zip(found["messages"], expected["messages"], strict=True):
        assert (one["address"], one["types"]) == (other["address"], other["types"])
        for a, b in zip(one["arguments"], other["arguments"], strict=True):
            if isinstance(b, float):
                assert np.float32(a).tobytes() == np.float32(b).tobytes()
            else:
                assert a == b


def test_every_float_comes_back_to_the_last_bit() -> None:
    packets, lines, rng = PacketSet([MESSAGES]), LogLines(), np.random.default_rng(4)
    kinds = [0.0, -0.0, 1.0, 1e-45, -3.4028235e38, 0.1, 1 / 3]
    for number in range(200):
        floats = np.array([*rng.normal(size=3) * 10.0 ** rng.integers(-20, 20), kinds[number % 7]], np.float32)
        [datagram] = packets.pack(floats.tolist(), (number - 100, 2**31 - 1, -(2**31)))
        line = lines.line(number / 60, datagram)
        assert json.loads(line)["time"] == pytest.approx(number / 60, abs=1e-6)
        same(line, datagram)


def test_layouts_of_one_length_are_told_apart() -> None:
    lines = LogLines()
    for _ in range(3):
        for address in ("/one", "/two"):
            [datagram] = PacketSet([[OscMessage(address, "f")]], bundled=False).pack([0.5])
            assert json.loads(lines.line(0.0, datagram))["messages"][0]["address"] == address


def test_a_packet_that_is_built_otherwise_is_read_the_slow_way() -> None:
    [datagram] = PacketSet([MESSAGES]).pack([1.0, 2.0, 3.0, 4.0], (1, 2, 3))
    dated = datagram[:8] + bytes(range(8)) + datagram[16:]
    lines = LogLines()
    assert lines.line(1.0, dated) == lines.line(1.0, dated) == log_line(1.0, dated)


def test_a_number_that_is_none_is_left_to_the_slow_way() -> None:
    packets, lines = PacketSet([[OscMessage("/f", "f")]]), LogLines()
    lines.line(0.0, packets.pack([1.0])[0])
    [datagram] = packets.pack([math.nan])
    assert lines.line(0.0, datagram) == log_line(0.0, datagram)


def test_what_is_no_packet_is_refused() -> None:
    with pytest.raises(OscFormatError):
        LogLines().line(0.0, b"\x01\x02\x03")
