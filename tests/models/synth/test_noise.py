"""Detector-like errors: correlated, told by the scores, with drops, swaps and flips of the sizes asked for."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch

from models.keypoints import EVIDENCE_NAMES, KEYPOINT, MIRROR_KEYPOINTS, NUM_EVIDENCE, NUM_KEYPOINTS
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import axis_angle_to_matrix
from models.skeleton import NUM_JOINTS
from models.synth.landmarks import place_landmarks
from models.synth.noise import Detected, noisy_keypoints, runs, slow_noise
from models.synth.noisy_evidence import hidden_evidence, noisy_evidence
from models.synth.randomisation import MEASURED

BATCH, FRAMES = 96, 32
KEYPOINT_ERRORS, LANDMARK_ERRORS, CUT = MEASURED.keypoints, MEASURED.landmarks, MEASURED.cut
IN_SIGHT = torch.zeros(BATCH, FRAMES, NUM_EVIDENCE)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def person(yaw: float, distance: float = 3.0, batch: int = BATCH) -> torch.Tensor:
    """(B, T, 27, 3) somebody in the T-pose before a level camera; yaw 0 faces it."""
    offsets = ratio_offsets(torch.ones(NUM_JOINTS))
    rotations = torch.eye(3).repeat(batch, FRAMES, NUM_JOINTS, 1, 1)
    facing = torch.diag(torch.tensor([1.0, -1.0, -1.0]))  # world -> camera
    rotations[:, :, 0] = facing @ axis_angle_to_matrix(torch.tensor([0.0, yaw, 0.0]))
    root = torch.tensor([0.0, 0.0, distance]).expand(batch, FRAMES, 3)
    return place_landmarks(*forward_kinematics(rotations, offsets, root), rng(9), spread=0.0)


def detect(
    points: torch.Tensor, generator: torch.Generator, strength: float = 1.0, beyond: torch.Tensor = IN_SIGHT
) -> Detected:
    """With errors as large as measured."""
    return noisy_keypoints(points, beyond, generator, KEYPOINT_ERRORS, CUT, strength=strength)


def found(*args: object, **more: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Rays, scores, flips."""
    detected = detect(*args, **more)  # type: ignore[arg-type]
    return detected.rays, detected.scores, detected.flipped


def exact(flipped: torch.Tensor) -> Detected:
    """A detector without errors of its own, that exchanges left and right in some frames."""
    zero = torch.zeros(BATCH, FRAMES, NUM_KEYPOINTS)
    return Detected(
        zero[..., None].expand(-1, -1, -1, 2), zero, flipped, zero[..., None].expand(-1, -1, -1, 2), zero > 0
    )


def true_rays(points: torch.Tensor) -> torch.Tensor:
    return points[:, :, :NUM_KEYPOINTS, :2] / points[:, :, :NUM_KEYPOINTS, 2:]


@pytest.mark.parametrize("per_frame", [0.85, 0.93])
def test_slow_noise_is_unit_normal_with_the_autocorrelation_asked_for(per_frame):
    noise = slow_noise((4000, FRAMES), per_frame, rng())
    assert noise.mean().abs() < 0.03
    assert noise.std() == pytest.approx(1.0, abs=0.03)
    for lag in (1, 4):
        found = (noise[:, lag:] * noise[:, :-lag]).mean().item()
        assert found == pytest.approx(per_frame**lag, abs=0.03)


def test_runs_are_on_for_the_share_and_about_the_time_asked_for():
    on = runs(4000, 200, 0.1, 8.0, rng())
    assert on.float().mean() == pytest.approx(0.1, abs=0.01)
    starts = (on[:, 1:] & ~on[:, :-1]).sum()
    mean_frames = on.sum() / starts
    assert 2 < mean_frames < 12
    short = runs(4000, 200, 0.1, 3.0, rng())
    assert short.sum() / (short[:, 1:] & ~short[:, :-1]).sum() < mean_frames


def test_the_same_seed_gives_the_same_noise():
    a, b, c = (detect(person(0.3), rng(seed)) for seed in (4, 4, 5))
    assert all(torch.equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(Detected))
    assert not torch.equal(a.rays, c.rays)


def test_everything_is_finite_and_scores_are_between_zero_and_one():
    rays, scores, flipped = found(person(1.0, distance=0.8), rng(), beyond=IN_SIGHT + 0.1)
    assert rays.shape == (BATCH, FRAMES, NUM_KEYPOINTS, 2)
    assert torch.isfinite(rays).all()
    assert ((scores >= 0) & (scores <= 1)).all()
    assert flipped.shape == (BATCH, FRAMES)


def test_without_strength_the_true_points_come_out_nearly_always():
    points = person(0.2)
    rays, scores, _ = found(points, rng(), strength=0.0)
    wrong = (rays - true_rays(points)).norm(dim=-1) > 1e-6
    assert wrong.float().mean() < 0.01
    assert (scores > 0.1).float().mean() > 0.6  # small toes and such are missing in whole windows


BANDS = ((0.0, 0.004), (0.008, 0.02), (0.05, 1.0))  # rays: right, somewhat wrong, far off


def test_scores_fall_with_the_error():
    points = person(0.2)
    rays, scores, flipped = found(points, rng())
    error = (rays - true_rays(points)).norm(dim=-1)
    counted = (scores > 0) & ~flipped[..., None]
    means = [scores[counted & (error > low) & (error < high)].mean() for low, high in BANDS]
    assert means[0] > means[1] + 0.06 > means[2] + 0.16


def test_errors_grow_with_strength_and_are_of_a_detectors_size():
    points = person(0.2)
    medians = []
    for strength in (0.5, 1.0, 2.0):
        rays, scores, flipped = found(points, rng(), strength)
        error = (rays - true_rays(points)).norm(dim=-1) * 3.0  # of the person's height
        medians.append(error[(scores > 0) & ~flipped[..., None]].median().item())
    assert medians[0] < medians[1] < medians[2]
    assert 0.008 < medians[1] < 0.04


def test_errors_keep_to_themselves_from_frame_to_frame_by_about_085():
    points = person(0.2)
    rays, _, flipped = found(points, rng())
    still = ~flipped.any(1)
    error = (rays - true_rays(points))[still][:, :, [KEYPOINT["left_shoulder"], KEYPOINT["right_shoulder"]]]
    error = error - error.median(1, keepdim=True).values  # the bias of the window away
    now, before = error[:, 1:], error[:, :-1]
    calm = (now.abs() < 0.012) & (before.abs() < 0.012)  # jumps away
    lag = (now * before)[calm].mean() / (now * now)[calm].mean()
    assert 0.65 < lag < 0.92


def test_nearer_people_have_larger_errors_in_the_picture():
    errors = []
    for distance in (2.0, 4.0):
        points = person(0.2, distance)
        rays, _, flipped = found(points, rng())
        errors.append((rays - true_rays(points))[~flipped].norm(dim=-1).median())
    assert errors[0] / errors[1] == pytest.approx(2.0, rel=0.1)


def test_whole_bodies_flip_mostly_seen_from_behind_or_the_side_and_then_left_is_right():
    points = person(3.1)  # the back to the camera
    rays, scores, flipped = found(points, rng(), strength=1.0)
    assert 0.005 < flipped.float().mean() < 0.1
    truth = true_rays(points)
    shoulders = [KEYPOINT["left_shoulder"], KEYPOINT["right_shoulder"]]
    own = (rays - truth).norm(dim=-1)[..., shoulders][flipped].median()
    other = (rays - truth[:, :, list(MIRROR_KEYPOINTS)]).norm(dim=-1)[..., shoulders][flipped].median()
    assert other < 0.5 * own
    assert scores.max() <= 1
    in_front = detect(person(0.0), rng()).flipped
    assert 0 < in_front.float().mean() < 0.5 * flipped.float().mean()


def test_legs_swap_only_in_side_views():
    knees = [KEYPOINT["left_knee"], KEYPOINT["right_knee"]]
    swapped = {}
    for yaw in (0.0, 1.45):
        points = person(yaw)
        points[:, :, knees[0], 0] += 0.2  # far apart, so that a swap is seen
        rays, _, flipped = found(points, rng(), strength=0.3)
        truth = true_rays(points)
        own = (rays - truth).norm(dim=-1)[..., knees].sum(-1)
        other = (rays - truth[:, :, list(MIRROR_KEYPOINTS)]).norm(dim=-1)[..., knees].sum(-1)
        swapped[yaw] = ((other < own) & ~flipped).float().mean()
    assert swapped[0.0] < 0.005
    assert swapped[1.45] > 0.01


def test_what_is_dropped_has_score_zero_and_limbs_legs_and_whole_frames_are():
    _, scores, _ = found(person(0.2), rng())
    gone = scores == 0
    assert 0.05 < gone.float().mean() < 0.5
    assert gone.all(-1).any()  # a frame without anybody
    legs = [i for name, i in KEYPOINT.items() if name.split("_")[-1] in ("knee", "ankle", "toe", "heel")]
    without_legs = gone[..., legs].all(-1) & ~gone[..., KEYPOINT["nose"]]
    assert without_legs.float().mean() > 0.02
    assert (scores[~gone] >= 0.1).all()


def test_what_is_out_of_sight_scores_near_zero_but_for_detectors_that_keep_scoring():
    beyond = IN_SIGHT.clone()
    legs = [KEYPOINT[f"{side}_{name}"] for side in ("left", "right") for name in ("knee", "ankle")]
    beyond[:, :, legs] = 0.4
    scores = found(person(0.0), rng(), beyond=beyond)[1]
    unseen = scores[:, :, legs].amax((1, 2))
    assert (unseen < 0.1).float().mean() == pytest.approx(1 - CUT.scored, abs=0.12)
    assert scores[:, :, KEYPOINT["nose"]].mean() > 0.6


def test_points_of_a_head_err_together_and_so_does_its_depth():
    points = person(0.2)
    eyes = [KEYPOINT["left_eye"], KEYPOINT["right_eye"]]
    error = detect(points, rng()).error.median(1).values  # (B, 23, 2)
    common, own = error[:, eyes].mean(1), error[:, eyes[0]] - error[:, eyes[1]]
    assert common.std() > 2 * own.std() / 2
    evidence = noisy_evidence(points, exact(~SEEN), SEEN, rng(), LANDMARK_ERRORS)
    wrists = [EVIDENCE_NAMES.index(f"left_{name}") for name in ("wrist", "index")]
    depth = (
        (evidence[..., 2] - evidence[:, :, EVIDENCE_NAMES.index("left_elbow"), 2, None])[:, :, wrists].median(1).values
    )
    assert torch.corrcoef(depth.T)[0, 1] > 0.7


def test_the_size_of_the_errors_is_drawn_for_each_window():
    varied = replace(KEYPOINT_ERRORS, level=(1 / 3, 1.0), person_spread=0.0)
    fixed = replace(KEYPOINT_ERRORS, person_spread=0.0)
    sizes = []
    for errors in (varied, fixed):
        detected = noisy_keypoints(person(0.2), IN_SIGHT, rng(), errors, CUT, hide=0.0)
        sizes.append(detected.error[:, :, : KEYPOINT["left_elbow"]].norm(dim=-1).flatten(1).median(1).values)
    assert sizes[0].mean() == pytest.approx(float(sizes[1].mean()) * 2 / 3, rel=0.15)
    assert sizes[0].std() / sizes[0].mean() > 1.15 * sizes[1].std() / sizes[1].mean()


SEEN = torch.ones(BATCH, FRAMES, dtype=torch.bool)


def test_evidence_is_hip_centred_near_the_truth_and_flagged():
    points = person(0.4)
    evidence = noisy_evidence(points, exact(~SEEN), SEEN, rng(), LANDMARK_ERRORS)
    assert evidence.shape == (BATCH, FRAMES, NUM_EVIDENCE, 4)
    present = evidence[..., 3]
    assert set(present.unique().tolist()) == {0.0, 1.0}
    assert not evidence[..., :3][present == 0].any()
    hips = points[:, :, [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]].mean(2, keepdim=True)
    error = (evidence[..., :3] - (points - hips) * 1.7).norm(dim=-1)[present == 1]
    assert 0.03 < error.median() < 0.2
    small_toes = [KEYPOINT["left_small_toe"], KEYPOINT["right_small_toe"]]
    assert not present[:, :, small_toes].any()


def test_frames_without_a_person_have_no_evidence():
    seen = SEEN.clone()
    seen[:, 5] = False
    present = noisy_evidence(person(0.4), exact(~SEEN), seen, rng(), LANDMARK_ERRORS)[..., 3]
    assert not present[:, 5].any()
    assert bool(present[:, 6].any(-1).all())


def test_flipped_frames_have_left_and_right_exchanged_in_the_evidence_too():
    points = person(0.0)
    straight, flipped = (noisy_evidence(points, exact(SEEN & on), SEEN, rng(), LANDMARK_ERRORS) for on in (False, True))
    left, right = (EVIDENCE_NAMES.index(f"{side}_wrist") for side in ("left", "right"))
    here = straight[..., 3].amax((1, 2)) > 0
    assert (straight[here][:, :, left, 0] > straight[here][:, :, right, 0]).all()
    assert (flipped[here][:, :, left, 0] < flipped[here][:, :, right, 0]).all()


def test_in_half_of_the_windows_what_has_no_keypoint_has_no_landmark_either():
    evidence = torch.ones(2000, 4, NUM_EVIDENCE, 4)
    scores = torch.ones(2000, 4, NUM_KEYPOINTS)
    gone = KEYPOINT["left_wrist"]
    scores[:, 2, gone] = 0
    found = hidden_evidence(evidence, scores, rng(), 0.5)
    hands = [EVIDENCE_NAMES.index(name) for name in ("left_wrist", "left_pinky", "left_index")]
    for point in hands:
        assert found[:, 2, point].mean() == pytest.approx(0.5, abs=0.05)
        assert torch.equal(found[:, 2, point], found[:, 2, gone])
    others = [point for point in range(NUM_EVIDENCE) if point not in hands]
    assert found[:, 2, others].all()
    assert found[:, [0, 1, 3]].all()
