"""A small data set in AIST++'s format, written once, and what is read from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.vtm.config import VTMConfig
from tests.models.aist.aist_files import Dancer, write_dataset

if TYPE_CHECKING:  # needs torch
    from models.aist.library import AistLibrary


@pytest.fixture(scope="session")
def written(tmp_path_factory) -> tuple[Path, dict[str, Dancer]]:
    """The folder, not to be changed, and the truth by sequence."""
    folder = tmp_path_factory.mktemp("aist")
    return folder, write_dataset(folder)


@pytest.fixture(scope="session")
def dances(written) -> AistLibrary:
    from models.aist.library import build_library

    return build_library(written[0])


@pytest.fixture(scope="session")
def config() -> VTMConfig:
    """Windows shorter than the small dances."""
    return VTMConfig(window_frames=16)


@pytest.fixture
def dataset(tmp_path) -> Path:
    """A folder that a test may break."""
    write_dataset(tmp_path / "aist")
    return tmp_path / "aist"
