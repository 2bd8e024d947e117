"""The renderer's full rig, 163 bones with fingers, jaw, lids and eyes, skinned on the CPU.

The renderer itself poses 22 joints; here a body's vertices are moved before they are drawn. World: metres, +Y up, the
person faces +Z. Turns are rotations in world axes on top of the parent's, identity at rest (arms 45 degrees down).
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.rendering.renderer import Renderer
from models.skeleton import JOINT_NAMES

F64 = NDArray[np.float64]
_WEIGHTS = "default_weights.mhw"
_MOUTH_COLOUR = (0.22, 0.07, 0.06)
_MOUTH_HALF_M, _MOUTH_BEHIND_M, _MOUTH_NEAR_M = 0.03, 0.007, 0.008
"""A vertex is inside the mouth if it is within the first distance of the midline, and the second distance behind
another vertex whose x, y differ by less than the third."""
_LASHES = 0.25
"""Brightness of the skin at the edge of the lids; it is dark, so that a shut eye shows as a line."""
_LID_EDGE = (1.07, 0.3)  # greatest distance from the eyeball's centre, least distance in front of it; eyeball radii


@dataclass(frozen=True, slots=True)
class FullRig:
    """Bones, parents before children, and the skinning weights of the base mesh."""

    names: tuple[str, ...]
    parents: tuple[int, ...]  # -1: none
    weights: F64  # (V, bones), rows sum to 1

    def row(self, name: str) -> int:
        """Return the index of a bone."""
        return self.names.index(name)


@dataclass(frozen=True, slots=True)
class RiggedPerson:
    """A dressed person at rest on the full rig."""

    body: Any  # the renderer's body, as drawn; its own bones are not used
    weights: Any  # sparse (vertices, bones)
    heads: F64  # (bones, 3) where each bone begins, metres
    tails: F64  # (bones, 3) where it ends
    rig: FullRig

    def pose(self, turns: dict[str, F64], root: F64) -> tuple[F64, F64]:
        """Return each bone's world rotation (bones, 3, 3) and head (bones, 3).

        turns  bone -> (3, 3) on top of its parent; root  (3,) shift of the whole person
        """
        names, parents = self.rig.names, self.rig.parents
        rotations, places = np.empty((len(names), 3, 3)), np.empty((len(names), 3))
        for bone, (name, parent) in enumerate(zip(names, parents, strict=True)):
            own = turns.get(name)
            if parent < 0:
                rotations[bone] = np.eye(3) if own is None else own
                places[bone] = self.heads[bone] + root
                continue
            rotations[bone] = rotations[parent] if own is None else rotations[parent] @ own
            places[bone] = places[parent] + rotations[parent] @ (self.heads[bone] - self.heads[parent])
        return rotations, places

    def skin(self, rotations: F64, places: F64) -> F64:
        """Return the skinned vertices (V, 3) of a pose."""
        shift = places - np.einsum("bij,bj->bi", rotations, self.heads)
        matrices = np.concatenate([rotations, shift[:, :, None]], axis=2).reshape(len(places), 12)
        mixed = (self.weights @ matrices).reshape(-1, 3, 4)
        moved: F64 = np.einsum("vij,vj->vi", mixed[:, :, :3], self.body.vertices) + mixed[:, :, 3]
        return moved

    def tail(self, bone: int, rotations: F64, places: F64) -> F64:
        """Return the position (3,) of a bone's end in a pose."""
        end: F64 = places[bone] + rotations[bone] @ (self.tails[bone] - self.heads[bone])
        return end


def open_rig(renderer: Renderer) -> FullRig:
    """Read the rig from the renderer's unpacked assets. Raises OSError, ValueError, KeyError when they are broken."""
    bones = renderer.assets.rig["bones"]
    names: list[str] = []
    while len(names) < len(bones):
        ready = [name for name, bone in bones.items() if name not in names and _root_or_in(bone["parent"], names)]
        if not ready:
            raise ValueError("the rig's bones have no order: a parent is missing")
        names += ready
    row = {name: index for index, name in enumerate(names)}
    weights = np.zeros((len(renderer.assets.vertices), len(names)))
    table = json.loads((renderer.assets.folder / _WEIGHTS).read_text(encoding="utf-8"))["weights"]
    for name, entries in table.items():
        for vertex, weight in entries:
            weights[vertex, row[name]] += weight
    weights[weights.sum(1) == 0, row["root"]] = 1.0
    weights /= weights.sum(1, keepdims=True)
    parents = tuple(-1 if bones[name]["parent"] is None else row[bones[name]["parent"]] for name in names)
    return FullRig(tuple(names), parents, weights)


def _root_or_in(parent: str | None, names: list[str]) -> bool:
    return parent is None or parent in names


def draw_rigged(renderer: Renderer, rig: FullRig, rng: np.random.Generator) -> RiggedPerson:
    """Return a random dressed adult of the renderer whose hands are not covered by sleeves."""
    bodies = renderer.bodies
    traits = bodies.random_traits(rng)
    traits.sleeve = min(traits.sleeve, 1.7)
    assets = copy.copy(renderer.assets)
    assets.weights = np.hstack([renderer.assets.weights, rig.weights])
    vertices = bodies.shape_vertices(renderer.assets, traits)
    vertices[:, 1] -= vertices[assets.body_vertices, 1].min()
    heads, tails = (_ends(assets.rig, rig.names, end, vertices) for end in ("head", "tail"))
    joints = np.array([heads[rig.row(bodies.MAKEHUMAN_BONES[name][0])] for name in JOINT_NAMES])
    mesh, colours, materials, faces, weights = bodies.dress(assets, traits, vertices, joints)
    for side in (".L", ".R"):
        colours[_lid_edges(mesh, materials, heads[rig.row("eye" + side)], bodies)] *= _LASHES
    colours[_inside_mouth(mesh, materials == bodies.SKIN, heads, tails, rig)] = _MOUTH_COLOUR
    one_bone = np.tile([1.0, 0.0, 0.0, 0.0], (len(mesh), 1))
    height = float(vertices[assets.body_vertices, 1].max())
    normals = bodies.vertex_normals(mesh, faces)
    body = bodies.Body(mesh, normals, colours, materials, faces, np.zeros((len(mesh), 4)), one_bone, joints, height)
    return RiggedPerson(body, csr_matrix(weights[:, len(JOINT_NAMES) :]), heads, tails, rig)


def _lid_edges(mesh: F64, materials: F64, eye: F64, bodies: Any) -> NDArray[np.intp]:
    """Return the indices of the skin's vertices at the edge of the lids of an eye centred at `eye`."""
    away = np.linalg.norm(mesh - eye, axis=1)
    ball = (materials == bodies.EYE) & (np.sign(mesh[:, 0]) == np.sign(eye[0]))
    radius = float(np.median(away[ball]))
    ahead = mesh[:, 2] - eye[2] > _LID_EDGE[1] * radius
    edges: NDArray[np.intp] = np.flatnonzero((materials == bodies.SKIN) & ahead & (away < _LID_EDGE[0] * radius))
    return edges


def _inside_mouth(mesh: F64, skin: NDArray[np.bool_], heads: F64, tails: F64, rig: FullRig) -> NDArray[np.intp]:
    """Return the indices of the vertices inside the mouth, which the renderer leaves skin-coloured."""
    chin, jaw = tails[rig.row("jaw")], heads[rig.row("jaw")]
    x, y, z = mesh.T
    front = skin & (np.abs(x) < 2 * _MOUTH_HALF_M) & (y > chin[1] - 0.02) & (y < jaw[1] + 0.02) & (z > jaw[2] - 0.05)
    inner = front & (np.abs(x) < _MOUTH_HALF_M) & (y > chin[1] + 0.012) & (y < jaw[1] - 0.01)
    rows = np.flatnonzero(inner)
    others = mesh[front]
    apart = np.linalg.norm(mesh[rows, None, :2] - others[None, :, :2], axis=-1)
    before = np.where(apart < _MOUTH_NEAR_M, others[None, :, 2], -np.inf).max(1)
    inside: NDArray[np.intp] = rows[z[rows] < before - _MOUTH_BEHIND_M]
    return inside


def _ends(skeleton: Any, names: tuple[str, ...], end: str, vertices: F64) -> F64:
    """Return one end of every bone (bones, 3), the mean of some vertices."""
    return np.array([vertices[skeleton["joints"][skeleton["bones"][name][end]]].mean(0) for name in names])
