"""Real lenses: rays of pixels and pixels of rays agree, as OpenCV's own; broken files are named."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from models.aist.cameras import SEEN_VIEWS, UNSEEN_VIEWS, VIEWS, read_environment
from models.aist.pickles import AistError
from tests.models.aist.aist_files import _camera_json, cameras


@pytest.fixture
def points() -> np.ndarray:
    """People-sized, in front of every camera of the circle."""
    return np.random.default_rng(1).uniform([-60, 0, -60], [60, 180, 60], (200, 3))


@pytest.mark.parametrize("view", VIEWS)
def test_the_lens_is_taken_out_again(points, view):
    camera = cameras()[view]
    cam = points @ camera.rotation.T + camera.translation
    straight = cam[:, :2] / cam[:, 2:]
    pixels = camera.project(points)
    bent_by = pixels - (straight @ camera.matrix[:2, :2].T + camera.matrix[:2, 2])
    assert float(np.abs(bent_by).max()) > 3  # the lens does something
    assert np.allclose(camera.to_rays(pixels), straight, atol=1e-6)


def test_projection_is_opencvs(points):
    for camera in cameras().values():
        vector = cv2.Rodrigues(camera.rotation)[0]
        expected, _ = cv2.projectPoints(points, vector, camera.translation, camera.matrix, camera.distortions)
        assert np.allclose(camera.project(points), expected[:, 0], atol=1e-3)


def test_pixels_that_no_lens_can_have_and_missing_ones_have_no_ray():
    camera = cameras()["c01"]
    rays = camera.to_rays(np.array([[960.0, 540.0], [np.nan, 3.0], [9e5, -9e5], [np.inf, 0.0]]))
    assert np.allclose(rays[0], 0.0)
    assert np.isnan(rays[1:]).all()


def test_a_file_of_cameras_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "setting1.json"
    path.write_text(_camera_json(cameras()))
    for name, camera in read_environment(path).items():
        expected = cameras()[name]
        assert np.allclose(camera.rotation, expected.rotation, atol=1e-9)
        assert np.allclose(camera.translation, expected.translation)
        assert np.array_equal(camera.distortions, expected.distortions)


def test_the_views_that_are_trained_on_are_the_papers():
    assert SEEN_VIEWS == ("c01", "c03", "c05", "c07")
    assert UNSEEN_VIEWS == ("c02", "c04", "c06", "c08", "c09")


def _broken(**changes: object) -> str:
    entries = json.loads(_camera_json(cameras()))
    entries[3] |= changes
    return json.dumps(entries)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        "{}[",
        _broken(rotation=[0.0, 1.0]),
        _broken(translation=None),
        _broken(matrix="wide"),
        _broken(distortions=[0.0, 0.0, 0.0, 0.0, float("nan")]),
        '[{"name": "c01"}]',
    ],
)
def test_a_broken_file_of_cameras_is_one_line(tmp_path, text):
    path = tmp_path / "setting1.json"
    path.write_text(text)
    with pytest.raises(AistError, match=r"setting1\.json: not a list of cameras .*fetch") as error:
        read_environment(path)
    assert "\n" not in str(error.value)


def test_a_missing_environment_is_named(tmp_path):
    with pytest.raises(AistError, match=r"setting9\.json: no such camera environment"):
        read_environment(tmp_path / "setting9.json")
