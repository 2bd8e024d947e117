"""The avatar as an item of a 3D view, and the loaded model with its pictures."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from OpenGL.error import Error as OpenGLError
from pyqtgraph.opengl.GLGraphicsItem import GLGraphicsItem
from PySide6.QtGui import QImage, QMatrix4x4

from app.window.avatar.gl_model import GlModel
from app.window.avatar.pictures import decode_pictures
from app.window.avatar.shaders import ShaderError
from engine.avatar.mesh import Model
from engine.avatar.model import read_model
from engine.avatar.puppet import Puppet
from engine.types import F32, F64, Pose

log = logging.getLogger(__name__)

_TO_GL: F32 = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.float32)
"""Our world (Y up) to the 3D view's axes (Z up), as in body_mesh.to_gl."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedAvatar:
    """An avatar ready to be drawn; compared by identity."""

    file: str
    model: Model
    images: tuple[QImage | None, ...]

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return what is drawn differently from the file, one line each."""
        unread = sum(image is None and bool(data) for image, data in zip(self.images, self.model.pictures, strict=True))
        words = f"{unread} of its {len(self.images)} textures cannot be decoded"
        return (*self.model.left_out, *([words] if unread else []))


def load_avatar(file: str, *, frugal: bool) -> LoadedAvatar:
    """Read a file and decode its textures. Any thread; a large one takes seconds. Raises InputError (one line)."""
    model = read_model(Path(file).expanduser())
    return LoadedAvatar(file, model, decode_pictures(model.pictures, frugal=frugal))


class AvatarItem(GLGraphicsItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws one avatar. Qt thread. `problem`: why it cannot be drawn, or ""; known after the first drawing."""

    def __init__(self, avatar: LoadedAvatar, *, frugal: bool) -> None:
        super().__init__()
        self.problem = ""
        self.avatar = avatar
        self._smooth = not frugal
        self._puppet = Puppet(avatar.model)
        self._gl: GlModel | None = None
        self._joints: F32 | None = None
        self._morphs: dict[tuple[int, int], float] = {}
        self._lost = 0.0
        self.setVisible(False)

    def show_pose(self, pose: Pose, *, grey: bool = True) -> None:
        """Move the avatar to a pose. grey: draw a held pose, while nobody is seen, without colours."""
        self._joints, self._morphs = self._puppet.joints(pose), self._puppet.morphs(pose)
        self._lost = 0.0 if pose.tracked or not grey else 1.0
        self.setVisible(True)

    @property
    def places_m(self) -> tuple[F64, F64]:
        """Hips (3,) and feet (2, 3) in our world, for the newest pose."""
        return self._puppet.hips_m, self._puppet.feet_m

    def paint(self) -> None:
        """Draw; uploads before the first drawing, once there is a context."""
        if self._joints is None or self.problem:
            return
        try:
            if self._gl is None:
                es2 = bool(self.view().context().hasExtension(b"GL_ARB_ES2_compatibility"))
                self._gl = GlModel(self.avatar.model, self.avatar.images, es2=es2, smooth=self._smooth)
            mvp, view = _array(self.mvpMatrix()) @ _TO_GL, _array(self.modelViewMatrix()) @ _TO_GL
            self._gl.draw(mvp, view, self._joints, self._morphs, self._lost)
        except (OpenGLError, ShaderError) as error:
            log.error("drawing the avatar failed", exc_info=True)
            self.problem = f"The graphics driver cannot draw the avatar: {error}"

    def free(self) -> None:
        """Release GPU resources. Needs the view's context."""
        if self._gl is not None:
            self._gl.free()
            self._gl = None


def _array(matrix: QMatrix4x4) -> F32:
    return np.array(matrix.copyDataTo(), np.float32).reshape(4, 4)
