"""The meshes of an avatar file as arrays for drawing: shapes, what moves them, materials and pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.avatar.avatar import Avatar
from engine.types import F32, F64

U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Material:
    """Appearance of a surface, as far as plain shading can show it."""

    colour: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)  # linear, with alpha
    picture: int | None = None  # index into Model.pictures
    region: tuple[float, float, float, float] = (1.0, 1.0, 0.0, 0.0)  # of the picture: place * first two + last two
    alpha: str = "opaque"  # "opaque", "mask" (discarded below `cutoff`) or "blend"
    cutoff: float = 0.5
    hides: bool = True  # whether it writes depth, as all but thin glass does
    order: int = 0  # of blended ones: lower is drawn first
    both_sides: bool = False
    shaded: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Triangles of a shape with one material."""

    triangles: U32  # (3 T,) rows of the shape's vertices
    material: Material


@dataclass(frozen=True, slots=True, eq=False)
class Morph:
    """Displacements of a morph target, only for the vertices it moves."""

    rows: U32  # (K,)
    offsets: F32  # (K, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Vertices that belong together, in the axes of their joints' `binds`."""

    mesh: int  # index in the file, used by expressions
    positions: F32  # (V, 3)
    normals: F32  # (V, 3)
    places: F32  # (V, 2) in the picture, (0, 0) its upper left corner
    joints: U16  # (V, 4) rows of Joints
    weights: F32  # (V, 4), sum 1
    morphs: tuple[Morph, ...]  # by target index
    surfaces: tuple[Surface, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Joints:
    """All joints that vertices are bound to."""

    bones: tuple[str, ...]  # humanoid bone that carries each joint; "": it never moves
    binds: F32  # (J, 4, 4) from the shape's axes to our world, the model at rest


@dataclass(frozen=True, slots=True)
class Gaze:
    """How a model looks around: by rotating its eye bones, or by expressions. Angles in degrees."""

    by_bones: bool = True
    inner: tuple[float, float] = (90.0, 10.0)  # the largest input angle, and its output
    outer: tuple[float, float] = (90.0, 10.0)
    down: tuple[float, float] = (90.0, 10.0)
    up: tuple[float, float] = (90.0, 10.0)


@dataclass(frozen=True, slots=True)
class Bind:
    """A morph target moved by an expression."""

    mesh: int
    target: int
    weight: float  # 0..1, at full expression


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of the model."""

    binds: tuple[Bind, ...]
    binary: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Everything drawn of an avatar."""

    avatar: Avatar
    shapes: tuple[Shape, ...]
    joints: Joints
    rest: dict[str, F64]  # (3,) position of each posed bone in our world at rest: body, fingers and eyes
    pictures: tuple[bytes, ...]  # PNG, JPEG or WebP; b"" if missing
    expressions: dict[str, Expression]  # by the model's own names, Avatar.expressions
    gaze: Gaze
    left_out: tuple[str, ...]  # what is drawn differently from the file: one line each

    @property
    def vertices(self) -> int:
        """Number of vertices of all shapes."""
        return sum(len(shape.positions) for shape in self.shapes)
