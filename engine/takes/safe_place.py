"""Where a take goes on when its own folder cannot be written to any more, and how that is found out while it grows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO, Any

import platformdirs


def safe_folder() -> Path:
    """A folder of this user that is there even when the folder for takes is not (VTM_DATA_DIR overrides it)."""
    return Path(os.environ.get("VTM_DATA_DIR") or platformdirs.user_data_dir("vtm-live", appauthor=False)) / "takes"


def trouble_with(path: Path, file: IO[Any]) -> str | None:
    """Why an open, growing file is not safe where it is; None while it is.

    Writing to a file whose folder was deleted or unplugged goes well on most systems, and what is written is lost.
    """
    try:
        there, ours = path.stat(), os.fstat(file.fileno())
        if sys.platform != "win32" and not os.path.samestat(there, ours):  # Windows keeps the names of open files
            return f"another file has taken the place of {path.name}"
        if not os.access(path.parent, os.W_OK):
            return f"the folder {path.parent} has turned read-only"
    except FileNotFoundError:
        return f"{path.name if path.parent.is_dir() else f'the folder {path.parent}'} is gone"
    except OSError as error:
        return f"the folder {path.parent} does not answer: {error.strerror or error}"
    return None


def same_disk(a: Path, b: Path) -> bool:
    """Both folders share their free space, as far as can be told."""
    try:
        return a.stat().st_dev == _nearest(b).stat().st_dev
    except OSError:
        return False


def _nearest(folder: Path) -> Path:
    """The folder itself, or the next one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
