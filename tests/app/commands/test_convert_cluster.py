"""Conversions on a Dask cluster: results by the folder or sent back, one file each; every failure is a line."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import main
from app.commands import convert_cluster
from app.commands.convert_plan import Job
from app.commands.convert_pool import Manner, Report
from engine.config import Config
from engine.errors import VtmError

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")

FRAMES = 12


@pytest.fixture(scope="module")
def address() -> Any:
    """A scheduler and a worker in threads of this process, on the loopback."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


def keypoints(path: Path, seed: int = 0) -> Path:
    points = np.random.default_rng(seed).uniform(100, 300, (1, 23, 2)).repeat(FRAMES, 0)
    np.savez(
        path, keypoints_px=points, keypoint_scores=np.ones((FRAMES, 23)), fps=30.0, image_size=np.array([640, 480])
    )
    return path


def reports(jobs: list[Job], address: str, manner: Manner | None = None) -> list[Report]:
    said: list[str] = []
    return list(convert_cluster.convert_on_cluster(jobs, Config(), manner or Manner(), address, said.append))


def test_a_folder_is_converted_by_the_workers_and_nothing_else_is_left(address: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        keypoints(tmp_path / "in" / f"k{number}.npz", number)
    assert main(["convert", str(tmp_path / "in"), str(tmp_path / "out"), "--format", "bvh", "--dask", address]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["k0.bvh", "k1.bvh", "k2.bvh"]


def test_a_worker_that_does_not_share_the_folder_sends_its_result(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = convert_cluster._task
    elsewhere = tmp_path / "elsewhere"

    def not_shared(*args: Any) -> Any:
        return dataclasses.replace(whole(*args), mark=elsewhere / "mark", part=elsewhere / "part")

    monkeypatch.setattr(convert_cluster, "_task", not_shared)
    last = reports([Job(keypoints(tmp_path / "k.npz"), tmp_path / "out.npz")], address)[-1]
    assert last.error is None
    assert last.path == tmp_path / "out.npz"
    assert (tmp_path / "out.npz").stat().st_size > 1000


def test_a_bad_file_costs_itself_and_one_that_is_there_is_kept(address: str, tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"no")
    (tmp_path / "good.bvh").write_text("mine")
    jobs = [
        Job(tmp_path / "bad.npz", tmp_path / "bad.bvh"),
        Job(keypoints(tmp_path / "good.npz"), tmp_path / "good.bvh"),
        Job(tmp_path / "gone.npz", tmp_path / "gone.bvh"),
    ]
    last = {report.job.source.name: report for report in reports(jobs, address) if report.result or report.error}
    assert "not a keypoints .npz" in str(last["bad.npz"].error)
    assert "share the folder" in str(last["gone.npz"].error)
    assert last["good.npz"].path == tmp_path / "good-2.bvh"
    assert (tmp_path / "good.bvh").read_text() == "mine"


def test_without_a_scheduler_there_is_one_line_with_the_commands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(convert_cluster, "CONNECT_S", 0.5)
    with pytest.raises(VtmError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9: start one \(dask scheduler\)"):
        reports([Job(keypoints(tmp_path / "k.npz"), tmp_path / "k.bvh")], "tcp://127.0.0.1:9")


def test_workers_of_another_version_are_refused(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def version() -> str:
        here = threading.current_thread() is threading.main_thread()
        return "0.0.2" if here else "0.0.1"

    monkeypatch.setattr(convert_cluster, "version_of_worker", version)
    with pytest.raises(VtmError, match="install the same"):
        reports([Job(keypoints(tmp_path / "k.npz"), tmp_path / "k.bvh")], address)


class Future:
    """A future that has ended badly."""

    def __init__(self, status: str, error: Exception | None = None) -> None:
        self.status, self._error = status, error

    def exception(self) -> Exception | None:
        return self._error


class KilledWorker(Exception):  # noqa: N818 - its name
    """As Dask's."""


@pytest.mark.parametrize(
    ("future", "words"),
    [
        (Future("lost"), "stopped or gave up"),
        (Future("cancelled"), "stopped or gave up"),
        (Future("error", KilledWorker("x")), "several workers died"),
        (Future("error", MemoryError("out of memory")), "a worker failed"),
    ],
)
def test_what_the_cluster_could_not_do_is_said(future: Future, words: str) -> None:
    assert words in convert_cluster._failure(future, "tcp://127.0.0.1:1")
