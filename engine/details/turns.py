"""Scheduling: one network call per frame, shared by two hands and a face."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Subject = Literal["left", "right", "face"]
SUBJECTS: tuple[Subject, ...] = ("left", "right", "face")
SEARCH_EVERY = 5
"""A missing hand or face is searched once per this many turns."""


@dataclass(slots=True)
class Turns:
    """Schedules in the order left, face, right, face; a subject not requested or without a region is skipped.

    hands, face              what is requested; changed under load
    hands_every, face_every  only every nth of their turns is used, the others are idle; changed under load, too
    """

    hands: bool = True
    face: bool = True
    hands_every: int = 1
    face_every: int = 1
    _rested: dict[Subject, int] = field(default_factory=lambda: dict.fromkeys(SUBJECTS, 0))
    _step: int = 0
    _waited: dict[Subject, int] = field(default_factory=lambda: dict.fromkeys(SUBJECTS, SEARCH_EVERY))

    def asked(self, subject: Subject) -> bool:
        """Return whether this subject is processed at all."""
        return self.face if subject == "face" else self.hands

    def next(self, seen: frozenset[Subject], possible: frozenset[Subject]) -> Subject | None:
        """Return the subject to process in this frame, or None.

        seen      tracked subjects
        possible  subjects with a region
        """
        for subject in SUBJECTS:
            self._waited[subject] += 1
        for ahead in range(len(_ORDER)):
            subject = _ORDER[(self._step + ahead) % len(_ORDER)]
            if not self.asked(subject) or subject not in possible:
                continue
            if subject not in seen and self._waited[subject] < SEARCH_EVERY:
                continue
            self._step = (self._step + ahead + 1) % len(_ORDER)
            if self._rests(subject):
                return None
            self._waited[subject] = 0
            return subject
        return None

    def _rests(self, subject: Subject) -> bool:
        """Return whether this turn is skipped; counts it."""
        every = self.face_every if subject == "face" else self.hands_every
        self._rested[subject] = (self._rested[subject] + 1) % max(every, 1)
        return self._rested[subject] != 0


_ORDER: tuple[Subject, ...] = ("left", "face", "right", "face")
