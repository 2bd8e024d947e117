"""The 3D view: the performer on a floor, with contact rings and a trail of the hips; orbit with the mouse.

The GL thread is the Qt thread. The body is one mesh whose vertices are replaced; nothing is redrawn without a new pose.
It is a QOpenGLWindow in a container instead of a QOpenGLWidget, with which Qt composes the whole window through OpenGL
for every frame, at five times the cost with software rendering (measured: 27 against 6 ms at 900 x 800).
"""

from __future__ import annotations

import logging
import math
from collections import deque

import numpy as np
import pyqtgraph.opengl as gl
from OpenGL.error import Error as OpenGLError
from pyqtgraph.opengl.GLViewWidget import GLViewMixin
from pyqtgraph.opengl.items.GLMeshItem import DirtyFlag
from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QSurfaceFormat, QVector3D
from PySide6.QtOpenGL import QOpenGLWindow

from app.window.avatar.budget import DrawBudget
from app.window.avatar.item import AvatarItem
from app.window.widgets.body_mesh import F32, BodyMesh, to_gl
from app.window.widgets.body_shaders import body_shader, floor_shader
from app.window.widgets.looks import Looks
from app.window.widgets.theme import BACKGROUND
from engine.types import Pose
from models.skeleton import FEET, TOES

log = logging.getLogger(__name__)

_TRAIL_S = 6.0
_TRAIL_POINTS = 240
_TRAIL_WIDTH_M = 0.012
_TRAIL_EVERY_S = 0.1
_FLOOR_STEP_M = 0.5
_FOLLOW = 0.06
_FLOOR_FACES = np.array([[0, 1, 2], [0, 2, 3]])
_START = {"distance": 3.9, "elevation": 10.0, "azimuth": -64.0}
_FOV_DEG = 40.0
_AIM_M = 0.86
"""Height at which the camera aims."""


class PosedMesh(gl.MeshData):  # type: ignore[misc]  # pyqtgraph has no types
    """Mesh data backed by a BodyMesh, including normals, so that pyqtgraph computes none."""

    def __init__(self, body: BodyMesh) -> None:
        super().__init__(vertexes=body.vertices, faces=body.faces, vertexColors=body.colours)
        self._body = body

    def vertexes(self, indexed: str | None = None) -> F32:  # noqa: ARG002 - pyqtgraph's signature
        return self._body.vertices

    def vertexNormals(self, indexed: str | None = None) -> F32:  # noqa: N802, ARG002 - pyqtgraph's name
        return self._body.normals


class BodyItem(gl.GLMeshItem):  # type: ignore[misc]
    """A mesh whose vertices and normals change in place: only these two are uploaded again."""

    moved = recoloured = True

    def parseMeshData(self) -> DirtyFlag:  # noqa: N802 - pyqtgraph's name
        """Choose what to upload before this frame."""
        dirty = super().parseMeshData()
        if self.moved:
            dirty |= DirtyFlag.POSITION | DirtyFlag.NORMAL
        if self.recoloured:
            dirty |= DirtyFlag.COLOR
        self.moved = self.recoloured = False
        return dirty


class _Trail:
    """The path of the hips, as a thin fading ribbon on the floor."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float, float]] = deque(maxlen=_TRAIL_POINTS)  # time, x, y on the floor

    def add(self, at_s: float, x: float, y: float) -> None:
        """Add a point; a jump back in time (a clip that restarts) starts a new trail."""
        if self._points and (at_s < self._points[-1][0] or at_s - self._points[-1][0] > 1.0):
            self._points.clear()
        self._points.append((at_s, x, y))
        while self._points[0][0] < at_s - _TRAIL_S:
            self._points.popleft()

    def clear(self) -> None:
        """Clear the trail."""
        self._points.clear()

    def ribbon(self) -> tuple[F32, F32]:
        """Return vertices (2N, 3) and colours (2N, 4), alternating left and right of the path."""
        points = np.array(self._points, np.float32)
        step = np.gradient(points[:, 1:], axis=0)
        side = np.stack([-step[:, 1], step[:, 0]], axis=1)
        side *= _TRAIL_WIDTH_M / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-5)
        vertices = np.zeros((len(points), 2, 3), np.float32)
        vertices[:, 0, :2], vertices[:, 1, :2] = points[:, 1:] + side, points[:, 1:] - side
        vertices[..., 2] = 0.004
        colours = np.tile(np.array([0.18, 0.81, 0.72, 0.0], np.float32), (len(points), 2, 1))
        colours[..., 3] = (np.linspace(0.0, 0.85, len(points)) ** 1.5)[:, None]
        return vertices.reshape(-1, 3), colours.reshape(-1, 4)

    def __len__(self) -> int:
        return len(self._points)


class BodyView(Looks, GLViewMixin, QOpenGLWindow):  # type: ignore[misc]  # pyqtgraph has no types
    """Shows one Pose. Qt thread only. `problem`: why OpenGL cannot draw it, or ""; known after the first paint."""

    def __init__(self, samples: int = 4) -> None:
        super().__init__()
        surface = QSurfaceFormat(self.format())
        surface.setSamples(samples)
        surface.setDepthBufferSize(24)  # with 16 bits the far side of a limb shines through
        self.setFormat(surface)
        self.setFlag(Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setBackgroundColor(BACKGROUND)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.problem = ""
        self._body = BodyMesh()
        self._mesh = PosedMesh(self._body)
        self._body_shader, self._floor_shader = body_shader(), floor_shader()
        self._floor = gl.GLMeshItem(
            vertexes=_floor_corners(0.0, 0.0),
            faces=_FLOOR_FACES,
            shader=self._floor_shader,
            computeNormals=False,
        )
        self._floor.setDepthValue(-2)
        self._trail = _Trail()
        self._trail_item = gl.GLMeshItem(computeNormals=False, shader=None, glOptions="translucent")
        self._trail_item.setDepthValue(-1)
        self._item = BodyItem(meshdata=self._mesh, shader=self._body_shader, glOptions="translucent")
        for item in (self._floor, self._trail_item, self._item):
            self.addItem(item)
        self._item.setVisible(False)
        self._trail_item.setVisible(False)
        self._trail_at_s = float("-inf")
        self._avatar: AvatarItem | None = None
        self._drawn: Pose | None = None
        self._budget = DrawBudget()
        self.frameSwapped.connect(self._budget.end)
        self.begin_looks(self._floor, self._body_shader)
        self._centre = np.array([0.0, 0.0, _AIM_M])
        self._floor_at = self._centre[:2].copy()
        self.home()

    def home(self) -> None:
        """Reset the view: from the front, slightly from the side."""
        self.show_look("free")
        self.opts["fov"] = _FOV_DEG
        self.setCameraPosition(pos=QVector3D(*self._centre), **_START)

    @property
    def avatar_problem(self) -> str:
        """Why the avatar cannot be drawn, or ""."""
        return "" if self._avatar is None else self._avatar.problem

    def show_avatar(self, avatar: AvatarItem | None) -> None:
        """Draw an avatar instead of the mannequin from the next pose on; None: the mannequin."""
        if self._avatar is not None:
            if self.context() is not None:
                self.makeCurrent()
                self._avatar.free()
            self.removeItem(self._avatar)
        self._avatar, self._drawn = avatar, None
        if avatar is not None:
            self.addItem(avatar)
        self._item.setVisible(False)

    def catch_up(self, pose: Pose) -> None:
        """Draw a pose that was skipped for lack of time, or drawn with the previous figure."""
        if self._drawn is not pose:
            self.show_pose(pose)

    def show_pose(self, pose: Pose) -> None:
        """Draw `pose`. Costs well under a millisecond in addition to the drawing itself, an avatar one or two."""
        self.look_at(pose)
        through_lens = self.look == "camera"  # needs the performer's own size
        if self._avatar is not None and not through_lens:
            if self._budget.may_draw():
                self._drawn = pose
                self._item.setVisible(False)
                self._avatar.show_pose(pose)
                self._show_ground(pose, *(to_gl(place) for place in self._avatar.places_m))
            return
        if self._avatar is not None:
            self._avatar.setVisible(False)
        self._drawn = pose
        hips_height_m = float(pose.rest_offsets_m[0, 1])
        self._body.pose(pose.joints_world_m, pose.rotations_xyzw, hips_height_m, pose.fingers_xyzw)
        if self._body.show_seen(pose.part_confidence):
            self._item.recoloured = True
        feet = to_gl((pose.joints_world_m[list(FEET)] + pose.joints_world_m[list(TOES)]) / 2)
        self._body_shader["u_lost"] = [0.0 if pose.tracked else 1.0]
        self._item.moved = True
        self._item.setVisible(True)
        self._show_ground(pose, to_gl(pose.root_m), feet)

    def _show_ground(self, pose: Pose, root: F32, feet: F32) -> None:
        """Draw shadow, contact rings and trail; the camera follows. root (3,), feet (2, 3), in the view's axes."""
        self._floor_shader["u_body"] = [float(root[0]), float(root[1]), 1.0]
        for name, foot, contact in zip(("u_left", "u_right"), feet, pose.contacts, strict=True):
            self._floor_shader[name] = [float(foot[0]), float(foot[1]), float(contact) if pose.tracked else 0.0]
        self._draw_trail(pose.captured_at_s, root)
        self._follow(root)

    def clear_pose(self) -> None:
        """Clear the floor, for a new source."""
        self._item.setVisible(False)
        if self._avatar is not None:
            self._avatar.setVisible(False)
        self._trail_item.setVisible(False)
        self._trail.clear()
        self._floor_shader["u_body"] = [*self._floor_shader.uniformData["u_body"][:2], 0.0]
        for name in ("u_left", "u_right"):
            self._floor_shader[name] = [0.0, 0.0, 0.0]
        self.update()

    def devicePixelRatioF(self) -> float:  # noqa: N802 - the name that pyqtgraph asks a widget for
        """Screen pixels per logical pixel."""
        return self.devicePixelRatio()

    def initializeGL(self) -> None:  # noqa: N802 - Qt's name
        """Compile the shaders here, where a driver's error can still be shown to the user."""
        super().initializeGL()
        modern = self.context().hasExtension(b"GL_ARB_ES2_compatibility")
        try:
            for shader in (self._body_shader, self._floor_shader):
                shader.program(es2_compat=modern)
        except (OpenGLError, RuntimeError) as error:
            log.error("the driver rejects the 3D view's shaders", exc_info=True)
            self.problem = f"The graphics driver rejects the 3D view: {error}"
            self.clear()

    def paintGL(self) -> None:  # noqa: N802 - Qt's name
        """Set the pixel size for the floor, then draw. The time it takes determines when the avatar may be drawn
        next."""
        self._budget.begin()
        width = max(self.deviceWidth(), 1)
        self._floor_shader["u_pixel"] = [2.0 * math.tan(math.radians(self.opts["fov"]) / 2) / width]
        super().paintGL()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Reset the view."""
        self.home()
        event.accept()

    def _draw_trail(self, at_s: float, root: F32) -> None:
        self._trail.add(at_s, float(root[0]), float(root[1]))
        self._trail_item.setVisible(len(self._trail) > 2)
        if len(self._trail) > 2 and abs(at_s - self._trail_at_s) > _TRAIL_EVERY_S:
            self._trail_at_s = at_s
            vertices, colours = self._trail.ribbon()
            corner = np.arange(0, len(vertices) - 2, 2)[:, None]
            faces = np.concatenate([corner + np.array([0, 1, 2]), corner + np.array([2, 1, 3])])
            self._trail_item.setMeshData(vertexes=vertices, faces=faces, vertexColors=colours)

    def _follow(self, root: F32) -> None:
        """Move the camera's target smoothly after the performer; the angles stay the user's."""
        if not self.following:
            return
        self._centre[:2] += _FOLLOW * (root[:2] - self._centre[:2])
        self.opts["center"] = QVector3D(*self._centre)
        if np.abs(self._centre[:2] - self._floor_at).max() > _FLOOR_STEP_M:
            self._floor_at = self._centre[:2].copy()
            self._floor.setMeshData(vertexes=_floor_corners(*self._floor_at), faces=_FLOOR_FACES)


def _floor_corners(x: float, y: float, half_m: float = 6.5) -> F32:
    corners = [
        (x - half_m, y - half_m, 0),
        (x + half_m, y - half_m, 0),
        (x + half_m, y + half_m, 0),
        (x - half_m, y + half_m, 0),
    ]
    return np.array(corners, np.float32)
