"""The stage: a frame and the body's keypoints -> Details. One network call a frame, turns between hands and face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.details.crops import anchor, carried, face_from_body, face_from_points, hand_from_body, hand_from_points
from engine.details.gates import GATES, GateSettings, face_is_good, hand_is_good, same_hand
from engine.details.turns import SUBJECTS, Subject, Turns
from engine.networks.region import Region
from engine.types import F64, Details, FaceView, Frame, HandView, Keypoints2D

_ANCHORS: dict[Subject, str] = {"left": "left_wrist", "right": "right_wrist", "face": "nose"}


@dataclass(frozen=True, slots=True)
class _Followed:
    """Where somebody was found, and where their keypoint of the body was then; None: not seen."""

    region: Region
    anchor: F64 | None


class HandReader(Protocol):
    """Frame and region -> what the network sees there."""

    def look(self, frame: Frame, region: Region) -> HandView:
        """Raises DetectorError."""


class FaceReader(Protocol):
    """Frame and region -> what the networks see there."""

    def look(self, frame: Frame, region: Region) -> FaceView:
        """Raises DetectorError."""


class DetailsReader:
    """Follow both hands and the face of the body that is given. Details thread only; frames in order."""

    def __init__(self, hand: HandReader | None, face: FaceReader | None, gates: GateSettings = GATES) -> None:
        """hand, face  None where its network is not there: the other one goes on."""
        self._hand, self._face, self._gates = hand, face, gates
        self.turns = Turns(hands=hand is not None, face=face is not None)
        self.looked: Subject | None = None
        """Who was looked at in the last frame; None: nobody."""
        self._views: dict[Subject, HandView | FaceView] = {}
        self._followed: dict[Subject, _Followed] = {}
        self._good_looks: dict[Subject, int] = dict.fromkeys(SUBJECTS, 0)

    @property
    def has_hands(self) -> bool:
        """There is a network for hands."""
        return self._hand is not None

    @property
    def has_face(self) -> bool:
        """There are networks for faces."""
        return self._face is not None

    def set_load(self, *, hands: bool, face: bool, hands_every: int, face_every: int) -> None:
        """Look at less, or at all again: see Turns. What is not looked at is lost."""
        self.turns.hands, self.turns.face = hands and self.has_hands, face and self.has_face
        self.turns.hands_every, self.turns.face_every = hands_every, face_every
        for subject in SUBJECTS:
            if not (self.turns.face if subject == "face" else self.turns.hands):
                self._lose(subject)

    def reset(self) -> None:
        """Forget everybody (another source, another person, a jump in a file)."""
        self._views.clear()
        self._followed.clear()
        self._good_looks = dict.fromkeys(SUBJECTS, 0)

    def read(self, frame: Frame, body: Keypoints2D) -> Details:
        """Look at one of the hands or the face, and return what is known now. Raises DetectorError."""
        regions = self._possible(body)
        turn = self.turns.next(frozenset(self._followed), frozenset(regions))
        self.looked = turn
        if turn is not None:
            self._look(turn, frame, body, regions[turn])
        return self._details(frame)

    def read_all(self, frame: Frame, body: Keypoints2D) -> Details:
        """Look at both hands and the face, for files: nobody waits for a turn. Raises DetectorError."""
        regions = self._possible(body)
        for subject in SUBJECTS:
            if subject in regions and self.turns.asked(subject):
                self._look(subject, frame, body, regions[subject])
        return self._details(frame)

    def _possible(self, body: Keypoints2D) -> dict[Subject, Region]:
        """Return where to look; who has no place to be looked at is lost."""
        regions = self._regions(body)
        for subject in SUBJECTS:
            if subject not in regions:
                self._lose(subject)
        return regions

    def _regions(self, body: Keypoints2D) -> dict[Subject, Region]:
        """Return where to look: at those who are followed by their own points, at the others by the body's."""
        found: dict[Subject, Region | None] = {
            "left": self._carried("left", body) or hand_from_body(body, 0),
            "right": self._carried("right", body) or hand_from_body(body, 1),
            "face": self._carried("face", body) or face_from_body(body),
        }
        return {subject: region for subject, region in found.items() if region is not None}

    def _carried(self, subject: Subject, body: Keypoints2D) -> Region | None:
        """Return the region of somebody who is followed, moved with the body since it was found; None: not followed."""
        if subject not in self._followed:
            return None
        followed = self._followed[subject]
        return carried(followed.region, followed.anchor, anchor(body, _ANCHORS[subject]))

    def _look(self, subject: Subject, frame: Frame, body: Keypoints2D, region: Region) -> None:
        """Run the subject's network and follow what it sees, or lose it."""
        view: HandView | FaceView
        if subject == "face":
            assert self._face is not None
            view = self._face.look(frame, region)
            good, ahead = face_is_good(view, body, self._gates), face_from_points(view.points_px)
        else:
            assert self._hand is not None
            view = self._hand.look(frame, region)
            good = hand_is_good(view, int(subject == "right"), body, self._gates) and not self._found_twice(
                subject, view
            )
            ahead = hand_from_points(view.points_px)
        if not good or ahead is None:
            self._lose(subject)
            return
        self._followed[subject] = _Followed(ahead, anchor(body, _ANCHORS[subject]))
        self._good_looks[subject] += 1
        if self._good_looks[subject] >= self._gates.good_looks:
            self._views[subject] = view

    def _found_twice(self, subject: Subject, view: HandView) -> bool:
        """Return whether the other side already has this hand, and has the better right to it; else the other loses."""
        other: Subject = "left" if subject == "right" else "right"
        theirs = self._views.get(other)
        if not isinstance(theirs, HandView) or not same_hand(view, theirs):
            return False
        ours, its = (view.right, 1 - theirs.right) if subject == "right" else (1 - view.right, theirs.right)
        if ours <= its:
            return True
        self._lose(other)
        return False

    def _lose(self, subject: Subject) -> None:
        self._views.pop(subject, None)
        self._followed.pop(subject, None)
        self._good_looks[subject] = 0

    def _details(self, frame: Frame) -> Details:
        left, right, face = (self._views.get(subject) for subject in SUBJECTS)
        return Details(
            frame.frame_id,
            frame.captured_at_s,
            left if isinstance(left, HandView) else None,
            right if isinstance(right, HandView) else None,
            face if isinstance(face, FaceView) else None,
        )
