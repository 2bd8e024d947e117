"""All user settings as one frozen value; the window sends back a whole new Config."""

from __future__ import annotations

from dataclasses import dataclass

DETECTORS = ("auto", "rtmpose", "blazepose")
DETECTOR_SIZES = ("auto", "lite", "full", "heavy")
"""BlazePose model sizes. auto: live, the largest that keeps the camera's frame rate; converting, heavy."""
BACKENDS = ("auto", "tensorrt", "tensorrt-rtx", "cuda", "openvino", "cpu")
BODIES = ("auto", "whole", "upper", "seated")
"""auto: the legs while they are visible, else a standing stance; others: always the tracked legs, standing, seated."""
NUM_FACE_AT_REST, NUM_FINGER_RANGES = 65, 16
"""Lengths of the stored calibrations: the resting face and the range of ten fingers
(engine.solver.detail_calibration)."""
DETAILS = ("auto", "on", "off")
"""When hands, or the face, are tracked. auto: when there is time for it; on: always, at a lower rate if need be."""
SMOOTHNESS = {"dance": 0.0, "standard": 0.5, "calm": 1.0}
"""Smoothing presets and their values on the slider: 0 is prompt, 1 is smooth."""
ROTATIONS_DEG = (0, 90, 180, 270)
AUTO_ROTATION = -1
"""auto: an upside-down picture is rotated once the performer has been visible for some seconds
(engine.live.upright)."""
COUNTDOWNS_S = (0, 3, 5, 10)
"""Seconds to get into position before a calibration or a take; 0: at once."""
NUM_LENGTHS, LENGTH_LIMITS = 4, (0.05, 0.5)
"""Measured body lengths (engine.solver.measuring): their number, and the allowed range as a fraction of body height."""
DEFAULT_HFOV_DEG = 60.0
DEFAULT_HEIGHT_M = 1.70


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one run. `source`: "" is the first camera or the demo; or an index, a name, a file, a URL or
    "demo"."""

    source: str = ""
    mirror: bool = False
    rotate_deg: int = AUTO_ROTATION  # clockwise rotation of the picture, one of ROTATIONS_DEG; applied before mirroring
    hfov_deg: float = DEFAULT_HFOV_DEG  # field of view of the picture's LONGER side
    intrinsics_file: str | None = None
    height_m: float = DEFAULT_HEIGHT_M
    proportions: tuple[float, ...] = ()  # measured lengths as fractions of the height; (): not measured
    body: str = "auto"  # one of BODIES: how the lower body is shown
    smoothness: float = SMOOTHNESS["standard"]  # 0 prompt .. 1 smooth
    face_at_rest: tuple[float, ...] = ()  # subtracted from the expression (engine.solver.detail_calibration)
    finger_ranges: tuple[float, ...] = ()
    hands: str = "auto"  # one of DETAILS, like `face`
    face: str = "auto"
    detector: str = "auto"
    detector_size: str = "auto"
    backend: str = "auto"
    osc: tuple[str, ...] = ()
    osc_rate_hz: float = 0.0  # steady output rate with predicted poses, up to 120; 0: one pose per camera frame
    vmc_receive: str = ""  # PORT (on this machine only) or HOST:PORT to listen on; "" is off
    countdown_s: int = 0  # one of COUNTDOWNS_S, before each calibration and take
    record_video: bool = False  # save the camera's video beside each take
    take_style: str = "default"  # program to write takes for, where the format has several variants
    pictures_fps: float = 30.0  # for a folder or pattern of pictures, which has no timestamps
    loop: bool = False  # restart a file or the demo when it ends
