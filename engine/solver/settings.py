"""All parameters of the solver in one frozen value, with presets from calm to dance and a slider between them.

Seconds, metres, radians, hertz. A time constant (`_tau_s`) is the time in which a difference falls to 37 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from engine.config import SMOOTHNESS


@dataclass(frozen=True, slots=True)
class SmoothingSettings:
    """One-Euro filters: a low-pass whose cutoff grows with the speed."""

    rotations_cutoff_hz: float = 1.8  # at rest
    rotations_beta: float = 1.3  # Hz per rad/s
    root_cutoff_hz: tuple[float, float, float] = (1.6, 1.6, 0.5)  # ray x, ray y, log depth, at rest
    root_beta: tuple[float, float, float] = (8.0, 8.0, 1.2)  # Hz per unit/s
    unseen_root: float = 0.3  # factor on the root's cutoff while the hips are outside the picture
    still_cutoff: float = 0.08  # factor on every cutoff while the picture does not move
    settled_tau_s: float = 0.2  # at rest: of the running mean that tells a lasting error from noise
    settled_ratios: tuple[float, float] = (0.8, 1.6)  # mean over spread of the error: noise below, lasting above
    still: float = 0.7  # pixels per 1/30 s: below this a part is at rest
    moving: float = 1.3  # above this it moves
    rest_tau_s: float = 0.4  # time constant for accepting rest; motion is accepted at once
    gap_s: float = 0.25  # a longer gap is a loss: the filters restart after it
    reacquire_tau_s: float = 0.12  # decay of the step from the held pose to the new one


@dataclass(frozen=True, slots=True)
class GravitySettings:
    """The running average of up."""

    memory_s: float = 20.0
    doubt_rad: float = math.radians(4.0)  # Huber: beyond this a sample has less weight
    moved_rad: float = math.radians(7.0)  # the camera was rotated if the last `recent_s` differ by this much
    moved_s: float = 2.0  # for this long
    recent_s: float = 0.7
    after_move_s: float = 0.3  # evidence kept then
    unseen_trust: float = 0.35  # without visible legs, the answer's weight against a level camera
    settled_s: float = 1.0  # of evidence with visible legs; afterwards answers without legs are ignored


@dataclass(frozen=True, slots=True)
class FloorSettings:
    """The floor's height, and the body's height over it."""

    percentile: float = 25.0  # of the lowest sole's height
    sample_s: float = 0.1
    samples: int = 200  # 20 s
    settle_s: float = 1.5  # duration of fast convergence
    fast_tau_s: float = 0.25
    slow_tau_s: float = 3.0
    drift_m_per_s: float = 0.04  # at most, once settled
    recent_s: float = 1.5  # the body stands on the lowest foot of this time, longer than a jump
    rise_tau_s: float = 0.25
    rise_limit_m: float = 0.3


@dataclass(frozen=True, slots=True)
class FeetSettings:
    """Feet that carry stand still."""

    hold_contact: float = 0.5  # contact from which a foot is held
    release_contact: float = 0.35  # and below which it is released
    slip_m: float = 0.10  # a held foot slips beyond this distance
    shift_limit_m: float = 0.12  # largest adjustment of the root
    root_fraction: float = 0.9  # fraction of the pull applied to the root; the rest decays
    hold_tau_s: float = 0.10
    free_tau_s: float = 0.40
    release_tau_s: float = 0.12
    ground_tau_s: float = 0.30
    sink_limit_m: float = 0.008  # largest depth of a toe or heel below the floor


@dataclass(frozen=True, slots=True)
class ProportionSettings:
    """The person's bone lengths."""

    ratio_limits: tuple[float, float] = (0.70, 1.40)  # human range of one bone relative to s̄ of the same height
    enough_s: float = 2.5  # of full confidence, after which the lengths are frozen
    prior_s: float = 0.1  # s̄ itself counts as this much evidence
    first_s: float = 0.3  # of evidence, until which the estimate is adopted at once
    change_per_s: float = 0.05
    review_s: float = 0.2  # interval for computing the median
    samples: int = 128
    other_person: float = 0.06  # mean change of the ratios that noise cannot explain


@dataclass(frozen=True, slots=True)
class BodyModeSettings:
    """When an invisible lower body is replaced by a stance."""

    unseen: float = 0.30  # confidence of the legs below which they count as unseen
    seen: float = 0.50  # and above which as seen; between the two nothing changes
    after_s: float = 1.0
    fade_s: float = 0.5


@dataclass(frozen=True, slots=True)
class StartSettings:
    """The first poses wait until the facing is settled."""

    frames: int = 5
    range_rad: float = math.radians(30.0)
    longest_s: float = 0.6


@dataclass(frozen=True, slots=True)
class LostSettings:
    """What is shown of a lost performer."""

    hold_s: float = 0.4  # the last pose is held
    relax_s: float = 1.0  # then eases to rest
    found_s: float = 0.4  # blend from rest to the new pose
    fade_s: float = 1.0  # the confidence falls to 0


@dataclass(frozen=True, slots=True)
class SolverSettings:
    """All of them, by part."""

    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)
    gravity: GravitySettings = field(default_factory=GravitySettings)
    floor: FloorSettings = field(default_factory=FloorSettings)
    feet: FeetSettings = field(default_factory=FeetSettings)
    proportions: ProportionSettings = field(default_factory=ProportionSettings)
    body_mode: BodyModeSettings = field(default_factory=BodyModeSettings)
    start: StartSettings = field(default_factory=StartSettings)
    lost: LostSettings = field(default_factory=LostSettings)
    long_gap_s: float = 2.0  # after which it may be another person
    least_confidence: float = 0.2  # below it nothing is learnt about body, camera or floor


STANDARD = SolverSettings()
CALM = replace(
    STANDARD, smoothing=replace(STANDARD.smoothing, rotations_cutoff_hz=1.0, rotations_beta=0.8, still_cutoff=0.05)
)
DANCE = replace(
    STANDARD, smoothing=replace(STANDARD.smoothing, rotations_cutoff_hz=3.0, rotations_beta=2.2, still_cutoff=0.3)
)
PRESETS = {"calm": CALM, "standard": STANDARD, "dance": DANCE}


def settings_for(smoothness: float) -> SolverSettings:
    """Return the settings for a slider value in 0..1: cutoffs and betas are interpolated geometrically between
    presets."""
    place = min(max(smoothness, 0.0), 1.0)
    if place <= SMOOTHNESS["standard"]:
        start, end, along = DANCE.smoothing, STANDARD.smoothing, place / SMOOTHNESS["standard"]
    else:
        beyond = place - SMOOTHNESS["standard"]
        start, end, along = STANDARD.smoothing, CALM.smoothing, beyond / (1 - SMOOTHNESS["standard"])

    def between(a: float, b: float) -> float:
        return math.exp((1 - along) * math.log(a) + along * math.log(b))

    return replace(
        STANDARD,
        smoothing=replace(
            STANDARD.smoothing,
            rotations_cutoff_hz=between(start.rotations_cutoff_hz, end.rotations_cutoff_hz),
            rotations_beta=between(start.rotations_beta, end.rotations_beta),
            still_cutoff=between(start.still_cutoff, end.still_cutoff),
        ),
    )
