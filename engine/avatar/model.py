"""Read everything drawn of a .vrm: meshes, skins, morph targets, materials, pictures, expressions.

The file is untrusted: every number is checked, every error is one line. No other file is opened.
Sources: glTF 2.0 specification, sections 3.5 to 3.9 (Khronos); vrm-specification 0.0 and 1.0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.avatar.accessors import Accessors, MeshError
from engine.avatar.expression_binds import read_expressions, read_gaze
from engine.avatar.glb import read_glb
from engine.avatar.humanoid import Humanoid
from engine.avatar.materials import Materials
from engine.avatar.mesh import Model
from engine.avatar.nodes import NodeError
from engine.avatar.shapes import read_shapes
from engine.avatar.vrm import read_avatar
from engine.errors import InputError

_COMPRESSED = {"KHR_draco_mesh_compression": "Draco", "EXT_meshopt_compression": "meshopt"}


def read_model(path: Path) -> Model:
    """Return the drawable contents of an avatar file. Raises InputError, one line."""
    avatar = read_avatar(path)
    document, binary = read_glb(path)
    try:
        _check_compression(document)
        accessors, humanoid = Accessors(document, binary), Humanoid(document)
        materials = Materials(document, accessors)
        shapes, joints = read_shapes(document, accessors, humanoid, materials)
        rest = {name: humanoid.world(node)[:3, 3].copy() for node, name in humanoid.bones.items()}
        expressions = read_expressions(document, {shape.mesh: len(shape.morphs) for shape in shapes})
    except (NodeError, MeshError) as error:
        raise InputError(f"{path} cannot be drawn: {error}") from error
    return Model(avatar, shapes, joints, rest, materials.pictures, expressions, read_gaze(document), materials.left_out)


def _check_compression(document: dict[str, Any]) -> None:
    required = document.get("extensionsRequired")
    for extension in required if isinstance(required, list) else ():
        if extension in _COMPRESSED:
            raise MeshError(f"its meshes are compressed ({_COMPRESSED[extension]}): export it without compression")
