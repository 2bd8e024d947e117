"""How bodies stand, sit, kneel, lie and balance, as ranges of joint angles in degrees.

Trunk: pitch of the pelvis (+ forward), roll (+ to the left); spine and neck: flexion (+ forward), side and twist
(+ to the left). Leg: thigh forward (of the world's vertical, or of the pelvis), abduction, outward rotation, knee,
ankle (+ toes up). Ranges stay inside normal joint mobility.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.synth.arm_table import Range

TRUNK = ("pitch", "roll", "flex", "side", "twist", "nod", "tilt", "turn")
LEG = ("thigh", "abduction", "outward", "knee", "ankle")


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg. `world`: the thigh is measured from the vertical, so that the pelvis tilts and rolls above it."""

    thigh: Range
    abduction: Range
    outward: Range
    knee: Range
    ankle: Range = (-20, 5)
    world: bool = True
    planted: bool = True  # the sole lies on the floor and stays there


@dataclass(frozen=True, slots=True)
class Body:
    """A class of poses; the left leg does what `left` says, mirrored in half of the windows."""

    share: float
    arms: str  # names of ARMS, most natural ones first or several times
    left: Leg
    right: Leg | None = None  # None: like the left one
    pitch: Range = (-5, 8)
    roll: Range = (-3, 3)
    flex: Range = (-5, 12)
    side: Range = (-6, 6)
    twist: Range = (-12, 12)
    nod: Range = (-15, 22)
    tilt: Range = (-10, 10)
    turn: Range = (-40, 40)
    alike: float = 0.7  # how far the right leg follows the left one
    rest: str = "Foot"  # what bears the weight: joint names without side
    balanced: bool = True  # the centre of mass is brought above what bears the weight
    chair: bool = False  # the pelvis rests on something that is not the floor
    level: tuple[str, str] | None = None  # joints that are brought to the same height: hands and toes of a plank
    into: str = ""  # poses that are one movement away


_EASY = "hang hang loose hips folded clasped wave point face across shoulder overhead head dance back phone"
_SEATED = "lap lap typing desk folded clasped face wave point head overhead phone across shoulder loose back"
_FLOOR = "lap loose prop hug face clasped overhead wave reach"
_BALANCE = "sides sides overhead hips prayer hang reach dance wide"
_STRAIGHT = Leg((-3, 8), (0, 8), (0, 20), (0, 10))
_SEAT = Leg((72, 96), (0, 25), (-10, 20), (65, 105))

BODIES: dict[str, Body] = {
    "stand": Body(9, _EASY, _STRAIGHT, into="chair squat bow front one_knee lunge stretch", turn=(-60, 60)),
    "relaxed": Body(
        5, _EASY, _STRAIGHT, Leg((5, 25), (3, 15), (0, 25), (5, 40)), roll=(-6, 6), side=(-12, 12), into="stand front"
    ),
    "ankles": Body(2, _EASY, Leg((0, 6), (-4, 0), (0, 10), (0, 8)), Leg((5, 12), (-12, -6), (0, 15), (5, 18))),
    "stretch": Body(
        4, "overhead overhead reach dance wide", _STRAIGHT, side=(-25, 25), flex=(-25, 10), twist=(-30, 30)
    ),
    "twisted": Body(4, "reach point across back dance loose", _STRAIGHT, twist=(15, 50), side=(-15, 15), turn=(0, 60)),
    "chair": Body(
        7,
        _SEATED,
        _SEAT,
        pitch=(-18, 12),
        flex=(-5, 28),
        rest="Hips",
        balanced=False,
        chair=True,
        into="stand lean_chair",
    ),
    "lean_chair": Body(
        4,
        "desk desk typing face phone reach",
        _SEAT,
        pitch=(10, 35),
        flex=(10, 35),
        rest="Hips",
        balanced=False,
        chair=True,
        into="chair",
    ),
    "slouch": Body(
        2,
        _SEATED,
        Leg((65, 85), (0, 20), (-5, 25), (35, 70)),
        pitch=(-38, -18),
        flex=(15, 38),
        rest="Hips",
        balanced=False,
        chair=True,
        into="chair",
    ),
    "tucked": Body(
        2, _SEATED, Leg((65, 85), (0, 25), (0, 15), (100, 125)), pitch=(-8, 25), rest="Hips", balanced=False, chair=True
    ),
    "crossed": Body(
        4,
        _SEATED,
        _SEAT,
        Leg((94, 112), (-22, -10), (-5, 15), (60, 100), (-25, 10), planted=False),
        pitch=(-18, 8),
        flex=(0, 28),
        rest="Hips",
        balanced=False,
        chair=True,
    ),
    "figure4": Body(
        2,
        _SEATED,
        _SEAT,
        Leg((84, 98), (25, 42), (66, 84), (90, 118), (-5, 10), planted=False),
        pitch=(-18, 5),
        flex=(5, 28),
        rest="Hips",
        balanced=False,
        chair=True,
    ),
    "cross_legged": Body(
        4,
        _FLOOR,
        Leg((80, 95), (36, 48), (66, 82), (112, 136), planted=False),
        pitch=(-22, 3),
        flex=(5, 30),
        rest="Hips",
        balanced=False,
    ),
    "long_sit": Body(
        3,
        "prop prop lap reach reach loose overhead",
        Leg((84, 93), (0, 25), (-5, 20), (0, 22), planted=False),
        pitch=(-25, 15),
        flex=(0, 40),
        rest="Hips",
        balanced=False,
    ),
    "knees_up": Body(
        3,
        "hug hug prop lap face",
        Leg((112, 136), (0, 18), (-5, 10), (95, 130)),
        pitch=(-28, -5),
        flex=(10, 38),
        rest="Hips",
        balanced=False,
    ),
    "side_sit": Body(
        3,
        _FLOOR,
        Leg((82, 93), (28, 44), (66, 84), (95, 128), planted=False),
        Leg((80, 92), (12, 28), (-74, -58), (105, 132), planted=False),
        pitch=(-15, 5),
        roll=(-4, 12),
        side=(-18, 5),
        flex=(0, 25),
        rest="Hips",
        balanced=False,
    ),
    "kneel": Body(
        3,
        _EASY,
        Leg((-5, 10), (0, 15), (-5, 10), (82, 98), (-60, -40), planted=False),
        rest="LowerLeg",
        level=("LowerLeg", "Toes"),
        balanced=False,
        into="heels",
        flex=(-15, 15),
    ),
    "heels": Body(
        3,
        _FLOOR,
        Leg((50, 62), (2, 20), (-8, 8), (138, 148), (-55, -35), planted=False),
        pitch=(0, 22),
        rest="LowerLeg",
        balanced=False,
        into="kneel",
    ),
    "one_knee": Body(
        4,
        _EASY + " knees reach",
        Leg((70, 95), (0, 18), (0, 15), (72, 98)),
        Leg((-15, 12), (0, 10), (-5, 10), (75, 100), (-50, 20), planted=False),
        pitch=(-5, 25),
        rest="Foot LowerLeg",
        balanced=False,
        into="",
    ),
    "squat": Body(
        5,
        "reach reach loose clasped knees floor overhead",
        Leg((65, 112), (5, 30), (5, 28), (88, 138)),
        pitch=(10, 45),
        flex=(0, 35),
        into="stand half_squat",
    ),
    "half_squat": Body(
        5,
        "reach loose clasped hips overhead knees",
        Leg((25, 65), (3, 28), (3, 22), (40, 90)),
        pitch=(5, 45),
        flex=(0, 30),
        into="stand squat",
    ),
    "bow": Body(
        5, "hang floor knees loose back clasped sides", _STRAIGHT, pitch=(15, 60), flex=(10, 40), into="stand fold"
    ),
    "fold": Body(
        4,
        "floor floor floor hang back sides",
        Leg((-5, 10), (0, 22), (0, 15), (0, 30)),
        pitch=(55, 98),
        flex=(20, 55),
        nod=(-30, 25),
        into="bow",
    ),
    "lean_side": Body(
        5,
        "overhead reach hips wide hang dance",
        Leg((0, 6), (2, 25), (0, 25), (0, 12)),
        side=(15, 36),
        roll=(0, 16),
        twist=(-20, 20),
    ),
    "lean_back": Body(3, "overhead hips hang wide loose", _STRAIGHT, flex=(-38, -12), pitch=(-20, -4), nod=(-45, 0)),
    "front": Body(
        6,
        _BALANCE,
        Leg((-3, 8), (-3, 4), (0, 15), (0, 18)),
        Leg((25, 100), (-5, 20), (-5, 20), (0, 115), (-45, 5), planted=False),
        pitch=(-14, 10),
        into="stand relaxed kick",
    ),
    "side": Body(
        5,
        _BALANCE,
        Leg((-3, 8), (-4, 8), (0, 20), (0, 18)),
        Leg((-5, 35), (25, 62), (0, 35), (0, 45), (-45, 5), planted=False, world=False),
        roll=(4, 40),
        side=(-28, 10),
        into="stand",
    ),
    "arabesque": Body(
        8,
        _BALANCE,
        Leg((-4, 8), (-3, 5), (0, 15), (0, 20)),
        Leg((-28, 5), (-3, 18), (-5, 22), (0, 45), (-45, 0), planted=False, world=False),
        pitch=(20, 95),
        flex=(-28, 12),
        nod=(-45, 5),
        into="stand relaxed",
    ),
    "dancer": Body(
        2,
        "sides reach overhead prop",
        Leg((-4, 8), (-3, 5), (0, 12), (0, 15)),
        Leg((-32, -5), (0, 18), (-5, 18), (60, 115), (-45, 0), planted=False, world=False),
        pitch=(5, 55),
        flex=(-32, 0),
        nod=(-40, 5),
    ),
    "tree": Body(
        4,
        "prayer prayer overhead sides hips",
        Leg((-3, 5), (-5, 3), (0, 15), (0, 8)),
        Leg((38, 70), (34, 52), (42, 62), (95, 138), (-30, 0), planted=False, world=False),
    ),
    "half_moon": Body(
        3,
        "wide sides reach hips",
        Leg((-4, 8), (0, 8), (5, 25), (0, 15)),
        Leg((-8, 12), (10, 40), (0, 25), (0, 15), (-30, 5), planted=False, world=False),
        roll=(30, 62),
        side=(-10, 15),
    ),
    "kick": Body(
        4,
        "sides loose clasped wide boxing",
        Leg((-8, 10), (-3, 10), (5, 40), (3, 25)),
        Leg((60, 118), (0, 30), (-10, 15), (0, 45), (-45, 5), planted=False),
        pitch=(-32, -4),
        flex=(0, 25),
        into="front",
    ),
    "lunge": Body(
        6,
        _BALANCE + " knees boxing",
        Leg((55, 88), (0, 12), (-5, 15), (60, 98)),
        Leg((-52, -22), (0, 10), (-8, 15), (0, 42)),
        pitch=(-8, 35),
        alike=0.3,
        into="stand stride",
    ),
    "stride": Body(
        3,
        _EASY + " boxing",
        Leg((12, 40), (0, 8), (-3, 15), (3, 30)),
        Leg((-32, -8), (0, 8), (-3, 20), (3, 32)),
        pitch=(-3, 15),
        alike=0.3,
        into="stand lunge",
    ),
    "wide": Body(
        4,
        "wide wide sides overhead hips reach dance",
        Leg((0, 12), (18, 42), (5, 35), (0, 12)),
        side=(-25, 25),
        pitch=(-3, 30),
    ),
    "warrior2": Body(
        5,
        "wide wide sides hips overhead reach",
        Leg((35, 68), (28, 46), (20, 42), (50, 100)),
        Leg((-12, 5), (28, 44), (0, 25), (0, 8)),
        side=(-12, 35),
        turn=(0, 75),
        alike=0.3,
    ),
    "supine": Body(
        3,
        "hang loose wide overhead head clasped face",
        Leg((-5, 12), (0, 22), (0, 30), (0, 18), (-45, -15), world=False, planted=False),
        pitch=(-95, -85),
        flex=(-3, 12),
        level=("UpperChest", "Foot"),
        rest="Hips",
        balanced=False,
    ),
    "supine_knees": Body(
        3,
        "hang loose wide head clasped face reach",
        Leg((42, 68), (0, 15), (-5, 10), (82, 118), world=False),
        pitch=(-95, -85),
        flex=(-3, 25),
        rest="Hips",
        balanced=False,
    ),
    "legs_up": Body(
        2,
        "hang loose reach head",
        Leg((55, 108), (0, 30), (0, 15), (0, 60), (-45, 0), world=False, planted=False),
        pitch=(-98, -85),
        flex=(0, 35),
        rest="Hips",
        balanced=False,
    ),
    "prone": Body(
        2,
        "flank flank cactus cactus head",
        Leg((-12, 3), (0, 20), (-5, 25), (0, 90), (-50, -30), world=False, planted=False),
        pitch=(84, 93),
        flex=(-30, 0),
        nod=(-40, 0),
        turn=(-60, 60),
        level=("UpperChest", "LowerLeg"),
        rest="Hips",
        balanced=False,
        alike=0.4,
    ),
    "on_side": Body(
        3,
        "reach clasped face phone boxing",
        Leg((0, 60), (-5, 5), (-5, 10), (5, 85), world=False, planted=False),
        Leg((5, 85), (-5, 15), (-5, 10), (5, 95), world=False, planted=False),
        roll=(80, 92),
        side=(-15, 10),
        flex=(0, 30),
        rest="Hips",
        balanced=False,
    ),
    "plank": Body(
        3,
        "front",
        Leg((-8, 6), (0, 10), (-3, 5), (0, 8), (0, 22), world=False, planted=False),
        pitch=(68, 84),
        flex=(-8, 10),
        nod=(-30, 5),
        rest="Hand Toes",
        balanced=False,
        level=("Hand", "Toes"),
        into="",
    ),
    "all_fours": Body(
        3,
        "front",
        Leg((75, 100), (0, 10), (-5, 5), (80, 98), (-50, -10), world=False, planted=False),
        pitch=(78, 95),
        flex=(-18, 28),
        nod=(-35, 25),
        rest="Hand LowerLeg",
        balanced=False,
        level=("Hand", "LowerLeg"),
    ),
    "down_dog": Body(
        2,
        "up",
        Leg((65, 98), (0, 12), (-3, 8), (0, 25), (0, 28), world=False, planted=False),
        pitch=(112, 135),
        flex=(-12, 12),
        nod=(-10, 20),
        rest="Hand Toes",
        balanced=False,
        level=("Hand", "Toes"),
    ),
    "bridge": Body(
        2,
        "hang wide",
        Leg((-8, 25), (0, 15), (-5, 8), (80, 112), (0, 20), world=False, planted=False),
        pitch=(-122, -98),
        flex=(-8, 10),
        nod=(5, 40),
        rest="Hips",
        balanced=False,
        level=("UpperArm", "Foot"),
    ),
    "crab": Body(
        1,
        "behind",
        Leg((35, 85), (0, 15), (-5, 8), (75, 105), (-10, 15), world=False, planted=False),
        pitch=(-85, -50),
        flex=(-8, 15),
        nod=(0, 40),
        rest="Hand Foot",
        balanced=False,
        level=("Hand", "Foot"),
    ),
    "handstand": Body(
        1,
        "up",
        Leg((-12, 25), (0, 25), (-3, 10), (0, 40), (-45, -10), world=False, planted=False),
        pitch=(172, 188),
        flex=(-18, 5),
        nod=(-30, 0),
        rest="Hand",
        alike=0.4,
    ),
}
