"""A detector's keypoints for a folder of clips, computed once (by the app, since models/ has no detector)."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

from models.evaluation.clips import Clip, ClipError, read_clip

ROOT = Path(__file__).parents[2]

log = logging.getLogger("models.evaluate")


def read_clips(folder: Path, cache: Path) -> list[Clip]:
    """Read every NAME.mp4 with a NAME_truth.npz, through the detector. Raises ClipError, also when there is none."""
    clips = []
    for truth in sorted(folder.glob("*_truth.npz")):
        video = truth.with_name(truth.name.replace("_truth.npz", ".mp4"))
        clips.append(read_clip(_detections(video, cache), truth))
    if not clips:
        raise ClipError(f"{folder}: no NAME_truth.npz beside a NAME.mp4; pass --clips with a folder of rendered clips")
    return clips


def _detections(video: Path, cache: Path) -> Path:
    """Return the keypoints .npz of a video, updated when the video is newer."""
    if not video.exists():
        raise ClipError(f"{video}: no such video beside its truth; render it again")
    out = cache / f"{video.stem}.npz"
    if not out.exists() or out.stat().st_mtime < video.stat().st_mtime:
        log.info("detecting people in %s", video.name)
        cache.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "app.commands.detect", str(video), str(out)],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise ClipError(f"{video}: the detector failed: {done.stderr.strip()[-300:]}")
    return out
