"""Which of two people the detector follows: crossing, hiding, side by side, one who walks in.

    python -m engine.bench.two_people PERFORMER.mp4 OTHER.mp4 [--size full] [--rate 15]

Each clip has its *_truth.npz beside it, so the followed person is compared with the true joints of both. A switch is
tolerated for a third of a second; frames on the wrong person after that are counted, and should be 0.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.bench.composed import Cutouts, Placed, composed, cut_out
from engine.pose2d.base import Detector
from engine.types import F64, Detection, Frame, Keypoints2D, PersonChoice
from models.keypoints import KEYPOINT
from models.skeleton import JOINT

FORGIVEN_S = 0.3
SECONDS = 5.0
_POINTS = [KEYPOINT[f"{side}_{name}"] for side in ("left", "right") for name in ("shoulder", "hip")]
_JOINTS = [JOINT[side + name] for side in ("Left", "Right") for name in ("UpperArm", "UpperLeg")]

Place = Callable[[float], tuple[float, float]]
"""Time in 0..1 of the scene -> shift as a fraction of the picture's width, scale."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the performer and the other person are."""

    name: str
    performer: Place
    other: Place
    performer_in_front: bool = False


def _ramp(begin: float, end: float, start: float, stop: float) -> Callable[[float], float]:
    """From `start` to `stop` between two times."""
    return lambda time: start + (stop - start) * min(max((time - begin) / (end - begin), 0.0), 1.0)


def _hiding(time: float) -> tuple[float, float]:
    """In front of the performer from 0.35 to 0.6 of the scene."""
    return _ramp(0.1, 0.35, 0.8, 0.0)(time) + _ramp(0.6, 0.9, 0.0, -0.8)(time), 1.15


SCENES = (
    Scene("crossing in front", lambda _t: (0.0, 1.0), lambda t: (_ramp(0.1, 0.9, 0.7, -0.7)(t), 1.1)),
    Scene("crossing behind", lambda _t: (0.0, 1.0), lambda t: (_ramp(0.1, 0.9, -0.7, 0.7)(t), 0.85), True),
    Scene("hiding", lambda _t: (0.0, 1.0), _hiding),
    Scene(
        "both cross", lambda t: (_ramp(0.2, 0.8, -0.25, 0.25)(t), 1.0), lambda t: (_ramp(0.2, 0.8, 0.3, -0.3)(t), 1.0)
    ),
    Scene("side by side", lambda _t: (-0.13, 1.0), lambda _t: (0.13, 1.0)),
    Scene("walks in later", lambda _t: (-0.1, 0.9), lambda t: (_ramp(0.4, 0.6, 0.8, 0.18)(t), 1.25)),
)


@dataclass(frozen=True, slots=True)
class Followed:
    """One scene, frame by frame: 0 the performer, 1 the other person, -1 nobody."""

    scene: str
    rate_hz: float
    who: tuple[int, ...]

    @property
    def wrong_frames(self) -> int:
        """Frames on the other person, except the first FORGIVEN_S of each time."""
        forgiven, wrong, run = round(FORGIVEN_S * self.rate_hz), 0, 0
        for who in self.who:
            run = run + 1 if who == 1 else 0
            wrong += run > forgiven
        return wrong

    @property
    def longest_on_other_s(self) -> float:
        """The longest time on the other person."""
        longest = run = 0
        for who in self.who:
            run = run + 1 if who == 1 else 0
            longest = max(longest, run)
        return longest / self.rate_hz

    @property
    def share(self) -> float:
        """Fraction of the frames on the performer."""
        return self.who.count(0) / len(self.who)

    @property
    def ends_on_performer(self) -> bool:
        """Whether the last frame is on the performer."""
        return self.who[-1] == 0


def frames_of(scene: Scene, performer: Cutouts, other: Cutouts, rate_hz: float) -> Iterator[tuple[Frame, list[F64]]]:
    """Yield each frame with the true joints of the performer and of the other person."""
    number = round(SECONDS * rate_hz)
    width = performer.room.shape[1]
    for index in range(number):
        time = index / (number - 1)
        who = []
        for people, place, twin in ((performer, scene.performer, False), (other, scene.other, other is performer)):
            shift, scale = place(time)
            later = len(people.pictures) // 2 if twin else 0
            frame = _there_and_back(index + later, len(people.pictures))
            who.append(Placed(people, frame, shift * width, scale, recoloured=twin))
        order = [1, 0] if scene.performer_in_front else [0, 1]
        picture, joints = composed(performer.room, [who[place] for place in order])
        truth = [joints[order.index(0)], joints[order.index(1)]]
        yield Frame(picture, index, index / rate_hz), truth


def _there_and_back(index: int, length: int) -> int:
    around = index % max(2 * length - 2, 1)
    return around if around < length else 2 * length - 2 - around


def follow(scene: Scene, detector: Detector, performer: Cutouts, other: Cutouts, rate_hz: float) -> Followed:
    """Choose the performer in the first frame, like a click, and record who is followed from then on."""
    who: list[int] = []
    detector.reset()
    for frame, (mine, theirs) in frames_of(scene, performer, other, rate_hz):
        if frame.frame_id == 0:
            x_px, y_px = mine[JOINT["Hips"]].tolist()
            detector.choose(PersonChoice((x_px, y_px)))
        who.append(_whose(detector.detect(frame), mine, theirs))
        detector.look_round(frame)
    return Followed(scene.name, rate_hz, tuple(who))


def _whose(found: Detection, mine: F64, theirs: F64) -> int:
    """Return 0, 1 or -1 as in Followed: the person whose trunk is nearer to the found one."""
    if not isinstance(found, Keypoints2D):
        return -1
    trunk = found.points_px[_POINTS].astype(np.float64)
    apart = [float(np.linalg.norm(trunk - joints[_JOINTS], axis=-1).mean()) for joints in (mine, theirs)]
    return int(apart[1] < apart[0])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; print a line of JSON per scene."""
    from engine.pose2d.blazepose import BlazePose
    from engine.pose2d.weights import installed_weights

    parser = argparse.ArgumentParser(prog="python -m engine.bench.two_people", description=__doc__)
    parser.add_argument("performer", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--size", default="full")
    parser.add_argument("--rate", type=int, default=15, choices=(10, 15, 30), help="frames per second, of 30")
    options = parser.parse_args(argv)
    step = 30 // options.rate
    performer, other = (
        cut_out(clip, clip.with_name(f"{clip.stem}_truth.npz"), step) for clip in (options.performer, options.other)
    )
    wrong = 0
    for scene in SCENES:
        detector = BlazePose(installed_weights(options.size), threads=2)
        got = follow(scene, detector, performer, other, float(options.rate))
        wrong += got.wrong_frames
        row = {
            "scene": scene.name,
            "frames": len(got.who),
            "wrong_frames": got.wrong_frames,
            "longest_on_other_s": round(got.longest_on_other_s, 2),
            "on_performer": round(got.share, 2),
            "ends_on_performer": got.ends_on_performer,
        }
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
