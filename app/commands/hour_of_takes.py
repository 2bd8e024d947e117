"""`python -m app.commands.hour_of_takes`: an hour of motion by a simulated clock, written in every format.

Prints size, peak memory and seconds of each as the table in docs/files.md. The rows are recorded first, as a live run
does; then a process of its own writes each file from them. Nothing else imports this.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.terminal import say
from engine.motion.formats import MOTION_SUFFIXES
from engine.motion.take import row_of
from engine.osc.demo_pose import wave_pose
from engine.takes.partial_file import PartialFile
from engine.takes.recovery import build_take
from engine.types import Keypoints2D, Pose
from models.face import NUM_EXPRESSIONS
from models.fingers import FINGER_NAMES, NUM_HAND_POINTS
from models.keypoints import NUM_KEYPOINTS

RATE_HZ = 60 / 1.001
_PATTERN = 600  # poses that are made; the hour repeats them
_SAMPLE_S = 0.02


def record_rows(final: Path, minutes: float, *, details: bool) -> Path:
    """Append the rows of a take at RATE_HZ, as the recorder does; the partial file."""
    partial = PartialFile(final)
    poses = [_pose(number, details) for number in range(_PATTERN)]
    points = np.random.default_rng(1).uniform(0, 480, (_PATTERN, NUM_KEYPOINTS, 2)).astype(np.float32)
    scores = np.full(NUM_KEYPOINTS, 0.9, np.float32)
    for number in range(round(minutes * 60 * RATE_HZ)):
        time_s = number / RATE_HZ
        seen = Keypoints2D(number, time_s, (640, 480), points[number % _PATTERN], scores)
        partial.append(row_of(poses[number % _PATTERN], seen))
    partial.close()
    return partial.path


def _pose(number: int, details: bool) -> Pose:
    """Somebody who waves, with the noise of a camera; with `details`, fingers, eyes and face move as well."""
    pose, noise = wave_pose(1.7, number / RATE_HZ), np.random.default_rng(number)
    rotations = pose.rotations_xyzw + noise.normal(0, 0.01, pose.rotations_xyzw.shape).astype(np.float32)
    joints = noise.normal(0, 0.005, pose.joints_world_m.shape).astype(np.float32)
    pose = replace(
        pose,
        rotations_xyzw=rotations / np.linalg.norm(rotations, axis=-1, keepdims=True),
        joints_world_m=pose.joints_world_m + joints,
        joints_cam_m=pose.joints_cam_m + joints,
    )
    if not details:
        return pose
    angle = 0.4 * np.sin(number / 40 + np.arange(len(FINGER_NAMES)))
    fingers = np.zeros((len(FINGER_NAMES), 4), np.float32)
    fingers[:, 2], fingers[:, 3] = np.sin(angle / 2), np.cos(angle / 2)
    score = 0.5 + 0.5 * np.sin(number / 30 + np.arange(NUM_EXPRESSIONS))
    return replace(
        pose,
        fingers_xyzw=fingers,
        hand_points_cam_m=np.full((2, NUM_HAND_POINTS, 3), 0.1 + number / 6000, np.float32),
        eyes_xyzw=fingers[:2],
        expression=score.astype(np.float32),
        head_from_face=True,
        detail_confidence=np.ones(3, np.float32),
    )


class PeakMemory:
    """The most memory of this process while it runs, MB: all of it, and without pages of mapped files."""

    def __init__(self) -> None:
        self.all_mb = self.own_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
            values = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
            self.all_mb = max(self.all_mb, int(values["VmRSS"].split()[0]) / 1024)
            self.own_mb = max(self.own_mb, int(values["RssAnon"].split()[0]) / 1024)


def write_one(partial: Path, final: Path) -> dict[str, float]:
    """Write one file from the rows, which stay: megabytes, seconds, peak memory. Linux only."""
    rows = final.with_name(f"{final.name}.rows.partial")
    os.link(partial, rows)
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    with PeakMemory() as peak:
        path, _ = build_take(rows, final)
    return {
        "size_mb": path.stat().st_size / 1e6,
        "seconds": time.perf_counter() - started_s,
        "cpu_s": time.process_time() - started_cpu_s,
        "own_mb": peak.own_mb,
        "all_mb": peak.all_mb,
    }


def main() -> int:
    """Record, write and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m app.commands.hour_of_takes")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--no-details", action="store_true", help="the body alone, without fingers, eyes and face")
    parser.add_argument("--formats", nargs="+", choices=MOTION_SUFFIXES, default=MOTION_SUFFIXES)
    parser.add_argument("--folder", type=Path, help="where the files are kept; else they are removed")
    parser.add_argument("--one", nargs=2, type=Path, metavar=("PARTIAL", "FINAL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        say(json.dumps(write_one(*options.one)), sys.stdout)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        started_s = time.perf_counter()
        partial = record_rows(folder / "hour.npz", options.minutes, details=not options.no_details)
        say(
            f"vtm: {options.minutes:g} min at {RATE_HZ:.2f} Hz: {partial.stat().st_size / 1e6:.0f} MB of rows, "
            f"{time.perf_counter() - started_s:.0f} s"
        )
        say(
            "| format | file, MB | s | CPU, s | own memory, MB | with mapped rows, MB |\n|---|---|---|---|---|---|",
            sys.stdout,
        )
        for suffix in options.formats:
            say(_row(partial, folder / f"hour{suffix}"), sys.stdout)
            if options.folder is None:
                (folder / f"hour{suffix}").unlink()
        partial.unlink()
    return 0


def _row(partial: Path, final: Path) -> str:
    command = [sys.executable, "-m", "app.commands.hour_of_takes", "--one", str(partial), str(final)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    of = json.loads(done.stdout)
    return (
        f"| {final.suffix} | {of['size_mb']:.0f} | {of['seconds']:.0f} | {of['cpu_s']:.0f} "
        f"| {of['own_mb']:.0f} | {of['all_mb']:.0f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
