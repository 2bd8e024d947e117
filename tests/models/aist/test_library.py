"""All dances in one cache: written whole or not at all, and cut caches are named."""

from __future__ import annotations

import logging
from dataclasses import fields

import numpy as np
import pytest

from models.aist import library as aist
from models.aist.folder import SPLITS
from models.aist.library import AistLibrary, build_library, joined_motion, load_library, open_aist, save_library
from models.aist.pickles import AistError
from models.synth.poses import MotionSampler
from tests.models.aist.aist_files import FIRST, FRAMES, SEQUENCES, put


def test_every_sequence_that_is_not_ignored_is_in_the_library(dances):
    assert set(dances.names) == set(SEQUENCES)
    assert {name: SPLITS[split] for name, split in zip(dances.names, dances.split, strict=True)} == SEQUENCES
    assert dances.root.shape == (4 * FRAMES, 3)
    assert dances.rays.shape == (2 * FRAMES, 9, 17, 2)


def test_the_cache_gives_back_the_same_library(dances, tmp_path):
    save_library(dances, tmp_path / "aist.npz")
    found = load_library(tmp_path / "aist.npz")
    for field in fields(AistLibrary):
        assert np.array_equal(getattr(found, field.name), getattr(dances, field.name)), field.name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aist.npz"]


def test_the_data_set_is_read_once(dataset, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    cache = tmp_path / "cache" / "aist.npz"
    first = open_aist(dataset, cache)
    assert "AIST++: 4 of 4 sequences read" in caplog.text
    (dataset / "motions" / f"{FIRST}.pkl").unlink()
    assert open_aist(dataset, cache).names == first.names


def test_a_cache_that_is_cut_short_is_one_line(dances, tmp_path):
    path = tmp_path / "aist.npz"
    save_library(dances, path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(AistError, match=r"aist\.npz: .*not a cache of AIST\+\+; delete the file") as error:
        open_aist(tmp_path, path)
    assert "\n" not in str(error.value)


def test_caches_of_other_versions_and_other_things_are_told_apart(dances, tmp_path, monkeypatch):
    path = tmp_path / "aist.npz"
    monkeypatch.setattr(aist, "CACHE_VERSION", 99)
    save_library(dances, path)
    monkeypatch.undo()
    with pytest.raises(AistError, match="cache version 99, expected 1; delete the file"):
        load_library(path)
    np.savez(path, version=4)
    with pytest.raises(AistError, match="not a cache of AIST"):
        load_library(path)
    np.savez(path, aist_version=1, root=np.zeros(3))
    with pytest.raises(AistError, match="no quaternions, contacts"):
        load_library(path)


def test_a_cache_that_cannot_be_written_leaves_nothing_behind(dances, tmp_path, monkeypatch):
    def full(*_arguments: object, **_arrays: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(aist.np, "savez", full)
    with pytest.raises(OSError, match="no space left"):
        save_library(dances, tmp_path / "aist.npz")
    assert not list(tmp_path.iterdir())


def test_a_sequence_without_its_files_is_left_out_and_named(dataset, caplog):
    (dataset / "keypoints2d" / f"{FIRST}.pkl").unlink()
    assert set(build_library(dataset).names) == set(SEQUENCES) - {FIRST}
    assert f"skipped: {FIRST}: no keypoints2d/{FIRST}.pkl" in caplog.text


def test_a_broken_pickle_stops_the_build_and_writes_nothing(dataset, tmp_path):
    path = dataset / "motions" / f"{FIRST}.pkl"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(AistError, match=f"{FIRST}.pkl: not a complete pickle"):
        open_aist(dataset, tmp_path / "aist.npz")
    put(path, {"smpl_poses": print})
    with pytest.raises(AistError, match=r"it names builtins\.print"):
        open_aist(dataset, tmp_path / "aist.npz")
    assert not (tmp_path / "aist.npz").exists()


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_data_set_without_a_split_is_refused(dataset, split):
    (dataset / "splits" / f"pose_{split}.txt").write_text("")
    with pytest.raises(AistError, match=rf"no sequence of splits/pose_{split}\.txt can be used"):
        build_library(dataset)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AistError, match="nowhere: no such folder; pass --aist"):
        open_aist(tmp_path / "nowhere", tmp_path / "aist.npz")


def test_as_motion_the_dances_keep_their_splits(dances):
    motion = dances.motion()
    by_name = {dances.names[index]: "train" for index in motion.clips(validation=False)}
    by_name |= {dances.names[index]: "val" for index in motion.clips(validation=True)}
    assert by_name == {name: split for name, split in SEQUENCES.items() if split != "test"}


def test_joined_with_other_clips_each_clip_keeps_its_rows(dances, library):
    both = joined_motion(library, dances.motion())
    assert both.names == library.names + dances.names
    for index in (0, 9, 10, 13):
        source, own = (library, index) if index < 10 else (dances, index - 10)
        first, length = both.start[index], both.length[index]
        expected = source.root[source.start[own] : source.start[own] + source.length[own]]
        assert np.array_equal(both.root[first : first + length], expected)
    clips = both.clips(validation=False).tolist()
    assert MotionSampler(both, clips, rate_hz=30.0, variety=0.0)
