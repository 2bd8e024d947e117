"""The window: the same numbers as in training, on the model's own clock, whatever the camera's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.types import Keypoints2D
from engine.window import MAX_GAP_S, WindowBuilder
from models.camera import Intrinsics
from models.keypoints import KEYPOINT, NUM_EVIDENCE, NUM_KEYPOINTS
from models.view import person_view
from models.vtm.config import VTMConfig

CONFIG = VTMConfig(window_frames=16)
CAMERA = Intrinsics.from_hfov((640, 480), 1.0)
RNG = np.random.default_rng(0)
STILL = RNG.normal(size=(NUM_KEYPOINTS, 2)) * (60, 120) + (330, 250)
SCORES = RNG.uniform(0.5, 1.0, NUM_KEYPOINTS)
LANDMARKS = RNG.normal(size=(NUM_EVIDENCE, 3)) * 0.4
VELOCITY = np.array([40.0, -15.0])  # px per second
HIPS = [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]


def walking(time_s: float) -> np.ndarray:
    return STILL + VELOCITY * time_s


def seen(time_s: float, frame_id: int = 0, **changes: object) -> Keypoints2D:
    fields = {
        "frame_id": frame_id,
        "captured_at_s": time_s,
        "image_size": (640, 480),
        "points_px": walking(time_s).astype(np.float32),
        "scores": SCORES.astype(np.float32),
        "evidence_m": None,
    }
    return Keypoints2D(**(fields | changes))


def filled(times: np.ndarray, make: Callable[..., Keypoints2D] = seen, config: VTMConfig = CONFIG) -> WindowBuilder:
    builder = WindowBuilder(config, CAMERA)
    for index, time_s in enumerate(times):
        builder.push(make(float(time_s), index))
    return builder


def training_view(times: np.ndarray) -> tuple:
    """What training computes of somebody seen at these times: person_view on torch, single precision."""
    torch = pytest.importorskip("torch")
    rays = np.stack([CAMERA.to_rays(walking(time_s)) for time_s in times])
    scores = np.tile(SCORES, (len(times), 1))
    return person_view(torch.from_numpy(rays[None]).float(), torch.from_numpy(scores[None]).float())


def assert_is_training(window, times: np.ndarray, atol: float = 1e-4) -> None:
    view, keypoints = training_view(times)
    np.testing.assert_allclose(window.keypoints, keypoints.numpy(), atol=atol)
    np.testing.assert_allclose(window.box, view.box.numpy(), atol=atol)
    np.testing.assert_allclose(window.view_rotation, view.rotation.numpy(), atol=atol)
    np.testing.assert_allclose(window.view_size, view.size.numpy(), atol=atol)


def clock(end_s: float) -> np.ndarray:
    """The model's frames of a window that ends there."""
    return end_s - np.arange(CONFIG.window_frames - 1, -1, -1) / CONFIG.rate_hz


@pytest.mark.parametrize("start_s", [0.0, 12345.678])
def test_a_30_hz_stream_gives_exactly_what_training_saw(start_s):
    times = start_s + np.arange(40) / 30
    window = filled(times, lambda time_s, index: seen(time_s - start_s, index, captured_at_s=time_s)).window()
    assert_is_training(window, times[-16:] - start_s, atol=1e-5)
    assert window.frame_id == 39
    assert window.captured_at_s == times[-1]
    for name in ("keypoints", "evidence", "box"):
        assert getattr(window, name).dtype == np.float32


@pytest.mark.parametrize("rate_hz", [60.0, 24.0, 25.0, 15.0, 29.97, 120.0])
def test_other_rates_are_resampled_to_the_models_clock(rate_hz):
    times = np.arange(int(rate_hz * 1.2)) / rate_hz
    assert_is_training(filled(times).window(), clock(times[-1]))


def test_jittery_timestamps_are_resampled_too():
    times = np.arange(45) / 30 + np.random.default_rng(1).uniform(-0.012, 0.012, 45)
    assert_is_training(filled(times).window(), clock(times[-1]))


def test_a_stream_that_drops_frames_is_filled_between_them():
    times = np.delete(np.arange(40) / 30, [28, 29, 33, 37])
    assert_is_training(filled(times).window(), clock(times[-1]))


def test_the_last_frame_is_the_newest_one_to_the_last_digit():
    times = np.arange(60) / 47.0
    window = filled(times).window()
    rays = CAMERA.to_rays(walking(times[-1]).astype(np.float32))
    turned = np.concatenate([rays, np.ones((NUM_KEYPOINTS, 1))], -1) @ window.view_rotation[0]
    expected = turned[:, :2] / turned[:, 2:] / window.view_size
    np.testing.assert_allclose(window.keypoints[0, -1, :, :2], expected, atol=1e-5)
    np.testing.assert_allclose(window.keypoints[0, -1, :, 2], SCORES, atol=1e-6)


def test_before_the_person_came_in_nothing_was_seen():
    window = filled(np.arange(5) / 30).window()
    assert not window.keypoints[0, :11].any()
    assert (window.keypoints[0, 11:, :, 2] > 0).all()


@pytest.mark.parametrize("start_s", [0.0, 0.1, 100.0, 1234.5, 26978.6])
def test_a_gap_counts_as_nobody_seen_and_both_its_edges_as_somebody(start_s):
    times = start_s + np.concatenate([np.arange(5), np.arange(13, 18)]) / 30  # away for 9 periods
    window = filled(times, lambda time_s, index: seen(0.0, index, captured_at_s=time_s)).window()
    visible = (window.keypoints[0, ..., 2] > 0).all(-1)
    hidden = (window.keypoints[0] == 0).all((-1, -2))
    shown = np.isclose(clock(times[-1])[:, None], times, rtol=0, atol=1e-6).any(-1)
    assert MAX_GAP_S < 9 / 30
    np.testing.assert_array_equal(visible, shown)
    np.testing.assert_array_equal(hidden, ~shown)


def test_a_short_gap_is_bridged():
    times = np.concatenate([np.arange(10), np.arange(14, 20)]) / 30  # away for 5 periods, 0.17 s
    assert (filled(times).window().keypoints[..., 2] > 0).all()
    assert_is_training(filled(times).window(), clock(times[-1]))


def test_a_keypoint_that_one_of_two_frames_lacks_is_taken_from_the_other_and_not_mixed_with_nothing():
    def blinking(time_s: float, index: int) -> Keypoints2D:
        scores = SCORES.astype(np.float32).copy()
        points = walking(0).astype(np.float32)
        if index % 2:
            scores[7], points[7] = 0.0, 0.0
        return seen(time_s, index, scores=scores, points_px=points)

    window = filled(0.005 + np.arange(40) / 24, blinking).window()
    elbow, shoulder = window.keypoints[0, :, 7], window.keypoints[0, :, 5]
    there = elbow[:, 2] > 0
    assert 0 < there.sum() < 16
    np.testing.assert_allclose(elbow[there, 2], SCORES[7], atol=1e-6)
    np.testing.assert_allclose(elbow[there, :2], np.tile(elbow[there][0, :2], (there.sum(), 1)), atol=1e-5)
    assert (shoulder[:, 2] > 0).all()


def test_keypoints_that_are_not_numbers_count_as_missing():
    def broken(time_s: float, index: int) -> Keypoints2D:
        points, scores = walking(time_s).astype(np.float32), SCORES.astype(np.float32).copy()
        points[HIPS[0]] = np.nan
        points[3, 1] = np.inf
        scores[9] = np.nan
        return seen(time_s, index, points_px=points, scores=scores)

    window = filled(np.arange(20) / 30, broken).window()
    assert np.isfinite(window.keypoints).all()
    for missing in (HIPS[0], 3, 9):
        assert not window.keypoints[0, :, missing].any()
    assert window.keypoints[0, :, 5, 2].all()
    assert np.isfinite(window.confidence)
    assert not window.root_visible


def test_a_person_of_nothing_but_nan_is_nobody():
    nowhere = np.full((NUM_KEYPOINTS, 2), np.nan, np.float32)
    assert filled(np.arange(5) / 30, lambda time_s, index: seen(time_s, index, points_px=nowhere)).window() is None


@pytest.mark.parametrize(("count", "somebody"), [(0, False), (3, False), (4, True), (23, True)])
def test_fewer_than_four_keypoints_are_nobody(count, somebody):
    scores = np.where(np.arange(NUM_KEYPOINTS) < count, 0.8, 0.05).astype(np.float32)
    window = filled(np.arange(5) / 30, lambda time_s, index: seen(time_s, index, scores=scores)).window()
    assert (window is not None) == somebody


def test_only_the_newest_frame_decides_whether_somebody_is_there():
    builder = filled(np.arange(20) / 30)
    builder.push(seen(20 / 30, 20, scores=np.zeros(NUM_KEYPOINTS, np.float32)))
    assert builder.window() is None
    builder.push(seen(21 / 30, 21))
    assert builder.window() is not None


def test_nothing_pushed_or_all_forgotten_is_nobody():
    assert WindowBuilder(CONFIG, CAMERA).window() is None
    builder = filled(np.arange(20) / 30)
    builder.reset()
    assert builder.window() is None
    builder.push(seen(5.0))
    assert not builder.window().keypoints[0, :-1].any()  # nothing of before


def test_a_frame_that_is_not_later_replaces_the_last_one():
    times = np.arange(20) / 30
    builder = filled(times)
    builder.push(seen(float(times[-1]), 99, points_px=(walking(0) + 30).astype(np.float32)))
    expected = filled(times[:-1])
    expected.push(seen(float(times[-1]), 99, points_px=(walking(0) + 30).astype(np.float32)))
    np.testing.assert_array_equal(builder.window().keypoints, expected.window().keypoints)
    assert builder.window().frame_id == 99


def test_a_clock_that_jumps_back_starts_again_from_there():
    builder = filled(100 + np.arange(20) / 30)
    for index, time_s in enumerate(np.arange(20) / 30):
        builder.push(seen(float(time_s), index))
    assert_is_training(builder.window(), clock(19 / 30), atol=1e-5)


def test_evidence_comes_along_on_the_same_clock():
    def moving(time_s: float, index: int) -> Keypoints2D:
        evidence = (LANDMARKS + time_s * np.array([0.3, 0, -0.2])).astype(np.float32)
        evidence[4] = np.nan
        return seen(time_s, index, evidence_m=evidence)

    times = np.arange(30) / 24
    evidence = filled(times, moving).window().evidence[0]
    assert evidence.shape == (16, NUM_EVIDENCE, 4)
    assert not evidence[:, 4].any()
    expected = LANDMARKS + clock(times[-1])[:, None, None] * np.array([0.3, 0, -0.2])
    there = [index for index in range(NUM_EVIDENCE) if index != 4]
    np.testing.assert_allclose(evidence[:, there, :3], expected[:, there], atol=1e-5)
    assert (evidence[:, there, 3] == 1).all()


def test_a_detector_without_3d_gives_zeros_for_evidence():
    assert not filled(np.arange(20) / 30).window().evidence.any()


RESNET = replace(CONFIG, backbone="resnet18")


def looked_at(time_s: float, index: int) -> Keypoints2D:
    """Frame number everywhere in its feature map; landmarks too, which these weights do not read."""
    features = np.full((16, 512), index, np.float32)
    return seen(time_s, index, features=features, evidence_m=LANDMARKS.astype(np.float32))


@pytest.mark.parametrize(("rate_hz", "step"), [(30.0, 1), (60.0, 2), (120.0, 4)])
def test_a_backbones_feature_maps_come_along_with_a_flag(rate_hz, step):
    evidence = filled(np.arange(100) / rate_hz, looked_at, RESNET).window().evidence
    assert evidence.shape == (1, 16, 16, 513)
    assert evidence.dtype == np.float32
    expected = 99 - step * np.arange(15, -1, -1)
    assert (evidence[0, ..., :-1] == expected[:, None, None]).all()
    assert (evidence[..., -1] == 1).all()


def test_a_feature_map_is_that_of_the_nearer_frame_and_never_a_mixture():
    times = np.arange(40) / 24
    evidence = filled(times, looked_at, RESNET).window().evidence[0, :, 0, 0]
    nearest = np.abs(clock(times[-1])[:, None] - times).argmin(1)
    assert (np.abs(evidence - nearest) <= 1).all()  # two frames equally near
    assert (evidence == evidence.round()).all()
    assert evidence[-1] == 39


def test_frames_without_a_crop_are_zeros_and_have_no_flag():
    def now_and_then(time_s: float, index: int) -> Keypoints2D:
        return looked_at(time_s, index) if index % 2 else seen(time_s, index)

    evidence = filled(np.arange(30) / 30, now_and_then, RESNET).window().evidence[0]
    there = evidence.all((1, 2))
    assert there.tolist() == [index % 2 == 1 for index in range(14, 30)]
    assert not evidence[~there].any()


def test_before_the_person_came_in_there_is_no_feature_map():
    evidence = filled(np.arange(5) / 30, looked_at, RESNET).window().evidence[0]
    assert not evidence[:11].any()
    assert (evidence[11:, :, -1] == 1).all()


def test_confidence_is_the_mean_of_all_parts_and_stays_within_one():
    scores = np.where(np.arange(NUM_KEYPOINTS) < 10, 0.8, 0.0).astype(np.float32)
    window = filled(np.arange(5) / 30, lambda time_s, index: seen(time_s, index, scores=scores)).window()
    assert window.parts_seen == pytest.approx([0.8, 0.4, 0.8, 0.48, 0.0, 0.0])
    assert window.confidence == pytest.approx(window.parts_seen.mean())
    assert not window.root_visible
    loud = filled(np.arange(5) / 30, lambda time_s, index: seen(time_s, index, scores=SCORES * 3)).window()
    assert loud.confidence == 1.0
    assert loud.keypoints[..., 2].max() <= 1.0
    assert loud.root_visible


def test_old_frames_are_let_go():
    builder = filled(np.arange(3000) / 60)
    assert len(builder._seen) < 70


def motion_of(speed_px: float, noise_px: float, rate_hz: float = 30.0) -> np.ndarray:
    """Mean motion that windows tell of somebody who moves by so many pixels in 1/30 s, read with noise."""
    rng = np.random.default_rng(3)

    def make(time_s: float, index: int) -> Keypoints2D:
        points = STILL + (speed_px * 30 * time_s, 0.0) + rng.normal(size=STILL.shape) * noise_px
        return seen(time_s, index, points_px=points.astype(np.float32))

    builder, told = WindowBuilder(CONFIG, CAMERA), []
    for index in range(60):
        builder.push(make(index / rate_hz, index))
        window = builder.window()
        if index > 10 and window is not None:
            told.append(window.motion)
    return np.mean(told, axis=0)


@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 60.0])
def test_motion_is_told_whole_at_any_rate(rate_hz: float):
    once, twice = motion_of(1.0, 0.0, rate_hz), motion_of(2.0, 0.0, rate_hz)
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-3)
    assert once.min() == pytest.approx(once.max(), rel=1e-3)
    assert motion_of(1.0, 0.0)[0] == pytest.approx(once[0], rel=1e-3)


def test_noise_is_told_from_motion():
    """Between two frames alone, noise of half a pixel looks like motion of nearly a pixel, and limbs like more."""
    assert motion_of(0.0, 0.5).max() < 0.45 * motion_of(1.5, 0.0).max()


def test_a_gap_before_the_last_frame_tells_nothing_of_motion():
    builder = filled(np.arange(10) / 30)
    builder.push(seen(9 / 30 + MAX_GAP_S + 0.05, 10))
    window = builder.window()
    assert window is not None
    assert window.motion is None
