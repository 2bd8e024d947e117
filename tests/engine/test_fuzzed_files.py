"""A file that went wrong is read as far as it can be used, or refused in one line; never anything else.

A few dozen mutated files per reader; VTM_FUZZ=1000 makes it the long run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config import Config
from engine.convert import convert
from engine.errors import VtmError
from engine.file_kinds import is_take
from engine.keypoints_file import read_keypoints
from engine.motion.formats import MOTION_SUFFIXES, write_motion
from engine.motion.npz import read_motion_npz
from engine.motion.osc_log import read_osc_log
from engine.motion.take import MotionTake, Rows, row_of, take_from_rows
from engine.osc.reading import read_packet
from engine.real_factories import real_factories
from engine.sources.intrinsics import intrinsics_for
from engine.sources.open_source import DEMO_CLIP
from engine.takes.partial_file import _RECORD, PartialFile, read_partial
from engine.takes.recording import load_recording
from engine.takes.recovery import recover
from engine.types import Keypoints2D, Pose
from engine.vtm.choose import load_runtime
from engine.vtm.plan import PlanInfo, read_plan, sidecar_path, write_plan
from engine.vtm.weights import WEIGHTS, load_weights
from tests.engine.mutations import (
    CASES,
    MOST_BYTES,
    Mutation,
    measured,
    mutate_arrays,
    mutate_bytes,
    mutate_json,
    mutate_json_lines,
    mutate_members,
)

Judge = Callable[[Any], None]
pytestmark = pytest.mark.timeout(3600)


@pytest.fixture
def rows(make_pose: Callable[..., Pose], make_detection: Callable[[Pose], Keypoints2D]) -> Rows:
    """Six frames, the third without a person."""
    poses = [make_pose(1, n / 30, frame_id=n, tracked=n != 2) for n in range(6)]
    return np.concatenate([row_of(pose, make_detection(pose)) for pose in poses])


@pytest.fixture
def take(rows: Rows) -> MotionTake:
    return take_from_rows(rows)


def fuzz(path: Path, good: bytes, mutations: tuple[Mutation, ...], read: Callable[[], Any], judge: Judge) -> None:
    """CASES mutated files at `path`: each is read and judged, or a VtmError of one line; in little memory."""
    usable = 0
    for seed in range(CASES):
        rng = random.Random(seed)
        path.write_bytes(rng.choice(mutations)(good, rng))
        result, taken = measured(read)
        assert taken < MOST_BYTES, f"seed {seed}: {taken / 1e6:.0f} MB"
        if isinstance(result, Exception):
            if not isinstance(result, VtmError):
                raise AssertionError(f"seed {seed}: {type(result).__name__}: {result}") from result
            assert str(result).isprintable(), f"seed {seed}: {result!r}"
            assert len(str(result)) <= 1003, f"seed {seed}: {result!r}"
            continue
        usable += 1
        judge(result)
    assert usable < CASES, "no file was refused: the mutations do nothing"


def judge_take(take: MotionTake) -> None:
    seen = take.tracked
    for name in ("rotations_xyzw", "root_m", "joints_world_m", "joints_cam_m", "contacts"):
        values = getattr(take, name)
        assert np.isfinite(values[seen]).all(), name
        assert np.isnan(values[~seen]).all(), name
    assert np.isfinite(take.keypoint_scores).all()
    assert np.isfinite(take.timestamps_s).all()
    lengths = np.linalg.norm(take.rotations_xyzw[seen], axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=0.011)
    for field in dataclasses.fields(take):
        value = getattr(take, field.name)
        assert not isinstance(value, np.ndarray) or value.dtype.isnative
    if seen.any():
        for name in ("rest_offsets_m", "intrinsics", "R_world_cam", "t_world_cam"):
            assert np.isfinite(getattr(take, name)).all(), name


def judge_written(path: Path) -> None:
    """Of a text format: finite numbers alone."""
    if path.suffix in (".bvh", ".csv", ".jsonl"):
        text = path.read_text().lower()
        assert "nan" not in text
        assert "inf" not in text


NPZ = (mutate_bytes, mutate_members, mutate_arrays, mutate_arrays)


def test_takes(take: MotionTake, tmp_path: Path) -> None:
    write_motion(tmp_path / "good.npz", take)
    path, rng = tmp_path / "a.npz", random.Random(0)

    def judge(read: MotionTake) -> None:
        assert is_take(path)
        judge_take(read)
        out = tmp_path / f"out{rng.choice(MOTION_SUFFIXES)}"
        try:
            write_motion(out, read)
        except VtmError:
            assert not read.tracked.any()
        else:
            judge_written(out)

    fuzz(path, (tmp_path / "good.npz").read_bytes(), NPZ, lambda: read_motion_npz(path), judge)


def test_takes_that_are_replayed(take: MotionTake, tmp_path: Path) -> None:
    write_motion(tmp_path / "good.npz", take)
    path = tmp_path / "a.npz"

    def judge(recording: Any) -> None:
        assert all(np.isfinite(pose.rotations_xyzw).all() for pose in recording.items)
        assert np.isfinite(recording.times_s).all()

    fuzz(path, (tmp_path / "good.npz").read_bytes(), NPZ, lambda: load_recording(path), judge)


def test_keypoints(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "a.npz"
    np.savez_compressed(
        tmp_path / "good.npz",
        keypoints_px=rng.uniform(0, 480, (6, 23, 2)),
        keypoint_scores=np.ones((6, 23)),
        fps=30.0,
        timestamps_s=np.arange(6) / 30,
        image_size=(640, 480),
        intrinsics=np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]),
        evidence_m=rng.normal(0, 0.3, (6, 27, 3)),
    )

    def judge(read: Any) -> None:
        assert np.isfinite(read.points_px).all()
        assert ((read.scores >= 0) & (read.scores <= 1)).all()
        assert (np.diff(read.times_s) > 0).all()
        assert 0 < read.fps <= 1000
        for detection in read.detections():
            assert detection.image_size[0] > 0

    fuzz(path, (tmp_path / "good.npz").read_bytes(), NPZ, lambda: read_keypoints(path), judge)


@pytest.mark.slow
def test_keypoints_through_the_whole_conversion(tmp_path: Path) -> None:
    with np.load(DEMO_CLIP.with_name("demo_truth.npz")) as truth:
        px, size, K = truth["joints_px"][:8], truth["size"], truth["K"]
    path = tmp_path / "a.npz"
    points = np.resize(px, (8, 23, 2))
    np.savez_compressed(
        tmp_path / "good.npz",
        keypoints_px=points,
        keypoint_scores=np.ones((8, 23)),
        fps=30.0,
        image_size=size,
        intrinsics=K,
        evidence_m=np.random.default_rng(0).normal(0, 0.3, (8, 27, 3)),
    )
    runtime = load_runtime("cpu", on_message=lambda _text: None)
    opened = dataclasses.replace(real_factories(paced=False), load_runtime=lambda *_, **__: runtime)

    def read() -> MotionTake:
        return convert(path, tmp_path / "out.npz", Config(), factories=opened, overwrite=True)

    def judge(take: MotionTake) -> None:
        judge_take(take)
        judge_take(read_motion_npz(tmp_path / "out.npz"))

    fuzz(path, (tmp_path / "good.npz").read_bytes(), NPZ, read, judge)
    runtime.close()


def test_osc_logs(take: MotionTake, tmp_path: Path) -> None:
    write_motion(tmp_path / "good.jsonl", take)
    path = tmp_path / "a.jsonl"

    def judge(log: Any) -> None:
        assert log.scheme in ("vmc", "vrchat", "osc")
        assert list(log.times_s) == sorted(log.times_s)
        for datagram in log.datagrams:
            read_packet(datagram)

    good = (tmp_path / "good.jsonl").read_bytes()
    fuzz(path, good, (mutate_json_lines,), lambda: read_osc_log(path), judge)


def wild_rows(rows: Rows) -> Mutation:
    """Rows with wild numbers and a checksum that agrees."""

    def mutate(good: bytes, rng: random.Random) -> bytes:
        changed = rows.copy()
        for _ in range(rng.choice((1, 3))):
            name = rng.choice([name for name in rows.dtype.names or () if name not in ("frame_id", "lost_before")])
            values = changed[name][rng.randrange(len(rows))] if rows[name].ndim > 1 else changed[name]
            values.reshape(-1)[rng.randrange(values.size)] = rng.choice((0, np.nan, np.inf, 1e30, -1e30))
        records = np.zeros(len(rows), _RECORD)
        records["row"] = changed
        records["crc32"] = [zlib.crc32(row.tobytes()) for row in changed]
        return good[: len(good) - records.nbytes] + records.tobytes()

    return mutate


def header_of_partial(good: bytes, rng: random.Random) -> bytes:
    length = int.from_bytes(good[8:12], "little")
    header = mutate_json(good[12 : 12 + length], rng)
    said = len(header) if rng.random() < 0.8 else rng.randrange(1 << 32)
    return good[:8] + said.to_bytes(4, "little") + header + good[12 + length :]


def test_unfinished_takes(rows: Rows, tmp_path: Path) -> None:
    growing = PartialFile(tmp_path / "good.npz", video=tmp_path / "good.mkv")
    for row in rows:
        growing.append(row.reshape(1))
    growing.close()
    good = growing.path.read_bytes()
    folder = tmp_path / "fuzzed"
    folder.mkdir()
    path = folder / "a.npz.partial"

    def judge(unfinished: Any) -> None:
        assert unfinished.final
        try:
            final = recover(path).path
        except VtmError:
            return
        assert final.parent == folder
        if final.suffix == ".npz":
            judge_take(read_motion_npz(final))
        judge_written(final)
        final.unlink()

    mutations = (mutate_bytes, header_of_partial, wild_rows(rows))
    fuzz(path, good, mutations, lambda: read_partial(path), judge)


def test_intrinsics(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    good = json.dumps({"fx": 600, "fy": 600.5, "cx": 320, "cy": 240, "image_size": [640, 480], "lens": "my"}).encode()

    def judge(camera: Any) -> None:
        assert camera.plausible

    def read() -> Any:
        return intrinsics_for(Config(intrinsics_file=str(path)), (640, 480))

    fuzz(path, good, (mutate_bytes, mutate_json), read, judge)


def test_sidecars_of_the_weights(tmp_path: Path) -> None:
    (tmp_path / "vtm.onnx").write_bytes(WEIGHTS.read_bytes()[:1000])
    about = json.loads(WEIGHTS.with_suffix(".json").read_text())
    about["sha256"] = hashlib.sha256((tmp_path / "vtm.onnx").read_bytes()).hexdigest()
    good = json.dumps({"sha256": about["sha256"], "config": about["config"]}).encode()

    def judge(weights: Any) -> None:
        config = weights.config
        assert 16 <= config.window_frames <= 64
        assert 0 <= config.latency_frames < config.window_frames
        assert 1 <= config.rate_hz <= 1000

    path = tmp_path / "vtm.json"
    fuzz(path, good, (mutate_bytes, mutate_json), lambda: load_weights(tmp_path / "vtm.onnx"), judge)


def test_sidecars_of_a_plan(tmp_path: Path) -> None:
    plan = tmp_path / "vtm.plan"
    data = b"a plan"
    write_plan(plan, data, PlanInfo(hashlib.sha256(data).hexdigest(), "m", "GPU 8.9", "10.3", "fp16", 32))
    path = sidecar_path(plan)

    def judge(read: Any) -> None:
        for field in dataclasses.fields(PlanInfo):
            kind = int if field.name == "window_frames" else str
            assert type(getattr(read.info, field.name)) is kind

    fuzz(path, path.read_bytes(), (mutate_bytes, mutate_json), lambda: read_plan(plan), judge)


def test_a_refused_input_leaves_the_output_alone(take: MotionTake, tmp_path: Path) -> None:
    write_motion(tmp_path / "good.npz", take)
    (tmp_path / "a.npz").write_bytes((tmp_path / "good.npz").read_bytes()[:-40])
    before = (tmp_path / "good.npz").read_bytes()
    with pytest.raises(VtmError):
        convert(tmp_path / "a.npz", tmp_path / "good.npz", Config())
    assert (tmp_path / "good.npz").read_bytes() == before
