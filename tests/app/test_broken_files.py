"""The development data's files that went wrong: one clear line each, exit code 1, nothing written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.cli import main
from app.settings import Settings, load_settings, settings_path
from engine.file_kinds import is_take

INPUTS = Path(__file__).parents[2].parent / "shared" / "data" / "inputs"
BROKEN = INPUTS / "broken"
SUFFIXES = (".npz", ".bvh", ".csv", ".glb", ".vrma", ".jsonl")
REPLAY = ("--headless", "--osc", "vmc://127.0.0.1:39999", "--seconds", "0.1")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not BROKEN.is_dir(), reason="no shared/data/inputs/broken beside the checkout"),
]


def names(pattern: str) -> list[str]:
    return sorted(path.name for path in BROKEN.glob(pattern) if path.name != "gap_day.npz")


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a command that fails."""
    assert main(arguments) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    assert "unexpected" not in written.err
    return written.err


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", names("*.npz"))
def test_a_broken_take_is_not_converted(tmp_path, capsys, name, suffix):
    assert name in refused(["convert", str(BROKEN / name), str(tmp_path / f"out{suffix}")], capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [*names("*.npz"), *names("*.jsonl")])
def test_a_broken_recording_is_not_replayed(capsys, name):
    assert name in refused([*REPLAY, str(BROKEN / name)], capsys)


@pytest.mark.parametrize("name", names("*.partial"))
def test_a_broken_unfinished_take_is_not_recovered(tmp_path, capsys, name):
    shutil.copy(BROKEN / name, tmp_path)
    assert name in refused(["recover", str(tmp_path / name)], capsys)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", names("*.intr.json"))
def test_broken_intrinsics_are_refused_before_anything_starts(tmp_path, capsys, name):
    line = refused(
        ["convert", str(INPUTS / "base_square.mp4"), str(tmp_path / "x.npz"), "--intrinsics", str(BROKEN / name)],
        capsys,
    )
    assert name in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", names("*.settings.json"))
def test_broken_settings_give_the_defaults_and_are_kept(name):
    shutil.copy(BROKEN / name, settings_path())
    settings, problem = load_settings()
    assert settings == Settings()
    assert problem is not None
    assert settings_path().with_suffix(".broken").read_bytes() == (BROKEN / name).read_bytes()


@pytest.mark.parametrize("kind", ["plain", "coco17", "simcc_scores"])
def test_keypoints_of_other_tools_are_read(kind):
    from engine.keypoints_file import read_keypoints

    path = INPUTS / f"keypoints_{kind}.npz"
    read = read_keypoints(path)
    assert not is_take(path)
    assert read.points_px.shape == (150, 23, 2)
    assert 0 <= read.scores.min() <= read.scores.max() <= 1
