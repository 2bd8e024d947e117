"""The face for a VMC target as blend values in one naming: ARKit's 52, or the few expressions of every VRM model.

arkit   BrowDownLeft, as in models for "perfect sync"            vrm0  A, Blink_L, Joy: every VRM 0.x model
camel   browDownLeft, as in ARKit itself, Blender and VNyan      vrm1  aa, blinkLeft, happy: every VRM 1.0 model
none    no face

Names are case-sensitive, and a receiver ignores unknown ones. With an avatar its own names are sent, the 52 if it has
most of them. An assistant's face from the receive port has priority over ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.avatar.avatar import Avatar
from engine.avatar.expressions import ExpressionNames
from engine.types import F32, Pose
from models.detail_skeleton import EYE_NAMES
from models.face import EXPRESSION_NAMES
from models.vrm_expressions import VRM0_NAMES, VRM1_NAMES, vrm_expressions

_FIRST = 1  # the first of the 52 is "_neutral", which is not sent
_CAMEL = EXPRESSION_NAMES[_FIRST:]
_ARKIT = tuple(name[0].upper() + name[1:] for name in _CAMEL)
_MOST = 0.7  # fraction of the 51 from which a model counts as made for them
_NAMES = {"arkit": _ARKIT, "camel": _CAMEL, "vrm0": VRM0_NAMES, "vrm1": VRM1_NAMES, "none": ()}

Blends = tuple[tuple[str, float], ...]


class FaceNumbers(NamedTuple):
    """What is sent of a face. The same names are the same tuple from frame to frame."""

    names: tuple[str, ...]
    values: list[float]


NO_FACE = FaceNumbers((), [])


@dataclass(frozen=True, slots=True)
class _Naming:
    """Mapping of scores to blend values."""

    names: tuple[str, ...]
    rows: tuple[int, ...]  # indices of the values in this naming
    whole: bool  # the 51 scores; else VRM's expressions

    def values(self, expression: F32) -> list[float]:
        """Convert scores (52,) to one value per name."""
        all_values = expression[_FIRST:] if self.whole else vrm_expressions(expression)
        chosen = all_values if len(self.rows) == len(all_values) else all_values[list(self.rows)]
        numbers: list[float] = np.asarray(chosen, np.float64).tolist()
        return numbers


class FaceBlends:
    """Chooses between an assistant's face and the pose's own. One per encoder, one thread."""

    def __init__(self, face: str, avatar: Avatar | None = None) -> None:
        """face: one of engine.osc.vmc_options.FACES; an avatar gets the names it has, unless that is "none"."""
        self._known = None if avatar is None else ExpressionNames(avatar.expressions)
        self._naming = _naming(face) if avatar is None or face == "none" else _naming_of(avatar)
        self._given: tuple[Blends, FaceNumbers] = ((), NO_FACE)  # the assistant's newest face, and what is sent of it

    def of(self, given: Blends, pose: Pose) -> FaceNumbers:
        """Return what to send. given: the assistant's face; empty: none."""
        if given:
            return self._assistants(given)
        if pose.expression is None or not self._naming.names:
            return NO_FACE
        values = self._naming.values(pose.expression)
        return FaceNumbers(self._naming.names, values) if math.isfinite(sum(values)) else NO_FACE

    def _assistants(self, given: Blends) -> FaceNumbers:
        if self._given[0] is not given:
            blends = given if self._known is None else self._known.only_known(given)
            names = tuple(name for name, _ in blends)
            known = self._given[1].names
            self._given = (given, FaceNumbers(known if known == names else names, [value for _, value in blends]))
        return self._given[1]


def _naming(face: str) -> _Naming:
    names = _NAMES[face]
    return _Naming(names, tuple(range(len(names))), face in ("arkit", "camel"))


def _naming_of(avatar: Avatar) -> _Naming:
    """Return the model's names, one each. Eyes that are bones need no gaze expressions."""
    known = ExpressionNames(avatar.expressions)
    eyes = any(name in avatar.details for name in EYE_NAMES)
    rows = [row for row, name in enumerate(_CAMEL) if known.find(name) is not None]
    whole = len(rows) >= _MOST * len(_CAMEL)
    names = _CAMEL if whole else VRM1_NAMES
    rows = [row for row, name in enumerate(names) if known.find(name) and not (eyes and name.startswith("eyeLook"))]
    found = tuple(str(known.find(names[row])) for row in rows)
    return _Naming(found, tuple(rows), whole)
