"""Check whether OpenGL works, and whether it is software rendering. Done once, before the 3D view is created."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

import OpenGL as PyOpenGL
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

PyOpenGL.ERROR_CHECKING = False
"""Must be set before OpenGL.GL is imported: otherwise every call checks for errors, which doubles the frame time."""
log = logging.getLogger(__name__)

_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader", "gdi generic", "basic render")
FEW_CORES = 4
_WITHOUT = ("offscreen", "minimal", "vnc", "linuxfb")


@dataclass(frozen=True, slots=True)
class OpenGL:
    """`problem` is "" when it works; `software`: rendered by the CPU, so drawing must be cheap."""

    problem: str
    software: bool

    @property
    def frugal(self) -> bool:
        """Whether few cores have to draw as well as track: draw less smoothly, track more poses."""
        return self.software and (os.cpu_count() or 1) < FEW_CORES


def probe_opengl() -> OpenGL:
    """Create a context and check the renderer. Qt thread, after QApplication."""
    platform = QGuiApplication.platformName()
    if platform in _WITHOUT:
        return OpenGL(f"the display ({platform}) has no OpenGL", False)
    context, surface = QOpenGLContext(), QOffscreenSurface()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return OpenGL("no OpenGL driver was found; install the graphics driver (on Debian: libgl1-mesa-dri)", False)
    try:
        from OpenGL import GL

        name = GL.glGetString(GL.GL_RENDERER)
    except (ImportError, OSError, AttributeError) as error:
        log.warning("PyOpenGL does not work", exc_info=True)
        return OpenGL(f"PyOpenGL does not work here: {error}", False)
    finally:
        context.doneCurrent()
    renderer = name.decode(errors="replace") if isinstance(name, bytes) else ""
    return OpenGL("", any(word in renderer.lower() for word in _SOFTWARE))
