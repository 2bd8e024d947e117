"""The details stage on made-up networks: accepting, following, losing, one call a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.details.reader import DetailsReader
from engine.networks.region import Region
from engine.types import Details, FaceView, Frame, HandView
from models.keypoints import KEYPOINT
from tests.engine.details.body import body, face, frame, hand


class Networks:
    """Both networks: sees the hand whose body wrist is nearer, and counts its calls."""

    def __init__(self, change: Callable[[HandView], HandView] = lambda view: view) -> None:
        self.change = change
        self.calls: list[str] = []
        self.regions: list[Region] = []

    def look(self, picture: Frame, region: Region) -> HandView:
        side = int(region.x_px < 320)
        self.calls.append("hand")
        self.regions.append(region)
        return self.change(hand(side, number=picture.frame_id))


class Faces:
    """A face network that always sees the face."""

    def __init__(self, presence: float = 0.99) -> None:
        self.calls = 0
        self.presence = presence

    def look(self, picture: Frame, _region: Region) -> FaceView:
        self.calls += 1
        return face(number=picture.frame_id, presence=self.presence)


def run(reader: DetailsReader, frames: int, start: int = 0, **scores: float) -> list[Details]:
    return [reader.read(frame(number), body(**scores)) for number in range(start, start + frames)]


def test_one_network_call_a_frame_and_all_three_are_found_after_two_looks() -> None:
    hands, faces = Networks(), Faces()
    answers = run(DetailsReader(hands, faces), 8)
    assert len(hands.calls) + faces.calls == 8
    assert [answer.face is not None for answer in answers[:5]] == [False, False, False, True, True]
    last = answers[-1]
    assert last.left is not None
    assert last.right is not None
    assert last.left.points_px[0, 0] > last.right.points_px[0, 0]
    assert last.left.captured_at_s < last.right.captured_at_s < last.captured_at_s  # each with its own time


def test_a_followed_hand_is_cut_by_its_own_points() -> None:
    hands = Networks()
    run(DetailsReader(hands, None), 6)
    assert hands.regions[0].size_px != hands.regions[2].size_px


def test_a_followed_hand_is_looked_for_where_the_wrist_has_gone_since() -> None:
    hands = Networks()
    reader = DetailsReader(hands, None)
    run(reader, 4)
    person = body()
    person.points_px[KEYPOINT["left_wrist"]] += [30, -20]
    reader.read(frame(4), person)
    before, after = hands.regions[2], hands.regions[4]
    assert (after.x_px - before.x_px, after.y_px - before.y_px) == (30, -20)
    assert after.size_px == before.size_px
    person.scores[KEYPOINT["right_wrist"]] = 0.0
    person.points_px[KEYPOINT["right_wrist"]] += 100
    reader.read(frame(5), person)
    assert hands.regions[5] == hands.regions[3]  # a wrist that is not seen carries nothing


def test_a_hand_that_goes_away_is_lost_at_its_next_look() -> None:
    hands = Networks()
    reader = DetailsReader(hands, None)
    assert run(reader, 6)[-1].left is not None
    hands.change = lambda view: replace(view, presence=0.1)
    assert run(reader, 2, 6)[-1] == Details(7, 7 / 30)


def test_a_wrist_out_of_sight_takes_only_a_hand_that_is_not_followed() -> None:
    reader = DetailsReader(Networks(), None)
    assert run(reader, 6, left_wrist=0.0)[-1].left is None
    assert run(reader, 6, 6)[-1].left is not None
    assert run(reader, 6, 12, left_wrist=0.0)[-1].left is not None


@pytest.mark.parametrize(("right", "kept"), [(0.4, "left"), (0.6, "right")])
def test_one_hand_found_on_both_sides_is_given_to_the_side_it_fits_better(right: float, kept: str) -> None:
    """The wrists lie together, so that the place says nothing."""
    there = hand(0)
    hands = Networks(lambda view: replace(there, right=right, frame_id=view.frame_id))
    reader = DetailsReader(hands, None)
    person = body()
    person.points_px[KEYPOINT["right_wrist"]] = person.points_px[KEYPOINT["left_wrist"]]
    answers = [reader.read(frame(number), person) for number in range(24)]
    assert all(answer.left is None or answer.right is None for answer in answers)
    assert getattr(answers[-1], kept) is not None


def test_without_one_network_the_other_goes_on() -> None:
    answer = run(DetailsReader(None, Faces()), 3)[-1]
    assert (answer.left, answer.right) == (None, None)
    assert answer.face is not None
    assert run(DetailsReader(None, None), 2)[-1] == Details(1, 1 / 30)


def test_a_mask_on_the_face_gives_no_face() -> None:
    assert run(DetailsReader(None, Faces(presence=0.3)), 12)[-1].face is None


def test_reset_forgets_everybody() -> None:
    reader = DetailsReader(Networks(), Faces())
    run(reader, 12)
    reader.reset()
    answer = reader.read(frame(20), body())
    assert (answer.left, answer.right, answer.face) == (None, None, None)


def test_points_that_are_no_numbers_lose_the_hand_and_raise_nothing() -> None:
    hands = Networks(lambda view: replace(view, points_px=view.points_px * np.float32(np.nan)))
    assert run(DetailsReader(hands, None), 6)[-1].left is None


def test_in_a_file_everybody_is_looked_at_in_every_frame() -> None:
    hands, faces = Networks(), Faces()
    reader = DetailsReader(hands, faces)
    answers = [reader.read_all(frame(number), body()) for number in range(2)]
    assert (len(hands.calls), faces.calls) == (4, 2)
    last = answers[-1]
    assert {view.captured_at_s for view in (last.left, last.right, last.face) if view} == {last.captured_at_s}
    reader.turns.hands = False
    reader.read_all(frame(2), body())
    assert (len(hands.calls), faces.calls) == (4, 3)


def test_the_reader_says_who_was_looked_at_and_loses_what_is_left_out() -> None:
    reader = DetailsReader(Networks(), Faces())
    assert run(reader, 8)[-1].left is not None
    assert reader.looked in ("left", "right", "face")
    reader.set_load(hands=False, face=True, hands_every=1, face_every=1)
    answer = run(reader, 1, 8)[0]
    assert (answer.left, answer.right, reader.looked) == (None, None, "face")
    assert answer.face is not None
    reader.set_load(hands=True, face=True, hands_every=2, face_every=2)
    looked = []
    for number in range(9, 17):
        run(reader, 1, number)
        looked.append(reader.looked)
    assert looked.count(None) == 4


def test_a_network_that_is_not_there_is_not_looked_through_whatever_the_load_allows() -> None:
    reader = DetailsReader(Networks(), None)
    assert (reader.has_hands, reader.has_face) == (True, False)
    reader.set_load(hands=True, face=True, hands_every=1, face_every=1)
    run(reader, 8)
    assert reader.turns.face is False
