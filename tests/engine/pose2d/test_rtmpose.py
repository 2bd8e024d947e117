"""RTMPose through rtmlib, on small ONNX files with the inputs and outputs of yolox and of rtmpose (simcc).

The tiny finder sees a person in the left or right upper quarter where that is bright; the tiny pose network points the
first half of the keypoints at what is red, the second half at what is green, so that wrong colours or boxes show.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import DetectorError
from engine.pose2d.rtmpose import RtmPose
from engine.pose2d.rtmpose_weights import RtmPaths
from engine.types import Frame, Keypoints2D, NoPerson
from models.keypoints import KEYPOINT

onnx = pytest.importorskip("onnx")
pytest.importorskip("rtmlib")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

FINDER_SIDE = 64
POSE_W, POSE_H = 48, 64
SPOT = 12
FEET_BELOW = 150


def save(path: Path, nodes: list[object], inputs: list[object], outputs: list[object], constants: dict[str, object]):
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def value(name: str, *shape: object) -> object:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def tiny_finder(path: Path) -> Path:
    """(1, 3, 64, 64) -> (1, 2, 5): two boxes with fixed places, each scored by how bright its quarter is."""
    half = FINDER_SIDE // 2
    nodes = [
        helper.make_node("ReduceMax", ["input"], ["bright"], axes=[1], keepdims=1),  # (1, 1, 64, 64)
        helper.make_node("Mul", ["bright", "grey_off"], ["level"]),
        helper.make_node("MaxPool", ["level"], ["quarters"], kernel_shape=[half, half], strides=[half, half]),
        helper.make_node("Reshape", ["quarters", "flat"], ["four"]),  # (1, 4, 1)
        helper.make_node("Gather", ["four", "upper"], ["scores"], axis=1),  # (1, 2, 1)
        helper.make_node("Concat", ["boxes", "scores"], ["dets"], axis=2),
    ]
    boxes = np.array([[[8, 7, half - 6, 28], [half + 7, 7, FINDER_SIDE - 7, 28]]], np.float32)
    constants = {
        "grey_off": np.float32(1 / 255),
        "flat": np.array([1, 4, 1], np.int64),
        "upper": np.array([0, 1], np.int64),
        "boxes": boxes,
    }
    size = (1, 3, FINDER_SIDE, FINDER_SIDE)
    return save(path, nodes, [value("input", *size)], [value("dets", 1, 2, 5)], constants)


def tiny_pose(path: Path, keypoints: int = 26) -> Path:
    """(1, 3, 64, 48) RGB -> simcc_x (1, K, 96), simcc_y (1, K, 128)."""
    nodes = []
    for colour in ("red", "green"):
        nodes += [
            helper.make_node("Gather", ["input", colour], [f"{colour}_plane"], axis=1),  # (1, H, W)
            helper.make_node("ReduceMax", [f"{colour}_plane"], [f"{colour}_x"], axes=[1], keepdims=1),  # (1, 1, W)
            helper.make_node("ReduceMax", [f"{colour}_plane"], [f"{colour}_tall"], axes=[2], keepdims=1),
            helper.make_node("Transpose", [f"{colour}_tall"], [f"{colour}_y"], perm=[0, 2, 1]),  # (1, 1, H)
        ]
    for axis in ("x", "y"):
        for colour in ("red", "green"):
            name = f"{colour}_{axis}"
            nodes += [
                helper.make_node("MatMul", [name, f"twice_{axis}"], [f"{name}_wide"]),
                helper.make_node("Mul", [f"{name}_wide", "scale"], [f"{name}_scaled"]),
                helper.make_node("Expand", [f"{name}_scaled", f"shape_{axis}"], [f"{name}_half"]),
            ]
        halves = [f"red_{axis}_half", f"green_{axis}_half"]
        nodes.append(helper.make_node("Concat", halves, [f"both_{axis}"], axis=1))
        nodes.append(helper.make_node("Gather", [f"both_{axis}", "kept"], [f"simcc_{axis}"], axis=1))

    def twice(n: int) -> object:
        return np.repeat(np.eye(n, dtype=np.float32), 2, axis=1)

    constants = {
        "red": np.array(0, np.int64),
        "green": np.array(1, np.int64),
        "kept": np.arange(keypoints, dtype=np.int64),
        "scale": np.float32(0.4),
        "twice_x": twice(POSE_W),
        "twice_y": twice(POSE_H),
        "shape_x": np.array([1, 13, 2 * POSE_W], np.int64),
        "shape_y": np.array([1, 13, 2 * POSE_H], np.int64),
    }
    outputs = [value("simcc_x", 1, keypoints, 2 * POSE_W), value("simcc_y", 1, keypoints, 2 * POSE_H)]
    return save(path, nodes, [value("input", 1, 3, POSE_H, POSE_W)], outputs, constants)


@pytest.fixture
def paths(tmp_path: Path) -> RtmPaths:
    return RtmPaths(tiny_finder(tmp_path / "yolox.onnx"), tiny_pose(tmp_path / "rtmpose.onnx"))


def picture(*people: tuple[int, int], frame_id: int = 0, swap: bool = False) -> Frame:
    """640 x 640 BGR, black; each person is a red square at a point and a green one 150 px below.

    swap: blue with green above, red below.
    """
    bgr = np.zeros((640, 640, 3), np.uint8)
    red, green = ((255, 255, 0), (0, 0, 255)) if swap else ((0, 0, 255), (0, 255, 0))
    for x, y in people:
        bgr[y - SPOT : y + SPOT, x - SPOT : x + SPOT] = red
        bgr[y + FEET_BELOW - SPOT : y + FEET_BELOW + SPOT, x - SPOT : x + SPOT] = green
    return Frame(bgr, frame_id, frame_id / 30)


def test_keypoints_are_found_in_pixels_of_the_whole_picture(paths: RtmPaths) -> None:
    result = RtmPose(paths, cuda=False).detect(picture((170, 100)))
    assert isinstance(result, Keypoints2D)
    assert result.points_px.shape == (23, 2)
    assert result.scores.shape == (23,)
    assert np.abs(result.points_px[KEYPOINT["nose"]] - (170, 100)).max() < 2 * SPOT
    assert np.abs(result.points_px[KEYPOINT["left_ankle"]] - (170, 100 + FEET_BELOW)).max() < 2 * SPOT
    assert 0.3 < result.scores.min() <= result.scores.max() <= 1.0
    assert result.evidence_m is None


def test_nobody_is_an_explicit_no_person_and_not_the_whole_picture(paths: RtmPaths) -> None:
    assert RtmPose(paths, cuda=False).detect(picture(frame_id=3)) == NoPerson(3, 0.1, (640, 640))


def test_the_pose_network_sees_rgb(paths: RtmPaths) -> None:
    swapped = RtmPose(paths, cuda=False).detect(picture((170, 100), swap=True))
    assert isinstance(swapped, Keypoints2D)
    assert np.abs(swapped.points_px[KEYPOINT["nose"]] - (170, 100 + FEET_BELOW)).max() < 2 * SPOT


def test_the_people_finder_runs_only_when_the_person_is_lost(paths: RtmPaths) -> None:
    detector = RtmPose(paths, cuda=False)
    finder, calls = detector._networks._finder, []

    def counting(bgr: object) -> object:
        calls.append(1)
        return finder(bgr)

    detector._networks._finder = counting
    for step in range(4):
        assert isinstance(detector.detect(picture((170 + step, 100), frame_id=step)), Keypoints2D)
    assert len(calls) == 1
    assert isinstance(detector.detect(picture(frame_id=4)), NoPerson)
    assert isinstance(detector.detect(picture((170, 100), frame_id=5)), Keypoints2D)
    assert len(calls) == 3


def test_the_person_lost_for_a_moment_is_taken_up_again_among_two(paths: RtmPaths) -> None:
    detector = RtmPose(paths, cuda=False)
    first = detector.detect(picture((480, 100)))
    detector.detect(picture(frame_id=1))
    again = detector.detect(picture((170, 100), (480, 100), frame_id=2))
    assert isinstance(first, Keypoints2D)
    assert isinstance(again, Keypoints2D)
    assert abs(float(again.points_px[0, 0]) - 480) < 2 * SPOT


def test_halpe_feet_land_in_our_order(paths: RtmPaths) -> None:
    detector = RtmPose(paths, cuda=False)

    def numbered(rgb: object, bboxes: object) -> tuple[object, object]:  # noqa: ARG001
        return np.arange(52, dtype=np.float32).reshape(1, 26, 2), np.linspace(0.4, 0.9, 26)[None]

    detector._networks._pose = numbered
    result = detector.detect(picture((170, 100)))
    assert isinstance(result, Keypoints2D)
    halpe = (result.points_px[:, 0] / 2).astype(int)
    names = ("nose", "left_ankle", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_heel")
    assert [halpe[KEYPOINT[name]] for name in names] == [0, 15, 20, 22, 24, 21, 25]


def test_a_failing_network_is_an_error_and_not_an_empty_picture(paths: RtmPaths) -> None:
    detector = RtmPose(paths, cuda=False)

    def failing(bgr: object) -> object:
        raise RuntimeError(f"out of memory\nfor {bgr is None}")

    detector._networks._finder = failing
    with pytest.raises(DetectorError, match=r"RTMPose failed: out of memory.*--detector blazepose") as caught:
        detector.detect(picture((170, 100)))
    assert "\n" not in str(caught.value)


def test_a_network_for_other_keypoints_is_refused(paths: RtmPaths, tmp_path: Path) -> None:
    detector = RtmPose(RtmPaths(paths.person, tiny_pose(tmp_path / "coco.onnx", 17)), cuda=False)
    with pytest.raises(DetectorError, match="17 keypoints, expected 26"):
        detector.detect(picture((170, 100)))


def test_loading_prints_nothing_even_without_a_terminal(
    paths: RtmPaths, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    RtmPose(paths, cuda=False).close()
    monkeypatch.undo()
    assert capfd.readouterr() == ("", "")


def test_missing_or_broken_files_are_one_line_each(paths: RtmPaths, tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="there is no network"):
        RtmPose(RtmPaths(tmp_path / "nothing.onnx", paths.pose), cuda=False)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(DetectorError, match=r"cannot load broken\.onnx") as caught:
        RtmPose(RtmPaths(paths.person, broken), cuda=False)
    assert "\n" not in str(caught.value)


def test_a_gpu_that_does_not_really_run_is_refused(paths: RtmPaths, recwarn: pytest.WarningsRecorder) -> None:
    from engine.pose2d.choose import why_no_cuda

    if why_no_cuda() is None:
        pytest.skip("a GPU really runs here")
    with pytest.raises(DetectorError, match="CUDA"):
        RtmPose(paths, cuda=True)
    assert len(recwarn) == 0
