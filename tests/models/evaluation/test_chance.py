"""Worst over best by chance: exchanged within a motion only, and a view that is really harder stands out."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.chance import worst_over_best_by_chance

VIEWS = (0, 90, 180)
MOTIONS = 30


def clips(of_motion: np.ndarray, of_view: np.ndarray, noise: float = 0.1) -> tuple:
    """Errors of ten frames of every motion from every view."""
    rng = np.random.default_rng(0)
    mean = of_motion[:, None] * of_view * np.exp(noise * rng.normal(size=(len(of_motion), len(of_view))))
    error = np.repeat(mean.ravel(), 10)
    views = list(VIEWS) * len(of_motion)
    motions = [f"{index}.bvh" for index in np.repeat(np.arange(len(of_motion)), len(VIEWS))]
    return error, np.repeat(np.arange(mean.size), 10), views, motions


def test_a_view_that_is_harder_is_not_chance():
    found = worst_over_best_by_chance(*clips(np.ones(MOTIONS), np.array([1.0, 1.0, 1.5])))
    assert found["mean"] < 1.1
    assert found["share"] == 0.0


def test_views_alike_are_chance():
    found = worst_over_best_by_chance(*clips(np.ones(MOTIONS), np.ones(3)))
    assert found["share"] > 0.05


def test_clips_are_exchanged_within_their_motion_only():
    error, clip, views, motions = clips(np.geomspace(1, 100, MOTIONS), np.ones(3), noise=0.0)
    assert worst_over_best_by_chance(error, clip, views, motions) == {"mean": 1.0, "share": 1.0}
    mixed = worst_over_best_by_chance(error, clip, views, ["one motion"] * len(motions))
    assert mixed["mean"] > 1.3


def test_motions_with_one_clip_are_exchanged_with_each_other():
    error, clip, views, motions = clips(np.geomspace(1, 100, MOTIONS), np.ones(3), noise=0.0)
    each = [f"{index}.bvh" for index in range(len(motions))]
    assert worst_over_best_by_chance(error, clip, views, each) == worst_over_best_by_chance(
        error, clip, views, ["one motion"] * len(motions)
    )


def test_one_view_has_no_ratio():
    assert worst_over_best_by_chance(np.ones(9), np.zeros(9, int), [30], ["a"]) is None


def test_a_view_with_too_few_frames_is_no_worst_view():
    """Three clips of two motions; the one at 90 has four frames, all of them terrible."""
    frames, mean = [10, 10, 4], [1.0, 2.0, 50.0]
    error, clip = np.repeat(mean, frames), np.repeat(np.arange(3), frames)
    found = worst_over_best_by_chance(error, clip, [0, 30, 90], ["a", "a", "b"])
    assert found == {"mean": 2.0, "share": 1.0}
    assert worst_over_best_by_chance(error[10:], clip[10:] - 1, [30, 90], ["a", "b"]) is None


def test_views_that_an_exchange_leaves_without_frames_are_told_apart_no_more():
    """Of two clips in each view one has the frames: an exchange can bring too few into both."""
    error, clip = np.repeat([1.0, 1.0, 3.0, 3.0], [4, 1, 4, 1]), np.repeat(np.arange(4), [4, 1, 4, 1])
    found = worst_over_best_by_chance(error, clip, [0, 0, 30, 30], ["a"] * 4)
    assert 1.0 <= found["mean"] <= 3.0


def test_a_clip_without_frames_is_left_out():
    error, clip, views, motions = clips(np.ones(2), np.array([1.0, 2.0, 4.0]), noise=0.0)
    found = worst_over_best_by_chance(error, clip, [*views, 270], [*motions, "x.bvh"])
    assert found == worst_over_best_by_chance(error, clip, views, motions)
    assert found["share"] == pytest.approx(1 / 6, abs=0.05)  # both motions in the same order
