"""The real networks on grey pictures and turned crops; skipped where they were not fetched."""

from __future__ import annotations

import numpy as np
import pytest

from engine.details import weights as w
from engine.details.networks import FaceNetworks, HandNetwork
from engine.networks.region import Region
from engine.networks.weight_files import WeightFile, file_state
from models.face import EXPRESSION_NAMES, EXPRESSION_POINTS, MIRROR_EXPRESSIONS, NUM_EXPRESSIONS
from tests.engine.details.body import frame

pytestmark = pytest.mark.skipif(
    any(file_state(file) != "ready" for file in w.FILES), reason="run `vtm fetch` for the networks of hands and face"
)
REGION = Region(300.0, 200.0, 120.0, 0.4)


@pytest.mark.parametrize("file", [w.HAND, w.HAND_LITE], ids=["full", "lite"])
def test_a_wall_is_no_hand_and_the_points_lie_in_pixels_of_the_picture(file: WeightFile) -> None:
    view = HandNetwork(w.installed(file)).look(frame(3), REGION)
    assert view.presence < 0.5
    assert 0 <= view.right <= 1
    assert view.points_px.shape == view.world_m.shape == (21, 3)
    assert np.abs(view.points_px[:, :2] - [300, 200]).max() < 200
    assert (view.frame_id, view.captured_at_s) == (3, 0.1)


def test_a_wall_is_no_face_and_scores_come_with_every_view() -> None:
    view = FaceNetworks(w.installed(w.FACE_MESH), w.installed(w.BLEND_SHAPES)).look(frame(3), REGION)
    assert view.presence < 0.5
    assert view.points_px.shape == (478, 3)
    assert view.scores.shape == (NUM_EXPRESSIONS,)


def test_the_tables_are_whole() -> None:
    assert len(EXPRESSION_POINTS) == 146
    assert list(EXPRESSION_POINTS) == sorted(set(EXPRESSION_POINTS))
    assert EXPRESSION_NAMES[25] == "jawOpen"
    assert [MIRROR_EXPRESSIONS[i] for i in MIRROR_EXPRESSIONS] == list(range(52))
