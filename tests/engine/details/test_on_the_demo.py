"""The real networks on the bundled clip: a hand is found by turns, where the truth says that it is."""

from __future__ import annotations

import numpy as np
import pytest

from engine.details.choose import make_details
from engine.details.weights import details_state
from engine.opencv import cv2
from engine.pose2d.choose import make_detector
from engine.pose2d.weights import weights_state
from engine.sources.open_source import DEMO_CLIP
from engine.types import Frame, Keypoints2D
from models.fingers import WRIST

FRAMES = 40
needs_networks = pytest.mark.skipif(
    not details_state().hands or weights_state().state != "ready", reason="the networks are not here: vtm fetch"
)


@pytest.mark.slow
@needs_networks
def test_a_hand_of_the_demo_is_found_at_its_true_wrist() -> None:
    detector = make_detector("blazepose", size="lite", threads=1, on_message=lambda _text: None)
    reader = make_details(hands=True, face=False, hand_size="lite", on_message=pytest.fail)
    assert reader is not None
    with np.load(DEMO_CLIP.with_name("demo_truth.npz")) as truth:
        names, points_px = truth["joint_names"].tolist(), truth["joints_px"]
    clip = cv2.VideoCapture(str(DEMO_CLIP))
    away_px: list[float] = []
    for number in range(FRAMES):
        good, bgr = clip.read()
        assert good
        frame = Frame(np.asarray(bgr, np.uint8), number, number / 30)
        body = detector.detect(frame)
        if not isinstance(body, Keypoints2D):
            continue
        details = reader.read(frame, body)
        for view, name in ((details.left, "LeftHand"), (details.right, "RightHand")):
            if view is not None and view.frame_id == number:
                away_px.append(float(np.linalg.norm(view.points_px[WRIST, :2] - points_px[number, names.index(name)])))
    clip.release()
    detector.close()
    assert len(away_px) >= 5
    assert np.median(away_px) < 25
