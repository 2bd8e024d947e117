"""Does OpenGL work here, and is it the processor that draws? Asked once, before the 3D view is made."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

import OpenGL as PyOpenGL
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

PyOpenGL.ERROR_CHECKING = False
"""Must stand before OpenGL.GL is imported: else every call asks for errors, which doubles the cost of a frame."""
log = logging.getLogger(__name__)

_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader", "gdi generic", "basic render")
FEW_CORES = 4
_WITHOUT = ("offscreen", "minimal", "vnc", "linuxfb")


@dataclass(frozen=True, slots=True)
class OpenGL:
    """`problem` is "" when it works; `software`: drawn by the processor, so keep it cheap."""

    problem: str
    software: bool

    @property
    def frugal(self) -> bool:
        """Few cores have to draw as well as track: less smoothness on screen, more poses."""
        return self.software and (os.cpu_count() or 1) < FEW_CORES


def probe_opengl() -> OpenGL:
    """Make a context and ask who draws. Qt thread, after QApplication."""
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
