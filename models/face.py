"""Names and indices of faces: the 52 expression scores and the face mesh points that are used.

Published with MediaPipe as data (mediapipe/tasks/cc/vision/face_landmarker/face_blendshapes_graph.cc): the 146 of 478
points that the expression network reads, and the order of its 52 outputs. Names are ARKit's except the first.
"""

from __future__ import annotations

EXPRESSION_NAMES: tuple[str, ...] = (
    *("_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff"),
    *("cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight"),
    *("eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight"),
    *("eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight"),
    *("mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel"),
    *("mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker"),
    *("mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft"),
    *("mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight"),
    *("noseSneerLeft", "noseSneerRight"),
)
EXPRESSION: dict[str, int] = {name: index for index, name in enumerate(EXPRESSION_NAMES)}
NUM_EXPRESSIONS = len(EXPRESSION_NAMES)
NUM_FACE_POINTS = 478


def mirrored_expression(name: str) -> str:
    """Return the name of the same expression on the other side."""
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    if name.endswith("Right"):
        return name.removesuffix("Right") + "Left"
    return name


MIRROR_EXPRESSIONS: tuple[int, ...] = tuple(EXPRESSION[mirrored_expression(name)] for name in EXPRESSION_NAMES)

EXPRESSION_POINTS: tuple[int, ...] = (
    *(0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80),
    *(81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153),
    *(154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249),
    *(251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314),
    *(317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382),
    *(384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473),
    *(474, 475, 476, 477),
)
"""Points that the expression network reads, in its order."""

FOREHEAD, CHIN = 10, 152
UPPER_LIP, LOWER_LIP = 13, 14  # inner edges, in the middle
OUTER_CORNERS = (263, 33)  # of the eyes: left, right
INNER_CORNERS = (362, 133)
UPPER_LIDS, LOWER_LIDS = (386, 159), (374, 145)
IRIS_CENTRES = (473, 468)
"""Left, right eye of the person; in an unmirrored picture the left eye is on the right."""

_FACE_OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152)
FACE_LINES: tuple[tuple[int, ...], ...] = (
    (*_FACE_OVAL, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263),
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33),
    (300, 293, 334, 296, 336),
    (70, 63, 105, 66, 107),
    (474, 475, 476, 477, 474),
    (469, 470, 471, 472, 469),
)
"""Lines drawn of a face: outline, lips outside and inside, eyelids and brows of left and right eye, irises.

Published with MediaPipe (mediapipe/python/solutions/face_mesh_connections.py).
"""
