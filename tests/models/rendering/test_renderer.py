"""Opening the renderer: what is missing is told in one line with the fix."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

import pytest

from models.rendering.renderer import RendererError, open_renderer
from models.skeleton import JOINT_NAMES

NAMES = ("render_humans", "body", "motion", "scene")
SIZE = (64, 48)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A renderer of empty modules, forgotten afterwards; the real one, if another test opened it, is not in its way."""
    others = [path for path in sys.path if not (Path(path) / "render_humans.py").is_file()]
    monkeypatch.setattr(sys, "path", others)
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)
        write(tmp_path, name, "")
    write(tmp_path, "motion", f"JOINT_NAMES = {JOINT_NAMES!r}")
    yield tmp_path
    for name in NAMES:
        sys.modules.pop(name, None)


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.py").write_text(text)


def test_a_folder_without_the_renderer_is_refused(tmp_path):
    with pytest.raises(RendererError, match=r"no render_humans\.py in it; pass the folder"):
        open_renderer(tmp_path, SIZE)


def test_a_package_that_it_needs_is_named_with_the_command(folder):
    write(folder, "scene", "import not_installed_anywhere")
    with pytest.raises(RendererError, match=r"not_installed_anywhere.*\[render\]"):
        open_renderer(folder, SIZE)


def test_another_skeleton_is_refused(folder):
    write(folder, "motion", "JOINT_NAMES = ('Hips',)")
    with pytest.raises(RendererError, match="its joints"):
        open_renderer(folder, SIZE)


def test_assets_that_cannot_be_unpacked_are_told_with_the_option(folder):
    write(folder, "body", "def Assets(folder):\n    raise PermissionError(13, 'Permission denied', 'makehuman')")
    with pytest.raises(RendererError, match=r"Permission denied.*pass --assets DIR"):
        open_renderer(folder, SIZE)


def test_assets_that_were_cut_short_are_to_be_deleted(folder):
    write(folder, "body", "import json\ndef Assets(folder):\n    json.loads('{')")
    with pytest.raises(RendererError, match=r"broken.*delete makehuman"):
        open_renderer(folder, SIZE)


OLD_PYTHON = """
import tarfile
from pathlib import Path
ARCHIVE = Path(__file__).parent / "makehuman.tar.xz"
def Assets(folder):
    if not (folder / "base.obj").exists():
        tarfile.open(ARCHIVE).extract("base.obj", folder, no_such_word="data")
    return folder
"""


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="filters by default, so it cannot play an old one")
@pytest.mark.filterwarnings("ignore:Python 3.14 will:DeprecationWarning")  # of the newer Python that plays an old one
def test_a_python_whose_tarfile_has_no_filter_unpacks_the_assets_too(folder, monkeypatch):
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    write(folder, "body", OLD_PYTHON)
    write(folder, "scene", "def Renderer(*size, samples):\n    return size")
    (folder / "base.obj").write_text("v 0 1 0")
    with tarfile.open(folder / "makehuman.tar.xz", "w:xz") as archive:
        archive.add(folder / "base.obj", "base.obj")
    opened = open_renderer(folder, SIZE, folder / "assets")
    assert (opened.assets / "base.obj").read_text() == "v 0 1 0"


def test_an_archive_of_assets_that_was_cut_short_is_told(folder):
    write(folder, "body", "import tarfile\nARCHIVE = __file__\ndef Assets(folder):\n    tarfile.open(ARCHIVE)")
    with pytest.raises(RendererError, match=r"body\.py: incomplete archive; get it again$"):
        open_renderer(folder, SIZE)


def test_a_machine_without_opengl_is_told_what_to_install(folder):
    write(folder, "body", "def Assets(folder):\n    return folder")
    write(folder, "scene", "def Renderer(width, height, samples):\n    raise Exception('cannot create context')")
    with pytest.raises(RendererError, match=r"cannot create context.*libgl1-mesa-dri"):
        open_renderer(folder, SIZE)


def test_the_canvas_has_the_pictures_size(folder):
    write(folder, "body", "def Assets(folder):\n    return folder")
    write(folder, "scene", "def Renderer(*size, samples):\n    return size")
    opened = open_renderer(folder, SIZE, folder / "assets")
    assert opened.canvas == SIZE
    assert opened.assets == folder / "assets"
