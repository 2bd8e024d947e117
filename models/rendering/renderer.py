"""Access to render_humans, the renderer of people, in a folder of its own. None of its code is included here."""

from __future__ import annotations

import importlib
import os
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from models.skeleton import JOINT_NAMES

MAIN = "render_humans"


class RendererError(ValueError):
    """The renderer cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """The renderer's modules, body assets and OpenGL canvas (untyped third-party code)."""

    runs: ModuleType  # the scene of a run: segment, camera, occluder, visibility, truth
    bodies: ModuleType
    motions: ModuleType
    scenes: ModuleType
    assets: Any
    canvas: Any


def open_renderer(folder: Path, size: tuple[int, int], assets: Path | None = None) -> Renderer:
    """Import the renderer and open its canvas. Without a GPU it draws on one CPU core.

    size    width and height of the pictures
    assets  folder where its body assets are unpacked; None: beside the renderer
    Raises RendererError when it is missing, lacks a package or OpenGL, or has another skeleton.
    """
    if not (folder / f"{MAIN}.py").is_file():
        raise RendererError(f"{folder}: no {MAIN}.py in it; pass the folder of the renderer")
    os.environ.setdefault("LP_NUM_THREADS", "1")  # Mesa's software OpenGL: one process per core is faster
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # its modules import each other by bare name
    try:
        runs, bodies, motions, scenes = map(importlib.import_module, (MAIN, "body", "motion", "scene"))
    except ImportError as error:
        raise RendererError(f'{folder}: {error}; install what it needs: pip install -e ".[render]"') from error
    if tuple(motions.JOINT_NAMES) != JOINT_NAMES:
        raise RendererError(
            f"{folder}: its joints are not Unity's 22 of models.skeleton; pass a renderer that has them"
        )
    try:
        body_assets = _open_assets(bodies, assets)
    except OSError as error:
        raise RendererError(f"{folder}: its assets cannot be unpacked ({error}); pass --assets DIR") from error
    except (tarfile.TarError, EOFError) as error:
        raise RendererError(f"{bodies.ARCHIVE}: incomplete archive; get it again") from error
    except (ValueError, KeyError) as error:
        raise RendererError(f"{folder}: its unpacked assets are broken ({error}); delete makehuman there") from error
    try:
        canvas = scenes.Renderer(*size, samples=0)
    except Exception as error:  # moderngl and the loaders beneath it raise bare Exceptions
        raise RendererError(
            f"{folder}: no OpenGL ({error}); on Linux: apt-get install libegl1 libgl1-mesa-dri"
        ) from error
    return Renderer(runs, bodies, motions, scenes, body_assets, canvas)


def _open_assets(bodies: ModuleType, folder: Path | None) -> Any:
    """Return its body assets, unpacked on first use: by itself, or here if Python is too old for its own code."""
    try:
        return bodies.Assets(folder)
    except TypeError:
        if hasattr(tarfile, "data_filter"):
            raise
    with tarfile.open(bodies.ARCHIVE) as archive:  # extract() has no filter before 3.11.4
        archive.extractall(folder or bodies.ARCHIVE.parent)  # the renderer's own archive, as trusted as its code
    return bodies.Assets(folder)
