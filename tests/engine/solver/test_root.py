"""The root: exact where it is seen, held back where the hips are outside the picture and only guessed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.solver import Solver
from engine.solver.root import RootFilter, to_camera, to_ray
from engine.types import RawMotion
from models.camera import Intrinsics

MakeRaw = Callable[..., RawMotion]
DT_S = 1 / 30


def test_a_ray_and_a_depth_lead_back_to_the_pixel(intrinsics: Intrinsics):
    root = to_camera(to_ray(np.array([400.0, 100.0]), 1.8, intrinsics), 1.7)
    assert root[2] == pytest.approx(1.8 * 1.7)
    np.testing.assert_allclose(intrinsics.to_pixels(root), [400.0, 100.0])


def trembling(make_raw: MakeRaw, visible: bool) -> list[RawMotion]:
    rng = np.random.default_rng(0)
    return [
        make_raw(
            frame,
            root_px=(np.array([320, 240]) + rng.normal(0, 6, 2)).astype(np.float32),
            root_depth=1.8 * float(np.exp(rng.normal(0, 0.05))),
            root_visible=visible,
        )
        for frame in range(150)
    ]


def test_hips_that_are_guessed_are_smoothed_more_than_hips_that_are_seen(intrinsics: Intrinsics, make_raw: MakeRaw):
    spread = {}
    for visible in (True, False):
        smooth = RootFilter()
        rays = np.stack([smooth(raw, intrinsics, DT_S)[1] for raw in trembling(make_raw, visible)])
        spread[visible] = rays[30:].std(0)
    assert (spread[False] < 0.85 * spread[True]).all()


def test_the_pose_of_hidden_hips_is_the_steadier_one(intrinsics: Intrinsics, make_raw: MakeRaw):
    moved = {}
    for visible in (True, False):
        solver = Solver(intrinsics, 1.7)
        roots = np.stack([solver.solve(raw).root_m for raw in trembling(make_raw, visible)])
        moved[visible] = np.abs(np.diff(roots[30:], axis=0)).mean()
    assert moved[False] < 0.75 * moved[True]
