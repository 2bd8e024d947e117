"""A restricted unpickler for AIST++ and 3DPW that loads only NumPy arrays and plain containers and executes no code."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


class AistError(ValueError):
    """The data set or a file of it cannot be used; the message says what to do."""


def _latin1(text: str, encoding: str) -> bytes:
    """Restore bytes, which old pickles store as text."""
    if encoding != "latin1":
        raise ValueError(f"bytes stored as {encoding}; expected latin1")
    return text.encode(encoding)


_RECONSTRUCT = np.empty(0).__reduce__()[0]
_SCALAR = np.float64(0).__reduce__()[0]
_FROM_BUFFER = np.empty(1).__reduce_ex__(5)[0]
_KNOWN: dict[str, Any] = {
    "numpy.ndarray": np.ndarray,
    "numpy.dtype": np.dtype,
    "_codecs.encode": _latin1,
    # the same functions have other names in NumPy 1 and 2
    **{f"numpy.{core}.multiarray._reconstruct": _RECONSTRUCT for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray.scalar": _SCALAR for core in ("core", "_core")},
    **{f"numpy.{core}.numeric._frombuffer": _FROM_BUFFER for core in ("core", "_core")},
}


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that resolves only the functions that build an array."""

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] | None = _KNOWN.get(f"{module}.{name}")
        if found is None:
            raise AistError(f"it names {module}.{name}, but only NumPy arrays are read")
        return found


def read_arrays(path: Path, *required: str) -> dict[str, F64]:
    """Return the required arrays of a pickled dictionary as float64. Never executes code from the file.

    Raises AistError when the file is missing, cut short, or holds anything but arrays and plain containers.
    """
    content = read_content(path, *required)
    return {name: _numbers(path, name, content[name]) for name in required}


def read_content(path: Path, *required: str) -> dict[str, Any]:
    """Return a pickled dictionary of arrays and plain containers with the required keys. Never executes code from it.

    Raises AistError when the file is missing, cut short, or holds anything but arrays and plain containers.
    """
    try:
        with path.open("rb") as file:
            content = _ArraysOnly(file, encoding="latin1").load()
    except AistError as error:
        raise AistError(f"{path}: {error}; fetch the file again from the data set's own page") from error
    except FileNotFoundError as error:
        raise AistError(f"{path}: no such file; fetch it from the data set's own page") from error
    except Exception as error:  # a broken pickle can raise anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AistError(f"{path}: not a complete pickle ({reason}); fetch the file again") from error
    if not isinstance(content, dict):
        raise AistError(f"{path}: holds a {type(content).__name__}; expected a dictionary of arrays")
    missing = [name for name in required if name not in content]
    if missing:
        held = ", ".join(sorted(str(name) for name in content)) or "nothing"
        raise AistError(f"{path}: no {', '.join(missing)} in it; it holds {held}")
    return content


def _numbers(path: Path, name: str, value: object) -> F64:
    if isinstance(value, np.ndarray | np.generic | float | int):
        array = np.asarray(value)
        if array.dtype.kind in "fiu":
            return array.astype(np.float64)
        kind = f"an array of {array.dtype}"
    else:
        kind = f"a {type(value).__name__}"
    raise AistError(f"{path}: {name} is {kind}; expected an array of numbers: fetch the file again")
