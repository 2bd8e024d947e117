"""Which detector runs, and that it is said in one line."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.errors import DetectorError, UsageError
from engine.pose2d import choose
from engine.pose2d.base import Detector
from engine.pose2d.rtmpose_weights import RtmPaths
from engine.pose2d.weights import BY_SIZE, FILES, LANDMARKS, PERSON, WeightFile, WeightPaths
from engine.types import Keypoints2D
from tests.engine.pose2d.conftest import Demo


class FakeRtmPose:
    """RTMPose that loads, or not."""

    name = "rtmpose"

    def __init__(self, paths: RtmPaths, *, cuda: bool, threads: int = 1) -> None:
        if paths.person.name == "broken":
            raise DetectorError("cannot load broken")
        self.cuda, self.threads = cuda, threads


def with_rtmpose(monkeypatch: pytest.MonkeyPatch, *, no_cuda: str | None, weights: RtmPaths | DetectorError) -> None:
    def ensure(progress: object) -> RtmPaths:
        assert progress is not None
        if isinstance(weights, DetectorError):
            raise weights
        return weights

    monkeypatch.setattr(choose, "why_no_cuda", lambda: no_cuda)
    monkeypatch.setattr(choose, "ensure_rtm_weights", ensure)
    monkeypatch.setattr(choose, "RtmPose", FakeRtmPose)


GOOD = RtmPaths(Path("a"), Path("b"))


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize(
    ("no_cuda", "weights_found", "detector", "words"),
    [
        (None, GOOD, "rtmpose", "RTMPose on CUDA"),
        ("this ONNX Runtime has no CUDA", GOOD, "blazepose", "RTMPose needs a GPU: this ONNX Runtime has no CUDA"),
        (None, DetectorError("offline"), "blazepose", "RTMPose cannot be used: offline"),
        (None, RtmPaths(Path("broken"), Path("b")), "blazepose", "RTMPose cannot be used: cannot load broken"),
    ],
)
def test_auto_takes_rtmpose_only_where_a_gpu_really_runs_it(
    no_cuda: str | None,
    weights_found: RtmPaths | DetectorError,
    detector: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_rtmpose(monkeypatch, no_cuda=no_cuda, weights=weights_found)
    said: list[str] = []
    assert choose.make_detector("auto", on_message=said.append).name == detector
    assert len(said) == 1
    assert words in said[0]


def test_rtmpose_asked_for_by_name_runs_on_the_cpu_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rtmpose(monkeypatch, no_cuda="no CUDA here", weights=GOOD)
    said: list[str] = []
    detector = choose.make_detector("rtmpose", threads=3, on_message=said.append)
    assert isinstance(detector, FakeRtmPose)
    assert (detector.cuda, detector.threads) == (False, 3)
    assert said == ["2D detector: RTMPose on the CPU, slow (no CUDA here)"]


def test_rtmpose_asked_for_by_name_fails_rather_than_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rtmpose(monkeypatch, no_cuda=None, weights=DetectorError("offline"))
    with pytest.raises(DetectorError, match="offline"):
        choose.make_detector("rtmpose", on_message=lambda _: None)


@pytest.fixture
def cache(weights: WeightPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person finder and full, and nowhere to fetch from."""
    shutil.copy(weights.person, tmp_path / PERSON.name)
    shutil.copy(weights.landmarks, tmp_path / LANDMARKS.name)
    monkeypatch.setenv("VTM_CACHE", str(tmp_path))

    def offline(_progress: object, files: Sequence[WeightFile] = FILES) -> WeightPaths:
        raise DetectorError(f"could not download {[file.name for file in files]}: offline")

    monkeypatch.setattr(choose, "ensure_weights", offline)
    return tmp_path


def chosen(size: str) -> tuple[Detector, str]:
    said: list[str] = []
    detector = choose.make_detector("blazepose", size=size, on_message=said.append)
    assert len(said) == 1
    return detector, said[0]


@pytest.mark.usefixtures("cache")
def test_blazepose_asked_for_by_name_is_taken_whatever_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rtmpose(monkeypatch, no_cuda=None, weights=GOOD)
    detector, said = chosen("full")
    assert (detector.name, detector.size, detector.size_steps) == ("blazepose", "full", 0)
    assert said == "2D detector: BlazePose full (as chosen)"


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("size", ["auto", "largest"])
def test_without_a_choice_what_is_there_runs_and_nothing_is_downloaded(size: str) -> None:
    detector, said = chosen(size)
    assert (detector.size, detector.size_steps) == ("full", 0)
    assert said == "2D detector: BlazePose full (as chosen; lite and heavy not here: vtm fetch)"


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("size", ["lite", "heavy"])
def test_a_size_that_cannot_be_had_falls_back_with_a_word(size: str) -> None:
    detector, said = chosen(size)
    assert detector.size == "full"
    assert said == f"2D detector: BlazePose full (as chosen; {size} could not be downloaded: vtm fetch)"


def test_a_size_that_is_missing_is_downloaded_when_it_is_asked_for(
    cache: Path, weights: WeightPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    lite = WeightFile("lite.tflite", 1, LANDMARKS.sha256)  # the bytes of full will do

    def fetch(_progress: object, files: Sequence[WeightFile]) -> None:
        assert list(files) == [lite]
        shutil.copy(weights.landmarks, cache / lite.name)

    monkeypatch.setitem(BY_SIZE, "lite", lite)
    monkeypatch.setattr(choose, "ensure_weights", fetch)
    detector, said = chosen("lite")
    assert (detector.size, said) == ("lite", "2D detector: BlazePose lite (as chosen)")


def test_all_sizes_that_are_there_can_be_stepped_through(
    cache: Path, weights: WeightPaths, monkeypatch: pytest.MonkeyPatch, demo: Demo
) -> None:
    for size in ("lite", "heavy"):
        monkeypatch.setitem(BY_SIZE, size, WeightFile(f"{size}.tflite", 1, LANDMARKS.sha256))
        shutil.copy(weights.landmarks, cache / f"{size}.tflite")
    detector, said = chosen("auto")
    assert "heavy or full or lite (as chosen)" in said
    assert detector.details[:3] == ("heavy network", "full network", "heatmap refinement")
    sizes = []
    for number in (0, 1, 2, 3, 0):
        detector.leave_out(number)
        sizes.append(detector.size)
        assert isinstance(detector.detect(demo.frames[0]), Keypoints2D)
    assert sizes == ["heavy", "full", "lite", "lite", "heavy"]
    costs_s = detector.size_costs_s(demo.frames[0])
    assert len(costs_s) == 3
    assert all(cost_s > 0 for cost_s in costs_s)
    assert choose.make_detector("blazepose", size="largest", on_message=print).size == "heavy"


def test_with_nothing_there_everything_is_fetched(
    tmp_path: Path, weights: WeightPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VTM_CACHE", str(tmp_path))

    def fetch(_progress: object, files: Sequence[WeightFile]) -> None:
        assert list(files) == list(FILES)
        shutil.copy(weights.person, tmp_path / PERSON.name)
        shutil.copy(weights.landmarks, tmp_path / LANDMARKS.name)
        raise DetectorError("the other sizes could not be downloaded")

    monkeypatch.setattr(choose, "ensure_weights", fetch)
    detector, said = chosen("auto")
    assert detector.size == "full"
    assert "(as chosen; lite and heavy could not be downloaded: vtm fetch)" in said


def test_with_nothing_there_and_offline_it_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTM_CACHE", str(tmp_path))

    def offline(_progress: object, _files: Sequence[WeightFile]) -> None:
        raise DetectorError("offline")

    monkeypatch.setattr(choose, "ensure_weights", offline)
    with pytest.raises(DetectorError, match="offline"):
        choose.make_detector("blazepose", on_message=lambda _: None)


@pytest.mark.parametrize("size", ["auto", "full"])
def test_a_tampered_network_is_an_error_and_is_not_silently_replaced(cache: Path, size: str) -> None:
    (cache / LANDMARKS.name).write_bytes(b"evil")
    with pytest.raises(DetectorError, match=r"wrong sha256.*vtm fetch"):
        choose.make_detector("blazepose", size=size, on_message=lambda _: None)


def test_an_unknown_name_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="unknown detector openpose; expected one of auto, rtmpose, blazepose"):
        choose.make_detector("openpose", on_message=lambda _: None)


def test_progress_is_said_in_a_few_lines() -> None:
    said: list[str] = []
    progress = choose.progress_lines("networks", said.append)
    for done in range(0, 101):
        progress(done * 1_000_000, 100_000_000)
    assert said[0] == "downloading networks: 0 of 100 MB"
    assert said[-1] == "downloading networks: 100 of 100 MB"
    assert len(said) == 6


def test_asking_for_cuda_prints_nothing_and_names_a_reason(capfd: pytest.CaptureFixture[str]) -> None:
    reason = choose.why_no_cuda()
    assert reason is None or reason
    assert capfd.readouterr() == ("", "")


def test_where_litert_cannot_be_had_rtmpose_runs_and_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rtmpose(monkeypatch, no_cuda="no CUDA here", weights=GOOD)
    monkeypatch.setattr(choose, "why_no_litert", lambda: "no LiteRT for this machine")
    said: list[str] = []
    assert isinstance(choose.make_detector("auto", on_message=said.append), FakeRtmPose)
    assert said[0] == "no LiteRT for this machine"
    with pytest.raises(DetectorError, match="no LiteRT for this machine"):
        choose.make_detector("blazepose", on_message=said.append)
