"""Reads a whole .npz into memory; failures are one line."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class NpzError(ValueError):
    """The file is missing, cut short, or holds something else than plain arrays."""


def read_npz(path: Path, *required: str) -> dict[str, NDArray[Any]]:
    """All arrays of the file; nothing pickled is ever loaded. Raises NpzError, also when a required one is missing."""
    try:
        with path.open("rb") as file:
            data = np.load(file, allow_pickle=False)
            if not isinstance(data, np.lib.npyio.NpzFile):
                raise NpzError(f"{path}: a single array; expected a .npz")
            arrays = {name: data[name] for name in data.files}
    except NpzError:
        raise
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NpzError(f"{path}: not a whole .npz ({reason})") from error
    missing = [name for name in required if name not in arrays]
    if missing:
        raise NpzError(f"{path}: no {', '.join(missing)} in it; it holds {', '.join(sorted(arrays)) or 'nothing'}")
    return arrays
