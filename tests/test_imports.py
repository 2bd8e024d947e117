"""What the import contracts of pyproject.toml (`lint-imports`) cannot say.

They read packages: build_engine.py is a single file, and an import of a.b.c is not counted as one of a and a.b, whose
`__init__` files run first.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("app.commands.render_pairs", "app.commands.pair_maker", "app.commands.pair_pack")
"""Commands for those who train: with torch, and nothing that runs imports them."""
IMPORT_ALL = """
import importlib, pkgutil, sys
package, missing, left_out = (argument.split(",") for argument in sys.argv[1:])
class NotInstalled:  # an entry of None in sys.modules would also be found by libraries that only look there
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, NotInstalled())
root = importlib.import_module(package[0])
for module in pkgutil.walk_packages(root.__path__, root.__name__ + "."):
    if module.name not in left_out and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


@pytest.mark.parametrize(
    ("package", "missing"),
    [("engine", "torch,onnx,matplotlib,PySide6,pyqtgraph,app"), ("app", "torch,onnx,matplotlib")],
)
def test_every_module_that_runs_is_imported_without_what_it_must_not_need(package: str, missing: str):
    command = [sys.executable, "-c", IMPORT_ALL, package, missing, ",".join(TOOLS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_build_engine_imports_nothing_of_the_app():
    tree = ast.parse((ROOT / "build_engine.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert "app" not in {name.split(".")[0] for name in names}


def test_there_is_no_init_file_below_the_tests():
    assert not list((ROOT / "tests").rglob("__init__.py"))
