"""Moving hands and faces with ground truth: smooth paths between random poses of arms, fingers, jaw, lids, gaze, head.

Every value is a function of time, so the renderer can sample any moment; an exposure averages several of them.
Angles are in degrees. Sides: 0 left, 1 right; the sign of a side is +1 left, -1 right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from models.rendering.full_rig import RiggedPerson

F64 = NDArray[np.float64]
Arms = Literal["raised", "low", "hidden", "talking"]
ARMS: dict[Arms, float] = {"raised": 0.5, "talking": 0.25, "low": 0.1, "hidden": 0.15}
"""Frequency of an arm position, fixed for a clip: in front of chest or face; there half of the time; hanging; behind
the back."""
CURL = np.array([[95.0, 100.0, 65.0], [65.0, 70.0, 40.0]])
"""Flexion from open hand to fist, degrees, of the three bones of a finger and of the thumb. A finger opens to -10."""
_PALM_ROOTS = (2, 3, 4, 5)
_NUM_FACE_MOVES = 5  # jaw, two lids, two gaze angles: what calibration measures on a face at rest


@dataclass(frozen=True, slots=True)
class Track:
    """A keyframed path of n numbers: eased from key to key, held at the ends."""

    times_s: F64  # (K,)
    keys: F64  # (K, n)

    def at(self, time_s: float) -> F64:
        """Return the values (n,) at a time."""
        after = int(np.clip(np.searchsorted(self.times_s, time_s), 1, len(self.times_s) - 1))
        begin, end = self.times_s[after - 1], self.times_s[after]
        ahead = float(np.clip((time_s - begin) / max(end - begin, 1e-6), 0.0, 1.0))
        eased = ahead * ahead * (3 - 2 * ahead)
        result: F64 = (1 - eased) * self.keys[after - 1] + eased * self.keys[after]
        return result


@dataclass(frozen=True, slots=True)
class Performance:
    """The motion of one rendered person: tracks of both arms, both hands' fingers, the face and the trunk."""

    arms: tuple[Track, Track]  # elbow direction (3), forearm direction (3), twist, bend (3) of the wrist
    fingers: tuple[Track, Track]  # curl of thumb to little finger 0..1 (5), spread (1)
    face: Track  # jaw, lids left and right 0..1, gaze left and down, head yaw, pitch, roll
    trunk: Track  # lean forwards, turn

    def at_rest(self) -> Performance:
        """Return the same performance with jaw, lids and gaze at rest throughout."""
        keys = self.face.keys.copy()
        keys[:, :_NUM_FACE_MOVES] = 0.0
        return replace(self, face=replace(self.face, keys=keys))


def draw_performance(rng: np.random.Generator, seconds: float) -> Performance:
    """Draw a random performance of this length."""
    kinds = [list(ARMS)[int(rng.choice(len(ARMS), p=list(ARMS.values())))] for _ in range(2)]
    return Performance(
        (_track(rng, seconds, _arm(kinds[0], 0)), _track(rng, seconds, _arm(kinds[1], 1))),
        (_track(rng, seconds, _curls), _track(rng, seconds, _curls)),
        _track(rng, seconds, _face),
        _track(rng, seconds, lambda r: np.array([r.normal(0, 2), r.normal(0, 6)])),
    )


def _track(rng: np.random.Generator, seconds: float, draw: object) -> Track:
    """Return a track with keys 0.35 to 1.1 s apart; a third of them are held for a while."""
    assert callable(draw)
    times, keys = [0.0], [draw(rng)]
    while times[-1] < seconds:
        if rng.random() < 0.33:
            times.append(times[-1] + float(rng.uniform(0.2, 0.6)))
            keys.append(keys[-1])
        times.append(times[-1] + float(rng.uniform(0.35, 1.1)))
        keys.append(draw(rng))
    return Track(np.array(times), np.array(keys))


def _arm(kind: Arms, side: int) -> object:
    sign = 1.0 if side == 0 else -1.0

    def draw(rng: np.random.Generator) -> F64:
        if kind == "hidden":
            elbow = [sign * 0.35, -0.9, rng.uniform(-0.5, -0.4)]
            forearm = [sign * rng.uniform(-0.9, -0.7), rng.uniform(-0.15, 0.1), rng.uniform(-0.35, -0.25)]
            return np.array([*elbow, *forearm, 0.0, 0.0, 0.0, 0.0])
        if kind == "low" or (kind == "talking" and rng.random() < 0.4):
            elbow = [sign * rng.uniform(0.1, 0.3), -1.0, rng.uniform(-0.1, 0.1)]
            forearm = [sign * rng.uniform(0.0, 0.2), -1.0, rng.uniform(0.0, 0.4)]
        else:
            elbow = [sign * rng.uniform(0.1, 0.7), rng.uniform(-1, -0.3), rng.uniform(0.05, 0.6)]
            forearm = [sign * rng.uniform(-0.3, 0.5), rng.uniform(0.2, 1.0), rng.uniform(0.0, 0.7)]
        twist = sign * rng.uniform(-150, 60)
        return np.array([*elbow, *forearm, twist, *rng.normal(0, 12, 3)])

    return draw


def _curls(rng: np.random.Generator) -> F64:
    kind = rng.choice(["random", "random", "open", "fist", "point", "v", "thumb", "pinch"])
    spread = float(rng.uniform(0, 1)) if kind in ("open", "random", "v") else 0.0
    curls = {
        "open": [0, 0, 0, 0, 0],
        "fist": [0.9, 1, 1, 1, 1],
        "point": [0.9, 0, 1, 1, 1],
        "v": [0.9, 0, 0, 1, 1],
        "thumb": [0, 1, 1, 1, 1],
        "pinch": [0.6, 0.55, 0.2, 0.1, 0.1],
    }.get(str(kind))
    if curls is None:
        together = rng.uniform(0, 1)
        curls = list(np.clip(together + rng.normal(0, 0.2, 5), 0, 1))
    noisy = np.clip(np.array(curls, float) + rng.normal(0, 0.04, 5), 0, 1)
    return np.array([*noisy, spread])


def _face(rng: np.random.Generator) -> F64:
    jaw = float(rng.choice([0.0, rng.uniform(2, 22)]))
    both = float(rng.choice([0.0, 0.0, 0.0, 1.0, rng.uniform(0, 1)]))
    lids = [both, both]
    if rng.random() < 0.12:
        lids[int(rng.integers(2))] = 1.0 - both
    gaze = [rng.uniform(-25, 25), rng.uniform(-15, 15)]
    return np.array([jaw, *lids, *gaze, rng.uniform(-35, 35), rng.uniform(-15, 15), rng.uniform(-14, 14)])


def turn(axis: F64 | list[float], degrees: float) -> F64:
    """Return the rotation (3, 3) about an axis, which need not be of unit length."""
    unit = np.asarray(axis, float) / np.linalg.norm(axis)
    matrix: F64 = Rotation.from_rotvec(np.radians(degrees) * unit).as_matrix()
    return matrix


def aimed(a: F64, b: F64) -> F64:
    """Return the shortest rotation (3, 3) from one direction to another."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    cross, cosine = np.cross(a, b), float(a @ b)
    if cosine < -0.999:
        return turn([0.0, 0.0, 1.0], 180.0)
    skew = np.array([[0, -cross[2], cross[1]], [cross[2], 0, -cross[0]], [-cross[1], cross[0], 0]])
    matrix: F64 = np.eye(3) + skew + skew @ skew / (1 + cosine)
    return matrix


def turns_at(person: RiggedPerson, performance: Performance, time_s: float) -> dict[str, F64]:
    """Return each bone's rotation (3, 3) at a time."""
    lean, twist = performance.trunk.at(time_s)
    turns = {"spine05": turn([1.0, 0.0, 0.0], lean) @ turn([0.0, 1.0, 0.0], twist)}
    for side in range(2):
        turns |= _arm_turns(person, performance.arms[side].at(time_s), side)
        turns |= _finger_turns(person, performance.fingers[side].at(time_s), side)
    return turns | _face_turns(performance.face.at(time_s))


def _face_turns(values: F64) -> dict[str, F64]:
    jaw, left, right, across, down, yaw, pitch, roll = values
    x, y, z = np.eye(3)
    turns = {"jaw": turn(x, jaw), "neck01": turn(y, yaw) @ turn(x, pitch) @ turn(z, roll)}
    for side, lid in ((".L", left), (".R", right)):
        turns["eye" + side] = turn(y, across) @ turn(x, down)
        turns["orbicularis03" + side] = turn(x, 30.0 * lid)
        turns["orbicularis04" + side] = turn(x, -4.0 * lid)
    return turns


def _arm_turns(person: RiggedPerson, values: F64, side: int) -> dict[str, F64]:
    ending = ".L" if side == 0 else ".R"

    def head(name: str) -> F64:
        place: F64 = person.heads[person.rig.row(name + ending)]
        return place

    upper, lower = head("lowerarm01") - head("upperarm01"), head("wrist") - head("lowerarm01")
    knuckles = np.mean([head(f"finger{k}-1") for k in _PALM_ROOTS], axis=0) - head("wrist")
    first = aimed(upper, values[:3])
    second = aimed(first @ lower, values[3:6]) @ first
    axis = second @ lower
    half = turn(axis, values[6] / 2)
    wrist = turn(np.array([0, 0, 1.0]), values[9]) @ turn([0.0, 1.0, 0.0], values[8]) @ turn([1.0, 0, 0], values[7])
    straight = aimed(half @ second @ knuckles, axis)  # the hand continues the forearm, then bends
    hand = wrist @ turn(axis, values[6] / 2) @ half @ _part(straight, 0.5) @ second
    forearm = half @ second
    return {
        "upperarm01" + ending: first,
        "lowerarm01" + ending: first.T @ second,
        "lowerarm02" + ending: second.T @ forearm,
        "wrist" + ending: forearm.T @ hand,
    }


def _part(rotation: F64, share: float) -> F64:
    matrix: F64 = Rotation.from_rotvec(share * Rotation.from_matrix(rotation).as_rotvec()).as_matrix()
    return matrix


def _finger_turns(person: RiggedPerson, values: F64, side: int) -> dict[str, F64]:
    """Return finger rotations: flexion about each finger's own axis, spread about the palm's, thumb across the palm."""
    ending = ".L" if side == 0 else ".R"
    rig = person.rig

    def bone(name: str) -> F64:
        row = rig.row(name + ending)
        length: F64 = person.tails[row] - person.heads[row]
        return length

    knuckles = [person.heads[rig.row(f"finger{k}-1{ending}")] for k in _PALM_ROOTS]
    wrist = person.heads[rig.row("wrist" + ending)]
    palm = np.cross(np.mean(knuckles, axis=0) - wrist, knuckles[3] - knuckles[0])
    palm /= np.linalg.norm(palm)
    if palm @ (person.tails[rig.row("finger1-3" + ending)] - wrist) < 0:
        palm = -palm
    away = 1.0 if np.cross(palm, bone("finger3-1")) @ (knuckles[0] - knuckles[3]) > 0 else -1.0
    turns = {}
    for place, k in enumerate(_PALM_ROOTS):
        curl = values[1 + place]
        axis = np.cross(bone(f"finger{k}-1"), palm)
        spread = turn(palm, away * values[5] * (1 - curl) * (6.0, 1.0, -4.0, -9.0)[place])
        turns[f"finger{k}-1{ending}"] = turn(axis, -10 * (1 - curl) + 85 * curl) @ spread
        turns[f"finger{k}-2{ending}"] = turn(axis, CURL[0, 1] * curl)
        turns[f"finger{k}-3{ending}"] = turn(axis, CURL[0, 2] * curl)
    root = person.heads[rig.row("finger1-1" + ending)]
    axis = np.cross(bone("finger1-1") + bone("finger1-2"), 0.6 * palm + 4 * (knuckles[2] - root))
    for segment, reach in enumerate((25.0, 30.0, 45.0)):
        turns[f"finger1-{segment + 1}{ending}"] = turn(axis, reach * values[0])
    return turns
