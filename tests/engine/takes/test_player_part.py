"""The marked part of a recording: played, looped and sought within, never left."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator

import pytest

from engine.osc.demo_pose import wave_pose
from engine.takes.player import Part, Player, PlayerState
from engine.takes.recording import Recording

RATE = 100
FRAMES = 60


@pytest.fixture
def player() -> Iterator[Player]:
    poses = [dataclasses.replace(wave_pose(1.7, n / RATE), frame_id=n, captured_at_s=n / RATE) for n in range(FRAMES)]
    made = Player(Recording("a.npz", [pose.captured_at_s for pose in poses], poses), ())
    yield made
    made.close()


def until(player: Player, met: Callable[[PlayerState], bool]) -> PlayerState:
    end_s = time.monotonic() + 20.0
    while not met(state := player.state()):
        assert time.monotonic() < end_s, state
        time.sleep(0.002)
    return state


def test_it_ends_where_the_part_ends(player: Player) -> None:
    player.set_part(Part(0.1, 0.2))
    state = until(player, lambda state: state.state == "ended")
    assert state.position_s == pytest.approx(0.2)
    assert state.pose is not None
    assert state.pose.frame_id == 20


def test_a_loop_goes_round_within_the_part(player: Player) -> None:
    player.set_part(Part(0.30, 0.34, loop=True))
    until(player, lambda state: state.pose is not None and state.pose.frame_id == 34)
    seen = set()
    until(player, lambda state: seen.add(state.pose.frame_id) or len(seen) == 5)  # type: ignore[func-returns-value,union-attr]
    assert seen == {30, 31, 32, 33, 34}
    assert player.state().state == "playing"


def test_one_does_not_seek_out_of_the_part(player: Player) -> None:
    player.pause()
    player.set_part(Part(0.2, 0.4))
    player.seek(0.55)
    assert player.state().position_s == pytest.approx(0.4)
    player.seek(0.0)
    assert player.state().position_s == pytest.approx(0.2)


@pytest.mark.parametrize("part", [Part(0.4, 0.3), Part(9.0), Part(0.201, 0.209)])
def test_a_part_without_a_frame_is_not_taken(player: Player, part: Part) -> None:
    player.set_part(part)
    assert player.state().part == Part()
