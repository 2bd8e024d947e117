"""A .npz is judged by its headers before memory is taken; what it cannot be is one line."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from models.npz import Expected, NpzError, array_names, open_npz, read_arrays, read_npz

SCHEMA = {"points": Expected(("N", 2)), "rate": Expected(()), "seen": Expected(("N",), "b", optional=True)}
MB = 1 << 20


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array)
    return file.getvalue()


def write(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def lying(header: str, content: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.npz"


def test_what_fits_the_schema_is_read_and_the_rest_is_not_loaded(path: Path):
    points = np.arange(6.0).reshape(3, 2)
    write(path, points=npy(points), rate=npy(np.array([30])), other=npy(np.zeros(5)))
    arrays = read_arrays(path, SCHEMA)
    np.testing.assert_array_equal(arrays["points"], points)
    assert arrays["rate"].shape == ()
    assert set(arrays) == {"points", "rate"}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"points": np.zeros((3, 2))}, "it lacks rate"),
        ({"points": np.zeros((3, 3)), "rate": np.ones(())}, r"points has shape \(3, 3\), expected \(3, 2\)"),
        ({"points": np.zeros((3, 2)), "rate": np.ones(2)}, r"rate has shape \(2,\)"),
        ({"points": np.zeros((3, 2)), "rate": np.ones(()), "seen": np.ones(2, bool)}, r"\(2,\), expected \(3\)"),
        ({"points": np.zeros((3, 2)), "rate": np.ones(()), "seen": np.ones(3)}, "expected true or false"),
        ({"points": np.zeros((3, 2), "c16"), "rate": np.ones(())}, "points is of complex128, expected numbers"),
        ({"points": np.full((3, 2), "x"), "rate": np.ones(())}, "expected numbers"),
    ],
)
def test_what_does_not_fit_is_one_line(path: Path, members: dict[str, np.ndarray], said: str):
    write(path, **{name: npy(array) for name, array in members.items()})
    with pytest.raises(NpzError, match=said):
        read_arrays(path, SCHEMA)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 2), }", "claims .* holds 0"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2), }", "shape"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1, 2), }", "Python objects"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (True, 2), }", "shape"),
        ("(" * 9000, "damaged"),
        ("{'descr': '<f8'", "damaged"),
    ],
)
def test_a_header_that_lies_takes_no_memory(path: Path, header: str, said: str):
    write(path, points=lying(header), rate=npy(np.ones(())))
    tracemalloc.start()
    with pytest.raises(NpzError, match=said):
        read_arrays(path, SCHEMA)
    assert tracemalloc.get_traced_memory()[1] < 32 * MB
    tracemalloc.stop()


def test_a_bomb_is_refused_before_it_goes_off(path: Path):
    rows = 40_000_000  # 640 MB of zeros in a file of less than 1 MB
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, 2), }}"
    block = bytes(MB)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("points.npy", "w") as file:
            file.write(lying(header))
            for _ in range(rows * 16 // MB):
                file.write(block)
            file.write(bytes(rows * 16 % MB))
        archive.writestr("rate.npy", npy(np.ones(())))
    assert path.stat().st_size < MB
    tracemalloc.start()
    with pytest.raises(NpzError, match=r"unpack to 0\.6 GB"):
        read_arrays(path, SCHEMA)
    assert tracemalloc.get_traced_memory()[1] < 32 * MB
    tracemalloc.stop()


def test_the_callers_own_limit_counts(path: Path):
    write(path, points=npy(np.zeros((1000, 2))), rate=npy(np.ones(())))
    with pytest.raises(NpzError, match="expected at most"):
        read_arrays(path, SCHEMA, max_bytes=1000)


def test_damaged_content_is_found_by_its_checksum(path: Path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("points.npy", npy(np.full((500, 2), 7.25)))
        archive.writestr("rate.npy", npy(np.ones(())))
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(NpzError, match="points is damaged"):
        read_arrays(path, SCHEMA)


def test_an_array_that_comes_twice_and_too_many_arrays_are_refused(path: Path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rate.npy", npy(np.ones(())))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("rate.npy", npy(np.zeros(())))
    with pytest.raises(NpzError, match="twice"), open_npz(path):
        pass
    write(path, **{f"a{number}": npy(np.ones(())) for number in range(300)})
    with pytest.raises(NpzError, match="300 arrays"), open_npz(path):
        pass


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"no zip at all"])
def test_what_is_no_npz_is_one_line_with_its_name(path: Path, content: bytes):
    path.write_bytes(content)
    with pytest.raises(NpzError, match=r"a\.npz: it is not a whole \.npz"):
        read_npz(path)
    with pytest.raises(NpzError, match="not a whole"):
        array_names(path)


def test_a_folder_and_a_missing_file_are_one_line(tmp_path: Path):
    for path in (tmp_path, tmp_path / "none.npz"):
        with pytest.raises(NpzError, match="no such file"):
            read_npz(path)


def test_names_are_told_of_a_file_whose_arrays_are_damaged(path: Path):
    write(path, points=b"no array", rate=npy(np.ones(())))
    assert array_names(path) == {"points", "rate"}


def test_every_array_is_read_where_no_schema_is_given(path: Path):
    np.savez_compressed(path, a=np.arange(3), b=np.array("text"), c=np.zeros((2, 0)))
    arrays = read_npz(path, "a")
    assert {name: array.shape for name, array in arrays.items()} == {"a": (3,), "b": (), "c": (2, 0)}
    with pytest.raises(NpzError, match="no d in it; it has a, b, c"):
        read_npz(path, "d")
