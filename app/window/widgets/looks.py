"""Views of the 3D scene: free, from the front, the side or above, or through the real camera's lens.

In the camera view the picture is behind the figure and the projection is the camera's, including the principal point,
so the figure covers the person if pose, position and field of view are right: a visual check of the fit. A replay has
no picture: its figure is in front of a plain ground where the recorded picture was. A mixin for a GLViewMixin; axes are
the view's (Z up; the world's x, y, z are x, z, -y here). Qt thread only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph.opengl as gl
from numpy.typing import NDArray
from OpenGL import GL
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QMatrix4x4, QMouseEvent, QVector3D

from app.window.replay_words import has_camera
from app.window.widgets.body_mesh import F32, to_gl
from app.window.widgets.theme import RAISED
from app.window.widgets.video_view import fitted, scaled_picture
from engine.opencv import cv2
from engine.types import Frame, Pose
from models.camera import Intrinsics
from models.skeleton import ROOT

F64 = NDArray[np.float64]
LOOKS = ("camera", "front", "side", "top", "free")
_ANGLES = {"front": (4.0, -90.0), "side": (4.0, 0.0), "top": (89.9, -90.0)}
"""Elevation and azimuth in degrees."""
_WORLD_GL = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
_EYE_CAM = np.diag([1.0, -1.0, -1.0])
"""OpenGL's eye looks along -z with y up, a camera along +z with y down."""
_NEAR_M, _FAR_M = 0.05, 200.0
_PYRAMID_M = 0.45
_AMBER, _GRID = (0.96, 0.62, 0.04, 1.0), (1.0, 1.0, 1.0, 0.38)
_GRID_HALF, _GRID_STEP_M = 4, 0.5
_BEFORE_PICTURE = 0.72
"""Opacity of the body in front of the picture."""
_PLAIN_SCALE, _MOST_PLAIN_PX = 8, 480
"""The plain ground of a replay has this many times fewer pixels across than the picture, and at most so many."""
_CARRIED_DISTANCE_M, _DISTANCE_M = 8.0, 3.9
_TOP_DISTANCE_M = 5.0


def eye_matrix(R_world_cam: F64, t_world_cam: F64) -> F64:
    """Return the matrix (4, 4) from this view's axes to the eye at the camera's position."""
    matrix = np.eye(4)
    matrix[:3, :3] = _EYE_CAM @ R_world_cam.T @ _WORLD_GL.T
    matrix[:3, 3] = -_EYE_CAM @ R_world_cam.T @ t_world_cam
    return matrix


def lens_matrix(lens: Intrinsics, image_size: tuple[int, int], pane_size: tuple[int, int]) -> F64:
    """Return the OpenGL projection (4, 4) that draws a point where the picture, fitted into the pane, shows it."""
    place = fitted(image_size, QRect(0, 0, *pane_size))
    scale, (width, height) = place.width() / image_size[0], pane_size
    across = 2 * (place.x() + scale * lens.cx) / width - 1
    up = 1 - 2 * (place.y() + scale * lens.cy) / height
    near, far = _NEAR_M, _FAR_M
    return np.array(
        [
            [2 * scale * lens.fx / width, 0.0, -across, 0.0],
            [0.0, 2 * scale * lens.fy / height, -up, 0.0],
            [0.0, 0.0, -(far + near) / (far - near), -2 * far * near / (far - near)],
            [0.0, 0.0, -1.0, 0.0],
        ]
    )


def picture_matrix(picture: tuple[int, int], pane_size: tuple[int, int]) -> F64:
    """Return the matrix (4, 4) from picture pixels, size (width, height), to clip space, fitted into the pane, at the
    back."""
    place, (width, height) = fitted(picture, QRect(0, 0, *pane_size)), pane_size
    scale = place.width() / picture[0]
    matrix = np.eye(4)
    matrix[0, 0], matrix[0, 3] = 2 * scale / width, 2 * place.x() / width - 1
    matrix[1, 1], matrix[1, 3] = -2 * scale / height, 1 - 2 * place.y() / height
    matrix[2, 2], matrix[2, 3] = 0.0, 0.9999
    return matrix


def pyramid_lines(R_world_cam: F64, t_world_cam: F64, lens: Intrinsics, image_size: tuple[int, int]) -> F32:
    """Return end points (20, 3) of a camera pyramid's ten lines: four edges, the picture's frame, a mark on its upper
    side."""
    width, height = image_size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    rays = np.concatenate([lens.to_rays(corners), np.ones((4, 1))], axis=1) * _PYRAMID_M
    top = np.array([[rays[0, 0] * 0.4, rays[0, 1] * 1.5, _PYRAMID_M], [rays[1, 0] * 0.4, rays[1, 1] * 1.5, _PYRAMID_M]])
    apex = np.zeros(3)
    ends = [part for k in range(4) for part in (apex, rays[k])]
    ends += [part for k in range(4) for part in (rays[k], rays[(k + 1) % 4])]
    ends += [rays[0], top.mean(0), top.mean(0), rays[1]]
    return to_gl((np.array(ends) @ R_world_cam.T + t_world_cam).astype(np.float32))


class _Picture(gl.GLImageItem):  # type: ignore[misc]  # pyqtgraph has no types
    """The camera's picture behind everything."""

    def __init__(self, look: Callable[[], F64]) -> None:
        super().__init__(np.zeros((2, 2, 4), np.uint8), smooth=True, glOptions="opaque")
        self.updateGLOptions({GL.GL_DEPTH_TEST: False, GL.GL_BLEND: False})
        self._look = look
        self.setDepthValue(-20)

    def mvpMatrix(self) -> QMatrix4x4:  # noqa: N802 - pyqtgraph's name
        """Return the matrix from the quad's pixels to clip space."""
        return _qt(self._look())

    def paint(self) -> None:
        """Draw without writing to the depth buffer."""
        GL.glDepthMask(False)
        super().paint()
        GL.glDepthMask(True)


def _qt(matrix: F64) -> QMatrix4x4:
    return QMatrix4x4(*(float(value) for value in matrix.reshape(-1)))


class Looks:
    """Mixin for the 3D view. `on_look` is called when the mouse leaves a fixed view."""

    opts: dict[str, Any]

    def begin_looks(self, floor: Any, body_shader: Any) -> None:
        """Add the items of the views; in front of the picture the floor is hidden and the body is translucent."""
        self.look, self.following = "free", True
        self.on_look: Callable[[str], None] = lambda _look: None
        self._floor_item, self._body_look = floor, body_shader
        self._camera: tuple[F64, F64, Intrinsics] | None = None
        self._image_size = (4, 3)
        self._frame: Frame | None = None
        self._seen: Pose | None = None
        self._plain_size: tuple[int, int] | None = None  # of the ground drawn instead of a picture
        self._pictured = True
        self._picture = _Picture(lambda: picture_matrix(self._picture.data.shape[:2], self._pane()))
        options = {"mode": "lines", "antialias": True, "glOptions": "translucent"}
        self._pyramid = gl.GLLinePlotItem(pos=np.zeros((2, 3)), color=_AMBER, width=2.5, **options)
        self._grid = gl.GLLinePlotItem(pos=np.zeros((2, 3)), color=_GRID, width=1.0, **options)
        self._grid.setDepthValue(-10)
        self._shows_camera = False
        for item in (self._picture, self._pyramid, self._grid):
            self.addItem(item)  # type: ignore[attr-defined]  # GLViewMixin's
            item.setVisible(False)

    def show_look(self, look: str) -> None:
        """Switch to one of LOOKS."""
        self.look = look
        if look in _ANGLES:
            elevation, azimuth = _ANGLES[look]
            distance = max(self.opts["distance"], _TOP_DISTANCE_M) if look == "top" else self.opts["distance"]
            self._turn_to(elevation, azimuth, distance)
        self._dress()
        if look == "camera":
            if self._frame is not None:
                self.show_picture(self._frame)
            if self._seen is not None:
                self.look_at(self._seen)

    def show_camera(self, on: bool) -> None:
        """Draw the camera as a pyramid, from far enough away to see it."""
        if on != self._shows_camera:
            self._shows_camera = on
            self.opts["distance"] = _CARRIED_DISTANCE_M if on else _DISTANCE_M
            self._dress()

    def show_picture(self, frame: Frame | None) -> None:
        """Set the picture of the next pose, for the camera view; costs nothing in the others. None: it has none."""
        self._frame = frame
        if (frame is not None) != self._pictured:
            self._pictured, self._plain_size = frame is not None, None
            self._picture.setVisible(False)
            self._dress()
            if self._seen is not None:
                self.look_at(self._seen)
        if frame is None:
            return
        self._image_size = frame.image_size
        if self.look != "camera":
            return
        place = fitted(frame.image_size, QRect(0, 0, *self._pane()))
        size = max(int(place.width()), 1), max(int(place.height()), 1)
        small = scaled_picture(frame.bgr, size) if size[0] < frame.image_size[0] else frame.bgr
        self._picture.setData(np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGBA)).transpose(1, 0, 2))
        self._picture.setVisible(True)

    def look_at(self, pose: Pose) -> None:
        """Use the camera of a new pose; without one, the camera view is from where the free view was."""
        self._seen = pose
        R, t = pose.R_world_cam.astype(np.float64), pose.t_world_cam.astype(np.float64)
        self._camera = (R, t, pose.intrinsics) if has_camera(pose) else None
        if not self._pictured and self.look == "camera":
            self._show_plain_ground()
        if self._camera is None:
            self._pyramid.setVisible(False)
        elif self._shows_camera and self.look != "camera":
            self._pyramid.setData(pos=pyramid_lines(R, t, pose.intrinsics, self._image_size))
            self._pyramid.setVisible(True)
        if self.look == "camera":
            self._grid.setData(pos=_grid_lines(pose.joints_world_m[ROOT]))
            self._grid.setVisible(True)

    def _show_plain_ground(self) -> None:
        """Draw a plain rectangle where the recorded picture was, for the camera's view of a replay."""
        if self._camera is None:
            self._plain_size = None
            self._picture.setVisible(False)
            return
        lens = self._camera[2]
        size = max(round(2 * lens.cx), 1), max(round(2 * lens.cy), 1)
        if size != self._plain_size:
            self._plain_size = self._image_size = size
            ground = QColor(RAISED).getRgb()
            scale = max(_PLAIN_SCALE, max(size) / _MOST_PLAIN_PX)
            width, height = (max(round(side / scale), 1) for side in size)
            self._picture.setData(np.tile(np.array(ground, np.uint8), (width, height, 1)))
        self._picture.setVisible(True)

    def viewMatrix(self) -> QMatrix4x4:  # noqa: N802 - pyqtgraph's name
        """Return the view's position."""
        if self.look == "camera" and self._camera is not None:
            return _qt(eye_matrix(*self._camera[:2]))
        return super().viewMatrix()  # type: ignore[misc, no-any-return]

    def projectionMatrix(self, region: Any, viewport: Any) -> QMatrix4x4:  # noqa: N802 - pyqtgraph's name
        """Return the projection of the current view."""
        if self.look == "camera" and self._camera is not None:
            return _qt(lens_matrix(self._camera[2], self._image_size, self._pane()))
        return super().projectionMatrix(region, viewport)  # type: ignore[misc, no-any-return]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Orbit, which leaves a fixed view; the camera view cannot be moved."""
        if self.look == "camera":
            return
        if self.look != "free" and event.buttons():
            self.look = "free"
            self.on_look("free")
        super().mouseMoveEvent(event)  # type: ignore[misc]

    def _pane(self) -> tuple[int, int]:
        return max(self.width(), 1), max(self.height(), 1)  # type: ignore[attr-defined]

    def _turn_to(self, elevation: float, azimuth: float, distance: float) -> None:
        centre: QVector3D = self.opts["center"]
        self.setCameraPosition(pos=centre, elevation=elevation, azimuth=azimuth, distance=distance)  # type: ignore[attr-defined]

    def _dress(self) -> None:
        """Show the items of the current view only."""
        through = self.look == "camera"
        self._floor_item.setVisible(not through)
        self._body_look["u_alpha"] = [_BEFORE_PICTURE if through and self._pictured else 1.0]
        for item, shown in ((self._picture, through), (self._grid, through), (self._pyramid, not through)):
            item.setVisible(shown and item.visible())
        self.update()  # type: ignore[attr-defined]
        if not self._shows_camera:
            self._pyramid.setVisible(False)


def _grid_lines(hips_world: F32) -> F32:
    """Return end points (N, 3) of grid lines on the floor around the performer, every half metre."""
    half, step = _GRID_HALF, _GRID_STEP_M
    x0, z0 = (round(float(hips_world[k]) / step) * step for k in (0, 2))
    reach = half * step
    ends = []
    for k in range(-half, half + 1):
        ends += [[x0 + k * step, 0, z0 - reach], [x0 + k * step, 0, z0 + reach]]
        ends += [[x0 - reach, 0, z0 + k * step], [x0 + reach, 0, z0 + k * step]]
    return to_gl(np.array(ends, np.float32))
