"""`torchrun … -m models.train`: two processes, one is killed, all start again and go on from the last checkpoint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import train
from models.training.state import read_checkpoint
from tests.models.mocap.rigs import BLENDER, write_bvh

ROOT = Path(__file__).parents[2]
SCRIPT = """
import os, signal
from models import train
from models.training import loop
from models.vtm.config import VTMConfig

TINY = {tiny}
train.VTMConfig = lambda **changes: VTMConfig(**TINY | changes)
whole, step = loop.validation_windows, loop.Trainer._step
loop.validation_windows = lambda library, config, _count, **cut: whole(library, config, 8, **cut)

def killed(trainer, batch, share):
    if trainer.progress.step == 5 and trainer.team.rank == 1 and trainer.team.restarts == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(trainer, batch, share)

loop.Trainer._step = killed
train.leave(train.main())
"""


@pytest.mark.slow
def test_a_killed_process_is_started_again_and_the_run_goes_on_from_the_checkpoint(tiny, tmp_path):
    for clip in range(4):
        write_bvh(tmp_path / "mocap" / f"clip_{clip}.bvh", BLENDER, frames=20, seed=clip)
    config = {name: getattr(tiny, name) for name in type(tiny).__dataclass_fields__}
    script, out = tmp_path / "killed.py", tmp_path / "runs" / "vtm"
    script.write_text(SCRIPT.format(tiny=config))
    options = ("--steps", "7", "--batch", "6", "--report-every", "2", "--autoencoder-share", "0.5")
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "1")
    done = subprocess.run(
        [sys.executable, *torchrun, str(script), "--mocap", str(tmp_path / "mocap"), "--out", str(out), *options],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6, 7]
    assert f"going on from {out / 'last.pt'}, step 4" in done.stderr
    final = read_checkpoint(out / "final.pt")
    assert final["run"]["processes"] == 2
    assert (final["progress"].step, final["progress"].windows) == (7, 42)
    assert [values["step"] for values in final["progress"].history] == [2, 4, 6, 7]


def test_asking_for_processes_tells_the_line_for_torchrun(capsys):
    with pytest.raises(SystemExit) as left:
        train.main(["--mocap", "my clips", "--processes", "2", "--batch", "6"])
    assert left.value.code == 2
    expected = "torchrun --standalone --nproc-per-node 2 -m models.train --mocap 'my clips' --batch 6"
    assert capsys.readouterr().err.strip().endswith(expected)


def test_more_processes_than_windows_are_refused(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(SystemExit):
        train.main(["--mocap", "clips", "--batch", "3"])
    assert "4 processes share a batch of 3" in capsys.readouterr().err
