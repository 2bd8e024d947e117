"""A model on the GPU: buffers, textures and draw calls. Everything needs the current context."""

from __future__ import annotations

import ctypes

import numpy as np
from OpenGL import GL
from PySide6.QtGui import QImage

from app.window.avatar.shaders import UNIFORMS, compile_avatar_program
from engine.avatar.mesh import Material, Model, Shape, Surface
from engine.types import F32

_GAMMA = 1 / 2.2
_CUTOFF = {"opaque": -1.0, "blend": 0.004}
"""Alpha below which a pixel is discarded, so that invisible pixels hide nothing."""


class GlModel:
    """One model in one context."""

    def __init__(self, model: Model, images: tuple[QImage | None, ...], *, es2: bool, smooth: bool) -> None:
        """Upload everything. smooth: with mipmaps. Raises ShaderError."""
        self._program = compile_avatar_program(es2=es2)
        self._uniforms = {name: GL.glGetUniformLocation(self._program, name) for name in UNIFORMS}
        white = QImage(1, 1, QImage.Format.Format_RGBA8888)
        white.fill(0xFFFFFFFF)
        self._white = _texture(white, smooth=False)
        self._pictures = [None if image is None else _texture(image, smooth=smooth) for image in images]
        self._joints = int(GL.glGenTextures(1))
        self._rows = len(model.joints.bones)
        self._shapes = [_GlShape(shape) for shape in model.shapes]
        pairs = [(shape, surface) for shape in self._shapes for surface in shape.surfaces]
        self._in_order = sorted(pairs, key=lambda pair: _layer(pair[1].material))

    def draw(self, mvp: F32, view: F32, joints: F32, morphs: dict[tuple[int, int], float], lost: float) -> None:
        """Draw the model.

        mvp, view  (4, 4) our world to clip space and to eye space
        joints     (J, 4, 4), morphs: as given by Puppet; lost: 0 tracked .. 1 held, drawn grey
        """
        GL.glUseProgram(self._program)
        self._upload_joints(joints)
        self._set_matrix("u_mvp", mvp)
        self._set_matrix("u_view", view)
        GL.glUniform1i(self._uniforms["u_joints"], 1)
        GL.glUniform1i(self._uniforms["u_picture"], 0)
        GL.glUniform1f(self._uniforms["u_rows"], self._rows)
        GL.glUniform1f(self._uniforms["u_lost"], lost)
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glBlendFuncSeparate(GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA, GL.GL_ONE, GL.GL_ONE_MINUS_SRC_ALPHA)
        for shape in self._shapes:
            shape.move(morphs)
        bound = None
        for shape, surface in self._in_order:
            if shape is not bound:
                shape.bind()
                bound = shape
            self._set_material(surface.material)
            GL.glDrawElements(GL.GL_TRIANGLES, surface.count, GL.GL_UNSIGNED_INT, ctypes.c_void_p(4 * surface.first))
        self._leave()

    def _set_material(self, material: Material) -> None:
        at = self._uniforms
        picture = None if material.picture is None else self._pictures[material.picture]
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._white if picture is None else picture)
        red, green, blue, alpha = (min(max(part, 0.0), 1.0) for part in material.colour)
        GL.glUniform4f(at["u_colour"], red**_GAMMA, green**_GAMMA, blue**_GAMMA, alpha)
        GL.glUniform4f(at["u_region"], *material.region)
        GL.glUniform1f(at["u_cutoff"], _CUTOFF.get(material.alpha, material.cutoff))
        GL.glUniform1f(at["u_solid"], 0.0 if material.alpha == "blend" else 1.0)
        GL.glUniform1f(at["u_shaded"], 1.0 if material.shaded else 0.0)
        (GL.glEnable if material.alpha == "blend" else GL.glDisable)(GL.GL_BLEND)
        GL.glDepthMask(GL.GL_TRUE if material.hides else GL.GL_FALSE)
        (GL.glDisable if material.both_sides else GL.glEnable)(GL.GL_CULL_FACE)

    def _set_matrix(self, name: str, matrix: F32) -> None:
        GL.glUniformMatrix4fv(self._uniforms[name], 1, GL.GL_TRUE, np.ascontiguousarray(matrix, np.float32))

    def _upload_joints(self, joints: F32) -> None:
        """Upload joints (J, 4, 4) as a texture: one row per joint, one texel per matrix row."""
        GL.glActiveTexture(GL.GL_TEXTURE1)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._joints)
        for setting in (GL.GL_TEXTURE_MIN_FILTER, GL.GL_TEXTURE_MAG_FILTER):
            GL.glTexParameteri(GL.GL_TEXTURE_2D, setting, GL.GL_NEAREST)
        for setting in (GL.GL_TEXTURE_WRAP_S, GL.GL_TEXTURE_WRAP_T):
            GL.glTexParameteri(GL.GL_TEXTURE_2D, setting, GL.GL_CLAMP_TO_EDGE)
        data = np.ascontiguousarray(joints, np.float32)
        GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, GL.GL_RGBA32F, 4, self._rows, 0, GL.GL_RGBA, GL.GL_FLOAT, data)

    def _leave(self) -> None:
        """Restore the state that the rest of the 3D view expects."""
        GL.glDepthMask(GL.GL_TRUE)
        GL.glDisable(GL.GL_CULL_FACE)
        GL.glDisable(GL.GL_BLEND)
        for location in range(5):
            GL.glDisableVertexAttribArray(location)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, 0)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, 0)
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glBindTexture(GL.GL_TEXTURE_2D, 0)
        GL.glUseProgram(0)

    def free(self) -> None:
        """Release everything."""
        GL.glDeleteProgram(self._program)
        textures = [self._white, self._joints, *(picture for picture in self._pictures if picture is not None)]
        GL.glDeleteTextures(len(textures), textures)
        for shape in self._shapes:
            shape.free()


def _layer(material: Material) -> tuple[bool, int]:
    """Sort key: blended surfaces after opaque ones, otherwise in the model's order."""
    return (material.alpha == "blend", material.order if material.alpha == "blend" else 0)


class _GlSurface:
    """Part of a shape's index buffer, with its material."""

    def __init__(self, surface: Surface, first: int) -> None:
        self.material, self.first, self.count = surface.material, first, len(surface.triangles)


class _GlShape:
    """Vertices of one shape. Positions have a separate buffer, since morph targets change them."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._morphed: dict[int, float] = {}
        self.surfaces: list[_GlSurface] = []
        first = 0
        for surface in shape.surfaces:
            self.surfaces.append(_GlSurface(surface, first))
            first += len(surface.triangles)
        self._positions, self._rest, self._indices = (int(buffer) for buffer in GL.glGenBuffers(3))
        usage = GL.GL_DYNAMIC_DRAW if shape.morphs else GL.GL_STATIC_DRAW
        _fill(GL.GL_ARRAY_BUFFER, self._positions, shape.positions, usage)
        columns = (shape.normals, shape.places, shape.joints.astype(np.float32), shape.weights)
        _fill(GL.GL_ARRAY_BUFFER, self._rest, np.concatenate(columns, axis=1), GL.GL_STATIC_DRAW)
        indices = np.concatenate([surface.triangles for surface in shape.surfaces])
        _fill(GL.GL_ELEMENT_ARRAY_BUFFER, self._indices, indices, GL.GL_STATIC_DRAW)

    def move(self, morphs: dict[tuple[int, int], float]) -> None:
        """Apply morph weights to the positions, where they changed."""
        shape = self._shape
        own = {target: weight for (mesh, target), weight in morphs.items() if mesh == shape.mesh and shape.morphs}
        if own == self._morphed:
            return
        self._morphed = own
        positions = shape.positions.copy()
        for target, weight in own.items():
            morph = shape.morphs[target]
            positions[morph.rows] += np.float32(weight) * morph.offsets
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._positions)
        GL.glBufferSubData(GL.GL_ARRAY_BUFFER, 0, positions.nbytes, positions)

    def bind(self) -> None:
        """Bind the vertices for drawing."""
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, self._indices)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._positions)
        _attribute(0, 3, 12, 0)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._rest)
        start = 0
        for location, components in ((1, 3), (2, 2), (3, 4), (4, 4)):
            _attribute(location, components, 52, start)
            start += 4 * components

    def free(self) -> None:
        """Release the buffers."""
        GL.glDeleteBuffers(3, [self._positions, self._rest, self._indices])


def _attribute(location: int, components: int, stride: int, start: int) -> None:
    GL.glEnableVertexAttribArray(location)
    GL.glVertexAttribPointer(location, components, GL.GL_FLOAT, GL.GL_FALSE, stride, ctypes.c_void_p(start))


def _fill(target: int, buffer: int, data: np.ndarray, usage: int) -> None:
    data = np.ascontiguousarray(data)
    GL.glBindBuffer(target, buffer)
    GL.glBufferData(target, data.nbytes, data, usage)


def _texture(image: QImage, *, smooth: bool) -> int:
    texture = int(GL.glGenTextures(1))
    GL.glActiveTexture(GL.GL_TEXTURE0)
    GL.glBindTexture(GL.GL_TEXTURE_2D, texture)
    far = GL.GL_LINEAR_MIPMAP_LINEAR if smooth else GL.GL_LINEAR
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MIN_FILTER, far)
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR)
    data = np.frombuffer(image.constBits(), np.uint8)
    size = (image.width(), image.height())
    GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, GL.GL_RGBA, *size, 0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, data)
    if smooth:
        GL.glGenerateMipmap(GL.GL_TEXTURE_2D)
    return texture
