"""The plan's sidecar: what a plan was built for is compared before it is loaded; every refusal tells the command."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest

from engine.vtm.plan import PlanError, PlanInfo, check_plan, plan_path, read_plan, sidecar_path, write_plan
from engine.vtm.weights import load_weights

GPU, VERSION = "NVIDIA GeForce RTX 4090 (compute capability 8.9)", "10.13.3.9"
DATA = b"a plan"


@pytest.fixture
def info(weights) -> PlanInfo:
    checked = load_weights(weights)
    return PlanInfo(
        hashlib.sha256(DATA).hexdigest(), checked.sha256, GPU, VERSION, "fp16", checked.config.window_frames
    )


def test_a_plan_comes_back_as_it_was_written(tmp_path, info, weights):
    path = tmp_path / "new" / "vtm.plan"
    write_plan(path, DATA, info)
    plan = read_plan(path)
    assert (plan.data, plan.info) == (DATA, info)
    check_plan(plan.info, load_weights(weights), GPU, VERSION)
    assert not list(path.parent.glob("*.partial"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"gpu": "NVIDIA T4 (compute capability 7.5)"}, "GPU NVIDIA T4 .* this machine has NVIDIA GeForce RTX 4090"),
        ({"tensorrt": "11.4.0"}, "TensorRT 11.4.0, this machine has 10.13"),
        ({"model_sha256": "0" * 64}, "model 000000000000"),
        ({"window_frames": 64}, "window 64, this machine has 16"),
    ],
)
def test_a_plan_for_something_else_is_refused_with_both_values_and_the_command(info, weights, change, told):
    with pytest.raises(PlanError, match=told) as error:
        check_plan(dataclasses.replace(info, **change), load_weights(weights), GPU, VERSION)
    assert str(error.value).endswith("run python build_engine.py")


def refused(path, told: str) -> None:
    with pytest.raises(PlanError, match=told) as error:
        read_plan(path)
    assert str(error.value).endswith("run python build_engine.py")
    assert "\n" not in str(error.value)


def test_a_changed_byte_a_missing_file_and_a_broken_sidecar_are_refused(tmp_path, info):
    path = tmp_path / "vtm.plan"
    refused(path, r"vtm\.plan is missing")
    write_plan(path, DATA, info)
    path.write_bytes(b"b plan")
    refused(path, "damaged")
    path.write_bytes(DATA)
    sidecar = sidecar_path(path)
    for text in ("", "[]", "{}", json.dumps({"gpu": 3})):
        sidecar.write_text(text)
        refused(path, "cannot be used")
    sidecar.unlink()
    refused(path, r"vtm\.plan\.json is missing")


def test_the_plan_lies_where_the_user_says_or_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("VTM_PLAN", str(tmp_path / "x.plan"))
    assert plan_path() == tmp_path / "x.plan"
    monkeypatch.delenv("VTM_PLAN")
    assert plan_path().name == "vtm.plan"
