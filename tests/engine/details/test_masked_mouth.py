"""The real networks on the bundled rendered face: a painted mask opens no jaw, and no mouth score jumps."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.details.crops import face_from_points
from engine.details.networks import FaceNetworks
from engine.details.weights import BLEND_SHAPES, FACE_MESH, details_state, installed
from engine.networks.region import Region
from engine.opencv import cv2
from engine.solver.face import expression
from engine.types import F32, FaceView, Frame
from models.evaluation.details_files import BUNDLED
from models.face import EXPRESSION

CLIP = BUNDLED / "details_09900.mkv"
_JAW_LINE = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
"""The mesh's points from ear to ear along the jaw; with the bridge of the nose they bound a mask."""
_NOSE_BRIDGE = 197
_MOUTH = [row for name, row in EXPRESSION.items() if name.startswith(("jaw", "mouth"))]
_SHIFT, _PARTS = 4, 16  # bits and parts of a pixel in which OpenCV takes corners
COLOURS = {"blue": (220, 200, 150), "black": (30, 30, 30), "white": (240, 240, 240)}
needs_networks = pytest.mark.skipif(not details_state().face, reason="the face networks are not here: vtm fetch")


def pictures() -> list[NDArray[np.uint8]]:
    clip = cv2.VideoCapture(str(CLIP))
    found = []
    while (read := clip.read())[0]:
        found.append(np.asarray(read[1], np.uint8))
    clip.release()
    return found


def seen(networks: FaceNetworks, shown: list[NDArray[np.uint8]]) -> list[FaceView]:
    """The face in every picture, followed by its own points from where the truth says that it is."""
    with np.load(CLIP.with_name("details_09900_truth.npz")) as truth:
        x0, y0, x1, y1 = truth["face_box_px"][0].astype(np.float64)
    region = Region.upright(np.array([(x0 + x1) / 2, (y0 + y1) / 2]), 1.5 * (y1 - y0), np.array([0.0, -1.0]))
    views = []
    for number, bgr in enumerate(shown):
        view = networks.look(Frame(bgr, number, number / 30), region)
        views.append(view)
        region = face_from_points(view.points_px) or region
    return views


def scores(views: list[FaceView]) -> F32:
    """(N, 52) what is sent, before it is smoothed."""
    return np.stack([expression(view.points_px, view.scores) for view in views])


@cache
def bare() -> tuple[list[NDArray[np.uint8]], list[FaceView], FaceNetworks]:
    """The pictures in which the mouth is shut, the face in them, and the networks."""
    networks = FaceNetworks(installed(FACE_MESH), installed(BLEND_SHAPES))
    with np.load(CLIP.with_name("details_09900_truth.npz")) as truth:
        shut = truth["jaw_deg"] < 0.1
    shown = [bgr for bgr, good in zip(pictures(), shut, strict=True) if good]
    return shown, seen(networks, shown), networks


@pytest.mark.slow
@needs_networks
@pytest.mark.parametrize("colour", COLOURS)
def test_a_mask_on_a_shut_mouth_opens_no_jaw_and_no_score_jumps_more_than_without(colour: str) -> None:
    shown, views, networks = bare()
    assert len(shown) > 30
    outlines = np.stack([view.points_px[[*_JAW_LINE, _NOSE_BRIDGE], :2] for view in views])
    masked = []
    for number, bgr in enumerate(shown):
        outline = outlines[max(number - 4, 0) : number + 5].mean(0)  # cloth does not tremble as points do
        corners = np.round(outline * _PARTS).astype(np.int32)
        mask = cv2.fillPoly(bgr.copy(), [corners], COLOURS[colour], cv2.LINE_AA, _SHIFT)
        masked.append(np.asarray(mask, np.uint8))
    behind = seen(networks, masked)
    sent = scores([view for view in behind if view.presence > 0.5])
    assert len(sent) > 0.8 * len(shown)  # eyes and head go on
    assert sent[:, EXPRESSION["jawOpen"]].max() < 0.05
    jumps, bare_jumps = (np.abs(np.diff(values[:, _MOUTH], axis=0)).max() for values in (sent, scores(views)))
    assert jumps < 1.2 * bare_jumps
