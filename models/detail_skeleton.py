"""Fingers and eyes of the T-pose: 30 finger bones and two eyes that continue the 22 joints of models.skeleton.

No network measures them, so every person has the hand of a typical adult, scaled by body height: a hand of 0.108 body
heights (Drillis and Contini 1966), with finger bones in the proportions of Buryanov and Kotiuk (2010). The rest hand is
that of engine.solver.hands: palm down, fingers along +X on the left, thumb at 45 degrees towards +Z.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.fingers import FINGER_NAMES, FINGER_PARENTS, FINGERS, SIDES
from models.kinematics import stature
from models.skeleton import JOINT_NAMES, PARENTS

EYE_NAMES = ("LeftEye", "RightEye")
MIRROR_EYES = (1, 0)
DETAIL_NAMES: tuple[str, ...] = (*FINGER_NAMES, *EYE_NAMES)
"""Order of the details after the 22 joints: fingers, then eyes."""
_DETAIL_PARENTS = (*FINGER_PARENTS, "Head", "Head")
_ROOTS = {  # root of each finger in the hand, body heights: along the fingers, towards the thumb
    "Thumb": (0.0147, 0.0129),
    "Index": (0.0529, 0.0153),
    "Middle": (0.0518, 0.0029),
    "Ring": (0.0488, -0.0082),
    "Little": (0.0459, -0.0182),
}
_LENGTHS = {  # lengths of the first two bones, body heights; the third ends at the tip and has no child
    "Thumb": (0.0271, 0.0206),
    "Index": (0.0247, 0.0153),
    "Middle": (0.0271, 0.0176),
    "Ring": (0.0253, 0.0165),
    "Little": (0.0200, 0.0118),
}
_EYE = (0.0185, 0.036, 0.047)  # left eye relative to the head, body heights


def _offsets() -> NDArray[np.float64]:
    """Return the offset of each finger bone and eye from its parent, (32, 3) body heights."""
    left = []
    for finger in FINGERS:
        along, thumbwards = _ROOTS[finger]
        direction = np.array([1.0, 0.0, 1.0]) / np.sqrt(2) if finger == "Thumb" else np.array([1.0, 0.0, 0.0])
        left += [np.array([along, 0.0, thumbwards]), *(length * direction for length in _LENGTHS[finger])]
    left_eye = np.array(_EYE)
    mirror = np.array([-1.0, 1.0, 1.0])
    return np.stack([*left, *(offset * mirror for offset in left), left_eye, left_eye * mirror])


DETAIL_OFFSETS: NDArray[np.float64] = _offsets()
DETAIL_OFFSETS.setflags(write=False)
assert len(SIDES) * len(FINGERS) * 3 + len(EYE_NAMES) == len(DETAIL_OFFSETS)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The 22 joints and the details, parents before children."""

    names: tuple[str, ...]
    parents: tuple[int, ...]  # -1 for the Hips
    offsets_m: NDArray[np.float32]  # (J, 3) to the parent; row 0 = (0, hips height, 0)

    def children(self, joint: int) -> list[int]:
        """Return the children of this joint."""
        return [child for child, parent in enumerate(self.parents) if parent == joint]


def detail_offsets_m(rest_offsets_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the offsets of finger bones and eyes (32, 3) for a person's rest offsets (22, 3)."""
    return (DETAIL_OFFSETS * float(stature(rest_offsets_m))).astype(np.float32)


def skeleton_with(rest_offsets_m: NDArray[np.float32], *, fingers: bool, eyes: bool) -> Skeleton:
    """Return a person's skeleton with fingers, eyes, both or neither."""
    kept = [n for n, name in enumerate(DETAIL_NAMES) if (eyes if name in EYE_NAMES else fingers)]
    names = (*JOINT_NAMES, *(DETAIL_NAMES[n] for n in kept))
    parents = (*PARENTS, *(names.index(_DETAIL_PARENTS[n]) for n in kept))
    offsets = np.concatenate([rest_offsets_m, detail_offsets_m(rest_offsets_m)[kept]])
    return Skeleton(names, parents, offsets.astype(np.float32))
