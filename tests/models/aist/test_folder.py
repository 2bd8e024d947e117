"""Names, splits, the ignore list and the mapping of cameras."""

from __future__ import annotations

import shutil

import pytest

from models.aist.folder import genre_of, open_folder, video_of
from models.aist.pickles import AistError
from tests.models.aist.aist_files import FIRST, SEQUENCES


def test_sequences_are_in_their_splits_and_ignored_ones_in_none(written):
    folder = open_folder(written[0])
    assert folder.splits == SEQUENCES
    assert folder.cameras_of(FIRST) == written[0] / "cameras" / "setting1.json"


def test_a_sequence_has_a_genre_and_a_video_for_each_view():
    assert genre_of("gBR_sBM_cAll_d04_mBR0_ch01") == "BR"
    assert video_of("gBR_sBM_cAll_d04_mBR0_ch01", "c03") == "gBR_sBM_c03_d04_mBR0_ch01"


@pytest.mark.parametrize("name", ["", "gBR", "gBR_sBM_c01_d04_mBR0_ch01", "../../etc/gBR_sBM_cAll_d04_mBR0_ch01"])
def test_what_is_no_name_of_a_sequence_is_refused(name):
    with pytest.raises(AistError, match="is not the name of a sequence"):
        genre_of(name)


@pytest.mark.parametrize("part", ["motions", "keypoints2d", "keypoints3d", "cameras", "splits"])
def test_a_missing_folder_is_named(dataset, part):
    shutil.rmtree(dataset / part)
    with pytest.raises(AistError, match=f"no {part}/ in it; pass the folder of AIST"):
        open_folder(dataset)


@pytest.mark.parametrize("file", ["ignore_list.txt", "splits/pose_val.txt", "cameras/mapping.txt"])
def test_a_missing_list_is_named(dataset, file):
    (dataset / file).unlink()
    with pytest.raises(AistError, match=f"{file}: no such file"):
        open_folder(dataset)


def test_a_list_that_is_no_text_is_named(dataset):
    (dataset / "ignore_list.txt").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(AistError, match=r"ignore_list\.txt: cannot be read"):
        open_folder(dataset)


def test_a_sequence_of_two_splits_is_refused(dataset):
    with (dataset / "splits" / "pose_test.txt").open("a") as file:
        file.write(f"{FIRST}\n")
    with pytest.raises(AistError, match=rf"pose_test\.txt: {FIRST} is in the split train as well"):
        open_folder(dataset)


def test_a_path_in_the_splits_is_no_sequence(dataset):
    (dataset / "splits" / "pose_val.txt").write_text("../../secret\n")
    with pytest.raises(AistError, match="is not the name of a sequence"):
        open_folder(dataset)


@pytest.mark.parametrize("line", ["lonely", "a b c", f"{FIRST} ../../elsewhere"])
def test_a_broken_line_of_the_mapping_is_named(dataset, line):
    with (dataset / "cameras" / "mapping.txt").open("a") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(AistError, match=r"mapping\.txt: line 6 is"):
        open_folder(dataset)


def test_a_sequence_without_cameras_is_named(dataset):
    (dataset / "cameras" / "mapping.txt").write_text("")
    with pytest.raises(AistError, match=f"no camera environment for {FIRST}"):
        open_folder(dataset).cameras_of(FIRST)
