"""The camera of the avatar's window shows what its framing says, of models of any size."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from app.window.avatar.framing import FOV_DEG, distance_m, fov_across_deg, framing
from app.window.avatar.looks import FRAMINGS
from engine.avatar.mesh import Model, Shape
from engine.avatar.model import read_model

DATA = Path(__file__).parents[3] / "engine" / "avatar" / "data"


def _highest(model: Model, shape: Shape) -> float:
    points = np.concatenate([shape.positions, np.ones((len(shape.positions), 1))], axis=1)
    placed = np.einsum("vij,vj->vi", model.joints.binds[shape.joints[:, 0]], points)
    return float(placed[:, 1].max())


@pytest.mark.parametrize("name", ["adult_1.0", "child_0.0"])
def test_the_whole_body_fits_and_nearer_framings_show_less(name: str) -> None:
    model = read_model(DATA / f"{name}.vrm")
    frames = {one: framing(model, one) for one in FRAMINGS}
    whole, upper, head = frames["whole"], frames["upper"], frames["head"]
    head_m = model.rest["Head"][1]
    assert whole.centre_m - whole.span_m / 2 < 0.0
    highest = max(_highest(model, shape) for shape in model.shapes)
    assert highest < whole.centre_m + whole.span_m / 2 < highest + 0.25 * whole.span_m
    arm = np.linalg.norm(model.rest["RightHand"] - model.rest["RightUpperArm"])
    assert whole.centre_m + whole.span_m / 2 > model.rest["RightUpperArm"][1] + 1.25 * arm, "a raised hand is seen"
    assert upper.centre_m - upper.span_m / 2 < model.rest["Hips"][1] < whole.centre_m + whole.span_m / 2
    assert whole.span_m > upper.span_m > head.span_m > 0.1
    assert head.centre_m - head.span_m / 2 < head_m < head.centre_m + head.span_m / 2
    assert (head.bone, whole.bone) == ("Head", "Hips")


@pytest.mark.parametrize("size", [(540, 720), (1920, 1080), (300, 1000)])
def test_the_height_of_the_window_shows_the_span_whatever_its_shape(size: tuple[int, int]) -> None:
    across = math.tan(math.radians(fov_across_deg(*size)) / 2) * distance_m(2.0)
    assert across * size[1] / size[0] == pytest.approx(1.0)
    assert fov_across_deg(500, 500) == pytest.approx(FOV_DEG)
