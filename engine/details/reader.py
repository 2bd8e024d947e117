"""The details stage: frame and body keypoints -> Details. One network call per frame, alternating hands and face."""

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
    """Region where a hand or face was found, and its body keypoint at that time; None: not seen."""

    region: Region
    anchor: F64 | None


class HandReader(Protocol):
    """Hand network: frame and region to view."""

    def look(self, frame: Frame, region: Region) -> HandView:
        """Run the network. Raises DetectorError."""


class FaceReader(Protocol):
    """Face networks: frame and region to view."""

    def look(self, frame: Frame, region: Region) -> FaceView:
        """Run the networks. Raises DetectorError."""


class DetailsReader:
    """Tracks both hands and the face of one body. Details thread only; frames in order."""

    def __init__(self, hand: HandReader | None, face: FaceReader | None, gates: GateSettings = GATES) -> None:
        """hand, face: None if the network is missing; the other one still works."""
        self._hand, self._face, self._gates = hand, face, gates
        self.turns = Turns(hands=hand is not None, face=face is not None)
        self.looked: Subject | None = None
        """Subject processed in the last frame, or None."""
        self._views: dict[Subject, HandView | FaceView] = {}
        self._followed: dict[Subject, _Followed] = {}
        self._good_looks: dict[Subject, int] = dict.fromkeys(SUBJECTS, 0)

    @property
    def has_hands(self) -> bool:
        """Whether there is a hand network."""
        return self._hand is not None

    @property
    def has_face(self) -> bool:
        """Whether there are face networks."""
        return self._face is not None

    def set_load(self, *, hands: bool, face: bool, hands_every: int, face_every: int) -> None:
        """Reduce or restore the load: see Turns. Subjects that are switched off are lost."""
        self.turns.hands, self.turns.face = hands and self.has_hands, face and self.has_face
        self.turns.hands_every, self.turns.face_every = hands_every, face_every
        for subject in SUBJECTS:
            if not (self.turns.face if subject == "face" else self.turns.hands):
                self._lose(subject)

    def reset(self) -> None:
        """Forget all subjects (another source, another person, a jump in a file)."""
        self._views.clear()
        self._followed.clear()
        self._good_looks = dict.fromkeys(SUBJECTS, 0)

    def read(self, frame: Frame, body: Keypoints2D) -> Details:
        """Process one hand or the face, and return the current Details. Raises DetectorError."""
        regions = self._possible(body)
        turn = self.turns.next(frozenset(self._followed), frozenset(regions))
        self.looked = turn
        if turn is not None:
            self._look(turn, frame, body, regions[turn])
        return self._details(frame)

    def read_all(self, frame: Frame, body: Keypoints2D) -> Details:
        """Process both hands and the face, for files. Raises DetectorError."""
        regions = self._possible(body)
        for subject in SUBJECTS:
            if subject in regions and self.turns.asked(subject):
                self._look(subject, frame, body, regions[subject])
        return self._details(frame)

    def _possible(self, body: Keypoints2D) -> dict[Subject, Region]:
        """Return the region of each subject; a subject without a region is lost."""
        regions = self._regions(body)
        for subject in SUBJECTS:
            if subject not in regions:
                self._lose(subject)
        return regions

    def _regions(self, body: Keypoints2D) -> dict[Subject, Region]:
        """Return the regions: tracked subjects by their own points, others by the body's."""
        found: dict[Subject, Region | None] = {
            "left": self._carried("left", body) or hand_from_body(body, 0),
            "right": self._carried("right", body) or hand_from_body(body, 1),
            "face": self._carried("face", body) or face_from_body(body),
        }
        return {subject: region for subject, region in found.items() if region is not None}

    def _carried(self, subject: Subject, body: Keypoints2D) -> Region | None:
        """Return the region of a tracked subject, shifted with the body since it was found; None: not tracked."""
        if subject not in self._followed:
            return None
        followed = self._followed[subject]
        return carried(followed.region, followed.anchor, anchor(body, _ANCHORS[subject]))

    def _look(self, subject: Subject, frame: Frame, body: Keypoints2D, region: Region) -> None:
        """Run the subject's network and track its answer, or lose it."""
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
        """Return whether the other side already has this hand and matches it better; otherwise the other side loses
        it."""
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
