"""The sheet of sampled poses: what is drawn is where it should be, and the command writes a PNG or says why not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.kinematics import REST_JOINTS, STATURE
from models.skeleton import JOINT
from models.synth import picture
from models.synth.body_table import BODIES

T_POSE = REST_JOINTS / STATURE
TILE = picture._TILE


def columns(tile: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """x of the pixels that are near a BGR colour."""
    return np.nonzero((np.abs(tile.astype(int) - colour) < 12).all(-1))[1]


def greenish(tile: np.ndarray) -> int:
    blue, green, red = np.moveaxis(tile.astype(int), -1, 0)
    return int(((green - blue > 30) & (green - red > 30)).sum())


def test_the_left_side_is_red_and_on_the_right_of_who_faces_the_camera():
    tile = picture.draw(T_POSE, np.zeros(2))[:, :TILE]
    red, blue = columns(tile, picture._LEFT), columns(tile, picture._RIGHT)
    assert red.size > 50
    assert blue.size > 50
    assert red.min() > TILE / 2 - 4
    assert blue.max() < TILE / 2 + 4


def test_the_second_view_is_from_the_side():
    drawn = picture.draw(T_POSE, np.zeros(2))
    front, side = (np.ptp(columns(tile, picture._LEFT)) for tile in (drawn[:, :TILE], drawn[:, TILE:]))
    assert front > 1.5 * side


def test_feet_in_contact_have_a_ring_and_the_name_is_written():
    plain, ringed = (picture.draw(T_POSE, np.full(2, touching)) for touching in (0.0, 1.0))
    for foot in (JOINT["LeftFoot"], JOINT["RightFoot"]):
        x, y = picture._view(T_POSE, 0.35)[foot].round().astype(int)
        around = np.s_[y - 7 : y + 8, x - 7 : x + 8]
        assert greenish(plain[around]) == 0
        assert greenish(ringed[around]) > 10
    assert not np.array_equal(plain, picture.draw(T_POSE, np.zeros(2), "kneel"))


def test_the_same_seed_gives_the_same_sheet_with_a_row_for_each_class():
    one, again, other = (picture.sheet(("stand", "squat"), 3, seed) for seed in (0, 0, 1))
    assert one.shape == (2 * TILE, 6 * TILE, 3)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert picture.sheet((), 9, 0).shape == (2 * TILE, 16 * TILE, 3)  # eight in a row


def test_the_command_writes_a_png(tmp_path):
    out = tmp_path / "poses.png"
    assert picture.main([str(out), "--pose", "tree", "--pose", "chair", "--count", "2"]) == 0
    read = cv2.imread(str(out))
    assert read.shape == (2 * TILE, 4 * TILE, 3)
    assert np.array_equal(read, picture.sheet(("tree", "chair"), 2, 0))


def test_a_folder_that_is_not_there_and_an_unknown_pose_are_said_in_one_line(tmp_path, capsys):
    assert picture.main([str(tmp_path / "nowhere" / "a.png"), "--count", "1"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "cannot be written" in error
    with pytest.raises(SystemExit) as wrong:
        picture.main(["a.png", "--pose", "flying"])
    assert wrong.value.code == 2
    assert next(iter(BODIES)) in capsys.readouterr().err


def test_a_count_below_one_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as wrong:
        picture.main(["a.png", "--count", "-3"])
    assert wrong.value.code == 2
    assert "--count" in capsys.readouterr().err
