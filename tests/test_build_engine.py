"""Building a plan, with a TensorRT that only notes what it is told: precision, refusals, parity, sidecar."""

from __future__ import annotations

import dataclasses
import logging
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest

import build_engine
from engine.errors import ModelError
from engine.vtm.cuda import Cuda, GpuInfo, gpu_info
from engine.vtm.plan import check_plan, read_plan
from engine.vtm.weights import WEIGHTS, load_weights
from models.half_precision import to_half
from models.onnx_session import ort
from models.vtm.answer import answer_difference
from models.vtm.config import VTMConfig
from tests.engine.vtm.constant_onnx import Answer, write_weights
from tests.engine.vtm.fake_gpu import FakeDriver, FakeEngine, fake_trt

CONFIG = VTMConfig(window_frames=16)
CARD = GpuInfo("RTX 4090", (8, 9))


@pytest.fixture
def weights(tmp_path):
    return write_weights(tmp_path / "vtm.onnx", CONFIG, Answer.t_pose())


class Toolkit:
    """TensorRT's builder side: what it parsed, which flags it got, what it gives."""

    def __init__(self, engine: FakeEngine, version: str) -> None:
        self.parsed: list[bytes] = []
        self.flags: list[str] = []
        self.errors: list[str] = []
        self.plan: bytes | None = b"a plan"
        toolkit = self

        class Monitor:
            def __init__(self) -> None:
                pass

        class Config:
            progress_monitor: Any = None

            def set_memory_pool_limit(self, *_: Any) -> None:
                pass

            def set_flag(self, flag: str) -> None:
                toolkit.flags.append(flag)

        class Builder:
            def __init__(self, _log: Any) -> None:
                pass

            def create_network(self, _flags: int) -> str:
                return "network"

            def create_builder_config(self) -> Config:
                return Config()

            def build_serialized_network(self, _network: str, config: Config) -> bytes | None:
                config.progress_monitor.phase_start("tactics", None, 7)
                assert config.progress_monitor.step_complete("tactics", 3)
                config.progress_monitor.phase_finish("tactics")
                return toolkit.plan

        class Parser:
            num_errors = 1

            def __init__(self, *_: Any) -> None:
                pass

            def parse(self, data: bytes) -> bool:
                toolkit.parsed.append(data)
                return not toolkit.errors

            def get_error(self, index: int) -> str:
                return toolkit.errors[index]

        self.module = fake_trt(engine, version)
        self.module.Builder, self.module.OnnxParser, self.module.IProgressMonitor = Builder, Parser, Monitor
        self.module.Logger = lambda severity: severity
        self.module.Logger.ERROR = "error"  # type: ignore[attr-defined]
        self.module.MemoryPoolType = SimpleNamespace(WORKSPACE="workspace")
        self.module.BuilderFlag = SimpleNamespace(FP16="fp16") if version.startswith("10.") else SimpleNamespace()


@pytest.fixture
def machine(monkeypatch, request):
    """A machine with a GPU and TensorRT, 10 unless told; its plan gives what the ONNX gives."""
    driver = FakeDriver()
    engine = FakeEngine(driver, CONFIG.window_frames)
    engine.answer = dataclasses.asdict(Answer.t_pose())
    toolkit = Toolkit(engine, getattr(request, "param", "10.13.3.9"))
    monkeypatch.setitem(sys.modules, "tensorrt", toolkit.module)
    monkeypatch.setattr(build_engine, "gpu_info", lambda: CARD)
    monkeypatch.setattr(build_engine, "Cuda", lambda: Cuda(driver))
    return SimpleNamespace(toolkit=toolkit, engine=engine, driver=driver)


def run(weights, tmp_path, *options: str) -> int:
    return build_engine.main([str(weights), "--out", str(tmp_path / "vtm.plan"), *options])


def test_a_plan_is_built_checked_and_described(machine, weights, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    assert run(weights, tmp_path) == 0
    plan = read_plan(tmp_path / "vtm.plan")
    assert plan.data == b"a plan"
    assert (plan.info.precision, plan.info.gpu, plan.info.tensorrt) == ("fp16", CARD.label, "10.13.3.9")
    check_plan(plan.info, load_weights(weights), CARD.label, "10.13.3.9")
    assert machine.toolkit.flags == ["fp16"]
    assert machine.toolkit.parsed == [weights.read_bytes()]  # TensorRT 10 halves by itself
    assert machine.driver.calls.count("cuGraphLaunch") == build_engine.PARITY_WINDOWS
    assert "tactics: 3 of 7" in caplog.text
    assert machine.driver.calls.count("cuDevicePrimaryCtxRelease_v2") == 1


@pytest.mark.parametrize("machine", ["11.4.0.106"], indirect=True)
def test_a_newer_tensorrt_gets_an_onnx_in_half_precision(machine, weights, tmp_path):
    assert run(weights, tmp_path) == 0
    assert machine.toolkit.flags == []
    parsed = onnx.load_from_string(machine.toolkit.parsed[0])
    assert {tensor.data_type for tensor in parsed.graph.initializer} == {onnx.TensorProto.FLOAT16}
    assert run(weights, tmp_path, "--precision", "fp32") == 0
    assert machine.toolkit.parsed[1] == weights.read_bytes()
    assert read_plan(tmp_path / "vtm.plan").info.precision == "fp32"


def test_full_precision_needs_no_flag(machine, weights, tmp_path):
    assert run(weights, tmp_path, "--precision", "fp32") == 0
    assert machine.toolkit.flags == []


def test_a_plan_that_says_something_else_is_not_kept(machine, weights, tmp_path, caplog):
    assert run(weights, tmp_path) == 0
    machine.toolkit.plan = b"another"
    machine.engine.answer["contacts"] = np.array([[0.9, 0.3]], np.float32)
    assert run(weights, tmp_path) == 1
    assert "differs from ONNX Runtime by 1.0e-01, expected at most 2e-02" in caplog.text
    assert read_plan(tmp_path / "vtm.plan").data == b"a plan"
    assert run(weights, tmp_path, "--tolerance", "0.2") == 0
    machine.engine.answer["contacts"] = np.array([[np.nan, 0.2]], np.float32)
    assert run(weights, tmp_path, "--tolerance", "0.2") == 1


def test_what_tensorrt_refuses_is_told_in_one_line(machine, weights, tmp_path, caplog):
    machine.toolkit.errors = ["unknown operator\nGelu"]
    assert run(weights, tmp_path) == 1
    machine.toolkit.errors, machine.toolkit.plan = [], None
    assert run(weights, tmp_path) == 1
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "unknown operator Gelu" in errors[0]
    assert "could not build" in errors[1]
    assert all("\n" not in line and line.startswith("build_engine: ") for line in errors)
    assert not list(tmp_path.glob("*.plan*"))


@pytest.mark.usefixtures("machine")
def test_weights_that_are_missing_or_changed_build_nothing(weights, tmp_path, caplog):
    weights.write_bytes(weights.read_bytes() + b"x")
    assert run(weights, tmp_path) == 1
    assert "sha256" in caplog.text
    assert run(tmp_path / "none.onnx", tmp_path) == 1
    assert run(tmp_path / "none.pt", tmp_path) == 1
    assert not list(tmp_path.glob("*.plan*"))


def test_without_a_gpu_or_tensorrt_the_way_to_get_it_is_told(weights, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(build_engine, "gpu_info", lambda: None)
    assert run(weights, tmp_path) == 1
    assert "no NVIDIA GPU" in caplog.text
    monkeypatch.setattr(build_engine, "gpu_info", lambda: CARD)
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    assert run(weights, tmp_path) == 1
    assert "pip install vtm-live[tensorrt]" in caplog.text


@pytest.mark.parametrize("arguments", [["model.doc"], ["--precision", "int4"], ["--tolerance", "0"], ["--what"]])
def test_wrong_usage_is_one_line_and_exit_code_2(arguments, caplog):
    assert build_engine.main(arguments) == 2
    assert len(caplog.records) == 1
    assert "--help" in caplog.text


def test_half_precision_needs_the_onnx_package(weights, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModelError, match="pip install onnx"):
        build_engine.onnx_bytes(load_weights(weights), "fp16", by_flag=False)


@pytest.mark.skipif(not WEIGHTS.exists(), reason="VTM's weights are not here")
def test_half_precision_of_the_shipped_network_stays_within_the_tolerance():
    weights = load_weights()
    half = to_half(onnx.load(str(weights.path)))
    assert not [tensor for tensor in half.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT]
    sessions = [
        ort.InferenceSession(model, providers=["CPUExecutionProvider"])
        for model in (half.SerializeToString(), str(weights.path))
    ]
    rng = np.random.default_rng(1)
    for _ in range(4):
        window = build_engine.random_window(weights.config, rng)
        ours, theirs = (session.run(None, window) for session in sessions)
        assert all(output.dtype == np.float32 for output in ours)
        difference = answer_difference(ours, theirs, mirrored=weights.config.mirrored)
        assert difference < build_engine.TOLERANCE["fp16"]


@pytest.mark.gpu
@pytest.mark.skipif(gpu_info() is None, reason="no NVIDIA GPU")
@pytest.mark.skipif(not WEIGHTS.exists(), reason="VTM's weights are not here")
def test_a_real_plan_is_built_and_agrees(tmp_path):
    pytest.importorskip("tensorrt")
    assert build_engine.main(["--out", str(tmp_path / "vtm.plan")]) == 0
    assert read_plan(tmp_path / "vtm.plan").info.precision == "fp16"
