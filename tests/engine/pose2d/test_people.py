"""Whom to follow."""

from __future__ import annotations

from engine.networks.region import Region
from engine.pose2d.people import Followed, rank_people

SIZE = (640, 480)
LARGE, SMALL = Region(320, 240, 400, 0), Region(60, 240, 200, 0)


def test_the_largest_and_most_central_comes_first() -> None:
    assert rank_people([SMALL, LARGE], SIZE, None) == [1, 0]
    at_the_edge = Region(630, 470, 260, 0)
    in_the_middle = Region(320, 240, 240, 0)
    assert rank_people([at_the_edge, in_the_middle], SIZE, None) == [1, 0]
    assert rank_people([], SIZE, None) == []


def test_nearness_to_the_remembered_person_counts_before_size_but_only_within_reach() -> None:
    assert rank_people([SMALL, LARGE], SIZE, Region(80, 240, 200, 0)) == [0, 1]
    assert rank_people([SMALL, LARGE], SIZE, Region(600, 240, 100, 0)) == [1, 0]


def test_of_two_people_within_reach_the_nearer_one_is_taken() -> None:
    near, nearer = Region(100, 240, 200, 0), Region(180, 240, 100, 0)
    assert rank_people([near, nearer], SIZE, Region(190, 240, 200, 0)) == [1, 0]


def test_a_person_is_remembered_for_a_while_and_never_across_a_jump_back_in_time() -> None:
    followed = Followed(LARGE, seen_at_s=10.0)
    assert followed.remembered(11.0) is LARGE
    assert followed.remembered(20.0) is None
    assert followed.remembered(0.0) is None
