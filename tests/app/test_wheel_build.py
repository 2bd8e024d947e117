"""The wheel: one package, in which every module finds its neighbours, also beside somebody's own `models`."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def rewritten(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """The function of app/wheel_build.py. setuptools stays out of this process: it replaces distutils for all of it."""
    command = types.ModuleType("setuptools.command.build_py")
    command.build_py = object  # type: ignore[attr-defined]
    for name in ("setuptools", "setuptools.command"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, command.__name__, command)
    return cast(Callable[[str], str], runpy.run_path(str(ROOT / "app" / "wheel_build.py"))["rewritten"])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from engine.types import Pose", "from vtm_live.engine.types import Pose"),
        ("    from models import skeleton", "    from vtm_live.models import skeleton"),
        ("import models", "from vtm_live import models"),
        ("import engine.opencv as cv", "import vtm_live.engine.opencv as cv"),
        ('run("-m", "app.commands.detect")', 'run("-m", "vtm_live.app.commands.detect")'),
        ('"again: python -m models.export"', '"again: python -m vtm_live.models.export"'),
        ("torchrun --nproc-per-node 2 -m models.train", "torchrun --nproc-per-node 2 -m vtm_live.models.train"),
        ("python build_engine.py", "python -m vtm_live.build_engine"),
        ("from modelsx import y", "from modelsx import y"),
        ('"engine"', '"engine"'),
        ("import application", "import application"),
        ("the engine.stop() call", "the engine.stop() call"),
    ],
)
def test_imports_and_names_of_modules_are_rewritten_and_nothing_else(
    source: str, expected: str, rewritten: Callable[[str], str]
) -> None:
    assert rewritten(source) == expected


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel of this project puts into site-packages."""
    work = tmp_path_factory.mktemp("wheel")
    copied = work / "source"
    keep = (
        "app",
        "engine",
        "models",
        "vtm_live",
        "build_engine.py",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "NOTICE",
    )
    copied.mkdir()
    for name in keep:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, copied / name, ignore=shutil.ignore_patterns("__pycache__", "pairs", "checkpoints")
            )
        else:
            shutil.copy2(ROOT / name, copied / name)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        str(work),
        str(copied),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stderr[-2000:]
    [wheel] = work.glob("vtm_live-*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(work / "site")
    return work / "site"


def run(installed: Path, folder: Path, *words: str) -> str:
    """Run Python in a folder that has a `models.py` and an `app` of its own."""
    (folder / "models.py").write_text("raise RuntimeError('somebody else')\n")
    (folder / "app").mkdir()
    (folder / "app" / "__init__.py").write_text("raise RuntimeError('somebody else')\n")
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{installed}"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=250
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_it_holds_one_package_with_weights_and_pictures(installed: Path) -> None:
    assert {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")} == {"vtm_live"}
    for data in ("models/weights/vtm.onnx", "engine/sources/demo.mp4", "app/assets"):
        assert (installed / "vtm_live" / data).exists()


def test_every_module_compiles_and_none_asks_for_the_folders_of_the_repository(installed: Path) -> None:
    for path in (installed / "vtm_live").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        compile(text, str(path), "exec")
        for line in text.splitlines():
            assert not line.strip().startswith(
                ("from app", "from engine", "from models", "import app", "import engine")
            )


def test_it_runs_beside_other_packages_of_these_names(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "-m", "vtm_live", "--version").startswith("vtm ")


def test_the_public_door_opens_there(installed: Path, tmp_path: Path) -> None:
    code = "import vtm_live, sys; print(vtm_live.Pipeline.__module__, any(n == 'engine' for n in sys.modules))"
    assert run(installed, tmp_path, "-c", code) == "vtm_live.live False\n"
