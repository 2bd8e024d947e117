"""OpenCV for the engine, `from engine.opencv import cv2`: its settings must be in place before the import.

Silent (our own errors say what happened), quick to open cameras on Windows, quick to notice a dead one on Linux.
A variable that the user has set wins.
"""

from __future__ import annotations

import os

_SETTINGS = {
    "OPENCV_LOG_LEVEL": "OFF",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",  # AV_LOG_QUIET
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",  # else opening a camera takes half a minute on Windows
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",  # seconds without a frame; else 10
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)

import cv2  # noqa: E402

if os.environ["OPENCV_LOG_LEVEL"] == _SETTINGS["OPENCV_LOG_LEVEL"]:
    cv2.setLogLevel(0)  # LOG_LEVEL_SILENT, in case it was imported earlier

__all__ = ["cv2"]
