"""From camera to window: pictures, the people in them, and the input of VTM."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.types.arrays import F32, F64
from models.parts import NUM_PARTS


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture. `captured_at_s`: monotonic clock when live, timestamp in the file when converting."""

    bgr: NDArray[np.uint8]  # (H, W, 3)
    frame_id: int
    captured_at_s: float

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.bgr.shape[1], self.bgr.shape[0]


@dataclass(frozen=True, slots=True)
class OtherPerson:
    """A person in the picture who is not followed: the square around them, pixels."""

    x_px: float  # centre
    y_px: float
    size_px: float


@dataclass(frozen=True, slots=True)
class CropPoints:
    """Points beyond the 23 keypoints from which the crops of hands and face are placed, pixels."""

    knuckles_px: F32  # (2, 2, 2) left, right hand: knuckles of the index and the little finger; x, y
    mouth_px: F32  # (2, 2) left, right corner


@dataclass(frozen=True, slots=True)
class Keypoints2D:
    """One person in one frame. A keypoint that the detector lacks or does not see has score 0."""

    frame_id: int
    captured_at_s: float
    image_size: tuple[int, int]  # (width, height)
    points_px: F32  # (23, 2) x, y
    scores: F32  # (23,) 0..1
    evidence_m: F32 | None = None
    """(27, 3) 3D landmarks of the detector's own network (models.keypoints.EVIDENCE_NAMES), metres, hip-centred, camera
    axes (x right, y down, z forward); NaN for missing landmarks. None: the detector gives no 3D."""
    features: F32 | None = None
    """(16, 512) feature map of the person's crop (models.vtm.evidence). None: not used by the weights, or no crop."""
    others: tuple[OtherPerson, ...] = ()
    crop_points: CropPoints | None = None
    """None: not given by the detector; crops are estimated from the forearm and the face keypoints."""


@dataclass(frozen=True, slots=True)
class NoPerson:
    """The frame was processed and does not show the person who is followed."""

    frame_id: int
    captured_at_s: float
    image_size: tuple[int, int]
    others: tuple[OtherPerson, ...] = ()


Detection = Keypoints2D | NoPerson


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """The person to follow: the one at a point (x, y) of the picture in pixels; None: the next one."""

    point_px: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """Capture thread to pose thread. `source_number` increases with every source that is opened."""

    source_number: int
    frame: Frame
    live: bool = False  # from a camera or stream


@dataclass(frozen=True, slots=True)
class DetectedFrame:
    """Pose thread to solve thread."""

    source_number: int
    frame: Frame
    detection: Detection
    live: bool = False  # from a camera or stream


@dataclass(frozen=True, slots=True)
class Window:
    """Input of VTM: the last seconds on the model's own clock, in the person's view (models.view)."""

    frame_id: int  # of the last frame
    captured_at_s: float  # of the last frame
    keypoints: F32  # (1, T, 23, 3) x, y in box units, score; zeros where missing
    evidence: F32  # (1, T, rows, numbers) see models.vtm.evidence; landmarks (27, 4) in metres; zeros where missing
    box: F32  # (1, 3) centre as a ray, log size
    view_rotation: F64  # (1, 3, 3) view -> camera
    view_size: F64  # (1,) ray units
    confidence: float  # mean of parts_seen, 0..1
    root_visible: bool  # the hips were seen in the last frame
    latency_frames: int = 0  # the answer is for the frame this many before the last
    refined: bool = True  # the answer's limbs are fitted to the keypoints (models.refine)
    parts_seen: F32 = field(default_factory=lambda: np.ones(NUM_PARTS, np.float32))
    """(6,) visibility of each part of models.parts.PART_NAMES in the last frame, 0..1 (models.seen_parts)."""
    motion: F32 | None = None
    """(6,) motion of each part's keypoints, pixels per 1/30 s (models.seen_parts); None: only one frame."""

    @property
    def shown(self) -> F32:
        """Return keypoints (1, 23, 3) of the frame that the answer is for."""
        return self.keypoints[:, -1 - self.latency_frames]
