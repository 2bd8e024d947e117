"""Turns: face every second frame, the hands between; what is not there costs little."""

from __future__ import annotations

from collections import Counter

from engine.details.turns import SEARCH_EVERY, SUBJECTS, Subject, Turns

ALL = frozenset(SUBJECTS)
NOBODY: frozenset[Subject] = frozenset()


def test_with_everything_seen_the_face_has_every_second_turn() -> None:
    turns = Turns()
    assert [turns.next(ALL, ALL) for _ in range(8)] == ["left", "face", "right", "face"] * 2


def test_a_hand_that_is_not_there_is_looked_for_at_every_fifth_turn_only() -> None:
    turns = Turns()
    turns.next(NOBODY, ALL)
    taken = Counter(turns.next(frozenset({"face", "right"}), ALL) for _ in range(60))
    assert taken["left"] in range(8, 13)
    assert taken["face"] > taken["right"] > taken["left"]
    assert taken[None] == 0


def test_nobody_there_is_looked_for_at_once_and_then_seldom() -> None:
    turns = Turns()
    answers = [turns.next(NOBODY, ALL) for _ in range(3 + 2 * SEARCH_EVERY)]
    assert set(answers[:3]) == ALL
    assert None in answers


def test_what_is_switched_off_or_impossible_gives_its_turn_away() -> None:
    turns = Turns(hands=False)
    assert [turns.next(ALL, ALL) for _ in range(3)] == ["face"] * 3
    turns = Turns(face=False)
    assert [turns.next(ALL, ALL) for _ in range(4)] == ["left", "right", "left", "right"]
    assert Turns().next(ALL, NOBODY) is None


def test_a_lower_rate_of_the_hands_leaves_turns_unused_and_the_face_its_own() -> None:
    turns = Turns(hands_every=2)
    taken = Counter(turns.next(ALL, ALL) for _ in range(16))
    assert taken == {"face": 8, "left": 2, "right": 2, None: 4}


def test_a_lower_rate_of_both_halves_the_calls() -> None:
    turns = Turns(hands_every=2, face_every=2)
    taken = Counter(turns.next(ALL, ALL) for _ in range(16))
    assert taken == {"face": 4, "left": 2, "right": 2, None: 8}
