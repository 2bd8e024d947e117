"""`vtm osc-map` prints exactly the addresses that are sent."""

from __future__ import annotations

import pytest

from app.cli import main
from engine.osc.demo_pose import t_pose
from engine.osc.plain import PlainOptions, PlainOscEncoder
from engine.osc.reading import read_packet
from tests.engine.detailed_poses import with_details


def test_the_map_holds_the_addresses_and_types_that_are_sent(capsys):
    assert main(["osc-map", "--prefix", "/stage"]) == 0
    printed = [tuple(line.split()[:2]) for line in capsys.readouterr().out.splitlines()]
    packets = PlainOscEncoder(PlainOptions("/stage")).encode(with_details(t_pose(1.7)), 0.0)
    sent = [(message.address, message.tags) for packet in packets for message in read_packet(packet)]
    assert printed == sent


def test_the_map_can_be_narrowed_to_groups(capsys):
    assert main(["osc-map", "--send", "root,contacts"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


@pytest.mark.parametrize("arguments", [["--prefix", "mocap"], ["--prefix", "/a b"], ["--send", "toes"], ["--send", ""]])
def test_a_prefix_or_group_that_cannot_be_is_one_line(arguments, capsys):
    assert main(["osc-map", *arguments]) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    assert "osc-map --help" in written.err
