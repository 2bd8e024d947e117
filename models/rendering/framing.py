"""Cameras that frame a person: pictures cropped at a height of the body, and webcams on a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.rendering.clip import Cut
from models.rendering.views import rolled
from models.skeleton import JOINT

F64 = NDArray[np.float64]

_DISTANCE_M: dict[Cut, tuple[float, float]] = {
    **{"whole": (1.9, 5.0), "legs": (1.1, 3.5), "waist": (0.75, 2.8)},
    **{"chest": (0.6, 2.2), "shoulders": (0.5, 1.6)},
}
"""Nearest and farthest camera for an adult, by what is in the picture."""
_NARROWEST_DEG, _WIDEST_DEG = 26.0, 92.0
_STEPS = 25
_LOWEST_M = 0.1


@dataclass(frozen=True, slots=True)
class Stance:
    """Position of a person, averaged over a clip. World, metres."""

    top: F64  # (3,) top of the head
    head: F64  # (3,) middle of the face
    middle: F64  # (3,) middle of the trunk
    hips: float  # height
    shoulders: float  # height
    height: float  # body height when standing
    floor: float  # lowest point of the body

    @staticmethod
    def of(outline: F64, joints: F64, height: float) -> Stance:
        """Return the mean position for an outline (N, K, 3) and joints (N, 22, 3) of a person of `height`."""
        head = joints[:, JOINT["Head"]].mean(0)
        shoulders = joints[:, [JOINT["LeftUpperArm"], JOINT["RightUpperArm"]]].mean((0, 1))
        hips = joints[:, 0].mean(0)
        face = head + np.array([0.0, 0.035 * height, 0.0])
        return Stance(
            top=head + np.array([0.0, 0.1 * height, 0.0]),
            head=face,
            middle=(shoulders + hips) / 2,
            hips=float(hips[1]),
            shoulders=float(shoulders[1]),
            height=height,
            floor=float(np.percentile(outline[..., 1].min(1), 10)),
        )


def cut_height(cut: Cut, who: Stance, rng: np.random.Generator) -> float:
    """Return the height at which the picture crops the body, metres."""
    trunk = who.shoulders - who.hips
    if cut == "whole":
        return who.floor - rng.uniform(0.02, 0.1) * who.height
    if cut == "legs":
        return who.hips - rng.uniform(0.06, 0.8) * max(who.hips - who.floor, 0.1)
    low, high = {"waist": (0.16, 0.4), "chest": (0.45, 0.78), "shoulders": (0.84, 1.0)}[cut]
    return who.hips + rng.uniform(low, high) * trunk


def framed(scenes: Any, who: Stance, cut: Cut, size: tuple[int, int], rng: np.random.Generator, yaw: float) -> Any:
    """Return a camera at `yaw` degrees, zoomed so that its picture spans from above the head down to `cut`."""
    width, height = size
    bottom = cut_height(cut, who, rng)
    pitch = rng.normal(2, 8) if rng.random() < 0.75 else rng.uniform(-18, 28)
    near, far = _DISTANCE_M[cut]
    distance = (near + (far - near) * rng.random() ** 1.5) * max(who.height, 1.2) / 1.75
    pixel = width * (0.5 + rng.normal(0, 0.06)), rng.uniform(0.03, 0.22) * height
    roll = rng.normal(0, 2.5) if rng.random() < 0.8 else rng.uniform(-18, 18)
    middle = np.array([who.middle[0], (who.top[1] + bottom) / 2, who.middle[2]])
    lowest = np.array([who.middle[0], bottom, who.middle[2]])
    for _ in range(_STEPS):
        position = _orbit(middle, yaw, pitch, distance)
        hfov = _zoomed(scenes, position, who.top, lowest, pixel, size)
        if hfov < _WIDEST_DEG:
            break
        distance *= 1.1
    return rolled(aimed(scenes, position, who.top, pixel, size, max(hfov, _NARROWEST_DEG)), roll)


def _zoomed(
    scenes: Any, position: F64, top: F64, lowest: F64, pixel: tuple[float, float], size: tuple[int, int]
) -> float:
    """Return the horizontal field of view in degrees that puts `lowest` at the lower edge of the picture."""
    low, high = 10.0, _WIDEST_DEG
    for _ in range(_STEPS):
        hfov = (low + high) / 2
        camera = aimed(scenes, position, top, pixel, size, hfov)
        seen = camera.to_camera(lowest)
        below = seen[2] < 0.05 or camera.project(seen)[1] > size[1]
        low, high = (hfov, high) if below else (low, hfov)
    return hfov


def webcam(scenes: Any, who: Stance, top: float, size: tuple[int, int], rng: np.random.Generator) -> Any:
    """Return a laptop's camera that looks up from a table of height `top`, or a monitor's that looks level or down."""
    width, height = size
    laptop = rng.random() < 0.55
    rise, away = (
        (rng.uniform(0.16, 0.3), rng.uniform(0.38, 0.8))
        if laptop
        else (rng.uniform(0.38, 0.65), rng.uniform(0.45, 1.1))
    )
    hfov = rng.uniform(52, 92)
    side = rng.normal(0, 0.1) if rng.random() < 0.7 else rng.uniform(-0.6, 0.6)  # or on a second screen
    position = who.head + np.array([side, 0.0, away])
    position[1] = top + rise
    pixel = width * (0.5 + rng.normal(0, 0.08)), height * rng.uniform(0.18, 0.55)
    camera = aimed(scenes, position, who.head, pixel, size, hfov)
    return rolled(camera, rng.normal(0, 2.0) if rng.random() < 0.85 else rng.uniform(-15, 15))


def aimed(
    scenes: Any, position: F64, target: F64, pixel: tuple[float, float], size: tuple[int, int], hfov: float
) -> Any:
    """Return a level camera at `position`, turned so that the target appears near a pixel of the picture."""
    position = np.array([position[0], max(position[1], _LOWEST_M), position[2]])
    width, height = size
    focal = width / 2 / np.tan(np.radians(hfov) / 2)
    across, down, ahead = (target - position) * [1, -1, 1]
    yaw = np.arctan2(across, ahead) - np.arctan2(-(pixel[0] - width / 2), focal)
    pitch = np.arctan2(down, np.hypot(across, ahead)) - np.arctan2(pixel[1] - height / 2, focal)
    forward = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    right = np.array([-np.cos(yaw), 0.0, np.sin(yaw)])
    rotation = np.stack([right, np.cross(forward, right), forward])
    intrinsics = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])
    return scenes.Camera(intrinsics, rotation, -rotation @ position)


def _orbit(target: F64, yaw: float, pitch: float, distance: float) -> F64:
    """Return a point (3,) on an orbit. Degrees; yaw 0 faces a person who faces +Z, pitch above 0 looks down."""
    y, p = np.radians([yaw, pitch])
    return np.asarray(target + distance * np.array([np.sin(y) * np.cos(p), np.sin(p), np.cos(y) * np.cos(p)]))


def cut_of(joints_px: F64, size: tuple[int, int]) -> Cut:
    """Return where the picture's edge crops the person, for joints in pixels (N, 22, 2) and their median frame."""

    def inside(points: F64) -> bool:
        within = (points > 0) & (points < np.array(size))
        return bool(np.median(within.all(-1)) >= 0.5)

    def middle(left: str, right: str) -> F64:
        return np.asarray(joints_px[:, [JOINT[left], JOINT[right]]].mean(1))

    hips, shoulders = middle("LeftUpperLeg", "RightUpperLeg"), middle("LeftUpperArm", "RightUpperArm")
    feet = [joints_px[:, JOINT[name]] for name in ("LeftFoot", "RightFoot", "LeftLowerLeg", "RightLowerLeg")]
    if inside(hips):
        return "whole" if all(inside(foot) for foot in feet) else "legs"
    if inside(hips + 0.42 * (shoulders - hips)):
        return "waist"
    return "chest" if inside(hips + 0.82 * (shoulders - hips)) else "shoulders"
