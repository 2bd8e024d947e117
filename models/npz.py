"""Read untrusted .npz files: every header is checked before an array is loaded; errors are one line.

Pickled data is never loaded. A file that claims more than is allowed (a zip bomb, a wrong header) is rejected before
memory is allocated for it.
"""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 4 << 30
"""Unpacked size allowed by `read_arrays`: a take of some 12 hours at 60 frames/s."""
_MODEST_BYTES = 512 << 20  # always allowed
_MAX_RATIO = 600  # largest compression ratio beyond that; a take without any person reaches 300
_MAX_ARRAYS = 256
_HEADER_BYTES = 1 << 14
_MOST_NAMED = 4
_ENDING = ".npy"


class NpzError(ValueError):
    """The file is missing, truncated, damaged, or does not contain the expected arrays."""


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """Shape and type of an array, known before loading."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Size in memory."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class Expected:
    """Required form of an array. A name in `shape` is a size shared by all arrays with this name."""

    shape: tuple[int | str, ...]
    kinds: str = "fiu"  # of NumPy's dtype.kind: numbers
    optional: bool = False


class NpzArchive:
    """An open .npz. `headers` is checked and complete; `read` loads one array. Both raise NpzError."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        members = [info for info in archive.infolist() if info.filename.endswith(_ENDING)]
        names = [info.filename.removesuffix(_ENDING) for info in members]
        if len(names) > _MAX_ARRAYS:
            raise NpzError(f"it has {len(names)} arrays, expected at most {_MAX_ARRAYS}")
        if len(set(names)) != len(names):
            raise NpzError("it has an array twice")
        self._archive = archive
        self._members = dict(zip(names, members, strict=True))
        self.headers = {name: _header(archive, info) for name, info in self._members.items()}

    def read(self, name: str) -> NDArray[Any]:
        """Load one array; its checksum is checked."""
        with _damage_told(f"{name} is damaged"), self._archive.open(self._members[name]) as file:
            array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
            file.read(1)  # the end, where zipfile compares the checksum
            return array


def array_names(path: Path) -> frozenset[str]:
    """Return the names of the arrays, also of a damaged file if its directory is intact. Raises NpzError."""
    if not path.is_file():
        raise NpzError("there is no such file")
    with _damage_told("it is not a whole .npz"), zipfile.ZipFile(path) as archive:
        return frozenset(name.removesuffix(_ENDING) for name in archive.namelist() if name.endswith(_ENDING))


@contextmanager
def open_npz(path: Path) -> Iterator[NpzArchive]:
    """Context: open a .npz and check all its headers. Raises NpzError; its text does not name the file."""
    if not path.is_file():
        raise NpzError("there is no such file")
    with _damage_told("it is not a whole .npz"):
        archive = zipfile.ZipFile(path)
    with archive:
        with _damage_told("it is damaged"):
            opened = NpzArchive(archive)
        yield opened


def read_npz(path: Path, *required: str) -> dict[str, NDArray[Any]]:
    """Return all arrays of the file, of any size. Raises NpzError with the file name, also if a required one is
    missing."""
    try:
        with open_npz(path) as file:
            missing = [name for name in required if name not in file.headers]
            if missing:
                held = ", ".join(sorted(file.headers)) or "nothing"
                raise NpzError(f"no {', '.join(missing)} in it; it has {held}")
            return {name: file.read(name) for name in file.headers}
    except NpzError as error:
        raise NpzError(f"{path}: {error}") from error


def read_arrays(path: Path, expected: Mapping[str, Expected], *, max_bytes: int = MAX_BYTES) -> dict[str, NDArray[Any]]:
    """Return the expected arrays, checked for shape and kind; others in the file are not loaded.

    A scalar may also be stored as an array of one number. Raises NpzError; its text does not name the file.
    """
    with open_npz(path) as file:
        found = _expected_among(file.headers, expected)
        _check_size(sum(header.nbytes for header in found.values()), path.stat().st_size, max_bytes)
        arrays = {name: file.read(name) for name in found}
    return {name: array if expected[name].shape else array.reshape(()) for name, array in arrays.items()}


def checked_arrays(arrays: Mapping[str, Any], expected: Mapping[str, Expected]) -> dict[str, NDArray[Any]]:
    """Return the expected ones of arrays in memory, checked for shape and kind. Raises NpzError."""
    given = {name: np.asarray(arrays[name]) for name in expected if arrays.get(name) is not None}
    found = _expected_among({name: ArrayHeader(array.shape, array.dtype) for name, array in given.items()}, expected)
    return {name: given[name] if expected[name].shape else given[name].reshape(()) for name in found}


def _expected_among(headers: Mapping[str, ArrayHeader], expected: Mapping[str, Expected]) -> dict[str, ArrayHeader]:
    """Return the expected headers. Raises NpzError: one is missing, or of another shape or kind."""
    missing = [name for name, what in expected.items() if not what.optional and name not in headers]
    if missing:
        more = f" and {len(missing) - _MOST_NAMED} others" if len(missing) > _MOST_NAMED else ""
        raise NpzError(f"it lacks {', '.join(missing[:_MOST_NAMED])}{more}")
    found = {name: headers[name] for name in expected if name in headers}
    sizes: dict[str, int] = {}
    for name, header in found.items():
        _check(name, header, expected[name], sizes)
    return found


def _check(name: str, header: ArrayHeader, expected: Expected, sizes: dict[str, int]) -> None:
    """Check one array. Raises NpzError. `sizes` collects the named sizes."""
    if header.dtype.kind not in expected.kinds:
        wanted = {"b": "true or false", "U": "text"}.get(expected.kinds, "numbers")
        raise NpzError(f"{name} is of {header.dtype}, expected {wanted}")
    if not expected.shape and math.prod(header.shape) == 1:
        return
    fits = len(header.shape) == len(expected.shape)
    for size, wanted_size in zip(header.shape, expected.shape, strict=False):
        fits &= size == (sizes.setdefault(wanted_size, size) if isinstance(wanted_size, str) else wanted_size)
    if not fits:
        known = ", ".join(str(sizes.get(size, size) if isinstance(size, str) else size) for size in expected.shape)
        raise NpzError(f"{name} has shape {header.shape}, expected ({known})")


def _check_size(unpacked: int, packed: int, max_bytes: int) -> None:
    allowed = min(max_bytes, max(_MODEST_BYTES, _MAX_RATIO * packed))
    if unpacked > allowed:
        raise NpzError(f"it would unpack to {unpacked / 1e9:.1f} GB, expected at most {allowed / 1e9:.1f} GB")


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> ArrayHeader:
    """Read a header. Raises NpzError."""
    name = info.filename.removesuffix(_ENDING)
    with _damage_told(f"{name} is damaged"), archive.open(info) as file:
        head = io.BytesIO(file.read(_HEADER_BYTES))
    with _damage_told(f"{name} is damaged"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about unusual but readable headers
        version = np.lib.format.read_magic(head)
        if version not in ((1, 0), (2, 0)):
            raise NpzError(f"{name} is of .npy version {version[0]}.{version[1]}, expected 1.0 or 2.0")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(head, max_header_size=_HEADER_BYTES)
    if dtype.hasobject:
        raise NpzError(f"{name} contains Python objects, which are never loaded")
    if any(isinstance(size, bool) or size < 0 for size in shape):
        raise NpzError(f"{name} has shape {shape}")
    header = ArrayHeader(shape, dtype)
    stored = info.file_size - head.tell()
    if header.nbytes != stored:
        raise NpzError(f"{name} claims {header.nbytes} bytes and holds {stored}")
    return header


@contextmanager
def _damage_told(what: str) -> Iterator[None]:
    """Context: convert anything that a damaged file raises in zipfile, zlib, tokenize and NumPy to an NpzError."""
    try:
        yield
    except NpzError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines()
        raise NpzError(f"{what} ({lines[0][:160] if lines else type(error).__name__})") from error
