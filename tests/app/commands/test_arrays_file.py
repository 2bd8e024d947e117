"""Files of arrays: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.commands.arrays_file import write_arrays


def test_an_older_file_is_replaced_and_nothing_else_is_left(tmp_path: Path):
    path = tmp_path / "found.npz"
    for value in (1.0, 2.0):
        write_arrays(path, {"points": np.full((2, 3), value)})
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["points"], np.full((2, 3), 2.0))
    assert list(tmp_path.iterdir()) == [path]


def test_an_older_file_stays_when_the_new_one_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "found.npz"
    write_arrays(path, {"points": np.ones(3)})

    def full(*_arguments: object, **_arrays: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="no space"):
        write_arrays(path, {"points": np.zeros(3)})
    monkeypatch.undo()
    with np.load(path) as arrays:
        assert arrays["points"].sum() == 3.0
