"""Poses and targets whose packets are kept in golden_packets.npz, so that no packet changes by accident.

Every number of a pose comes from integers, so that no platform rounds it otherwise. To keep new packets (after a change
of the protocol that is meant): `python -m tests.engine.osc.golden_packets` in the checkout.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from engine.osc.targets import parse_target
from engine.osc.vmc import VmcEncoder, VmcFeed
from engine.types import Pose
from models.camera import Intrinsics

FILE = Path(__file__).with_suffix(".npz")
FRAMES = 4
FACE = VmcFeed(calibration=3, blends=(("Joy", 0.25), ("Blink_L", 1.0), ("ü", 0.0)), requests=1)
SELDOM = VmcFeed(status_every=2, root_every=3, bones_every=2, blends_every=2)
FEEDS = {"": VmcFeed(), "#face": FACE, "#seldom": SELDOM}
CASES = (
    "vmc://127.0.0.1",
    "vmc://127.0.0.1#face",
    "vmc://127.0.0.1#seldom",
    "vmc://127.0.0.1?packets=one",
    "vmc://127.0.0.1?packets=bare&extras=1",
    "vmc://127.0.0.1?packets=one&extras=1#face",
    "vmc://127.0.0.1?positions=neutral",
    "vmc://127.0.0.1?positions=none",
    "vmc://127.0.0.1?travel=root",
    "vmc://127.0.0.1?facing=back",
    "vmc://127.0.0.1?facing=back&travel=root&positions=neutral",
    "vmc://127.0.0.1?fold=upperchest,shoulders",
    "vmc://127.0.0.1?fold=shoulders&travel=root&facing=back&extras=1#face",
    "vmc://127.0.0.1?bones=upper&fold=upperchest",
    "vrchat://127.0.0.1?head=full",
    "vrchat://127.0.0.1?trackers=hip,feet,elbows",
    "osc://127.0.0.1",
    "osc://127.0.0.1?prefix=/stage&send=root,tracked,rotations,rate",
    "osc://127.0.0.1?every=2&send=speed,positions,contacts,time",
)
_UNIT = np.array([(1, 2, 2, 4), (0, 0, 3, 4), (1, 1, 1, 1), (2, 2, 1, 4), (4, -2, 2, 1), (4, 3, 0, 0), (0, 0, 0, 1)])


def golden_pose(n: int) -> Pose:
    """Pose number n; its numbers are made up, its quaternions of length 1."""

    def numbers(count: int, step: int, divisor: int) -> np.ndarray:
        return (((np.arange(count) * step + 29 * n) % 251 - 125) / divisor).astype(np.float32)

    quaternions = np.stack([np.roll(_UNIT[(joint + n) % 7], joint + 2 * n) for joint in range(22)])
    quaternions = quaternions * np.where((np.arange(22) + n) % 5 == 0, -1, 1)[:, None]
    offsets = numbers(66, 71, 512).reshape(22, 3)
    offsets[:, 1] = np.where(np.arange(22) < 14, 0.25, -0.25)  # a stature above 0
    return Pose(
        frame_id=n,
        captured_at_s=n / 32,
        tracked=n != 2,
        rotations_xyzw=(quaternions / np.sqrt((quaternions**2).sum(1, keepdims=True))).astype(np.float32),
        root_m=numbers(3, 91, 64),
        joints_world_m=numbers(66, 53, 64).reshape(22, 3),
        joints_cam_m=numbers(66, 11, 64).reshape(22, 3),
        rest_offsets_m=offsets,
        contacts=np.array([0.25, n / 8], np.float32),
        confidence=0.5 + n / 16,
        R_world_cam=np.eye(3, dtype=np.float32),
        t_world_cam=np.zeros(3, np.float32),
        intrinsics=Intrinsics(1.0, 1.0, 0.0, 0.0),
        part_confidence=np.arange(6, dtype=np.float32) / 8,
    )


def datagrams(case: str) -> list[bytes]:
    """All datagrams of FRAMES poses to one target; what follows the # names the feed."""
    url, _, feed = case.partition("#")
    encoder = parse_target(url).encoder()
    if isinstance(encoder, VmcEncoder):
        encoder.feed = FEEDS[f"#{feed}" if feed else ""]
    return [data for n in range(FRAMES) for data in encoder.encode(golden_pose(n), 0.1 + n / 32)]


def kept(case: str) -> list[bytes]:
    """The same as they were when the file was written."""
    with np.load(FILE) as file:
        number = CASES.index(case)
        packed, sizes = file[f"bytes_{number}"].tobytes(), file[f"sizes_{number}"].tolist()
    ends = np.cumsum([0, *sizes]).tolist()
    return [packed[start:end] for start, end in pairwise(ends)]


def _keep() -> None:
    arrays: dict[str, np.ndarray] = {}
    for number, case in enumerate(CASES):
        sent = datagrams(case)
        arrays[f"bytes_{number}"] = np.frombuffer(b"".join(sent), np.uint8)
        arrays[f"sizes_{number}"] = np.array([len(data) for data in sent])
    np.savez_compressed(FILE, **arrays)


if __name__ == "__main__":
    _keep()
