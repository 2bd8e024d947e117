"""The mocap cache: resampling, foot contacts, the validation split, and files that are not a whole cache."""

from __future__ import annotations

import logging
import tarfile

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.kinematics import STATURE
from models.mocap.library import (
    CACHE_HZ,
    CACHE_VERSION,
    LibraryError,
    MotionLibrary,
    build_library,
    foot_contacts,
    load_library,
    open_library,
    resample,
    save_library,
)
from models.mocap.retarget import Retargeted
from models.skeleton import NUM_JOINTS, REST_OFFSETS
from tests.models.mocap.rigs import BLENDER, DAZ, MIXAMO, write_bvh

SPIN_DEG_S = 100.0


def turning(fps: float, seconds: float) -> Retargeted:
    """Somebody who turns about the vertical at a constant speed while walking at 0.5 statures per second."""
    time_s = np.arange(round(seconds * fps) + 1) / fps
    quaternions = np.tile([0.0, 0, 0, 1], (len(time_s), NUM_JOINTS, 1))
    quaternions[:, 0] = Rotation.from_euler("y", SPIN_DEG_S * time_s[:, None], degrees=True).as_quat()
    quaternions[::2] *= -1  # the same rotations with the other sign
    root = np.stack([0.5 * time_s, np.full_like(time_s, 0.5), 0 * time_s], axis=-1)
    return Retargeted("turning", fps, quaternions, root, REST_OFFSETS / STATURE)


@pytest.mark.parametrize("fps", [10.0, 24.0, 30.0, 59.94, 60.0, 120.0, 240.0])
def test_any_rate_becomes_the_caches_with_places_and_turns_where_they_were(fps):
    quaternions, root = resample(turning(fps, 4.0), CACHE_HZ)
    time_s = np.arange(len(root)) / CACHE_HZ
    assert 3.9 < time_s[-1] <= 4.0 + 0.02
    np.testing.assert_allclose(root[:, 0], 0.5 * time_s, atol=1e-5)
    expected = Rotation.from_euler("y", SPIN_DEG_S * time_s[:, None], degrees=True)
    error = (Rotation.from_quat(quaternions[:, 0].astype(float)) * expected.inv()).magnitude()
    assert np.degrees(error).max() < 0.1  # at 10 Hz a straight line between quaternions is that far off
    np.testing.assert_allclose(np.linalg.norm(quaternions, axis=-1), 1, atol=1e-6)
    assert quaternions.dtype == root.dtype == np.float32


def test_resampled_quaternions_never_jump_to_the_other_sign():
    quaternions, _ = resample(turning(30.0, 5.0), CACHE_HZ)  # more than a whole turn
    assert (np.einsum("njk,njk->nj", quaternions[1:], quaternions[:-1]) > 0.9).all()


def test_one_frame_stays_one_frame():
    quaternions, root = resample(turning(30.0, 0.0), CACHE_HZ)
    assert len(quaternions) == len(root) == 1
    assert foot_contacts(quaternions, root, CACHE_HZ).shape == (1, 2)


def test_a_foot_on_the_floor_and_still_is_in_contact_and_a_lifted_or_sliding_one_is_not():
    frames = 120
    quaternions = np.tile([0.0, 0, 0, 1], (frames, NUM_JOINTS, 1)).astype(np.float32)
    standing = np.tile([0, 1 / STATURE, 0], (frames, 1)).astype(np.float32)
    assert foot_contacts(quaternions, standing, CACHE_HZ).all()
    sliding = standing.copy()
    sliding[:, 0] = np.arange(frames) / CACHE_HZ * 0.3
    assert not foot_contacts(quaternions, sliding, CACHE_HZ).any()
    jumping = standing.copy()
    jumping[60:, 1] += 0.2  # stands still in the air
    contacts = foot_contacts(quaternions, jumping, CACHE_HZ)
    assert contacts[:55].all()
    assert not contacts[65:].any()


def test_contacts_tell_left_from_right():
    frames = 90
    vectors = np.zeros((frames, NUM_JOINTS, 3))
    vectors[30:, 14, 0] = -1.2  # LeftUpperLeg lifts the left foot
    quaternions = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat().reshape(frames, NUM_JOINTS, 4)
    root = np.tile([0, 1 / STATURE, 0], (frames, 1)).astype(np.float32)
    contacts = foot_contacts(quaternions.astype(np.float32), root, CACHE_HZ)
    assert contacts[:28].all()
    assert not contacts[33:, 0].any()
    assert contacts[33:, 1].all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two groups of clips, one of them in two folders."""
    folder = tmp_path_factory.mktemp("mocap")
    for name in [f"cmu_bvh/01/01_{i:02d}" for i in range(1, 11)] + [f"cmu_bvh/02/02_{i:02d}" for i in range(1, 5)]:
        write_bvh(folder / f"{name}.bvh", DAZ, frames=3, fps=120)
    for i in range(4):
        write_bvh(folder / f"mesh2motion/clip_{i}.bvh", BLENDER, frames=3)
    return folder


@pytest.fixture(scope="module")
def built(folder) -> MotionLibrary:
    return build_library(folder)


def test_position_2_modulo_7_of_each_folder_is_for_validation(built):
    names = np.array(built.names)
    assert set(names[built.clips(validation=True)]) == {
        "cmu_bvh/01/01_03.bvh",
        "cmu_bvh/01/01_10.bvh",
        "cmu_bvh/02/02_03.bvh",
        "mesh2motion/clip_2.bvh",
    }


def test_nothing_held_out_under_either_reading_of_folder_is_trained_on(built):
    names = np.array(built.names)
    trained = set(names[built.clips(validation=False)])
    held_out = set(names[built.clips(validation=True)]) | {"cmu_bvh/01/01_03.bvh", "cmu_bvh/01/01_10.bvh"}
    assert not trained & held_out
    assert set(names[built.held_out]) == set(names) - trained
    assert built.held_out[built.validation].all()
    assert "cmu_bvh/01/01_01.bvh" in trained


def test_a_file_that_cannot_be_used_is_named_and_does_not_shift_the_split(folder, built, tmp_path, caplog):
    for path in folder.rglob("*.bvh"):
        target = tmp_path / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (tmp_path / "cmu_bvh/01/01_02.bvh").write_text("HIERARCHY cut")
    with caplog.at_level(logging.WARNING):
        library = build_library(tmp_path)
    assert "01_02.bvh" in caplog.text
    assert len(library.names) == len(built.names) - 1
    validation = {library.names[clip] for clip in library.clips(validation=True)}
    assert validation == {built.names[clip] for clip in built.clips(validation=True)}


def test_the_t_pose_is_dropped_and_feet_of_hand_made_loops_carry_no_labels(built):
    for clip, name in enumerate(built.names):
        daz = name.startswith("cmu_bvh")
        assert built.length[clip] in ((1,) if daz else (4, 5))  # 2 frames at 120 Hz, 3 frames at 30 Hz
        assert built.contact_valid[clip] == daz
    np.testing.assert_array_equal(built.start, np.cumsum(built.length) - built.length)
    assert len(built.quaternions) == len(built.root) == len(built.contacts) == built.length.sum()


def test_a_folder_without_a_usable_file_says_so(tmp_path):
    with pytest.raises(LibraryError, match=r"no usable \.bvh"):
        build_library(tmp_path)


def assert_same(a: MotionLibrary, b: MotionLibrary) -> None:
    for name in MotionLibrary.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_the_cache_comes_back_as_it_was(built, tmp_path):
    save_library(built, tmp_path / "new" / "mocap.npz")
    again = load_library(tmp_path / "new" / "mocap.npz")
    assert_same(again, built)
    assert isinstance(again.names, tuple)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mocap.npz"]


def test_a_write_that_fails_leaves_the_old_cache(built, tmp_path, monkeypatch):
    path = tmp_path / "mocap.npz"
    save_library(built, path)

    def full(file, **_arrays: object):
        file.write(b"half of it")
        raise OSError("no space left on device")

    monkeypatch.setattr("models.mocap.library.np.savez", full)
    with pytest.raises(OSError, match="no space"):
        save_library(built, path)
    assert_same(load_library(path), built)


@pytest.mark.parametrize("keep", [0, 10, 0.5, -30])
def test_a_cache_cut_short_is_told_in_one_line(built, tmp_path, keep):
    path = tmp_path / "mocap.npz"
    save_library(built, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(LibraryError) as error:
        load_library(path)
    assert "mocap.npz" in str(error.value)
    assert "delete" in str(error.value)
    assert "\n" not in str(error.value)


def test_an_array_in_place_of_a_cache_is_refused(tmp_path):
    with (tmp_path / "mocap.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(LibraryError, match="not a mocap cache"):
        load_library(tmp_path / "mocap.npz")


def test_a_cache_of_another_version_or_without_a_field_is_refused(built, tmp_path):
    path = tmp_path / "mocap.npz"
    fields = {name: getattr(built, name) for name in MotionLibrary.__dataclass_fields__}
    np.savez(path, version=CACHE_VERSION - 1, **fields)
    with pytest.raises(LibraryError, match=f"version {CACHE_VERSION - 1}, expected {CACHE_VERSION}"):
        load_library(path)
    del fields["held_out"]
    np.savez(path, version=CACHE_VERSION, **fields)
    with pytest.raises(LibraryError, match="held_out"):
        load_library(path)


def test_archives_are_unpacked_once_and_the_cache_used_from_then_on(folder, built, tmp_path):
    archives = tmp_path / "archives"
    archives.mkdir()
    for group in ("cmu_bvh", "mesh2motion"):
        with tarfile.open(archives / f"{group}.tar.xz", "w:xz") as bundle:
            bundle.add(folder / group, group)
    assert_same(open_library(archives, tmp_path / "mocap.npz"), built)
    assert_same(open_library(tmp_path / "gone", tmp_path / "mocap.npz"), built)


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_a_broken_archive_is_told_in_one_line(folder, tmp_path, share):
    archive = tmp_path / "cmu.tar.xz"
    with tarfile.open(archive, "w:xz") as bundle:
        bundle.add(folder / "cmu_bvh", "cmu_bvh")
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * share)] or b"not an archive")
    with pytest.raises(LibraryError) as error:
        open_library(tmp_path, tmp_path / "mocap.npz")
    assert "cmu.tar.xz" in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "mocap.npz").exists()


def test_a_missing_folder_is_told_with_the_option_to_pass(tmp_path):
    with pytest.raises(LibraryError, match="--mocap"):
        open_library(tmp_path / "nowhere", tmp_path / "mocap.npz")


def test_mixamo_files_go_into_a_library_too(tmp_path):
    write_bvh(tmp_path / "clip.bvh", MIXAMO, frames=30, fps=30)
    library = build_library(tmp_path)
    assert library.names == ("clip.bvh",)
    assert library.contact_valid.all()
