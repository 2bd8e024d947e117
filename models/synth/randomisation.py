"""All random parameters of training windows, in one frozen dataclass.

It is part of TrainSettings, so it is stored in the checkpoint and in the sidecar of the exported weights. The tables of
poses (models.synth.arm_table, standing_table, seated_table, low_table) hold ranges of joint angles; their weights in a
batch are here. Lengths are in body heights unless a suffix says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class People:
    """Body proportions. Each spread is the standard deviation of the logarithm, drawn independently of the others.

    Source: ANSUR II (Gordon et al., NATICK/TR-15/007, 2014), 4,082 men and 1,986 women, also for sitting height. By its
    standard deviations and correlations, lengths relative to body height vary by about 2.7 % for acromion to radiale
    (upper arm), 3.5 % for radiale to stylion (forearm), 4.3 % for the biacromial breadth and 2 to 3 % for thigh and
    shank. The spreads here are 1.5 times as wide, since rigs and people also differ in where their joints are placed.
    Children (3 to 9 years): sitting height 0.535 to 0.595 of the body height, short arms, large heads.
    """

    children: float = 0.12  # fraction of the people
    long_legged: float = 0.09  # fraction of the adults
    sitting_height: float = 0.5235  # adults' mean, relative to body height
    sitting_height_long_legged: float = 0.509
    sitting_height_spread: float = 0.0145
    child_sitting_height: Range = (0.535, 0.595)
    child_head_share: float = 0.27  # the head's part of the additional length of a child's upper body
    child_arms: float = 0.955
    child_feet: float = 1.04
    arms: float = 0.025  # shared by upper arm and forearm
    upper_arm: float = 0.040
    forearm: float = 0.045
    shoulder_width: float = 0.065
    hip_width: float = 0.09
    thigh: float = 0.035
    shank: float = 0.035
    foot: float = 0.045
    head: float = 0.05
    any_bone: float = 0.015  # in addition, per bone
    landmark_scale: float = 1.0  # factor on the spreads in models.synth.landmarks, where a detector puts its points
    blazepose_landmarks: float = 0.75  # fraction of windows with BlazePose's points, not annotators'
    landmark_symmetry: float = 0.8  # fraction of their variance shared by left and right


@dataclass(frozen=True, slots=True)
class Cameras:
    """Cameras that see the whole person or most of the body."""

    pitch_near_deg: float = 10.0  # standard deviation of a normal distribution
    pitch_wide_deg: Range = (-25.0, 48.0)  # drawn uniformly for `pitch_wide` of the windows
    pitch_wide: float = 0.6
    roll_near_deg: float = 3.0
    roll_wide_deg: Range = (-35.0, 35.0)
    roll_wide: float = 0.35
    hfov_deg: Range = (35.0, 90.0)
    fit: float = 0.62  # a person fills the picture at this distance divided by the tangent of half the field of view
    far: float = 0.75  # fraction of the windows from farther away, up to `farthest` times
    farthest: float = 3.5
    nearest: float = 0.45
    distance: Range = (0.7, 4.7)
    wrong_focal: float = 0.5  # fraction of the windows with an unknown focal length
    wrong_focal_spread: float = 0.15  # standard deviation of its logarithm


@dataclass(frozen=True, slots=True)
class CutViews:
    """Upper bodies in front of a webcam: everything below some height is outside the picture or behind a desk."""

    fraction: float = 0.35  # of the windows
    by_desk: float = 0.35  # of these: cut by a horizontal plane in the world, not by the picture's edge
    at_shoulders: float = 0.25  # of these: cut between neck and armpits
    at_waist: float = 0.4  # of these: cut between chest and mid-thigh; the rest at the chest
    shoulders: Range = (0.02, 0.13)  # the cut's height below the Neck joint
    chest: Range = (0.13, 0.30)
    waist: Range = (0.30, 0.52)
    headroom: Range = (0.03, 0.30)  # space above the head, fraction of the visible height
    hfov_deg: Range = (50.0, 95.0)
    distance: Range = (0.22, 1.4)  # nearest and farthest camera
    pitch_deg: Range = (-30.0, 32.0)  # negative: a laptop that looks up
    roll_spread_deg: float = 4.0
    frontal: float = 0.8  # fraction of the windows within `yaw_spread_deg` of the front
    yaw_spread_deg: float = 28.0
    facing: float = 0.6  # fraction of the recorded motions turned so that the camera is in front of them
    soft: float = 0.2  # distance beyond the edge at which a point is entirely guessed
    guessed_size: Range = (0.35, 1.05)  # size of invisible limbs, mostly too small
    guessed_truth: Range = (0.0, 0.6)  # how closely an entirely guessed limb follows the true one
    scored: float = 0.2  # fraction of the windows whose detector scores guessed points (others: near zero)
    score_exponent: Range = (-4.0, -1.2)  # base-10 logarithm of the near-zero scores


@dataclass(frozen=True, slots=True)
class Poses:
    """Variation of recorded motion, and procedural motion."""

    speed: float = 1.5  # largest factor of the playback speed of recorded motion
    procedural: float = 0.28  # fraction of the windows that is procedural
    seated: float = 2.2  # weight of the seated classes relative to the others
    varied: float = 0.45  # fraction of the recorded windows with random rotations
    mixed: float = 0.35  # fraction of these with a limb from another clip
    arm: float = 0.4
    elbow: float = 0.35
    legs: float = 0.12
    leg: float = 0.22
    knee: float = 0.18
    spine: float = 0.4
    tilt: float = 0.3
    roll_over: float = 0.08
    head: float = 0.5  # fraction of all windows with independent head motion
    turn_deg: float = 70.0  # limits
    side_deg: float = 40.0
    nod_deg: float = 40.0
    head_mixture: float = 0.5  # fraction of these uniform within the limits; the others are normal with a third of them
    head_rate_hz: Range = (0.1, 1.2)


@dataclass(frozen=True, slots=True)
class PointError:
    """2D error of a keypoint: its size, factor when hidden, fraction of outlier frames."""

    size: float
    hidden: float
    far: float


@dataclass(frozen=True, slots=True)
class KeypointErrors:
    """BlazePose's 2D errors on rendered people; `level` scales all of them, drawn once per window."""

    level: Range = (1 / 3, 1.05)
    shoulder: PointError = PointError(0.0085, 1.4, 0.002)
    elbow: PointError = PointError(0.0090, 4.0, 0.04)
    wrist: PointError = PointError(0.0072, 5.0, 0.04)
    hip: PointError = PointError(0.0095, 1.4, 0.002)
    knee: PointError = PointError(0.0090, 2.6, 0.015)
    ankle: PointError = PointError(0.0090, 3.5, 0.025)
    toe: PointError = PointError(0.0115, 3.0, 0.015)
    heel: PointError = PointError(0.0110, 3.0, 0.012)
    head: PointError = PointError(0.0100, 1.5, 0.004)
    alike_head: float = 0.85  # fraction of the variance shared by the points of a head
    alike_shoulders: float = 0.65
    alike_hips: float = 0.5
    alike_foot: float = 0.35
    person_spread: float = 0.4  # standard deviation of the logarithm of a window's level
    outside: float = 3.5  # additional factor outside the picture
    far_size: float = 0.12
    far_frames: float = 4.0
    stays: float = 1.0  # part of an error that is constant over a window
    slow: float = 0.8  # part that is correlated from frame to frame
    jitter: float = 0.12
    slow_per_frame: float = 0.85  # autocorrelation
    informative_scores: float = 0.5  # fraction of the windows whose scores decrease with the error
    leg_swaps: float = 0.08
    flips: float = 0.10
    flips_often: float = 0.35
    flips_anywhere: float = 0.3


@dataclass(frozen=True, slots=True)
class LandmarkError:
    """Error of a 3D landmark in the picture plane and in depth, metres."""

    across_m: float
    depth_m: float


@dataclass(frozen=True, slots=True)
class LandmarkErrors:
    """The 3D errors of the detector's own network; `level` and `depth_level` are drawn once per window."""

    level: Range = (0.25, 1.1)
    depth_level: Range = (0.25, 1.1)  # flattening of limbs, tilt of the body, error in depth
    hip: LandmarkError = LandmarkError(0.010, 0.010)
    shoulder: LandmarkError = LandmarkError(0.012, 0.032)
    elbow: LandmarkError = LandmarkError(0.014, 0.050)
    knee: LandmarkError = LandmarkError(0.020, 0.050)
    wrist: LandmarkError = LandmarkError(0.018, 0.080)
    hand: LandmarkError = LandmarkError(0.018, 0.080)
    foot: LandmarkError = LandmarkError(0.016, 0.068)
    head: LandmarkError = LandmarkError(0.020, 0.055)
    alike_head: float = 0.85
    alike_hand: float = 0.92
    alike_foot: float = 0.85
    alike_shoulders: float = 0.65
    person_spread: float = 0.5
    size_spread: float = 0.05
    hidden: float = 1.5
    varying: tuple[float, float, float] = (0.6, 0.6, 0.9)
    reach: Range = (-0.15, 0.25)  # mean and spread of the additional apparent extent of a limb in depth
    tilt_rad: tuple[float, float, float] = (0.08, 0.08, 0.03)
    tilt_varying_rad: tuple[float, float, float] = (0.06, 0.06, 0.02)
    missing_with_keypoint: float = 0.7  # fraction of the windows where a missing keypoint has no landmark either


@dataclass(frozen=True, slots=True)
class RecordedErrors:
    """Recorded windows (rendered people). A detector's real errors are reduced by a factor drawn once per window."""

    level: Range = (1 / 3, 1.0)
    as_recorded: float = 0.4  # fraction of the windows left unchanged
    largest: float = 0.12  # windows with a larger mean error are left unchanged: they show a flip or another person


@dataclass(frozen=True, slots=True)
class RecordedChanges:
    """Recorded windows (rendered people) in other poses. Standard deviations, drawn once per window; a quarter of a
    joint's also varies over time."""

    fraction: float = 0.8  # of the windows
    largest: float = 1.5  # a window's factor on the sizes below is drawn uniformly up to this
    largest_error: float = 0.08  # windows with a larger mean error of the keypoints are left unchanged
    mixed: float = 0.35  # of these, the fraction whose left arm is another window's; likewise right arm and head
    arm_rad: float = 0.4
    elbow_rad: float = 0.4
    leg_rad: float = 0.15
    knee_rad: float = 0.2
    spine_rad: float = 0.07  # each of three joints
    head_rad: float = 0.15  # each of two joints
    yaw_rad: float = 0.3
    tilt_rad: float = 0.1
    distance: float = 0.15  # of the logarithm
    bone: float = 0.05  # of the logarithm


@dataclass(frozen=True, slots=True)
class Randomisation:
    """All random parameters of training windows."""

    people: People = field(default_factory=People)
    cameras: Cameras = field(default_factory=Cameras)
    cut: CutViews = field(default_factory=CutViews)
    poses: Poses = field(default_factory=Poses)
    keypoints: KeypointErrors = field(default_factory=KeypointErrors)
    landmarks: LandmarkErrors = field(default_factory=LandmarkErrors)
    recorded: RecordedErrors = field(default_factory=RecordedErrors)
    changes: RecordedChanges = field(default_factory=RecordedChanges)


def measured(*, cut: float = 0.0) -> Randomisation:
    """Return settings for validation and tables: errors as large as measured, and a fraction `cut` of cut views."""
    return Randomisation(
        cut=CutViews(fraction=cut),
        keypoints=KeypointErrors(level=(1.0, 1.0)),
        landmarks=LandmarkErrors(level=(1.0, 1.0), depth_level=(1.0, 1.0)),
    )


MEASURED = measured()
PEOPLE = People()
CAMERAS = Cameras()
POSES = Poses()
