"""Open a source of frames from the user's text: "", a number, a camera's name, a file, a URL, "demo"."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from engine.errors import CameraError, UsageError
from engine.file_kinds import not_a_video
from engine.masking import mask_secrets
from engine.sources.base import Source
from engine.sources.camera_list import CameraInfo, ListCameras, camera_by_name, list_cameras, named, unlisted_camera
from engine.sources.file_source import open_file
from engine.sources.live_source import Capture, LiveSource, open_stream, open_webcam
from engine.sources.orientation import UPRIGHT, Orientation
from engine.sources.picture_reader import is_picture_place
from engine.sources.reader import DEFAULT_FPS

__all__ = ["DEMO", "CameraInfo", "Source", "list_cameras", "open_source"]

DEMO = "demo"
DEMO_CLIP = Path(__file__).resolve().with_name("demo.mp4")
DEMO_PAIR = DEMO_CLIP.with_name("demo_left.mp4"), DEMO_CLIP.with_name("demo_right.mp4")
"""One performance from two sides, for `vtm compare demo`."""
WEBCAM_START_S = 12.0
STREAM_START_S = 15.0  # time for a stream joined between two keyframes
_URL_KINDS = ("http", "https", "rtsp", "rtsps", "rtmp", "udp", "tcp", "rtp", "srt")

OpenWebcam = Callable[[int, int], Capture | None]


def open_source(
    source: str,
    *,
    orientation: Orientation = UPRIGHT,
    paced: bool = True,
    loop: bool = False,
    fps: float = DEFAULT_FPS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    on_message: Callable[[str], None] | None = None,
    cameras: ListCameras = list_cameras,
    webcam: OpenWebcam = open_webcam,
) -> Source:
    """Open the named source; its first frame is available on return (a webcam may take seconds).

    source      "" first camera, else the demo (reported by `on_message`); "0", "1", … ; part of a camera's name; a
                file; a folder or pattern of pictures; a URL; "demo"
    orientation rotation and mirroring of the pictures
    paced       play a file at its own pace, frames carry the clock; False: as fast as possible, with file timestamps
    loop        restart a file at its end
    fps         for pictures in a folder or pattern, which have no timestamps
    cameras, webcam   replaced by tests
    Raises UsageError (no such file, camera name or kind of URL), CameraError (busy, dead, not a video).
    """
    text = source.strip()

    def file(path: Path, name: str | None = None) -> Source:
        return open_file(
            path, name=name, fps=fps, orientation=orientation, paced=paced, loop=loop, clock=clock, sleep=sleep
        )

    if "://" in text:
        return _stream(text, orientation, clock, on_message)
    if text == DEMO:
        return file(DEMO_CLIP, DEMO)
    if text and not text.isdecimal() and (Path(text).exists() or is_picture_place(text)):
        problem = not_a_video(Path(text))
        if problem is not None:
            raise UsageError(problem)
        return file(Path(text))
    found = _choose(text, cameras())
    if found is not None:
        return _webcam(found, orientation, clock, cameras, webcam)
    if on_message is not None:
        on_message("no camera found: playing the bundled demo clip")
    return file(DEMO_CLIP, DEMO)


def _choose(text: str, cameras: tuple[CameraInfo, ...]) -> CameraInfo | None:
    """Return the requested camera; None: there is none and none was requested. Raises UsageError, CameraError."""
    if not text:
        return cameras[0] if cameras else None
    if text.isdecimal():
        index = int(text)
        listed = [camera for camera in cameras if camera.index == index]
        if cameras and not listed:
            raise CameraError(f"there is no camera {index}; cameras: {named(cameras)}")
        return listed[0] if listed else unlisted_camera(index)
    by_name = camera_by_name(text, cameras)
    if by_name is not None:
        return by_name
    if Path(text).suffix or "/" in text or "\\" in text:
        raise UsageError(f"there is no file {text}; check the path")
    raise UsageError(f'there is no camera or file called "{text}"; cameras: {named(cameras)}')


def _webcam(
    camera: CameraInfo,
    orientation: Orientation,
    clock: Callable[[], float],
    cameras: ListCameras,
    webcam: OpenWebcam,
) -> Source:
    """Open a webcam; it is found again by its name when it returns under another number."""

    opened = False

    def reopen() -> Capture | None:
        nonlocal opened
        same = [other for other in cameras() if other.name == camera.name] if opened else []
        index = camera.index if camera in same or not same else same[0].index
        opened = True
        return webcam(index, camera.api)

    def failure() -> str:
        listed = cameras()
        if camera.index not in [other.index for other in listed]:
            return f"there is no camera {camera.index}; cameras: {named(listed)}; plug one in, or use --source demo"
        return (
            f'camera {camera.index} "{camera.name}" gives no picture; close other programs that use it '
            "(browser, video call, OBS) and allow this program to use the camera"
        )

    return LiveSource(
        camera.name, reopen, first_frame_s=WEBCAM_START_S, failure=failure, orientation=orientation, clock=clock
    )


def _stream(
    url: str, orientation: Orientation, clock: Callable[[], float], on_message: Callable[[str], None] | None
) -> Source:
    shown = mask_secrets(url)
    kind = url.split("://", 1)[0].lower()
    if kind not in _URL_KINDS:
        raise UsageError(f"{shown}: unknown kind of URL {kind}; expected one of {', '.join(_URL_KINDS)}")

    def failure() -> str:
        return f"{shown} gives no picture; check the address, and that the other side is running"

    return LiveSource(
        shown,
        lambda: open_stream(url),
        first_frame_s=STREAM_START_S,
        failure=failure,
        orientation=orientation,
        clock=clock,
        on_message=on_message,
    )
