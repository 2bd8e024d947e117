"""`vtm compare` on recordings: the figures, the files, and one line for what cannot be compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from app.arguments.compare import configs_from
from app.arguments.parser import build_parser
from app.cli import main
from app.commands.compare_sources import two_sources
from engine.config import Config
from engine.errors import CameraError, UsageError
from engine.motion.formats import write_motion
from engine.sources.camera_list import CameraInfo
from tests.engine.made_up_performer import take_of

Recorded = Callable[..., Path]


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """recorded("a.npz", yaw in degrees, skew_s=…, seed=…, fps=…) -> a take by a camera there."""

    def make(name: str, yaw_deg: float, **how: float) -> Path:
        R = Rotation.from_euler("yx", [yaw_deg, 180.0], degrees=True).as_matrix()
        return write_motion(tmp_path / name, take_of(R, **how))  # type: ignore[arg-type]

    return make


def test_compare_writes_the_figures_of_two_recordings(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = recorded("a.npz", 0), recorded("b.npz", 75, skew_s=0.08, fps=25.0)
    out = tmp_path / "compare.json"
    assert main(["compare", str(a), str(b), "--json", str(out)]) == 0
    figures = json.loads(out.read_text())
    assert list(figures) == [
        "angle_deg",
        "frames",
        "disagreement_mm",
        "detector_disagreement_mm",
        "clock_skew_s",
    ]
    assert figures["angle_deg"] == pytest.approx(75.0, abs=0.5)
    assert figures["clock_skew_s"] == pytest.approx(0.08, abs=0.02)
    assert set(figures["disagreement_mm"]) == {"mean", "p95", "parts"}
    assert figures["disagreement_mm"]["mean"] < 5.0
    assert figures["detector_disagreement_mm"] is None  # a take holds none
    assert "75" in capsys.readouterr().err


def test_a_picture_is_drawn_without_a_screen(recorded: Recorded, tmp_path: Path) -> None:
    from PySide6.QtGui import QImage

    from app.window.widgets.comparison_paint import COLOUR_A, COLOUR_B

    a, b = recorded("a.npz", 0), recorded("b.npz", 75)
    assert main(["compare", str(a), str(b), "--picture", str(tmp_path / "p.png")]) == 0
    image = QImage(str(tmp_path / "p.png"))
    assert (image.width(), image.height()) == (1920, 1080)
    drawn = {image.pixelColor(x, y).name() for x in range(1240, 1920, 2) for y in range(300, 1040, 2)}
    assert COLOUR_B in drawn  # over A's skeleton, which is the same
    assert COLOUR_A in {image.pixelColor(x, 46).name() for x in range(200)}


def test_a_finished_file_is_kept_without_force(recorded: Recorded, tmp_path: Path) -> None:
    a, b = recorded("a.npz", 0), recorded("b.npz", 75)
    out = tmp_path / "compare.json"
    out.write_text("mine")
    assert main(["compare", str(a), str(b), "--json", str(out)]) == 0
    assert out.read_text() == "mine"
    assert (tmp_path / "compare-2.json").exists()
    assert main(["compare", str(a), str(b), "--json", str(out), "--force"]) == 0
    assert "angle_deg" in out.read_text()


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        (["a.npz", "other.npz"], "these two do not show the same motion", 1),
        (["a.npz", "a.npz"], "are one file", 1),
        (["0", "0"], "are one device", 1),
        (["a.npz"], "got one source", 2),
        (["a.npz", "missing.mp4"], "no file", 2),
        (["a.npz", "."], "is a folder without pictures", 2),
        (["a.npz", "b.npz", "--json", "out.txt"], "ends in .json", 2),
        (["a.npz", "b.npz", "--picture", "out.jpg"], "ends in .png", 2),
        (["a.npz", "b.npz", "--hfov", "60", "--hfov", "70", "--hfov", "80"], "3 times", 2),
        (["a.npz", "b.npz", "--osc-a", "vmc://127.0.0.1:39539"], "no pictures to play live", 2),
        (["0", "1", "--osc-a", "vmc://127.0.0.1:39539", "--osc-mean", "vmc://127.0.0.1:39539"], "own port", 2),
        (["demo", "a.npz"], "already a pair", 2),
    ],
)
def test_what_cannot_be_compared_gets_one_line(
    recorded: Recorded,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    says: str,
    code: int,
) -> None:
    recorded("a.npz", 0)
    recorded("b.npz", 75)
    recorded("other.npz", 75, seed=5)
    monkeypatch.chdir(tmp_path)
    assert main(["compare", *words]) == code
    lines = [line for line in capsys.readouterr().err.splitlines() if line]
    assert says in lines[-1]
    assert len(lines) == 1


def test_options_of_the_lens_are_for_both_or_for_each() -> None:
    def configs(*words: str) -> tuple[Config, Config]:
        return configs_from(build_parser().parse_args(["compare", "0", "1", *words]), Config())

    once, twice = configs("--hfov", "70"), configs("--hfov", "70", "--hfov", "90", "--rotate", "0", "--rotate", "90")
    assert [config.hfov_deg for config in once] == [70.0, 70.0]
    assert [config.hfov_deg for config in twice] == [70.0, 90.0]
    assert [config.rotate_deg for config in twice] == [0, 90]


def test_one_camera_by_number_and_by_name_is_one_device() -> None:
    cameras = (CameraInfo(0, "Front", "V4L2"), CameraInfo(1, "Side", "V4L2"))
    with pytest.raises(CameraError, match="one device"):
        two_sources("1", "Side", lambda: cameras)
    assert not two_sources("0", "Side", lambda: cameras).files


def test_the_demo_is_a_pair_of_clips_that_are_there() -> None:
    found = two_sources("demo", None)
    assert found.files
    assert Path(found.a).is_file()
    assert Path(found.b).is_file()
    with pytest.raises(UsageError, match="expected two"):
        two_sources("0", None)


def test_the_skew_of_a_clock_is_told_by_sign(recorded: Recorded, tmp_path: Path) -> None:
    late = recorded("late.npz", 75, skew_s=-0.2)
    out = tmp_path / "c.json"
    assert main(["compare", str(recorded("a.npz", 0)), str(late), "--json", str(out)]) == 0
    assert np.sign(json.loads(out.read_text())["clock_skew_s"]) == -1
