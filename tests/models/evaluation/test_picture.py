"""The picture: its numbers are the table's, holes stay holes, and what is missing is told before the work."""

from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from models.evaluation.picture import PictureError, check_picture, draw, pitch_labels
from models.evaluation.viewpoints import PITCH_EDGES_DEG, viewpoint_table
from models.skeleton import JOINT_NAMES


def row() -> dict:
    rng = np.random.default_rng(0)
    yaw, pitch = rng.uniform(-180, 180, 400), rng.uniform(-20, 25, 400)
    joints = {name: 10.0 + index for index, name in enumerate(JOINT_NAMES)}
    return {"viewpoints_mm": viewpoint_table(rng.uniform(40, 90, 400), yaw, pitch), "per_joint_mm": joints}


def test_the_picture_holds_every_number_of_the_tables(tmp_path, monkeypatch):
    drawn: list[Figure] = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: (drawn.append(self), save(self, *a, **k))[1])
    values = row()
    draw(values, "a title", tmp_path / "views.png")
    heat, bars = drawn[0].axes[:2]
    written = [text.get_text() for text in heat.texts]
    views = values["viewpoints_mm"]
    known = [value for line in [*views["table"], views["by_yaw"], views["by_pitch"]] for value in line if value]
    assert sorted(written) == sorted([f"{value:.0f}" for value in [*known, views["mean"]]])
    top = {(round(text.get_position()[0]), text.get_text()) for text in heat.texts if text.get_position()[1] == 1}
    assert heat.get_yticklabels()[1].get_text() == "+10° to +30°"
    assert top >= {(column, f"{value:.0f}") for column, value in enumerate(views["table"][2])}
    assert None in views["table"][-1]  # nobody looked down that far: no number there
    assert sorted(text.get_text() for text in bars.texts) == sorted(f"{10 + i:.0f}" for i in range(22))
    picture = cv2.imread(str(tmp_path / "views.png"))
    assert min(picture.shape[:2]) > 600
    assert picture.std() > 20


def test_pitches_are_named_by_their_edges():
    assert pitch_labels(list(PITCH_EDGES_DEG)) == ["under -10°", "-10° to +10°", "+10° to +30°", "over +30°"]


@pytest.mark.parametrize("name", ["none/views.png", "views.txt"])
def test_a_place_that_takes_no_picture_is_told_in_one_line(tmp_path, name):
    with pytest.raises(PictureError, match=r"expected FILE\.png in a folder"):
        check_picture(tmp_path / name)


def test_without_the_library_the_fix_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PictureError, match="pip install matplotlib"):
        check_picture(tmp_path / "views.png")


def test_a_picture_that_cannot_be_written_is_told_in_one_line(tmp_path):
    (tmp_path / "views.png").mkdir()
    with pytest.raises(PictureError, match=r"views\.png: cannot be written"):
        draw(row(), "", tmp_path / "views.png")
