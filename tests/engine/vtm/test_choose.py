"""The choice of the back end: the fastest that really works, said in one line; else why not, with the fix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.config import BACKENDS
from engine.errors import ModelError, UsageError
from engine.vtm import choose, needs
from engine.vtm.choose import ORDER, backend_states, choice_line, load_runtime
from engine.vtm.cuda import GpuInfo
from engine.vtm.fastest import any_window
from engine.vtm.onnx_runtime import OnnxRuntime
from engine.vtm.weights import load_weights
from models.camera import Intrinsics
from models.onnx_session import ort
from tests.engine.vtm.constant_onnx import FACING_CAMERA, Answer, write_weights

CAMERA = Intrinsics.from_hfov((640, 480), 1.0)


@pytest.fixture
def no_gpu(monkeypatch):
    """An ONNX Runtime for the CPU, whatever this machine has."""
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    for module in (choose, needs):
        monkeypatch.setattr(module, "gpu_info", lambda: None)


@pytest.fixture
def says_cuda(monkeypatch):
    """An ONNX Runtime that lists CUDA although nothing runs there."""
    if "CUDAExecutionProvider" in ort.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])


def test_an_unknown_back_end_is_wrong_usage_and_the_known_ones_are_named(weights):
    with pytest.raises(UsageError, match="back end 'gpu' is unknown") as error:
        load_runtime("gpu", on_message=print, path=weights)
    assert all(name in str(error.value) for name in BACKENDS)


@pytest.mark.usefixtures("no_gpu")
def test_cuda_without_a_gpu_is_told_with_the_fix_and_nothing_else_is_taken_in_silence(weights):
    messages: list[str] = []
    with pytest.raises(ModelError, match=r"pip install .*onnxruntime-gpu") as error:
        load_runtime("cuda", on_message=messages.append, path=weights)
    assert "--backend auto" in str(error.value)
    assert "\n" not in str(error.value)
    assert not messages


@pytest.mark.usefixtures("no_gpu")
def test_auto_takes_the_cpu_and_says_so_and_why_in_one_line(weights, config):
    messages: list[str] = []
    runtime = load_runtime("auto", on_message=messages.append, path=weights)
    assert runtime.name == "cpu"
    assert runtime.config == config
    assert len(messages) == 1
    assert messages[0].startswith("VTM runs on cpu")
    assert "tensorrt, tensorrt-rtx, cuda: no NVIDIA GPU; openvino: not installed" in messages[0]


@pytest.mark.filterwarnings("ignore:Specified provider:UserWarning")
@pytest.mark.usefixtures("says_cuda")
def test_a_gpu_that_is_listed_and_does_not_run_is_told_and_passed_over(weights):
    messages: list[str] = []
    assert load_runtime("auto", on_message=messages.append, path=weights).name == "cpu"
    assert len(messages) == 2
    assert "cuda" in messages[0].lower()
    with pytest.raises(ModelError, match="cuda"):
        load_runtime("cuda", on_message=messages.append, path=weights)


def test_the_wanted_back_end_needs_no_message(weights):
    messages: list[str] = []
    assert load_runtime("cpu", on_message=messages.append, path=weights).name == "cpu"
    assert not messages


def test_weights_of_format_3_run_without_confidence_and_say_so_in_one_line(tmp_path, config, window):
    old = write_weights(tmp_path / "old.onnx", replace(config, confidence=False), Answer.t_pose())
    told: list[str] = []
    runtime = load_runtime("cpu", on_message=told.append, path=old)
    assert told == ["old.onnx: weights of format 3 have no confidence output; export newer ones with models.export"]
    assert len(runtime.running.infer(window)) == 4


def test_missing_weights_are_told_whatever_the_back_end(tmp_path):
    for backend in ("auto", "cpu", "cuda"):
        with pytest.raises(ModelError, match="VTM weights"):
            load_runtime(backend, on_message=print, path=tmp_path / "vtm.onnx")


@pytest.mark.usefixtures("no_gpu")
def test_doctor_hears_of_every_back_end_what_works_and_what_is_missing(weights):
    states = {state.name: state for state in backend_states(weights)}
    assert set(states) == set(BACKENDS) - {"auto"}
    assert states["cpu"].works
    assert not states["cuda"].works
    assert "pip install" in states["cuda"].detail
    assert all("\n" not in state.detail and state.detail for state in states.values())


def test_the_order_is_that_of_the_settings():
    assert ORDER == ("tensorrt", "tensorrt-rtx", "cuda", "openvino", "cpu")


def test_with_a_gpu_the_line_names_it_and_what_would_be_faster(monkeypatch, tmp_path):
    for module in (choose, needs):
        monkeypatch.setattr(module, "gpu_info", lambda: GpuInfo("RTX 4090", (8, 9)))
    monkeypatch.setenv("VTM_PLAN", str(tmp_path / "vtm.plan"))
    monkeypatch.setattr(needs.importlib.util, "find_spec", lambda name: name == "tensorrt" or None)
    line = choice_line("cuda")
    assert line.startswith("VTM runs on cuda on RTX 4090 (")
    assert "tensorrt: no plan" in line
    assert "tensorrt-rtx: its plug-in is not installed" in line
    need = needs.missing("tensorrt")
    assert need is not None
    assert need.fix == "run python build_engine.py"


def test_a_session_that_is_given_little_of_the_network_is_not_believed(weights, monkeypatch):
    class Part:
        def __init__(self, ep_name: str, nodes: int) -> None:
            self.ep_name, self.nodes = ep_name, nodes

        def get_nodes(self) -> list[int]:
            return [0] * self.nodes

    parts = [Part("CPUExecutionProvider", 1), Part("CUDAExecutionProvider", 9)]
    monkeypatch.setattr(ort.InferenceSession, "get_provider_graph_assignment_info", lambda _self: parts, raising=False)
    with pytest.raises(ModelError, match="runs only 10% of the network"):
        load_runtime("cpu", on_message=print, path=weights)


@pytest.mark.skipif("OpenVINOExecutionProvider" not in ort.get_available_providers(), reason="OpenVINO is not here")
def test_openvino_gives_what_the_cpu_gives():
    fast, plain = (load_runtime(name, on_message=print) for name in ("openvino", "cpu"))
    wide = any_window(plain.config)
    a, b = fast.lift(wide, CAMERA), plain.lift(wide, CAMERA)
    np.testing.assert_allclose(a.rotations, b.rotations, atol=1e-3)


def test_a_window_goes_through_the_network_into_the_camera_frame(weights, window):
    runtime = load_runtime("cpu", on_message=print, path=weights)
    raw = runtime.lift(window, CAMERA)
    np.testing.assert_allclose(raw.rotations[0], FACING_CAMERA, atol=1e-6)
    assert raw.root_depth == pytest.approx(np.exp(-1.2) / 0.2)
    np.testing.assert_allclose(CAMERA.to_rays(raw.root_px), [0.1 * 0.2, -0.2 * 0.2], atol=1e-6)
    np.testing.assert_allclose(raw.contacts, [0.9, 0.2], atol=1e-6)
    assert (raw.frame_id, raw.confidence) == (41, 0.7)
    runtime.close()


def test_weights_whose_window_is_not_the_configs_fail_before_the_performance(tmp_path, config):
    path = write_weights(tmp_path / "vtm.onnx", config, Answer.t_pose(), frames=24)
    with pytest.raises(ModelError, match="first run failed") as error:
        load_runtime("cpu", on_message=print, path=path)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_onnx_is_told_in_one_line(weights):
    checked = load_weights(weights)
    weights.write_bytes(b"not an onnx")
    with pytest.raises(ModelError, match=r"vtm\.onnx cannot be loaded") as error:
        OnnxRuntime(checked, "cpu", 1)
    assert "\n" not in str(error.value)
