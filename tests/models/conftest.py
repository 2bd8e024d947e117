"""For all tests of models/: a small library of made-up clips and sizes of the network that train in seconds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.kinematics import STATURE
from models.mocap.library import CACHE_HZ, MotionLibrary, foot_contacts
from models.skeleton import JOINT, NUM_JOINTS
from models.vtm.config import VTMConfig

FRAMES = 150


@pytest.fixture(autouse=True, scope="session")
def few_threads():
    """Tiny tensors: more threads only wait for each other."""
    try:
        import torch
    except ImportError:  # tests/conftest.py skips what needs it
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def waving(clip: int) -> tuple[np.ndarray, np.ndarray]:
    """Somebody who stands, turns, swings arms and elbows, bends the knees: (150, 22, 4), (150, 3) at 60 Hz."""
    time_s = np.arange(FRAMES) / CACHE_HZ
    rng = np.random.default_rng(clip)
    vectors = np.zeros((FRAMES, NUM_JOINTS, 3))
    wave = np.sin(2 * np.pi * time_s * rng.uniform(0.3, 0.8) + rng.uniform(0, 6))
    vectors[:, JOINT["Hips"], 1] = rng.uniform(-1, 1) + 0.3 * time_s
    vectors[:, JOINT["Chest"], 0] = 0.15 * wave
    vectors[:, JOINT["LeftUpperArm"], 2] = -0.7 + 0.5 * wave
    vectors[:, JOINT["RightUpperArm"], 2] = 0.7 + 0.5 * wave
    vectors[:, JOINT["LeftLowerArm"], 1] = -0.8 - 0.6 * wave  # elbows bend forwards
    vectors[:, JOINT["RightLowerArm"], 1] = 0.8 - 0.6 * wave
    vectors[:, JOINT["LeftUpperLeg"], 0] = -0.3 - 0.3 * wave
    vectors[:, JOINT["LeftLowerLeg"], 0] = 0.4 + 0.3 * wave
    quaternions = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat().reshape(FRAMES, NUM_JOINTS, 4)
    root = np.stack([0.1 * time_s, np.full(FRAMES, 1 / STATURE), 0.05 * wave], axis=-1)
    return quaternions.astype(np.float32), root.astype(np.float32)


@pytest.fixture(scope="session")
def library() -> MotionLibrary:
    """Ten clips; 2 and 9 are for validation, 9 stands for one held out under the other reading too."""
    clips = [waving(clip) for clip in range(10)]
    validation = np.arange(10) % 7 == 2
    return MotionLibrary(
        quaternions=np.concatenate([clip[0] for clip in clips]),
        root=np.concatenate([clip[1] for clip in clips]),
        contacts=np.concatenate([foot_contacts(*clip, CACHE_HZ) for clip in clips]),
        start=np.arange(10) * FRAMES,
        length=np.full(10, FRAMES),
        contact_valid=np.ones(10, bool),
        validation=validation,
        held_out=validation | (np.arange(10) == 5),
        names=tuple(f"clip_{clip}" for clip in range(10)),
    )


@pytest.fixture(scope="session")
def tiny() -> VTMConfig:
    """The smallest network that has every part."""
    return VTMConfig(
        width=16,
        latent=16,
        features=16,
        heads=2,
        window_frames=16,
        context_blocks=1,
    )
