"""Stream settings of a VMC target: presets by receiver, and each setting can be changed in the target's URL.

packets    two: bundles of at most 1200 bytes; one: a single bundle; bare: one message per datagram
positions  real: the person's own; neutral: standard proportions, same body height; none: zeros (only rotations count)
travel     hips: in the Hips bone, Root stays at identity; root: on the floor in Root, Hips keeps the height. Never both
facing     forward: +Z; back: rotated by 180 degrees
fold       bones missing in the avatar, combined with their neighbour: upperchest (with Chest), shoulders (with
           UpperArm)
avatar     the .vrm file of the driven model: its own bones, lengths and expressions, soles on the floor
reach      with avatar=, 1: a hand that touches the performer's body touches the avatar's, whatever its arm length
rotations  with avatar=, relative to what. raw: the bones' own axes; normalised: the T-pose
trunk      own; halved: Chest and UpperChest share their combined rotation equally
speed      maximum radians per second for every joint, with a soft start and the last pose held; 0: no limit
bones      all; upper: without legs and feet, so that the receiver's own pose remains (a desk, a seat)
fingers    1: the finger bones, while hands are tracked; 0: they stay the receiver's own
eyes       bones: LeftEye and RightEye; target: the gaze target (/VMC/Ext/Set/Eye); none
face       naming of the expressions: arkit, camel, vrm0, vrm1 or none       (engine/osc/vmc_expressions.py)
extras     also contacts, bone lengths, confidence of the body and of each part as /VMC/Thru/VTM/...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.osc.options import Options

PACKETS = ("two", "one", "bare")
POSITIONS = ("real", "neutral", "none")
TRAVEL = ("hips", "root")
FACING = ("forward", "back")
FOLDS = ("upperchest", "shoulders")
ROTATIONS = ("raw", "normalised")
BONES = ("all", "upper")
TRUNKS = ("own", "halved")
_FASTEST_RAD_S = 1000.0
EYES = ("bones", "target", "none")
FACES = ("arkit", "camel", "vrm0", "vrm1", "none")


@dataclass(frozen=True, slots=True)
class VmcOptions:
    """Settings of one VMC target."""

    packets: str = "two"
    positions: str = "real"
    travel: str = "hips"
    facing: str = "forward"
    fold: frozenset[str] = frozenset()
    bones: str = "all"
    extras: bool = False
    avatar: str = ""  # a file, as typed by the user; read when the target opens
    rotations: str = "raw"
    reach: bool = False
    trunk: str = "own"
    speed_rad_s: float = 0.0
    fingers: bool = True
    eyes: str = "bones"
    face: str = "vrm0"


def read_vmc_options(options: Options, presets: Mapping[str, VmcOptions]) -> VmcOptions:
    """Return the named preset, changed by the other options. Raises ValueError, one line."""
    preset = presets[options.choice("preset", presets, "generic")]
    avatar = options.text("avatar", "")
    rotations = options.choice("rotations", ROTATIONS, preset.rotations)
    positions = options.choice("positions", POSITIONS, preset.positions)
    if not avatar and rotations != preset.rotations:
        raise ValueError(
            f"rotations={rotations} needs avatar=FILE.vrm: without it every bone's rest pose is the T-pose"
        )
    reach = options.flag("reach", preset.reach)
    if reach and not avatar:
        raise ValueError("reach=1 needs avatar=FILE.vrm: without it the arms are the performer's own")
    if avatar and positions == "neutral":
        raise ValueError("positions=neutral contradicts avatar=, whose own positions are sent; leave it out")
    return VmcOptions(
        packets=options.choice("packets", PACKETS, preset.packets),
        positions=positions,
        travel=options.choice("travel", TRAVEL, preset.travel),
        facing=options.choice("facing", FACING, preset.facing),
        fold=options.several("fold", FOLDS, preset.fold),
        bones=options.choice("bones", BONES, preset.bones),
        extras=options.flag("extras", preset.extras),
        avatar=avatar,
        rotations=rotations,
        reach=reach,
        trunk=options.choice("trunk", TRUNKS, preset.trunk),
        speed_rad_s=options.number("speed", 0, _FASTEST_RAD_S, preset.speed_rad_s),
        fingers=options.flag("fingers", preset.fingers),
        eyes=options.choice("eyes", EYES, preset.eyes),
        face=options.choice("face", FACES, preset.face),
    )
