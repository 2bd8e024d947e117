"""Names and parents of the 30 finger bones, 15 per hand, and their points in the hand network.

Unity's names; VRM 1.0 calls the three bones of the thumb Metacarpal, Proximal, Distal.
"""

from __future__ import annotations

SIDES = ("Left", "Right")
FINGERS = ("Thumb", "Index", "Middle", "Ring", "Little")
SEGMENTS = ("Proximal", "Intermediate", "Distal")
NUM_FINGER_BONES = len(FINGERS) * len(SEGMENTS)
"""Finger bones of one hand."""
FINGER_NAMES: tuple[str, ...] = tuple(
    f"{side}{finger}{segment}" for side in SIDES for finger in FINGERS for segment in SEGMENTS
)
FINGER_PARENTS: tuple[str, ...] = tuple(
    f"{side}Hand" if segment == 0 else f"{side}{finger}{SEGMENTS[segment - 1]}"
    for side in SIDES
    for finger in FINGERS
    for segment in range(len(SEGMENTS))
)
MIRROR_FINGERS: tuple[int, ...] = (*range(15, 30), *range(15))

NUM_HAND_POINTS = 21
WRIST = 0
INDEX_ROOT, MIDDLE_ROOT, LITTLE_ROOT = 5, 9, 17
FINGER_POINTS: tuple[tuple[int, int, int, int], ...] = tuple(
    (4 * finger + 1, 4 * finger + 2, 4 * finger + 3, 4 * finger + 4) for finger in range(len(FINGERS))
)
"""Root to tip of each finger: its three bones lie between these four points."""
