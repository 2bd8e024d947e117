"""VMC performer (protocol 2.7): what a Marionette such as VSeeFace, Warudo, VNyan or EVMC4U needs each frame.

Unity's axes. Bone positions are real: the person's own offset of each bone to its parent. Travel lives in the Hips
position, whose origin is the floor; Root stays at identity, so that no receiver counts travel twice.
"""

from __future__ import annotations

import numpy as np

from engine.outputs.coordinates import SignContinuity, unity_positions, unity_quaternions
from engine.outputs.osc_packing import OscMessage, PacketSet, grouped
from engine.types import F32, Pose
from models.skeleton import JOINT_NAMES, NUM_JOINTS, ROOT

MAX_BUNDLE_BYTES = 1200
_TRANSFORM = "sfffffff"  # name, position, quaternion
_LOADED, _CALIBRATED, _NORMAL_MODE = 1, 3, 0
_IDENTITY = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def vmc_messages() -> list[OscMessage]:
    """The messages of one frame, in the order they are sent."""
    return [
        OscMessage("/VMC/Ext/OK", "iiii"),
        OscMessage("/VMC/Ext/T", "f"),
        OscMessage("/VMC/Ext/Root/Pos", _TRANSFORM, ("root",)),
        *(OscMessage("/VMC/Ext/Bone/Pos", _TRANSFORM, (name,)) for name in JOINT_NAMES),
        OscMessage("/VMC/Ext/Blend/Apply"),
    ]


class VmcEncoder:
    """Pose -> VMC datagrams. Keeps the signs of the frame before: one encoder per target, one thread."""

    def __init__(self) -> None:
        """Lay out the two bundles."""
        self._packets = PacketSet(grouped(vmc_messages(), MAX_BUNDLE_BYTES))
        self._floats = np.zeros(self._packets.num_floats, dtype=np.float32)
        self._floats[1 : 1 + len(_IDENTITY)] = _IDENTITY
        self._bones: F32 = self._floats[1 + len(_IDENTITY) :].reshape(NUM_JOINTS, 7)  # a view
        self._signs = SignContinuity()

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:
        """The datagrams of one frame. `elapsed_s`: since the start; a Unix time would not fit a float32."""
        self._floats[0] = elapsed_s
        self._bones[:, :3] = unity_positions(pose.rest_offsets_m)
        self._bones[ROOT, :3] = unity_positions(pose.root_m)
        self._bones[:, 3:] = self._signs(unity_quaternions(pose.rotations_xyzw))
        return self._packets.pack(self._floats, (_LOADED, _CALIBRATED, _NORMAL_MODE, int(pose.tracked)))
