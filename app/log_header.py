"""The first lines of a run in the log: arguments, machine and versions."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import platform
from collections.abc import Iterator, Sequence

from app.log_file import log_folder, log_old_crashes

PACKAGES = (
    "numpy",
    "scipy",
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-openvino",
    "ai-edge-litert",
    "opencv-python-headless",
    "rtmlib",
    "tensorrt",
    "PySide6-Essentials",
    "pyqtgraph",
)

log = logging.getLogger(__name__)


def log_header(arguments: Sequence[str]) -> None:
    """Log arguments, machine, versions and old crashes; back ends are logged when chosen (engine.vtm.choose)."""
    log.info("VTM Live %s: vtm %s", version(), " ".join(arguments))
    log.info(machine())
    log.info(", ".join(versions()))
    log_old_crashes(log_folder())


def version() -> str:
    """Return the version of this program."""
    try:
        return importlib.metadata.version("vtm-live")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed as a package)"


def machine() -> str:
    """Return Python version and system in one line."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"Python {platform.python_version()}, {system}, {os.cpu_count()} cores"


def versions() -> Iterator[str]:
    """Yield name and version of each installed package."""
    for name in PACKAGES:
        try:
            yield f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            continue
