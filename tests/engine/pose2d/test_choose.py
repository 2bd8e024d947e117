"""Which detector runs, and that it is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import DetectorError, UsageError
from engine.pose2d import choose
from engine.pose2d.rtmpose_weights import RtmPaths
from engine.pose2d.weights import LANDMARKS, PERSON, WeightPaths


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


@pytest.mark.usefixtures("weights")
def test_blazepose_asked_for_by_name_is_taken_whatever_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rtmpose(monkeypatch, no_cuda=None, weights=GOOD)
    said: list[str] = []
    assert choose.make_detector("blazepose", on_message=said.append).name == "blazepose"
    assert said == ["2D detector: BlazePose (as chosen)"]


def test_a_tampered_network_is_an_error_and_is_not_silently_replaced(
    weights: WeightPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / PERSON.name).write_bytes(weights.person.read_bytes())
    (tmp_path / LANDMARKS.name).write_bytes(b"evil")
    monkeypatch.setenv("VTM_CACHE", str(tmp_path))
    with pytest.raises(DetectorError, match=r"wrong sha256.*vtm fetch"):
        choose.make_detector("blazepose", on_message=lambda _: None)


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
