"""Measures how the network's time grows with its window, with and without flip augmentation: the shipped weights, and
untrained networks of the same layer sizes.

The time does not depend on the weights' values. A separate process makes the untrained networks, so that torch and its
memory stay out of the measurement. Without torch they are left out, with a note.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.bench.network import measure_weights
from engine.bench.samples import as_json
from engine.errors import ModelError
from engine.vtm.weights import Weights, load_weights
from models.vtm.config import VTMConfig

LENGTHS = (16, 32, 64)
_EXPORT_S = 300.0
_EXPORT = """
import json, sys
from pathlib import Path
import torch
from models.export import export_onnx
from models.onnx_file import hush_exporter
from models.vtm.config import VTMConfig
from models.vtm.vtm import VTM
hush_exporter()
torch.manual_seed(0)
export_onnx(VTM(VTMConfig.from_dict(json.loads(sys.argv[1]))).eval(), Path(sys.argv[2]))
"""

Say = Callable[[str], None]


def measure_windows(
    backend: str, threads: tuple[int, ...], seconds: float, say: Say
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a row per form and number of threads (frames, mirrored, threads, trained; network_ms, and ms with
    decoding), and a note on every form left out.

    Raises ModelError when the shipped weights do not run.
    """
    shipped = load_weights()
    rows, notes = [], []
    with tempfile.TemporaryDirectory(prefix="vtm-bench-") as folder:
        for config in forms(shipped.config):
            trained, name = config == shipped.config, form_name(config.window_frames, config.mirrored)
            say(f"growth: {name}" + ("" if trained else ", an untrained network"))
            try:
                weights = shipped if trained else untrained(replace(config, confidence=True), Path(folder))
                for number in threads:
                    times = measure_weights(weights, backend, number, seconds)
                    form = {"frames": config.window_frames, "mirrored": config.mirrored}
                    row = {"threads": number, "trained": trained}
                    rows.append(form | row | {"network_ms": as_json(times.network), "ms": as_json(times.vtm)})
            except ModelError as error:
                if trained:
                    raise
                notes.append(f"{name} is left out: {error}")
    return rows, notes


def forms(shipped: VTMConfig) -> list[VTMConfig]:
    """Return every window length as shipped, and without flip augmentation where the shipped network has it."""
    lengths = sorted({*LENGTHS, shipped.window_frames})
    kinds = (True, False) if shipped.mirrored else (False,)
    return [replace(shipped, window_frames=frames, mirrored=mirrored) for mirrored in kinds for frames in lengths]


def form_name(frames: int, mirrored: bool) -> str:
    """Return the name of a form for people."""
    return f"window of {frames}" + (" and its mirror image" if mirrored else "")


def untrained(config: VTMConfig, folder: Path) -> Weights:
    """Export an untrained network of these layer sizes. Raises ModelError where that fails."""
    if importlib.util.find_spec("torch") is None:
        raise ModelError("only torch can make the network: pip install 'vtm-live[train]'")
    path = folder / f"window_{config.window_frames}{'_mirrored' if config.mirrored else ''}.onnx"
    command = [sys.executable, "-c", _EXPORT, json.dumps(config.to_dict()), str(path)]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_EXPORT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelError(f"its export does not end ({error})") from error
    if ran.returncode or not path.is_file():
        lines = ran.stderr.strip().splitlines() or ["no reason given"]
        raise ModelError(f"its export failed ({lines[-1][:160]})")
    return Weights(path, hashlib.sha256(path.read_bytes()).hexdigest(), config, {})
