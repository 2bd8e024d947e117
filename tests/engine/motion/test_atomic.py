"""A name shows whole files only, and no finished file is lost: not to a second run, a race, or a disk without links."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from itertools import islice
from pathlib import Path

import pytest

from engine.errors import OutputError
from engine.motion import atomic
from engine.motion.atomic import move_to_free_name, new_file, numbered_names, remove_dead_temporaries
from engine.motion.file_lock import hold

ROOT = Path(__file__).parents[3]


def _write(path: Path, text: str, *, overwrite: bool = False) -> Path:
    with new_file(path, overwrite=overwrite) as new:
        new.file.write(text.encode())
    return new.path


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_names_are_counted_from_two() -> None:
    names = [path.name for path in islice(numbered_names(Path("a/take.v1.npz")), 3)]
    assert names == ["take.v1.npz", "take.v1-2.npz", "take.v1-3.npz"]


def test_a_name_that_is_taken_is_never_given_again_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    assert [_write(path, text).name for text in "123"] == ["a.npz", "a-2.npz", "a-3.npz"]
    assert _write(path, "new", overwrite=True) == path
    assert path.read_text() == "new"
    assert (tmp_path / "a-2.npz").read_text() == "2"
    (tmp_path / "b.npz").mkdir()
    assert _write(tmp_path / "b.npz", "4").name == "b-2.npz"


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine"), new_file(tmp_path / "a.npz"):
        raise ValueError("mine")
    with pytest.raises(OutputError, match=r"cannot write .*a\.npz: No space left"), new_file(tmp_path / "a.npz"):
        raise OSError(28, "No space left on device")
    assert _names(tmp_path) == []


def test_of_two_that_write_the_same_name_at_once_both_are_kept(tmp_path: Path) -> None:
    """Both are open before the first of them gets its name."""
    path, both_open = tmp_path / "a.npz", threading.Barrier(8)

    def write(text: str) -> None:
        with new_file(path) as new:
            new.file.write(text.encode())
            both_open.wait(10)

    threads = [threading.Thread(target=write, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name.read_text() for name in tmp_path.iterdir()) == [str(number) for number in range(8)]


def test_a_disk_without_hard_links_loses_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(atomic.os, "link", refused)
    assert [_write(tmp_path / "a.npz", text).name for text in "12"] == ["a.npz", "a-2.npz"]
    assert [(tmp_path / name).read_text() for name in _names(tmp_path)] == ["2", "1"]


def test_a_file_is_moved_to_a_name_that_is_free(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_text("older")
    (tmp_path / "b.mkv").write_text("mine")
    assert move_to_free_name(tmp_path / "b.mkv", tmp_path / "a.mkv") == tmp_path / "a-2.mkv"
    assert _names(tmp_path) == ["a-2.mkv", "a.mkv"]


def test_what_a_killed_process_left_half_written_is_removed_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os; print(os.getpid())"]
    dead = int(subprocess.run(command, capture_output=True, check=True).stdout)
    leftover = tmp_path / f".take.npz.{dead}-1.tmp"
    kept = [tmp_path / ".mine.tmp", tmp_path / f".take.npz.{os.getpid()}-7.tmp", tmp_path / "take.npz"]
    locked = tmp_path / f".other.npz.{dead}-2.tmp"  # of another machine or container, where the number lives
    for path in (leftover, locked, *kept):
        path.touch()
    with locked.open("rb+") as file:
        hold(file)
        assert remove_dead_temporaries(tmp_path) == (leftover,)
    assert set(tmp_path.iterdir()) == {locked, *kept}
