"""`python -m models.synth.picture OUT.png`: a sheet of sampled poses as stick figures, each from two viewpoints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.kinematics import forward_kinematics
from models.skeleton import FEET, JOINT, JOINT_NAMES, PARENTS
from models.synth.body_table import BODIES
from models.synth.procedural import PoseMaker
from models.synth.support import OFFSETS

_TILE = 210  # pixels, each of the two views
_LEFT, _RIGHT, _CENTRE, _RING = (40, 40, 210), (210, 110, 20), (60, 60, 60), (40, 160, 40)  # BGR


def _view(joints: NDArray[np.float64], yaw_rad: float) -> NDArray[np.float64]:
    """Project joints (22, 3), body heights, to pixels (22, 2) in a tile. The camera is on +Z, turned by yaw, and looks
    slightly down."""
    c, s = np.cos(yaw_rad), np.sin(yaw_rad)
    across = c * joints[:, 0] - s * joints[:, 2]
    depth = s * joints[:, 0] + c * joints[:, 2]
    up = joints[:, 1] - 0.12 * depth
    return np.stack([0.5 + across / 1.35, 0.88 - up / 1.35], axis=-1) * _TILE


def draw(joints: NDArray[np.float64], contacts: NDArray[np.float64], label: str = "") -> NDArray[np.uint8]:
    """Draw one pose, joints (22, 3) in body heights with contacts (2,), as a BGR picture (tile, 2 tiles, 3).

    Hips above the origin. Left limbs are red, right ones blue. A green ring marks a foot in contact, a line the floor.
    """
    picture = np.full((_TILE, 2 * _TILE, 3), 250, np.uint8)
    for place, yaw_rad in ((0, 0.35), (1, 0.35 - np.pi / 2)):
        tile = picture[:, place * _TILE : (place + 1) * _TILE]
        points = [(round(16 * x), round(16 * y)) for x, y in _view(joints, yaw_rad)]
        floor = round(0.88 * _TILE)
        cv2.line(tile, (8, floor), (_TILE - 8, floor), (200, 200, 200), 1, cv2.LINE_AA)
        for joint, parent in enumerate(PARENTS[1:], start=1):
            name = JOINT_NAMES[joint]
            colour = _LEFT if name.startswith("Left") else _RIGHT if name.startswith("Right") else _CENTRE
            cv2.line(tile, points[parent], points[joint], colour, 2, cv2.LINE_AA, 4)
        cv2.circle(tile, points[JOINT["Head"]], round(16 * 0.055 / 1.35 * _TILE), _CENTRE, 1, cv2.LINE_AA, 4)
        for foot, touching in zip(FEET, contacts, strict=True):
            if touching > 0:
                cv2.circle(tile, points[foot], 16 * 5, _RING, 1, cv2.LINE_AA, 4)
    cv2.putText(picture, label, (6, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    return picture


def sheet(names: tuple[str, ...], count: int, seed: int) -> NDArray[np.uint8]:
    """Draw `count` poses of each class (of all classes together if no name is given), facing +Z, as one BGR picture."""
    rows = []
    for row, name in enumerate(names or ("",)):
        rng = torch.Generator().manual_seed(seed + row)
        motion = PoseMaker(30.0, (name,) if name else ()).make(count, 32, rng)
        turned, at = motion.rotations[:, -1], motion.root[:, -1].clone()
        at[:, [0, 2]] = 0.0
        ahead = turned[:, 0, :, 2] + 0.5 * turned[:, 0, :, 1] * torch.tensor([1.0, 0.0, 1.0])
        yaw = torch.atan2(ahead[:, 0], ahead[:, 2])
        joints, _ = forward_kinematics(turned, OFFSETS, at)
        c, s = yaw.cos()[:, None], yaw.sin()[:, None]
        x, y, z = joints.unbind(-1)
        joints = torch.stack([c * x - s * z, y, s * x + c * z], dim=-1)
        tiles = [
            draw(*pose, name) for pose in zip(joints.double().numpy(), motion.contacts[:, -1].numpy(), strict=True)
        ]
        across = 8
        tiles += [np.full_like(tiles[0], 250)] * (-len(tiles) % across if len(tiles) > across else 0)
        rows += [np.concatenate(tiles[at : at + across], axis=1) for at in range(0, len(tiles), across)]
    return np.concatenate(rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the picture; return 0, or 1 if it could not be written."""
    parser = argparse.ArgumentParser(prog="python -m models.synth.picture", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT.png")
    parser.add_argument("--pose", action="append", choices=list(BODIES), default=[], help="one row of this class only")
    parser.add_argument("--count", type=int, default=0, help="poses of each class (default: 40 in all, or 4)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    if args.count < 0:
        parser.error(f"--count {args.count}; expected 1 or more")
    names = tuple(args.pose)
    picture = sheet(names, args.count or (4 if names else 40), args.seed)
    done, code = cv2.imencode(".png", picture)
    try:
        args.out.write_bytes(code.tobytes() if done else b"")
    except OSError as error:
        sys.stderr.write(f"{args.out}: cannot be written ({error.strerror}); pass a path in an existing folder\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
