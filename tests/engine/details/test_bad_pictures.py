"""What stands in the way of a performer: a second face, another's hand, nobody; what is kept is the performer's own."""

from __future__ import annotations

import numpy as np

from engine.details.reader import DetailsReader
from engine.networks.region import Region
from engine.types import Details, FaceView, Frame, HandView
from models.keypoints import KEYPOINT, NUM_KEYPOINTS
from tests.engine.details.body import PLACES, body, face, frame, hand, moved
from tests.engine.details.test_reader import Faces, Networks, run

OTHER_PX = 110.0
"""From the performer's face to another one, which lies partly in the performer's crop."""


class TwoFaces:
    """Sees the face nearest to the crop's middle, as the real network does. One of them may look away."""

    def __init__(self) -> None:
        self.calls = 0
        self.performer_hidden = False

    def look(self, picture: Frame, region: Region) -> FaceView:
        self.calls += 1
        own = face(number=picture.frame_id)
        shifted = own.points_px + np.array([OTHER_PX, 0, 0], np.float32)
        other = FaceView(picture.frame_id, own.captured_at_s, shifted, own.presence, own.scores, own.size_px)
        near_own = abs(region.x_px - 320) <= abs(region.x_px - 320 - OTHER_PX)
        return own if near_own and not self.performer_hidden else other


class ReachingHand:
    """A network that sees another person's hand, which lies beside the performer's wrist."""

    def __init__(self, right: float, away_px: float) -> None:
        self.right, self.away_px, self.reaching = right, away_px, False

    def look(self, picture: Frame, region: Region) -> HandView:
        side = int(region.x_px < 320)
        own = hand(side, number=picture.frame_id)
        if not self.reaching or side == 1:
            return own
        strange = moved(own, self.away_px, 0)
        return HandView(
            own.frame_id, own.captured_at_s, strange.points_px, own.world_m, own.presence, self.right, own.size_px
        )


def across(answer: Details) -> float | None:
    """Middle of the face that was found."""
    return None if answer.face is None else float(answer.face.points_px[:, 0].mean())


def test_of_two_faces_the_bodys_own_is_kept_and_nothing_hops_to_the_other() -> None:
    faces = TwoFaces()
    reader = DetailsReader(None, faces)
    middles = [across(answer) for answer in run(reader, 10)]
    faces.performer_hidden = True
    gone = [across(answer) for answer in run(reader, 10, 10)]
    faces.performer_hidden = False
    back = [across(answer) for answer in run(reader, 10, 20)]
    assert middles[-1] is not None
    found = [x for x in (*middles, *gone, *back) if x is not None]
    assert max(abs(x - PLACES["nose"][0]) for x in found) < 5
    assert gone[-1] is None
    assert back[-1] is not None


def test_a_face_without_a_body_is_not_looked_at() -> None:
    faces, hands = Faces(), Networks()
    reader = DetailsReader(hands, faces)
    person = body()
    person.scores[:] = np.zeros(NUM_KEYPOINTS, np.float32)
    answers = [reader.read(frame(number), person) for number in range(8)]
    assert (faces.calls, hands.calls) == (0, [])
    assert answers[-1] == Details(7, 7 / 30)


def test_a_face_whose_body_has_gone_elsewhere_is_lost() -> None:
    """The mesh would go on following a poster that the performer stood before."""
    reader = DetailsReader(None, Faces())
    assert run(reader, 6)[-1].face is not None
    person = body()
    person.points_px[:, 0] += 250
    answers = [reader.read(frame(number), person) for number in range(6, 12)]
    assert answers[-1].face is None


def test_a_hand_that_reaches_in_is_not_taken_by_its_side_or_by_the_forearm() -> None:
    for right, away_px in ((0.98, 10.0), (0.02, 120.0)):  # a right hand at the left wrist; a left hand beside it
        hands = ReachingHand(right, away_px)
        reader = DetailsReader(hands, None)
        assert run(reader, 6)[-1].left is not None
        hands.reaching = True
        answer = run(reader, 8, 6)[-1]
        assert answer.left is None
        assert answer.right is not None
        hands.reaching = False
        answer = run(reader, 12, 14)[-1]
        assert answer.left is not None
        wrist = answer.left.points_px[0, :2] - body().points_px[KEYPOINT["left_wrist"]]
        assert float(np.linalg.norm(wrist)) < 30
