"""What the people in a clip do: recorded and procedural motion, standing talkers, sitters, independent heads."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.mocap.library import MotionLibrary
from models.rendering.clip import FPS, ClipStyle, Kind
from models.rendering.heads import moved_head
from models.rotations import axis_angle_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, NUM_JOINTS, UPPER
from models.synth.body_table import BODIES
from models.synth.motion import MotionBatch
from models.synth.poses import MotionSampler
from models.synth.procedural import PoseMaker

F64 = NDArray[np.float64]

TALKERS = re.compile(
    r"Talk|Idle|Confused|Greeting|Reject|wave|traffic|signal|Interact|Listening|18_|19_", re.IGNORECASE
)
"""Recorded clips of people who stand and gesture, by name."""
_STANDING = ("stand", "relaxed", "ankles", "twisted")
_AT_TABLE = ("chair", "lean_chair", "tucked")
_TEMPI = (0.55, 1.0, 1.0, 1.7)
"""Speed of procedural motion."""
_OWN_HEAD: dict[Kind, float] = {"whole": 0.4, "steep": 0.3, "behind": 0.3, "talk": 0.75, "seat": 0.65, "desk": 0.8}
"""Fraction of the clips with independent head motion; for evaluation as for `talk`."""
_GESTURES = 0.35
"""Fraction of the seated people with a recorded upper body."""
_UPRIGHT = 0.85
"""Minimum cosine of the trunk's lean for people in cropped evaluation pictures."""
_TRIES = 12
_ARMS_AND_HEAD = [joint for joint in UPPER if JOINT_NAMES[joint] not in ("Hips", "Spine", "Chest")]


@dataclass(frozen=True, slots=True)
class Act:
    """T frames of motion on s̄: local rotations (T, 22, 3, 3), Hips in the world; root (T, 3) in body heights."""

    rotations: F64
    root: F64
    seated: bool


class Actors:
    """Motion for a seed and a kind of clip. Raises LibraryError when the library has no clip of the split."""

    def __init__(self, library: MotionLibrary, style: ClipStyle) -> None:
        clips = library.clips(validation=style.validation).tolist()
        self._frames = style.frames
        self._any = MotionSampler(library, clips, rate_hz=FPS, variety=1.0, varied=style.varied)
        self._recorded = MotionSampler(
            library, clips, rate_hz=FPS, variety=1.0, procedural=0.0, varied=0.0 if style.validation else style.varied
        )
        talkers = [clip for clip in clips if TALKERS.search(library.names[clip])]
        self._talkers = MotionSampler(
            library, talkers or clips, rate_hz=FPS, variety=1.0, procedural=0.0, varied=style.varied / 2
        )
        seats = tuple(name for name, body in BODIES.items() if body.chair)
        self._stand, self._sit, self._work = (
            [PoseMaker(FPS * tempo, only=only) for tempo in _TEMPI] for only in (_STANDING, seats, _AT_TABLE)
        )

    def act(self, kind: Kind, seed: int) -> Act:
        """Return the motion for a seed."""
        torch_rng = torch.Generator().manual_seed(seed)
        rng = np.random.default_rng([seed, 100])
        if kind == "hold":
            return held(self._frames, rng)
        seated = kind in ("seat", "desk") or (kind == "cuts" and rng.random() < 0.3)
        if seated:
            act = self._seated(kind == "desk" or (kind == "cuts" and rng.random() < 0.5), rng, torch_rng)
        elif kind == "cuts":
            source = self._recorded if rng.random() < 0.7 else self._stand[int(rng.integers(len(_TEMPI)))]
            act = self._upright(source, torch_rng)
        elif kind == "talk":
            act = self._drawn(
                self._talkers if rng.random() < 0.45 else self._stand[int(rng.integers(len(_TEMPI)))], torch_rng
            )
        else:
            act = self._drawn(self._any, torch_rng)
        if rng.random() < _OWN_HEAD.get(kind, _OWN_HEAD["talk"]):
            act = Act(moved_head(act.rotations, FPS, rng), act.root, seated)
        return act

    def _upright(self, source: MotionSampler | PoseMaker, rng: torch.Generator) -> Act:
        """Return the first of several draws with an upright trunk; otherwise a standing person."""
        for _ in range(_TRIES):
            act = self._drawn(source, rng)
            if upright(act):
                return act
        return self._drawn(self._stand[0], rng)

    def _seated(self, at_table: bool, rng: np.random.Generator, torch_rng: torch.Generator) -> Act:
        """Return a person on a chair; some with the gestures of a standing recording."""
        maker = (self._work if at_table else self._sit)[int(rng.integers(len(_TEMPI)))]
        act = self._drawn(maker, torch_rng, seated=True)
        if rng.random() >= _GESTURES:
            return act
        gestures = self._drawn(self._talkers if rng.random() < 0.7 else self._recorded, torch_rng)
        rotations = act.rotations.copy()
        rotations[:, _ARMS_AND_HEAD] = gestures.rotations[:, _ARMS_AND_HEAD]
        return Act(rotations, act.root, seated=True)

    def _drawn(self, source: MotionSampler | PoseMaker, rng: torch.Generator, seated: bool = False) -> Act:
        made: MotionBatch
        if isinstance(source, PoseMaker):
            made = source.make(1, self._frames, rng)
        else:
            made = source.sample(1, self._frames, rng)
        return Act(made.rotations[0].double().numpy(), made.root[0].double().numpy(), seated)


def held(frames: int, rng: np.random.Generator) -> Act:
    """Return a held T- or A-pose: arms slightly forward or bent, legs apart, swaying by a degree."""
    sway = np.sin(np.linspace(0, rng.uniform(2, 6), frames) + rng.uniform(0, 6))[:, None, None]
    rotations = np.tile(np.eye(3), (frames, NUM_JOINTS, 1, 1))
    lowered, forward, bent, apart = rng.uniform((0, -8, 0, 1), (55, 12, 12, 9))
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        own = rng.normal(0, 2, 4)
        for joint, axis, degrees in (
            ("UpperArm", (0.0, 0.0, -sign), lowered + own[0]),
            ("UpperArm", (0.0, -sign, 0.0), forward + own[1]),
            ("LowerArm", (0.0, -sign, 0.0), bent + abs(own[2])),
            ("UpperLeg", (0.0, 0.0, sign), apart + own[3]),
        ):
            turn = np.radians(degrees + sway[:, 0, 0] * rng.uniform(0.3, 1.5))[:, None] * np.array(axis)
            matrices = axis_angle_to_matrix(torch.from_numpy(turn)).numpy()
            rotations[:, JOINT[side + joint]] = matrices @ rotations[:, JOINT[side + joint]]
    return Act(rotations, np.zeros((frames, 3)), seated=False)


def upright(act: Act) -> bool:
    """Return whether the trunk is within 30 degrees of vertical, as needed for pictures cropped at the chest."""
    turned = act.rotations[:, 0] @ act.rotations[:, JOINT["Spine"]] @ act.rotations[:, JOINT["Chest"]]
    return bool(np.median(turned[:, 1, 1]) > _UPRIGHT)


def in_place(root: F64, frames: int = 15) -> F64:
    """Remove slow travel over the floor from (T, 3), as on a treadmill, for cropped pictures."""
    kernel = np.ones(2 * frames + 1) / (2 * frames + 1)
    padded = np.pad(root[:, [0, 2]], ((frames, frames), (0, 0)), mode="edge")
    slow = np.stack([np.convolve(padded[:, axis], kernel, mode="valid") for axis in range(2)], axis=1)
    still = root.copy()
    still[:, [0, 2]] -= slow
    return still
