"""Building the wheel: app, engine and models are installed inside vtm_live, where they clash with nobody's `models`.

In the repository the folders lie at the top, as the code names them; so does an editable installation. In a wheel
`engine.types` becomes `vtm_live.engine.types`: files are moved, and imports and names of modules in them rewritten.
setuptools runs this (pyproject.toml, tool.setuptools.cmdclass); it may import nothing of the project.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

PACKAGE = "vtm_live"
INSIDE = ("app", "engine", "models", "build_engine")
_NAMES = "|".join(INSIDE)
_REWRITES = (
    (re.compile(rf"^(\s*)from ({_NAMES})(?=[. ])", re.M), rf"\1from {PACKAGE}.\2"),
    (re.compile(rf"^(\s*)import ({_NAMES})(\s*)$", re.M), rf"\1from {PACKAGE} import \2\3"),
    (re.compile(rf"^(\s*)import ({_NAMES})(?=\.[\w.]+ as )", re.M), rf"\1import {PACKAGE}.\2"),
    (re.compile(rf"""(["'])({_NAMES})((?:\.\w+)+)(?=\1)"""), rf"\1{PACKAGE}.\2\3"),
    (re.compile(rf"(python|\d|\}}) -m ({_NAMES})(?=[.\s])"), rf"\1 -m {PACKAGE}.\2"),
    (re.compile(r"python build_engine\.py"), f"python -m {PACKAGE}.build_engine"),
)


def rewritten(source: str) -> str:
    """The source of a module with the names that its neighbours have in the wheel."""
    for pattern, replacement in _REWRITES:
        source = pattern.sub(replacement, source)
    return source


def move_inside(build: Path) -> None:
    """Move the packages of a finished build folder into vtm_live and rewrite every module."""
    package = build / PACKAGE
    for name in INSIDE:
        for made in (build / name, build / f"{name}.py"):
            if made.exists():
                target = package / made.name
                if target.is_dir():
                    shutil.rmtree(target)
                made.replace(target)
    for path in package.rglob("*.py"):
        path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")


class BuildPy(build_py):  # type: ignore[misc]  # setuptools has no types
    """`build_py`, with everything inside one package at the end; an editable installation stays as it is."""

    def run(self) -> None:
        """Build, then move."""
        super().run()
        if not self.editable_mode:
            move_inside(Path(self.build_lib))
