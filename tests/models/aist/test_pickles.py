"""Pickles of other people: arrays come out as they went in, nothing else is let in, nothing is ever run."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.aist.pickles import AistError, read_arrays


def saved(folder: Path, content: Any, protocol: int = 4) -> Path:
    path = folder / "motion.pkl"
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


class Calls:
    """Unpickled by pickle itself, this calls `function`."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.what = (function, arguments)

    def __reduce__(self) -> tuple:
        return self.what


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_every_protocol_come_out_as_they_went_in(tmp_path, protocol, order):
    array = np.array(np.arange(12.0).reshape(3, 4), order=order)
    content = {"a": array, "b": array.astype(np.float32)[::2], "c": np.int64(7), "d": [1, "beside it"]}
    found = read_arrays(saved(tmp_path, content, protocol), "a", "b", "c")
    assert sorted(found) == ["a", "b", "c"]
    assert np.array_equal(found["a"], array)
    assert np.array_equal(found["b"], array[::2])
    assert float(found["c"]) == 7.0
    assert all(value.dtype == np.float64 for value in found.values())


def test_pickles_written_with_the_module_names_of_numpy_1_are_read(tmp_path):
    path = saved(tmp_path, {"a": np.arange(3.0)}, protocol=2)
    path.write_bytes(path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    assert b"numpy.core" in path.read_bytes()
    assert read_arrays(path, "a")["a"].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_pickle_that_wants_to_run_something_is_refused_and_runs_nothing(tmp_path, protocol):
    bait = tmp_path / "run"
    attack = Calls(os.mkdir, str(bait))
    path = saved(tmp_path, {"smpl_poses": np.zeros((3, 72)), "other": attack}, protocol)
    with pytest.raises(AistError, match=r"motion\.pkl: it names \w+\.mkdir") as error:
        read_arrays(path, "smpl_poses")
    assert "\n" not in str(error.value)
    assert not bait.exists()
    pickle.loads(path.read_bytes())
    assert bait.exists()  # the bait does work


@pytest.mark.parametrize(
    "attack",
    [
        Calls(eval, "1"),
        Calls(np.load, "x.npy"),
        Calls(getattr, "text", "encode"),
        np.dtype,
        Path("x"),
        Calls(np.ndarray.__array_finalize__, None),
    ],
    ids=["eval", "numpy's own load", "getattr", "a type", "a path", "a method"],
)
def test_nothing_but_arrays_is_let_in(tmp_path, attack):
    with pytest.raises(AistError, match=r"motion\.pkl: .*(fetch)"):
        read_arrays(saved(tmp_path, {"a": attack}), "a")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([np.zeros(3)], "holds a list; expected a dictionary"),
        ({"b": np.zeros(3)}, "no a in it; it holds b"),
        ({}, "no a in it; it holds nothing"),
        ({"a": "text"}, "a is a str; expected an array of numbers"),
        ({"a": [1.0, 2.0]}, "a is a list"),
        ({"a": np.array(["x", "y"])}, "an array of <U1"),
        ({"a": np.array([None, {}], dtype=object)}, "an array of object"),
    ],
    ids=["list", "other name", "empty", "text", "numbers in a list", "array of text", "array of objects"],
)
def test_content_of_another_kind_is_named(tmp_path, content, expected):
    with pytest.raises(AistError, match=expected) as error:
        read_arrays(saved(tmp_path, content), "a")
    assert "motion.pkl" in str(error.value)


@pytest.mark.parametrize("kept", [0, 1, 40, 0.5, 0.99])
def test_a_pickle_that_is_cut_short_is_named_in_one_line(tmp_path, kept):
    path = saved(tmp_path, {"a": np.arange(1000.0)})
    whole = path.read_bytes()
    path.write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
    with pytest.raises(AistError, match=r"motion\.pkl: not a complete pickle .*fetch") as error:
        read_arrays(path, "a")
    assert "\n" not in str(error.value)


def test_a_size_that_nobody_has_memory_for_is_one_line(tmp_path):
    huge = Calls(np.ndarray, (1 << 60,))
    with pytest.raises(AistError, match="not a complete pickle"):
        read_arrays(saved(tmp_path, {"a": huge}), "a")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AistError, match=r"motion\.pkl: no such file"):
        read_arrays(tmp_path / "motion.pkl", "a")
