"""The bundled clip of one motion from twelve sides, and true errors as they are measured."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from engine.errors import InputError
from engine.opencv import cv2
from engine.viewpoints.rendered import CLIP, SETTLE_FRAMES, ViewErrors, read_views


@pytest.fixture(scope="module")
def views():
    return read_views()


def test_the_bundled_clip_is_whole_and_small(views):
    assert views.views_deg == tuple(range(0, 360, 30))
    assert sum(path.stat().st_size for path in CLIP.iterdir()) <= 1_500_000
    for view in (0, 5):
        capture = cv2.VideoCapture(str(views.video(view)))
        assert int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == views.frames
        capture.release()


def test_the_truth_itself_has_no_error_from_any_side(views):
    for view in range(12):
        said = views.joints_world_m[7] @ views.R[view].T + [0.3, -0.1, 4.0]  # where the body stands is not judged
        assert views.error_mm(view, 7, said) == pytest.approx(0, abs=1e-3)
        assert views.error_mm(view, 7 + views.frames, said) == pytest.approx(0, abs=1e-3)


def test_the_cameras_stand_where_their_names_say(views):
    left = views.joints_world_m[0, 14] - views.joints_world_m[0, 18]
    depth = [float((views.R[view] @ left)[2]) for view in (0, 3, 9)]
    assert abs(depth[0]) < 0.05
    assert depth[1] < -0.1  # from their left, the left hip is nearer
    assert depth[2] > 0.1


def test_beginnings_are_not_counted(views):
    errors = ViewErrors(views)
    errors.look_from(2)
    off = views.joints_world_m[50] @ views.R[2].T
    off[1:] += [0, 0, 0.1]
    for frame in (0, SETTLE_FRAMES - 1, views.frames + 1):
        errors.push(frame, off, None)
    assert errors.means()[0] == (None,) * 12
    errors.push(50, off, views.joints_world_m[50] @ views.R[2].T)
    ours, theirs = errors.means()
    assert ours[2] == pytest.approx(100, rel=1e-3)
    assert theirs[2] == pytest.approx(0, abs=1e-3)


def test_looking_again_from_a_side_measures_it_anew(views):
    errors = ViewErrors(views)
    errors.look_from(1)
    errors.push(0, views.joints_world_m[0], None)
    errors.push(60, views.joints_world_m[0], None)
    assert errors.means()[0][1] is not None
    errors.look_from(3)
    assert errors.means()[0][1] is not None
    errors.look_from(1)
    assert errors.means()[0][1] is None


def test_a_clip_that_is_not_whole_is_one_line(tmp_path):
    with pytest.raises(InputError, match="reinstall the program"):
        read_views(tmp_path)
    shutil.copy(CLIP / "truth.npz", tmp_path)
    with pytest.raises(InputError, match=r"incomplete .*000\.mp4"):
        read_views(tmp_path)
    np.savez(tmp_path / "truth.npz", views_deg=np.arange(2))
    with pytest.raises(InputError, match="reinstall the program"):
        read_views(tmp_path)
