"""File conversion: every frame in order, one world for the whole take, and one line for whatever is wrong."""

from __future__ import annotations

import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config import AUTO_ROTATION, Config
from engine.convert import convert
from engine.errors import CameraError, InputError, OutputError, UsageError
from engine.keypoints_file import read_keypoints
from engine.live.interfaces import Factories
from engine.live.upright import turned_line
from engine.motion.npz import read_motion_npz
from engine.solver import Solver
from engine.sources.orientation import Orientation
from engine.types import Detection, Frame, Keypoints2D, NoPerson, RawMotion
from models.camera import Intrinsics
from models.keypoints import NUM_EVIDENCE, NUM_KEYPOINTS
from models.skeleton import NUM_JOINTS, TOES
from models.vtm.config import VTMConfig
from tests.engine.live.test_upright import somebody

SIZE = (640, 480)
FPS = 25.0


class FakeWindow:
    def __init__(self, _config: object, _intrinsics: Intrinsics) -> None:
        self.last: Keypoints2D | None = None

    def push(self, keypoints: Keypoints2D) -> None:
        self.last = keypoints

    def window(self) -> Keypoints2D | None:
        return self.last

    def reset(self) -> None:
        self.last = None


class FakeRuntime:
    name = "fake"
    config = VTMConfig(window_frames=16, rate_hz=FPS)
    closed = False

    def lift(self, window: Keypoints2D, _intrinsics: Intrinsics) -> RawMotion:
        rng = np.random.default_rng(window.frame_id)
        rotations = np.tile(np.eye(3, dtype=np.float32), (NUM_JOINTS, 1, 1))
        rotations[0] = np.diag([1, -1, -1])
        return RawMotion(
            frame_id=window.frame_id,
            captured_at_s=window.captured_at_s,
            rotations=rotations,
            root_px=window.points_px[0],
            root_depth=2.0,
            bone_ratio=rng.normal(1, 0.05, NUM_JOINTS).astype(np.float32),
            up_cam=(np.array([0, -1, 0]) + rng.normal(0, 0.02, 3)).astype(np.float32),
            contacts=np.zeros(2, np.float32),
            confidence=0.9,
        )

    def close(self) -> None:
        self.closed = True


class FakeVideo:
    name, image_size, fps, live, dropped, frames = "fake.mp4", SIZE, FPS, False, 0, 0
    status: str | None = None

    def __init__(self, frames: int) -> None:
        self.left = frames
        self.total = frames
        self.closed = False

    @property
    def ended(self) -> bool:
        return self.left == 0

    def read(self) -> Frame | None:
        frame = self.total - self.left
        self.left -= 1
        return Frame(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), frame, frame / FPS)

    def close(self) -> None:
        self.closed = True


class FakeDetector:
    name = "fake"
    closed = False

    def detect(self, frame: Frame) -> Detection:
        if 3 <= frame.frame_id < 6:
            return NoPerson(frame.frame_id, frame.captured_at_s, SIZE)
        points = np.full((NUM_KEYPOINTS, 2), 300 + frame.frame_id, np.float32)
        return Keypoints2D(frame.frame_id, frame.captured_at_s, SIZE, points, np.ones(NUM_KEYPOINTS, np.float32))

    def look_round(self, frame: Frame) -> None:
        assert frame.frame_id >= 0

    def reset(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


class Parts:
    def __init__(self, frames: int = 12) -> None:
        self.video, self.detector, self.runtime = FakeVideo(frames), FakeDetector(), FakeRuntime()

    def factories(self) -> Factories:
        def unused(*_: Any, **__: Any) -> Any:
            raise AssertionError("a conversion needs neither targets nor a recorder")

        return Factories(
            open_source=lambda *_, **__: self.video,
            make_detector=lambda *_, **__: self.detector,
            load_runtime=lambda *_, **__: self.runtime,
            make_window=FakeWindow,
            make_solver=Solver,
            make_hub=unused,
            make_recorder=unused,
            make_video=unused,
            make_receiver=unused,
            listen_address=unused,
        )


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.touch()
    return path


def keypoints_npz(path: Path, frames: int = 10, **changes: Any) -> Path:
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {
        "keypoints_px": rng.uniform(0, 480, (frames, NUM_KEYPOINTS, 2)),
        "keypoint_scores": np.ones((frames, NUM_KEYPOINTS)),
        "fps": 50.0,
        "image_size": SIZE,
    } | changes
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def test_every_frame_of_a_video_is_in_the_take_in_order(clip: Path, tmp_path: Path):
    parts, progress = Parts(), []
    convert(
        clip,
        tmp_path / "out.npz",
        Config(),
        factories=parts.factories(),
        on_progress=lambda done, _: progress.append(done),
    )
    take = read_motion_npz(tmp_path / "out.npz")
    np.testing.assert_allclose(take.timestamps_s, np.arange(12) / FPS)
    np.testing.assert_array_equal(take.tracked, [*[True] * 3, *[False] * 3, *[True] * 6])
    np.testing.assert_allclose(take.keypoints_px[take.tracked][:, 0, 0], [300, 301, 302, *range(306, 312)])
    assert np.isnan(take.joints_world_m[3:6]).all()
    assert np.isfinite(take.joints_world_m[take.tracked]).all()
    assert take.fps == FPS
    assert progress == list(range(1, 13))
    assert parts.video.closed
    assert parts.detector.closed
    assert parts.runtime.closed


def test_feature_maps_are_let_go_once_they_were_looked_at(clip: Path, tmp_path: Path):
    """They are large: a conversion that kept them would need gigabytes for a long video."""
    parts, given, alive = Parts(120), [], []
    detect = parts.detector.detect

    def with_features(frame: Frame) -> Detection:
        found = detect(frame)
        if not isinstance(found, Keypoints2D):
            return found
        features = np.zeros((16, 512), np.float32)
        given.append(weakref.ref(features))
        return replace(found, features=features)

    parts.detector.detect = with_features
    convert(
        clip,
        tmp_path / "out.npz",
        Config(),
        factories=parts.factories(),
        on_progress=lambda *_: alive.append(sum(reference() is not None for reference in given)),
    )
    assert len(given) == 117
    assert max(alive) < 50, "more than the first seconds, which are looked at twice"
    assert alive[-1] <= 2, "the newest, and the one before it in the window"


def test_the_whole_take_lies_in_one_world_with_one_skeleton(clip: Path, tmp_path: Path):
    take = convert(clip, tmp_path / "out.npz", Config(), factories=Parts().factories())
    from_camera = take.joints_cam_m @ take.R_world_cam.T + take.t_world_cam
    offset = np.linalg.norm(from_camera - take.joints_world_m, axis=-1)[take.tracked]
    assert np.delete(offset, TOES, axis=1).max() < 0.05  # toes are kept out of the floor
    lengths = np.linalg.norm(take.joints_world_m[:, 2] - take.joints_world_m[:, 1], axis=-1)[take.tracked]
    np.testing.assert_allclose(lengths, take.bone_lengths_m[2], atol=1e-5)


def test_keypoints_are_converted_at_their_own_rate_and_with_their_own_camera(tmp_path: Path):
    K = np.array([[500.0, 0, 300], [0, 510, 200], [0, 0, 1]])
    scores = np.ones((10, NUM_KEYPOINTS))
    scores[4] = 0
    source = keypoints_npz(tmp_path / "in.npz", intrinsics=K, keypoint_scores=scores)
    take = convert(source, tmp_path / "out.npz", Config(), factories=Parts().factories())
    assert len(take) == 10
    assert take.fps == 50
    np.testing.assert_array_equal(take.intrinsics, K)
    np.testing.assert_array_equal(np.flatnonzero(~take.tracked), [4])


def test_keypoints_without_a_camera_get_the_configured_field_of_view(tmp_path: Path):
    source = keypoints_npz(tmp_path / "in.npz")
    take = convert(source, tmp_path / "out.npz", Config(hfov_deg=90), factories=Parts().factories())
    np.testing.assert_allclose(take.intrinsics, [[320, 0, 320], [0, 320, 240], [0, 0, 1]], atol=1e-9)


def test_nan_keypoints_count_as_not_seen(tmp_path: Path):
    points = np.full((3, NUM_KEYPOINTS, 2), 10.0)
    points[0, 5] = np.nan
    points[1] = np.nan
    found = list(read_keypoints(keypoints_npz(tmp_path / "in.npz", 3, keypoints_px=points)).detections())
    assert isinstance(found[0], Keypoints2D)
    assert found[0].scores[5] == 0
    assert np.isfinite(found[0].points_px).all()
    assert isinstance(found[1], NoPerson)
    assert isinstance(found[2], Keypoints2D)


def test_the_detectors_landmarks_are_read_where_the_file_has_them(tmp_path: Path):
    landmarks = np.random.default_rng(0).normal(0, 0.3, (3, NUM_EVIDENCE, 3)).astype(np.float32)
    landmarks[1] = np.nan
    landmarks[2, 4] = np.nan
    found = list(read_keypoints(keypoints_npz(tmp_path / "in.npz", 3, evidence_m=landmarks)).detections())
    assert all(isinstance(detection, Keypoints2D) for detection in found)
    np.testing.assert_array_equal(found[0].evidence_m, landmarks[0])
    assert found[1].evidence_m is None
    np.testing.assert_array_equal(found[2].evidence_m, landmarks[2])
    without = list(read_keypoints(keypoints_npz(tmp_path / "without.npz", 3)).detections())
    assert all(detection.evidence_m is None for detection in without)


def test_cocos_17_keypoints_have_no_feet_and_scores_above_1_are_clipped(tmp_path: Path):
    points = np.random.default_rng(0).uniform(0, 480, (4, 17, 2)).astype(np.float32)
    source = keypoints_npz(tmp_path / "in.npz", 4, keypoints_px=points, keypoint_scores=np.full((4, 17), 1.07))
    found = read_keypoints(source)
    np.testing.assert_array_equal(found.points_px[:, :17], points)
    assert (found.scores[:, :17] == 1).all()
    assert (found.scores[:, 17:] == 0).all()
    assert found.scores.shape == (4, 23)


def test_timestamps_stand_for_the_rate(tmp_path: Path):
    times = 100 + np.array([0.0, 0.1, 0.2, 1.2])
    found = read_keypoints(keypoints_npz(tmp_path / "in.npz", 4, fps=None, timestamps_s=times))
    np.testing.assert_allclose([detection.captured_at_s for detection in found.detections()], times - 100)
    assert found.fps == pytest.approx(10)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fps": None}, "fps or timestamps_s is missing"),
        ({"fps": 0.0}, "fps is 0"),
        ({"fps": np.nan}, "fps is nan"),
        ({"fps": "thirty"}, "fps is of"),
        ({"keypoints_px": np.zeros((10, 17, 2))}, r"keypoint_scores has shape \(10, 23\), expected \(10, 17\)"),
        ({"keypoints_px": np.zeros((10, 5, 2)), "keypoint_scores": np.ones((10, 5))}, "has 5 keypoints per frame"),
        ({"keypoint_scores": np.ones((9, NUM_KEYPOINTS))}, r"\(9, 23\)"),
        ({"keypoint_scores": np.full((10, NUM_KEYPOINTS), -7.0)}, "go down to -7"),
        ({"keypoints_px": np.zeros((0, 23, 2)), "keypoint_scores": np.zeros((0, 23))}, "no frame"),
        ({"keypoints_px": np.full((10, 23, 2), 1e30)}, "1e[+]30"),
        ({"fps": None, "timestamps_s": np.zeros(10)}, "do not increase"),
        ({"timestamps_s": np.full(10, np.nan)}, "do not increase"),
        ({"fps": None, "timestamps_s": np.arange(9)}, r"timestamps_s has shape \(9,\)"),
        ({"image_size": (0, 480)}, "image_size"),
        ({"image_size": (np.inf, 480)}, "image_size"),
        ({"intrinsics": np.zeros((3, 3))}, "camera matrix"),
        ({"intrinsics": np.eye(3)}, "camera matrix .* for a picture of"),
        ({"evidence_m": np.full((10, 27, 3), np.inf)}, "evidence_m has values above"),
        ({"evidence_m": np.zeros((10, 23, 3))}, r"evidence_m has shape \(10, 23, 3\)"),
        ({"evidence_m": "none"}, "evidence_m is of"),
    ],
)
def test_a_file_that_breaks_the_schema_is_one_line(tmp_path: Path, changes: dict[str, Any], said: str):
    source = keypoints_npz(tmp_path / "in.npz", **changes)
    with pytest.raises(InputError, match=said) as caught:
        convert(source, tmp_path / "out.npz", Config(), factories=Parts().factories())
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"no zip at all"])
def test_a_broken_npz_is_one_line(tmp_path: Path, content: bytes):
    (tmp_path / "in.npz").write_bytes(content)
    with pytest.raises(InputError, match="not a keypoints"):
        convert(tmp_path / "in.npz", tmp_path / "out.npz", Config(), factories=Parts().factories())


def test_what_cannot_be_read_or_written_is_said_before_any_work(clip: Path, tmp_path: Path):
    parts = Parts()
    with pytest.raises(UsageError, match="no file"):
        convert(tmp_path / "none.mp4", tmp_path / "out.npz", Config(), factories=parts.factories())
    with pytest.raises(UsageError, match=r"out\.xyz"):
        convert(clip, tmp_path / "out.xyz", Config(), factories=parts.factories())
    with pytest.raises(OutputError, match="no folder"):
        convert(clip, tmp_path / "nowhere" / "out.npz", Config(), factories=parts.factories())
    assert parts.video.left == parts.video.total


def test_a_video_without_frames_or_people_is_said(clip: Path, tmp_path: Path):
    with pytest.raises(CameraError):
        convert(clip, tmp_path / "out.npz", Config(), factories=Parts(0).factories())
    source = keypoints_npz(tmp_path / "in.npz", keypoint_scores=np.zeros((10, NUM_KEYPOINTS)))
    said: list[str] = []
    take = convert(source, tmp_path / "out.npz", Config(), factories=Parts().factories(), on_message=said.append)
    assert not take.tracked.any()
    assert "no person" in said[-1]


class UpsideDown(FakeDetector):
    """Sees somebody whose head is down, unless the picture is turned."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def detect(self, frame: Frame) -> Detection:
        found = somebody(0.0 if self.parts.opened[-1].rotate_deg == 180 else 180.0, at_s=frame.captured_at_s)
        return replace(found, frame_id=frame.frame_id)


@pytest.mark.parametrize(("rotate_deg", "opened"), [(AUTO_ROTATION, [0, 180]), (0, [0]), (90, [90])])
def test_a_picture_that_is_upside_down_is_turned_unless_the_settings_say_otherwise(
    rotate_deg: int, opened: list[int], clip: Path, tmp_path: Path
):
    parts, said = TurnedParts(), []
    take = convert(
        clip,
        tmp_path / "out.npz",
        Config(rotate_deg=rotate_deg),
        factories=parts.factories(),
        on_message=said.append,
    )
    assert [orientation.rotate_deg for orientation in parts.opened] == opened
    assert [line for line in said if "upside down" in line] == [turned_line(180)] * (rotate_deg == AUTO_ROTATION)
    assert len(take) == 60


class TurnedParts(Parts):
    """Notes how the video was opened."""

    def __init__(self) -> None:
        super().__init__(60)
        self.opened: list[Orientation] = []
        self.detector = UpsideDown(self)

    def factories(self) -> Factories:
        def open_source(*_: Any, orientation: Orientation, **__: Any) -> FakeVideo:
            self.opened.append(orientation)
            self.video = FakeVideo(60)
            return self.video

        return replace(super().factories(), open_source=open_source)
