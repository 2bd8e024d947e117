"""BlazePose on pictures with exact truth: accuracy, axes, whom it follows, and when it says that nobody is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import DetectorError
from engine.opencv import cv2
from engine.pose2d.blazepose import BlazePose
from engine.pose2d.blazepose_person import Candidate
from engine.pose2d.following import NEARBY
from engine.pose2d.weights import WeightPaths, installed_weights
from engine.types import Frame, Keypoints2D, NoPerson
from models.keypoints import KEYPOINT, NUM_EVIDENCE, NUM_KEYPOINTS

if TYPE_CHECKING:
    from tests.engine.pose2d.conftest import Demo

LIMBS = {
    side + joint: side.lower() + "_" + keypoint
    for side in ("Left", "Right")
    for joint, keypoint in (
        ("UpperArm", "shoulder"),
        ("LowerArm", "elbow"),
        ("Hand", "wrist"),
        ("UpperLeg", "hip"),
        ("LowerLeg", "knee"),
        ("Foot", "ankle"),
    )
}
LIMB_KEYPOINTS = [KEYPOINT[name] for name in LIMBS.values()]
HIPS = [index for index, name in enumerate(LIMBS.values()) if name.endswith("hip")]
F64 = NDArray[np.float64]


@pytest.fixture(scope="session")
def found(weights: WeightPaths, demo: Demo) -> list[Keypoints2D]:
    detector = BlazePose(weights)
    results = [detector.detect(frame) for frame in demo.frames[::2]]
    assert all(isinstance(result, Keypoints2D) for result in results)
    return [result for result in results if isinstance(result, Keypoints2D)]


def truth_of(demo: Demo, values: F64) -> F64:
    return values[::2][:, [demo.joint_names.index(name) for name in LIMBS]]


def after_procrustes(points: F64, truth: F64) -> F64:
    """(J, 3) moved, turned and scaled onto the truth."""
    p, t = points - points.mean(axis=0), truth - truth.mean(axis=0)
    u, s, vt = np.linalg.svd(p.T @ t)
    signs = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    return (s @ signs) / (p**2).sum() * p @ (u * signs) @ vt + truth.mean(axis=0)


def test_without_the_heatmaps_points_are_less_exact_but_those_of_the_same_person(
    weights: WeightPaths, demo: Demo
) -> None:
    detector = BlazePose(weights)
    assert detector.details == ("heatmap refinement", NEARBY)
    fine = detector.detect(demo.frames[0])
    detector.leave_out(1)
    detector.reset()
    rough = detector.detect(demo.frames[0])
    detector.leave_out(0)
    detector.reset()
    again = detector.detect(demo.frames[0])
    assert isinstance(fine, Keypoints2D)
    assert isinstance(rough, Keypoints2D)
    assert isinstance(again, Keypoints2D)
    moved_px = np.linalg.norm(fine.points_px - rough.points_px, axis=-1)
    assert 0.1 < moved_px.max() < 30
    np.testing.assert_array_equal(again.points_px, fine.points_px)


def test_keypoints_lie_within_three_percent_of_the_persons_height(found: list[Keypoints2D], demo: Demo) -> None:
    points = np.stack([result.points_px[LIMB_KEYPOINTS] for result in found])
    errors = np.linalg.norm(points - truth_of(demo, demo.joints_px), axis=-1) / demo.height_px[::2, None]
    print(f"2D error: median {np.median(errors):.2%}, mean {errors.mean():.2%} of the height")  # noqa: T201
    assert np.median(errors) < 0.015
    assert np.percentile(errors, 95) < 0.05


@pytest.mark.parametrize("size", ["lite", "heavy"])
def test_the_other_sizes_find_the_same_person(size: str, found: list[Keypoints2D], demo: Demo) -> None:
    try:
        paths = installed_weights(size)
    except DetectorError as error:
        pytest.skip(str(error))
    detector = BlazePose(paths)
    assert detector.size == size
    seen = [detector.detect(frame) for frame in demo.frames[:20:2]]
    points = np.stack([result.points_px for result in seen if isinstance(result, Keypoints2D)])
    assert len(points) == 10
    full = np.stack([result.points_px for result in found[:10]])
    apart = np.linalg.norm(points - full, axis=-1)[:, LIMB_KEYPOINTS] / demo.height_px[:20:2, None]
    assert 0.0005 < np.median(apart) < 0.03


def test_evidence_is_in_camera_axes_and_as_good_as_the_network_can_be(found: list[Keypoints2D], demo: Demo) -> None:
    evidence = np.stack([result.evidence_m for result in found if result.evidence_m is not None])[:, LIMB_KEYPOINTS]
    truth = truth_of(demo, demo.joints_cam_m)
    evidence = evidence - evidence[:, HIPS].mean(axis=1, keepdims=True)
    truth = truth - truth[:, HIPS].mean(axis=1, keepdims=True)
    error = np.linalg.norm(evidence - truth, axis=-1).mean()
    aligned = np.stack([after_procrustes(e.astype(np.float64), t) for e, t in zip(evidence, truth, strict=True)])
    aligned_error = np.linalg.norm(aligned - truth, axis=-1).mean()
    print(f"3D evidence: {1000 * error:.1f} mm MPJPE, {1000 * aligned_error:.1f} mm PA")  # noqa: T201
    assert error < 0.090
    assert aligned_error < 0.064


def test_results_have_the_documented_shapes_and_ranges(found: list[Keypoints2D], demo: Demo) -> None:
    result = found[10]
    assert result.evidence_m is not None
    assert result.points_px.shape == (NUM_KEYPOINTS, 2)
    assert result.evidence_m.shape == (NUM_EVIDENCE, 3)
    assert {a.dtype for a in (result.points_px, result.scores, result.evidence_m)} == {np.dtype(np.float32)}
    assert result.scores.min() >= 0
    assert result.scores.max() <= 1
    assert (result.frame_id, result.captured_at_s) == (demo.frames[20].frame_id, demo.frames[20].captured_at_s)
    assert result.image_size == (640, 480)


def test_what_blazepose_lacks_has_score_zero_and_no_evidence(found: list[Keypoints2D]) -> None:
    lacking = [KEYPOINT["left_small_toe"], KEYPOINT["right_small_toe"]]
    assert found[0].evidence_m is not None
    assert np.isnan(found[0].evidence_m[lacking]).all()
    assert np.isfinite(np.delete(found[0].evidence_m, lacking, axis=0)).all()
    assert (found[0].scores[lacking] == 0).all()
    assert np.isfinite(found[0].points_px).all()


def test_a_person_lying_in_the_picture_gets_lying_keypoints_and_lying_evidence(
    weights: WeightPaths, demo: Demo
) -> None:
    upright = demo.frames[0]
    lying = np.ascontiguousarray(np.rot90(upright.bgr, k=-1))  # clockwise: (x, y) -> (479 - y, x)
    a = BlazePose(weights).detect(upright)
    b = BlazePose(weights).detect(Frame(lying, 0, 0.0))
    assert isinstance(a, Keypoints2D)
    assert isinstance(b, Keypoints2D)
    assert a.evidence_m is not None
    assert b.evidence_m is not None
    turned = np.stack([479 - a.points_px[:, 1], a.points_px[:, 0]], axis=-1)
    assert np.median(np.linalg.norm(turned - b.points_px, axis=-1)) < 0.02 * demo.height_px[0]
    turned_m = np.stack([-a.evidence_m[:, 1], a.evidence_m[:, 0], a.evidence_m[:, 2]], axis=-1)
    assert np.nanmedian(np.linalg.norm(turned_m - b.evidence_m, axis=-1)) < 0.08


@pytest.mark.parametrize("kind", ["grey", "noise", "tiny"])
def test_a_picture_without_a_person_is_an_explicit_no_person(kind: str, weights: WeightPaths) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (480, 640, 3), np.uint8)
    picture = {"grey": np.full((480, 640, 3), 120, np.uint8), "noise": noise, "tiny": noise[:8, :8].copy()}[kind]
    result = BlazePose(weights).detect(Frame(picture, 7, 1.5))
    assert result == NoPerson(7, 1.5, (picture.shape[1], picture.shape[0]))


def test_the_person_network_runs_only_while_nobody_is_followed(
    weights: WeightPaths, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = BlazePose(weights)
    searches: list[int] = []
    find = detector._networks._finder.find
    current = 0

    def counting(bgr: NDArray[np.uint8]) -> list[Candidate]:
        searches.append(current)
        return find(bgr)

    monkeypatch.setattr(detector._networks._finder, "find", counting)
    empty = np.full((480, 640, 3), 90, np.uint8)
    pictures = [*(frame.bgr for frame in demo.frames[:4]), empty, *(frame.bgr for frame in demo.frames[4:7])]
    kinds = []
    for current, picture in enumerate(pictures):
        kinds.append(type(detector.detect(Frame(picture, current, current / 30))))
    assert searches == [0, 4, 5]
    assert kinds == [Keypoints2D] * 4 + [NoPerson] + [Keypoints2D] * 3


def two_people(demo: Demo, index: int) -> NDArray[np.uint8]:
    """The demo's person at the left, and once more, smaller, at the right."""
    person = demo.frames[index].bgr[:, 180:460]  # (480, 280)
    picture = np.full((480, 640, 3), 110, np.uint8)
    picture[:, 20:300] = person
    picture[60:420, 380:590] = cv2.resize(person, (210, 360))
    return picture


def hips_x(result: object) -> float:
    assert isinstance(result, Keypoints2D)
    return float(result.points_px[[KEYPOINT["left_hip"], KEYPOINT["right_hip"]], 0].mean())


def test_the_larger_of_two_people_is_followed(weights: WeightPaths, demo: Demo) -> None:
    assert hips_x(BlazePose(weights).detect(Frame(two_people(demo, 0), 0, 0.0))) < 320


def test_a_person_lost_for_a_moment_is_taken_up_again_not_a_larger_one(weights: WeightPaths, demo: Demo) -> None:
    detector = BlazePose(weights)
    alone = two_people(demo, 0)
    alone[:, :320] = 110
    assert hips_x(detector.detect(Frame(alone, 0, 0.0))) > 320
    assert isinstance(detector.detect(Frame(np.full_like(alone, 110), 1, 0.1)), NoPerson)
    assert hips_x(detector.detect(Frame(two_people(demo, 1), 2, 0.2))) > 320
    detector.reset()
    assert hips_x(detector.detect(Frame(two_people(demo, 1), 3, 0.3))) < 320


def test_a_person_gone_for_long_is_forgotten(weights: WeightPaths, demo: Demo) -> None:
    detector = BlazePose(weights)
    alone = two_people(demo, 0)
    alone[:, :320] = 110
    assert hips_x(detector.detect(Frame(alone, 0, 0.0))) > 320
    assert isinstance(detector.detect(Frame(np.full_like(alone, 110), 1, 0.1)), NoPerson)
    assert hips_x(detector.detect(Frame(two_people(demo, 1), 2, 10.0))) < 320


def test_points_outside_the_picture_keep_their_place_with_a_low_score(weights: WeightPaths, demo: Demo) -> None:
    cut = demo.frames[0].bgr[:330]  # the lower legs are cut off
    result = BlazePose(weights).detect(Frame(np.ascontiguousarray(cut), 0, 0.0))
    assert isinstance(result, Keypoints2D)
    ankles = [KEYPOINT["left_ankle"], KEYPOINT["right_ankle"]]
    assert (result.points_px[ankles, 1] > 330).all()
    assert (result.scores[ankles] <= 0.1).all()
    assert (result.scores[[KEYPOINT["left_shoulder"], KEYPOINT["right_shoulder"]]] > 0.8).all()
