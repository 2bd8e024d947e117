"""Arm poses as ranges of joint angles in degrees; models.synth.body_table assigns them to bodies.

Elevation (0 hanging, 180 up), plane (0 sideways, 90 forward, below 0 behind), inward rotation, elbow, pronation, wrist
flexion, radial deviation of the wrist (towards the thumb). Ranges stay inside normal joint mobility.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Range: TypeAlias = tuple[float, float]
ARM = ("elevation", "plane", "inward", "elbow", "pronation", "wrist", "thumb")


@dataclass(frozen=True, slots=True)
class Arm:
    """Pose of one arm. `pair`: the other arm does the same."""

    elevation: Range
    plane: Range
    inward: Range
    elbow: Range
    pronation: Range = (-30, 60)
    wrist: Range = (-20, 20)
    thumb: Range = (-10, 10)
    pair: bool = False


ARMS: dict[str, Arm] = {
    "hang": Arm((4, 20), (-10, 60), (-10, 25), (0, 30)),
    "flank": Arm((6, 40), (-40, -8), (-20, 30), (0, 50)),
    "loose": Arm((12, 50), (-20, 80), (-15, 45), (10, 90)),
    "sides": Arm((45, 100), (-20, 35), (-25, 20), (0, 35)),
    "wide": Arm((75, 130), (-12, 20), (-40, 10), (0, 18)),
    "lap": Arm((12, 34), (50, 85), (5, 35), (50, 90), (20, 80)),
    "typing": Arm((18, 38), (60, 85), (5, 25), (70, 98), (50, 85)),
    "desk": Arm((30, 58), (60, 90), (15, 55), (65, 105), (20, 80)),
    "phone": Arm((20, 50), (60, 90), (5, 40), (95, 130), (-30, 40)),
    "gesture": Arm((15, 50), (30, 85), (0, 50), (60, 125), (-30, 70)),
    "open": Arm((18, 48), (5, 50), (-45, -5), (70, 115), (-40, 20)),
    "mouse": Arm((28, 55), (48, 80), (-10, 25), (55, 90), (55, 85)),
    "chin": Arm((38, 62), (72, 96), (12, 42), (122, 145), (-20, 50), (-40, 10)),
    "keyboard": Arm((22, 45), (58, 82), (8, 32), (72, 102), (55, 85), (-25, 5), pair=True),
    "armrest": Arm((16, 34), (10, 45), (0, 30), (60, 95), (10, 60)),
    "folded": Arm((26, 40), (48, 66), (48, 62), (96, 112), (0, 60), pair=True),
    "hips": Arm((38, 55), (-18, 8), (52, 72), (82, 108), (0, 40), (-40, 10)),
    "clasped": Arm((14, 36), (50, 75), (42, 60), (55, 100), (0, 40), pair=True),
    "prayer": Arm((28, 48), (38, 60), (38, 55), (112, 132), (0, 30), (-60, -30), pair=True),
    "wave": Arm((55, 115), (0, 60), (-90, -40), (55, 125), (0, 60)),
    "point": Arm((65, 105), (15, 95), (-30, 30), (0, 22), (0, 80)),
    "reach": Arm((60, 125), (60, 100), (-20, 35), (0, 28), (0, 90)),
    "across": Arm((60, 98), (98, 125), (5, 45), (0, 50), (0, 80)),
    "shoulder": Arm((45, 75), (82, 102), (35, 58), (108, 132), (0, 60)),
    "face": Arm((38, 78), (62, 92), (5, 32), (122, 144), (-40, 40)),
    "head": Arm((108, 150), (0, 35), (-90, -62), (108, 134), (-20, 40)),
    "overhead": Arm((142, 176), (10, 80), (-55, -10), (0, 40), (-20, 60)),
    "cactus": Arm((78, 104), (-8, 20), (-95, -68), (75, 110), (0, 60)),
    "back": Arm((18, 42), (-85, -40), (85, 112), (60, 100), (-30, 30)),
    "dance": Arm((40, 155), (-12, 90), (-70, 45), (8, 105)),
    "boxing": Arm((25, 70), (50, 90), (5, 40), (80, 135), (0, 70)),
    "knees": Arm((38, 72), (68, 92), (0, 35), (8, 40), (30, 80)),
    "floor": Arm((88, 150), (78, 94), (-10, 20), (0, 25), (0, 90)),
    "hug": Arm((55, 80), (78, 92), (15, 40), (30, 70), (0, 60), pair=True),
    "prop": Arm((24, 46), (-105, -50), (-25, 15), (0, 18), (-20, 20), (-75, -45)),
    "front": Arm((78, 96), (84, 96), (-8, 12), (0, 14), (75, 90), (-82, -65), pair=True),
    "up": Arm((152, 174), (60, 90), (-25, 0), (0, 8), (60, 85), (-75, -50), pair=True),
    "behind": Arm((40, 62), (-110, -80), (-15, 15), (0, 15), (-20, 20), (-75, -50), pair=True),
}
