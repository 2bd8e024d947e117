"""`python -m app.commands.detect_details`: hands and face of every frame in a file; what is missing is one line."""

from __future__ import annotations

import numpy as np
import pytest

from app.commands import detect_details as d
from engine.details.reader import DetailsReader
from engine.types import Detection, FaceView, Frame, HandView, NoPerson
from tests.engine.details import body as made

FIRST, FRAMES = 3, 6


class Video:
    """Frames 3 to 8; the reader finds nothing ready at first."""

    fps = 25.0

    def __init__(self) -> None:
        self.next = FIRST - 2
        self.closed = False

    @property
    def ended(self) -> bool:
        return self.next == FIRST + FRAMES - 1

    def read(self) -> Frame | None:
        self.next += 1
        return made.frame(self.next) if self.next >= FIRST else None

    def close(self) -> None:
        self.closed = True


class Detector:
    """Sees somebody but in the last frame."""

    def detect(self, frame: Frame) -> Detection:
        if frame.frame_id == FIRST + FRAMES - 1:
            return NoPerson(frame.frame_id, frame.captured_at_s, made.SIZE)
        return made.body()

    def close(self) -> None: ...


class Hands:
    """Sees the left hand and nothing on the right."""

    def look(self, frame: Frame, region: object) -> HandView:
        side = int(region.x_px < 320)  # type: ignore[attr-defined]
        view = made.hand(side, number=frame.frame_id, presence=0.95 if side == 0 else 0.1)
        points = np.random.default_rng(1).normal(size=(21, 3)).astype(np.float32)
        return HandView(view.frame_id, view.captured_at_s, view.points_px, points, view.presence, view.right, 80.0)


class Faces:
    """Always sees the face."""

    def look(self, frame: Frame, _region: object) -> FaceView:
        return made.face(number=frame.frame_id)


@pytest.fixture(autouse=True)
def video(monkeypatch) -> Video:
    source = Video()
    monkeypatch.setattr(d, "open_source", lambda *_args, **_options: source)
    monkeypatch.setattr(d, "make_detector", lambda *_args, **_options: Detector())
    monkeypatch.setattr(d, "make_details", lambda **_options: DetailsReader(Hands(), Faces()))
    return source


def test_every_frame_has_a_row_and_says_of_which_frame_its_views_are(tmp_path, video) -> None:
    out = tmp_path / "out.npz"
    assert d.main(["clip.mkv", str(out)]) == 0
    with np.load(out) as file:
        assert file["hand_at"].tolist() == [[-1, -1], [1, -1], [2, -1], [3, -1], [4, -1], [-1, -1]]
        assert file["face_at"].tolist() == [-1, 1, 2, 3, 4, -1]
        assert file["body_seen"].tolist() == [True] * 5 + [False]
        assert file["fingers_xyzw"].shape == (FRAMES, 2, 15, 4)
        assert np.isfinite(file["fingers_xyzw"][1, 0]).all()
        np.testing.assert_allclose(np.abs(np.linalg.det(file["hand_rotation_cam"][1:5, 0])), 1.0)
        assert np.isnan(file["hand_rotation_cam"][:, 1]).all()
        assert np.isnan(file["expression"][0]).all()
        assert file["expression"].shape == (FRAMES, 52)
        assert float(file["fps"]) == 25.0
    assert video.closed
    assert list(tmp_path.iterdir()) == [out]


def test_with_turns_there_is_one_look_a_frame(tmp_path) -> None:
    out = tmp_path / "out.npz"
    assert d.main(["clip.mkv", str(out), "--turns"]) == 0
    with np.load(out) as file:
        assert (file["face_at"] >= 0).sum() < 4


def test_missing_networks_are_one_line_and_nothing_is_written(tmp_path, monkeypatch, capsys) -> None:
    def half(*, on_message, **_options: object) -> DetailsReader:
        on_message("no face: run `vtm fetch`")
        return DetailsReader(Hands(), None)

    monkeypatch.setattr(d, "make_details", half)
    assert d.main(["clip.mkv", str(tmp_path / "out.npz")]) == 1
    assert capsys.readouterr().err.strip() == "error: no face: run `vtm fetch`"
    assert not list(tmp_path.iterdir())
