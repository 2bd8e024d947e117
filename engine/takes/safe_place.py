"""Where a take continues when its own folder is no longer writable, and how that is detected while it grows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO, Any

import platformdirs


def safe_folder() -> Path:
    """Return a folder of this user that exists even when the folder for takes does not (VTM_DATA_DIR overrides it)."""
    return Path(os.environ.get("VTM_DATA_DIR") or platformdirs.user_data_dir("vtm-live", appauthor=False)) / "takes"


def trouble_with(path: Path, file: IO[Any]) -> str | None:
    """Return why an open, growing file is in danger at its place, or None.

    Writing to a file whose folder was deleted or unplugged succeeds on most systems, but the data is lost.
    """
    try:
        there, ours = path.stat(), os.fstat(file.fileno())
        if sys.platform != "win32" and not os.path.samestat(there, ours):  # Windows keeps the names of open files
            return f"another file has replaced {path.name}"
        if not os.access(path.parent, os.W_OK):
            return f"the folder {path.parent} has become read-only"
    except FileNotFoundError:
        return f"{path.name if path.parent.is_dir() else f'the folder {path.parent}'} is gone"
    except OSError as error:
        return f"the folder {path.parent} does not respond:  {error.strerror or error}"
    return None


def same_disk(a: Path, b: Path) -> bool:
    """Return whether both folders share their free space, as far as known."""
    try:
        return a.stat().st_dev == _nearest(b).stat().st_dev
    except OSError:
        return False


def _nearest(folder: Path) -> Path:
    """Return the folder itself, or its nearest existing parent."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
