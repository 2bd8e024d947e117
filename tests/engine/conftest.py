"""Poses of a made-up person, and a UDP socket that waits for what is sent."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.types import Keypoints2D, Pose
from models.camera import Intrinsics
from models.kinematics import forward_kinematics, person_offsets
from models.skeleton import NUM_JOINTS

PoseMaker = Callable[..., Pose]


def _rotations(seed: int, time_s: float, spread_rad: float) -> Rotation:
    """Smooth in time, wild in angle: 22 local rotations."""
    random = np.random.default_rng(seed)
    amplitude = random.uniform(-spread_rad, spread_rad, (NUM_JOINTS, 3))
    phase = random.uniform(0, 2 * np.pi, (NUM_JOINTS, 3))
    return Rotation.from_rotvec(amplitude * np.sin(2.0 * time_s + phase))


@pytest.fixture
def make_pose() -> PoseMaker:
    """make_pose(seed, time_s, tracked=…, frame_id=…) -> a consistent pose: joints follow from rotations and offsets."""

    def make(
        seed: int = 0, time_s: float = 0.0, *, tracked: bool = True, frame_id: int = 0, spread_rad: float = 1.5
    ) -> Pose:
        ratio = np.random.default_rng(seed + 1000).uniform(0.85, 1.15, NUM_JOINTS)
        offsets = person_offsets(ratio, 1.75)
        rotations = _rotations(seed, time_s, spread_rad)
        root = np.array([0.4 * np.sin(time_s), 0.9 + 0.05 * np.cos(3 * time_s), 0.3 * time_s - 1.0])
        joints, _ = forward_kinematics(rotations.as_matrix(), offsets, root)
        R_world_cam = Rotation.from_euler("xyz", [170.0, 5.0, 2.0], degrees=True).as_matrix()
        t_world_cam = np.array([0.1, 1.2, 3.0])
        return Pose(
            frame_id=frame_id,
            captured_at_s=time_s,
            tracked=tracked,
            rotations_xyzw=rotations.as_quat().astype(np.float32),
            root_m=root.astype(np.float32),
            joints_world_m=joints.astype(np.float32),
            joints_cam_m=((joints - t_world_cam) @ R_world_cam).astype(np.float32),
            rest_offsets_m=offsets.astype(np.float32),
            contacts=np.array([0.25, 0.75], np.float32),
            confidence=0.5,
            R_world_cam=R_world_cam.astype(np.float32),
            t_world_cam=t_world_cam.astype(np.float32),
            intrinsics=Intrinsics.from_hfov((640, 480), 1.0),
        )

    return make


@pytest.fixture
def make_detection() -> Callable[..., Keypoints2D]:
    """make_detection(pose) -> the keypoints of the same frame."""

    def make(pose: Pose) -> Keypoints2D:
        random = np.random.default_rng(pose.frame_id)
        points = random.uniform(0, 480, (23, 2)).astype(np.float32)
        return Keypoints2D(pose.frame_id, pose.captured_at_s, (640, 480), points, np.full(23, 0.9, np.float32))

    return make


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    """A bound loopback socket with a short time-out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(2.0)
        yield udp
