"""The native plan on a fake GPU: buffers once, one graph launch per window, every misfit told; and on a real one."""

from __future__ import annotations

import hashlib
import sys

import numpy as np
import pytest

from engine.errors import ModelError
from engine.vtm import tensorrt_runtime
from engine.vtm.choose import load_runtime
from engine.vtm.cuda import Cuda, CudaError, GpuInfo, gpu_info
from engine.vtm.plan import PlanError, PlanInfo, write_plan
from engine.vtm.tensorrt_runtime import PlanRunner, TensorRtRuntime
from engine.vtm.weights import load_weights
from models.camera import Intrinsics
from tests.engine.vtm.constant_onnx import Answer
from tests.engine.vtm.fake_gpu import OUTPUTS, FakeDriver, FakeEngine, fake_trt

CAMERA = Intrinsics.from_hfov((640, 480), 1.0)
CARD = GpuInfo("RTX 4090", (8, 9))


@pytest.fixture
def driver() -> FakeDriver:
    return FakeDriver()


@pytest.fixture
def engine(driver, config) -> FakeEngine:
    return FakeEngine(driver, config.window_frames)


def inputs(config, value: float) -> tuple[np.ndarray, ...]:
    T = config.window_frames
    shapes = ((1, T, 23, 3), (1, T, 27, 4), (1, 3))
    return tuple(np.full(shape, value, np.float32) for shape in shapes)


def test_a_window_is_one_graph_launch_into_buffers_that_stay(driver, engine, config):
    runner = PlanRunner(b"", config, fake_trt(engine), Cuda(driver))
    driver.calls.clear()
    for value in (1.0, 2.0):
        outputs = runner.run(*inputs(config, value))
        assert [array.shape for array in outputs] == [(1, 22, 6), (1, 5), (1, 22), (1, 2), (1, 6)]
        assert all((array == value * config.window_frames * 23 * 3).all() for array in outputs)
    assert driver.calls == ["cuGraphLaunch", "cuStreamSynchronize"] * 2
    runner.close()
    runner.close()
    assert driver.calls.count("cuMemFree_v2") == driver.calls.count("cuMemFreeHost") == 8
    assert driver.calls.count("cuDevicePrimaryCtxRelease_v2") == 1


def test_a_plan_with_other_shapes_or_types_is_refused(driver, config):
    for engine in (FakeEngine(driver, 64), FakeEngine(driver, config.window_frames, "half")):
        with pytest.raises(PlanError, match=r"expected .*; run python build_engine.py"):
            PlanRunner(b"", config, fake_trt(engine), Cuda(driver))


def test_what_tensorrt_cannot_read_is_told_with_its_own_words(driver, config):
    with pytest.raises(PlanError, match=r"cannot read the plan \(magic tag does not match\); run python build_engine"):
        PlanRunner(b"", config, fake_trt(None), Cuda(driver))


def test_a_gpu_without_memory_is_told(driver, engine, config):
    cuda = Cuda(driver)
    driver.fail["cuMemAlloc_v2"] = 2
    with pytest.raises(CudaError, match="out of memory"):
        PlanRunner(b"", config, fake_trt(engine), cuda)
    driver.fail = {"cuGraphLaunch": 700}
    runner = PlanRunner(b"", config, fake_trt(engine), Cuda(driver))
    with pytest.raises(CudaError, match="cuGraphLaunch failed: CUDA_ERROR_TEST"):
        runner.run(*inputs(config, 1.0))


def test_a_plan_that_does_not_run_is_told(driver, engine, config):
    engine.runs_well = False
    with pytest.raises(CudaError, match="does not run the plan"):
        PlanRunner(b"", config, fake_trt(engine), Cuda(driver))


@pytest.fixture
def machine(monkeypatch, driver, engine, weights, tmp_path):
    """A machine with a GPU, TensorRT and a plan for them, which answers with a T-pose."""
    pose = Answer.t_pose()
    engine.answer = {name: getattr(pose, name) for name in OUTPUTS}
    plan = tmp_path / "vtm.plan"
    checked = load_weights(weights)
    info = PlanInfo(
        hashlib.sha256(b"plan").hexdigest(),
        checked.sha256,
        CARD.label,
        "10.13.3.9",
        "fp16",
        checked.config.window_frames,
    )
    write_plan(plan, b"plan", info)
    monkeypatch.setenv("VTM_PLAN", str(plan))
    monkeypatch.setitem(sys.modules, "tensorrt", fake_trt(engine))
    for module in ("tensorrt_runtime", "needs", "choose"):
        monkeypatch.setattr(f"engine.vtm.{module}.gpu_info", lambda: CARD)
    monkeypatch.setattr("engine.vtm.needs.importlib.util.find_spec", lambda name: name == "tensorrt" or None)
    monkeypatch.setattr(tensorrt_runtime, "Cuda", lambda: Cuda(driver))
    monkeypatch.setenv("VTM_CACHE", str(plan.parent / "cache"))
    monkeypatch.setattr("engine.vtm.choose.window_ms", lambda runtime: 0.4 if runtime.name == "tensorrt" else 3.3)
    return driver


@pytest.mark.usefixtures("machine")
def test_a_machine_with_a_plan_takes_it(weights, window):
    messages: list[str] = []
    runtime = load_runtime("auto", on_message=messages.append, path=weights)
    assert runtime.name == "tensorrt"
    assert len(messages) == 1
    assert messages[0].startswith("VTM runs on tensorrt on RTX 4090 (0.4 ms per window, ")
    assert runtime.lift(window, CAMERA).frame_id == window.frame_id
    runtime.close()


@pytest.mark.usefixtures("machine")
def test_a_plan_for_another_tensorrt_is_passed_over_with_one_line(weights, engine, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", fake_trt(engine, "11.4.0"))
    messages: list[str] = []
    assert load_runtime("auto", on_message=messages.append, path=weights).name in ("openvino", "cpu", "cuda")
    assert "TensorRT 10.13.3.9, this machine has 11.4.0; run python build_engine.py" in messages[0]
    with pytest.raises(ModelError, match="build_engine"):
        load_runtime("tensorrt", on_message=messages.append, path=weights)


def test_a_gpu_that_fails_while_performing_is_replaced(machine, weights, window):
    messages: list[str] = []
    runtime = load_runtime("auto", on_message=messages.append, path=weights)
    machine.fail["cuGraphLaunch"] = 2
    raw = runtime.lift(window, CAMERA)
    assert raw.frame_id == window.frame_id
    assert runtime.name in ("openvino", "cpu", "cuda")
    assert "out of memory" in messages[-1]


def test_without_a_gpu_nothing_is_loaded(weights, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", fake_trt(None))
    monkeypatch.setattr(tensorrt_runtime, "gpu_info", lambda: None)
    with pytest.raises(CudaError, match="install NVIDIA's driver"):
        TensorRtRuntime(load_weights(weights))


@pytest.mark.gpu
@pytest.mark.skipif(gpu_info() is None, reason="no NVIDIA GPU")
def test_the_real_driver_copies_there_and_back():
    cuda = Cuda()
    host = cuda.host_buffer((4, 3))
    address = cuda.device_buffer(host.nbytes)
    host[...] = 7.0
    cuda.to_device(address, host)
    cuda.wait()
    host[...] = 0.0
    cuda.begin_graph()
    cuda.to_host(host, address)
    cuda.end_graph()
    cuda.launch_graph()
    cuda.wait()
    assert (host == 7.0).all()
    cuda.close()


@pytest.mark.gpu
@pytest.mark.skipif(gpu_info() is None, reason="no NVIDIA GPU")
def test_the_real_plan_gives_what_the_cpu_gives():
    pytest.importorskip("tensorrt")
    from engine.vtm.fastest import any_window

    try:
        plan = load_runtime("tensorrt", on_message=print)
    except PlanError as error:
        pytest.skip(str(error))
    cpu = load_runtime("cpu", on_message=print)
    window = any_window(cpu.config)
    np.testing.assert_allclose(plan.lift(window, CAMERA).rotations, cpu.lift(window, CAMERA).rotations, atol=0.03)
