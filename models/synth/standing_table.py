"""People on their feet: upright, bent, leaning, squatting, legs apart, on one leg (degrees, see models.synth.body)."""

from __future__ import annotations

from models.synth.body import EASY, Body, Leg

_BALANCE = "sides sides overhead hips prayer hang reach dance wide"
_STRAIGHT = Leg((-3, 8), (0, 8), (0, 20), (0, 10))

STANDING: dict[str, Body] = {
    "stand": Body(9, EASY, _STRAIGHT, into="chair squat bow front one_knee lunge stretch", turn=(-60, 60)),
    "relaxed": Body(
        5, EASY, _STRAIGHT, Leg((5, 25), (3, 15), (0, 25), (5, 40)), roll=(-6, 6), side=(-12, 12), into="stand front"
    ),
    "talk": Body(
        6,
        "gesture gesture gesture open open wave point folded clasped phone",
        _STRAIGHT,
        Leg((0, 15), (0, 14), (0, 22), (0, 25)),
        flex=(-8, 16),
        side=(-10, 10),
        twist=(-22, 22),
        nod=(-20, 25),
        into="stand relaxed",
    ),
    "ankles": Body(2, EASY, Leg((0, 6), (-4, 0), (0, 10), (0, 8)), Leg((5, 12), (-12, -6), (0, 15), (5, 18))),
    "stretch": Body(
        4, "overhead overhead reach dance wide", _STRAIGHT, side=(-25, 25), flex=(-25, 10), twist=(-30, 30)
    ),
    "twisted": Body(4, "reach point across back dance loose", _STRAIGHT, twist=(15, 50), side=(-15, 15), turn=(0, 60)),
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
        EASY + " boxing",
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
}

ONE_LEG: dict[str, Body] = {
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
}
