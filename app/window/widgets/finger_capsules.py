"""Fingers of the 3D figure: a capsule for every finger bone, and the bones' positions in a pose. NumPy only."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.solver.hands import relaxed_hand
from models.detail_skeleton import DETAIL_OFFSETS
from models.fingers import FINGER_NAMES, FINGERS, SEGMENTS, SIDES
from models.rotations import quaternion_to_matrix
from models.skeleton import JOINT

HANDS = tuple(JOINT[f"{side}Hand"] for side in SIDES)
STATURE_M = 1.70
"""Body height of the figure that the capsules are designed for; a person's are scaled."""
_NUM = len(FINGER_NAMES)
OFFSETS_M = (STATURE_M * DETAIL_OFFSETS[:_NUM]).astype(np.float32)  # (30, 3)
_TIP = {"Thumb": 0.024, "Index": 0.020, "Middle": 0.021, "Ring": 0.020, "Little": 0.017}
_RADII_M = {"Thumb": (0.0125, 0.0095), "Little": (0.0090, 0.0070)}


@cache
def _relaxed() -> NDArray[np.float32]:
    """Return both hands relaxed (30, 4)."""
    return np.concatenate([relaxed_hand(side) for side in range(len(SIDES))])


def finger_ends() -> list[tuple[str, tuple[float, float, float], float, float]]:
    """Return each bone's name, end in its own axes (m), and the radii of both ends."""
    made = []
    for index, name in enumerate(FINGER_NAMES):
        finger = next(finger for finger in FINGERS if finger in name)
        last = name.endswith(SEGMENTS[-1])
        before = OFFSETS_M[index] if last else OFFSETS_M[index + 1]
        end = before * (_TIP[finger] / np.linalg.norm(before)) if last else before
        thick, thin = _RADII_M.get(finger, (0.0100, 0.0078))
        share = SEGMENTS.index(next(segment for segment in SEGMENTS if name.endswith(segment))) / len(SEGMENTS)
        radii = (thick + (thin - thick) * share, thick + (thin - thick) * (share + 1 / len(SEGMENTS)))
        made.append((name, (float(end[0]), float(end[1]), float(end[2])), *radii))
    return made


def fingers_in_world(
    hands_m: NDArray[np.floating],
    hand_axes: NDArray[np.floating],
    fingers_xyzw: NDArray[np.floating] | None,
    size: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions (30, 3) and axes (30, 3, 3) of the bones in the world.

    hands_m, hand_axes  (2, 3) and (2, 3, 3) of the left and right hand
    fingers_xyzw        (30, 4) local; None: relaxed hands
    size                of the person relative to STATURE_M
    """
    local = quaternion_to_matrix(_relaxed() if fingers_xyzw is None else fingers_xyzw).reshape(2, len(FINGERS), 3, 3, 3)
    offsets = size * OFFSETS_M.reshape(2, len(FINGERS), 3, 3)
    axes = np.empty((2, len(FINGERS), 3, 3, 3))
    places = np.empty((2, len(FINGERS), 3, 3))
    turned = np.repeat(np.asarray(hand_axes, np.float64)[:, None], len(FINGERS), axis=1)  # (2, 5, 3, 3)
    place = np.repeat(np.asarray(hands_m, np.float64)[:, None], len(FINGERS), axis=1)  # (2, 5, 3)
    for segment in range(len(SEGMENTS)):
        place = place + np.einsum("hfij,hfj->hfi", turned, offsets[:, :, segment])
        turned = turned @ local[:, :, segment]
        places[:, :, segment], axes[:, :, segment] = place, turned
    return places.reshape(_NUM, 3), axes.reshape(_NUM, 3, 3)
