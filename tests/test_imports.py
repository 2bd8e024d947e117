"""The import table of the design, enforced on the syntax trees: who may import whom, and where third parties live."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = {"app": {"app", "engine", "models"}, "engine": {"engine", "models"}, "models": {"models"}}
WIRING = {"engine.pipeline", "engine.convert"}
"""The modules that put stages together; engine.bench measures them and may import all."""
VOCABULARY = {
    "engine",
    "engine.config",
    "engine.errors",
    "engine.masking",
    "engine.opencv",
    "engine.queues",
    "engine.sources.base",
    "engine.sources.intrinsics",
    "engine.sources.orientation",
    "engine.types",
}
"""What every stage may import."""
MAY_ALSO_IMPORT = {
    "engine.motion": ("engine.osc",),  # an OSC log is a file format
    "engine.takes": ("engine.motion", "engine.osc"),  # a take is written, read, and sent again
    "engine.live": ("engine.pose2d.base",),  # the interface of a detector; stages otherwise only as protocols
}
"""Stages know the vocabulary and not each other; these are the exceptions."""
TOOLS = {"app.commands.render_pairs", "app.commands.pair_maker"}
"""Commands for those who train: with torch, and nothing that runs imports them."""
CONFINED = {
    "pooch": ("engine.pose2d.download",),
    "requests": ("engine.pose2d.download",),
    "av": ("engine.takes",),
    "rtmlib": ("engine.pose2d",),
    "ai_edge_litert": ("engine.pose2d",),
    "pythonosc": ("engine.osc",),
    "PySide6": ("app.window",),
    "pyqtgraph": ("app.window",),
    "OpenGL": ("app.window",),
    "onnxruntime": ("models.onnx_session",),  # telemetry is switched off there
    "onnx": ("models", "build_engine", "engine.pose2d"),
    "onnxscript": ("models", "build_engine"),
    "matplotlib": ("models.evaluation",),
    "mediapipe": ("engine.bench",),
    "tensorrt": ("engine.vtm", "build_engine"),
    "torch": ("models", "build_engine"),
}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))}
MODULES |= {path.stem: path for path in ROOT.glob("build_engine.py")}


def imports_of(module: str, *, top_level: bool = False) -> set[str]:
    """Every module that is imported, as dotted names; `from a import b` counts as a.b where that is a module."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    nodes = tree.body if top_level else ast.walk(tree)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            base = node.module or ""
            found |= {f"{base}.{a.name}" if f"{base}.{a.name}" in MODULES else base for a in node.names}
    return found


def room_of(module: str) -> str | None:
    """engine.pose2d.blazepose -> engine.pose2d; None for vocabulary, wiring and bench."""
    if not module.startswith("engine.") or module in VOCABULARY | WIRING or within(module, ("engine.bench",)):
        return None
    return ".".join(module.split(".")[:2])


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_point_from_app_to_engine_to_models(module: str):
    allowed = LAYERS.get(module.split(".")[0], {"engine", "models"})  # build_engine runs what it built
    wrong = {name for name in imports_of(module) if name.split(".")[0] in LAYERS and name.split(".")[0] not in allowed}
    assert not wrong, f"{module} may not import {sorted(wrong)}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_third_parties_stay_where_they_belong(module: str):
    for name in imports_of(module):
        homes = CONFINED.get(name.split(".")[0])
        assert homes is None or within(module, homes), f"{module} may not import {name}: only {', '.join(homes or ())}"


@pytest.mark.parametrize("module", sorted(name for name in MODULES if room_of(name)))
def test_rooms_of_the_engine_know_the_vocabulary_and_not_each_other(module: str):
    room = room_of(module)
    assert room is not None
    allowed = (room, *MAY_ALSO_IMPORT.get(room, ()))
    ours = {name for name in imports_of(module) if name.split(".")[0] == "engine"} - VOCABULARY
    wrong = {name for name in ours if not within(name, allowed)}
    assert not wrong, f"{module} may not import {sorted(wrong)}: only the wiring, {', '.join(sorted(WIRING))}, may"


def runtime_closure(start: set[str]) -> set[str]:
    """Everything of ours that is loaded when these modules are used, lazy imports included."""
    seen: set[str] = set()
    todo = set(start)
    while todo:
        module = todo.pop()
        seen.add(module)
        packages = {".".join(module.split(".")[:depth]) for depth in range(1, module.count(".") + 1)}
        todo |= {name for name in imports_of(module) | packages if name in MODULES} - seen
    return seen


def test_the_app_and_the_engine_run_without_torch_and_the_engine_without_qt():
    running = runtime_closure({name for name in MODULES if name.split(".")[0] in ("app", "engine")} - TOOLS)
    with_torch = {name for name in running if any(i.split(".")[0] == "torch" for i in imports_of(name))}
    assert not with_torch, f"loaded when the app runs, but need torch: {sorted(with_torch)}"
    engine = runtime_closure({name for name in MODULES if name.split(".")[0] == "engine"})
    assert not {name for name in engine if name.split(".")[0] == "app"}


def test_there_is_no_init_file_below_the_tests():
    assert not list((ROOT / "tests").rglob("__init__.py"))
