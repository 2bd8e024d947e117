"""Everything the user can set, as one frozen value; the window sends back a whole new Config."""

from __future__ import annotations

from dataclasses import dataclass

DETECTORS = ("auto", "rtmpose", "blazepose")
DETECTOR_SIZES = ("auto", "lite", "full", "heavy")
"""Of BlazePose. auto: live the largest that keeps the camera's rate, converting the largest."""
BACKENDS = ("auto", "tensorrt", "tensorrt-rtx", "cuda", "openvino", "cpu")
BODIES = ("auto", "whole", "upper", "seated")
"""auto: the legs while they are seen, else a standing stance; the others: always the legs, standing, seated."""
NUM_FACE_AT_REST, NUM_FINGER_RANGES = 65, 16
"""Numbers of a face at rest and of the range of ten fingers (engine.solver.detail_calibration)."""
DETAILS = ("auto", "on", "off")
"""Whether hands, or the face, are looked at. auto: where there is time for it; on: also then, at a lower rate."""
SMOOTHNESS = {"dance": 0.0, "standard": 0.5, "calm": 1.0}
"""Presets of the smoothing, and their places on a slider: 0 is prompt, 1 is smooth."""
ROTATIONS_DEG = (0, 90, 180, 270)
AUTO_ROTATION = -1
"""A picture that is upside down is turned once the performer was seen for some seconds (engine.live.upright)."""
COUNTDOWNS_S = (0, 3, 5, 10)
"""Seconds to get into position before a calibration or a take; 0: at once."""
NUM_LENGTHS, LENGTH_LIMITS = 4, (0.05, 0.5)
"""Of the measured lengths (engine.solver.measuring): how many, and what each may be as a fraction of the height."""
DEFAULT_HFOV_DEG = 60.0
DEFAULT_HEIGHT_M = 1.70


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one run. `source`: "" is the first camera or the demo; an index, a name, a file, a URL or "demo"."""

    source: str = ""
    mirror: bool = False
    rotate_deg: int = AUTO_ROTATION  # the picture is turned clockwise by one of ROTATIONS_DEG, then mirrored
    hfov_deg: float = DEFAULT_HFOV_DEG  # field of view of the picture's LONGER side
    intrinsics_file: str | None = None
    height_m: float = DEFAULT_HEIGHT_M
    proportions: tuple[float, ...] = ()  # measured lengths as fractions of the height (engine.solver.measuring); ()
    body: str = "auto"  # one of BODIES: which lower body is shown
    smoothness: float = SMOOTHNESS["standard"]  # 0 prompt .. 1 smooth
    face_at_rest: tuple[float, ...] = ()  # what is subtracted, as the next (engine.solver.detail_calibration)
    finger_ranges: tuple[float, ...] = ()
    hands: str = "auto"  # one of DETAILS, as the next
    face: str = "auto"
    detector: str = "auto"
    detector_size: str = "auto"
    backend: str = "auto"
    osc: tuple[str, ...] = ()
    osc_rate_hz: float = 0.0  # poses predicted to a steady clock of up to 120 Hz; 0: one per camera frame
    vmc_receive: str = ""  # PORT (on this machine only) or HOST:PORT to listen on; "" is off
    countdown_s: int = 0  # one of COUNTDOWNS_S, before each calibration and take
    record_video: bool = False  # the camera's picture beside each take
    pictures_fps: float = 30.0  # of a folder or pattern of pictures, which have no times of their own
    loop: bool = False  # play a file or the demo again from its start
