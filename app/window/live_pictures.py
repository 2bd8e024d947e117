"""The newest picture and pose on screen, each shown once. Qt thread only."""

from __future__ import annotations

import time
from collections import deque

from app.window.widgets.body_pane import BodyPane
from app.window.widgets.details_panel import DetailsPanel
from app.window.widgets.video_view import VideoView
from engine.types import Pose, Snapshot

_WORDS = {"failed": "Nothing to show", "stopped": "Stopped"}
_RECENT_S = 1.0


class LivePictures:
    """Pulled by the window's timer."""

    def __init__(self, video: VideoView, body: BodyPane, details: DetailsPanel) -> None:
        self._video, self._body, self._details = video, body, details
        self._shown: tuple[str, int] | None = None  # source and number of the frame
        self._playing = False
        self._pose: Pose | None = None
        self._had_frame = True  # so that the first placeholder clears the views
        self._times: deque[float] = deque(maxlen=60)

    def show(self, snapshot: Snapshot, now_s: float, *, playing: bool) -> None:
        """Show a snapshot's frame unless it is shown already; `playing`: the 3D view shows a recording instead."""
        frame = snapshot.frame
        key = None if frame is None else (snapshot.source, frame.frame_id)
        if playing != self._playing:
            self._follow_replay(snapshot, playing)
        if key == self._shown and frame is not None:
            if snapshot.pose is not self._pose:  # without frames, a lost performer's pose still eases to rest
                self._show_pose(snapshot.pose, playing)
            return
        self._shown = key
        if frame is None:
            self._video.show_placeholder(_WORDS.get(snapshot.state, "Starting…"))
            if self._had_frame:
                self._had_frame = False
                self._video.show_frame(None, None)
                self._show_pose(None, playing)
            return
        self._had_frame = True
        self._times.append(now_s)
        self._video.show_frame(frame, snapshot.detection, snapshot.details)
        if not playing:
            self._body.show_picture(frame)
        self._show_pose(snapshot.pose, playing)

    @property
    def fps(self) -> float:
        """Pictures a second lately; 0 when none came."""
        times = self._times
        recent = len(times) > 1 and time.monotonic() - times[-1] < _RECENT_S
        return (len(times) - 1) / (times[-1] - times[0]) if recent else 0.0

    def _follow_replay(self, snapshot: Snapshot, playing: bool) -> None:
        """A replay begins or ends: the live picture never belongs to a recorded pose."""
        self._playing = playing
        if playing:
            self._body.show_picture(None)
        elif snapshot.frame is not None:
            self._body.show_picture(snapshot.frame)
            self._show_pose(snapshot.pose, playing)

    def _show_pose(self, pose: Pose | None, playing: bool) -> None:
        self._pose = pose
        if not playing:
            self._body.show_pose(pose)
            self._details.show_pose(pose)
