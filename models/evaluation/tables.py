"""The tables of `python -m models.evaluate`: one function each, in the order of computing and printing.

A new table needs a function here and one in models/evaluation/report.py, with the same name. A table whose requirements
(clips, a checkpoint) are missing is None and omitted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.aist.evaluate import evaluate_aist
from models.aist.library import AistLibrary
from models.evaluation.agreement import evaluate_agreement
from models.evaluation.checkpoint import CheckpointLifter
from models.evaluation.clips import clip_table, lift_clip
from models.evaluation.detections import read_clips
from models.evaluation.detector_errors import evaluate_detector_errors
from models.evaluation.injected import evaluate_injected
from models.evaluation.latents import evaluate_latents
from models.evaluation.lookahead import evaluate_look_ahead
from models.evaluation.mirrored import evaluate_mirrored
from models.evaluation.missing import evaluate_missing
from models.evaluation.mocap import evaluate_actions, evaluate_mocap, evaluate_peers
from models.evaluation.predict import Lifter, Predictor
from models.evaluation.rendered import evaluate_rendered
from models.evaluation.sequences import evaluate_sequences, mocap_sequences, seen_frames
from models.evaluation.views import overall_table
from models.mocap.library import MotionLibrary
from models.threedpw.evaluate import evaluate_threedpw

log = logging.getLogger("models.evaluate")


@dataclass(frozen=True, slots=True)
class Bench:
    """What is evaluated, and the data for it."""

    lifter: Predictor
    windows: int
    library: MotionLibrary | None = None
    checkpoint: CheckpointLifter | None = None
    peers: dict[str, Lifter] = field(default_factory=dict)
    clips: tuple[Path, ...] = ()
    detections: Path = Path()
    aist: AistLibrary | None = None
    pairs: Path | None = None
    rendered: Path | None = None
    threedpw: Path | None = None

    def networks(self) -> dict[str, Lifter]:
        """VTM and the other networks."""
        return {"vtm": self.lifter, **self.peers}

    def checkpoints(self) -> dict[str, CheckpointLifter]:
        """Those that are available as checkpoints."""
        own = {} if self.checkpoint is None else {"vtm": self.checkpoint}
        return own | {name: peer for name, peer in self.peers.items() if isinstance(peer, CheckpointLifter)}

    def at_most(self, windows: int) -> int:
        """Return a smaller number of windows for tables that run them many times."""
        return min(self.windows, windows)


Table = dict[str, Any]


def _mocap(bench: Bench) -> Table | None:
    return None if bench.library is None else evaluate_mocap(bench.lifter, bench.library, bench.windows)


def _peers(bench: Bench) -> Table | None:
    if bench.library is None:
        return None
    return evaluate_peers(bench.peers, bench.library, bench.lifter.config, bench.windows)


def _actions(bench: Bench) -> Table | None:
    if bench.library is None:
        return None
    return evaluate_actions(bench.networks(), bench.library, bench.at_most(150))


def _sequences(bench: Bench) -> Table | None:
    if bench.library is None:
        return None
    sequences = mocap_sequences(bench.library, bench.lifter.config.rate_hz, max(1, bench.at_most(1800) // 30))
    table: Table = {"sequences": len(sequences), "frames": sum(len(sequence.rays) for sequence in sequences)}
    table |= evaluate_sequences(bench.lifter, sequences)
    for name, peer in bench.peers.items():
        table[name] = evaluate_sequences(peer, sequences).get("with_evidence", {})
    return table


def _missing(bench: Bench) -> Table | None:
    return None if bench.library is None else evaluate_missing(bench.networks(), bench.library, bench.at_most(500))


def _injected(bench: Bench) -> Table | None:
    if bench.library is None:
        return None
    return {name: evaluate_injected(own, bench.library, bench.at_most(300)) for name, own in bench.networks().items()}


def _look_ahead(bench: Bench) -> Table | None:
    if bench.library is None:
        return None
    opened = bench.checkpoints().items()
    return {name: evaluate_look_ahead(own, bench.library, bench.windows) for name, own in opened} or None


def _mirrored(bench: Bench) -> Table | None:
    if bench.library is None:
        return None
    opened = bench.checkpoints().items()
    return {name: evaluate_mirrored(own, bench.library, bench.windows) for name, own in opened} or None


def _latents(bench: Bench) -> Table | None:
    if bench.library is None:
        return None
    opened = bench.checkpoints().items()
    made = {name: evaluate_latents(own, bench.library, bench.at_most(1000)) for name, own in opened}
    return {name: table for name, table in made.items() if table is not None} or None


def _agreement(bench: Bench) -> Table | None:
    if bench.library is None or bench.checkpoint is None:
        return None
    return evaluate_agreement(bench.lifter, bench.checkpoint, bench.library, bench.at_most(1000))


def _errors(bench: Bench) -> Table | None:
    if bench.library is None or bench.pairs is None:
        return None
    return evaluate_detector_errors(bench.library, bench.pairs, bench.lifter.config, bench.windows)


def _rendered(bench: Bench) -> Table | None:
    if bench.rendered is None:
        return None
    return {name: evaluate_rendered(network, bench.rendered) for name, network in bench.networks().items()}


def _threedpw(bench: Bench) -> Table | None:
    return None if bench.threedpw is None else evaluate_threedpw(bench.lifter, bench.threedpw)


def _aist(bench: Bench) -> Table | None:
    return None if bench.aist is None else evaluate_aist(bench.lifter, bench.aist, bench.windows)


def _clips(bench: Bench) -> Table | None:
    lifted = []
    for folder in bench.clips:
        clips = read_clips(folder, bench.detections)
        log.info("%d clips in %s", len(clips), folder)
        shown = [clip for clip in clips if len(seen_frames(clip.sequence()))]
        for name in sorted({clip.name for clip in clips} - {clip.name for clip in shown}):
            log.warning("skipped: %s, where the detector sees no person", name)
        lifted += [lift_clip(bench.lifter, clip, bench.peers) for clip in shown]
    if not lifted:
        return None
    return {
        "each": {own.clip.name: clip_table(own) for own in lifted},
        "overall": overall_table(lifted),
    }


TABLES: dict[str, Callable[[Bench], Table | None]] = {
    "mocap": _mocap,
    "peers": _peers,
    "actions": _actions,
    "sequences": _sequences,
    "missing": _missing,
    "injected": _injected,
    "look_ahead": _look_ahead,
    "mirrored": _mirrored,
    "latents": _latents,
    "agreement": _agreement,
    "errors": _errors,
    "rendered": _rendered,
    "aist": _aist,
    "threedpw": _threedpw,
    "clips": _clips,
}
"""`agreement` is computed only on request."""
DEFAULT = tuple(name for name in TABLES if name != "agreement")
NEED_CHECKPOINT = ("look_ahead", "mirrored", "latents", "agreement")


def make_tables(bench: Bench, names: Iterable[str]) -> dict[str, Any]:
    """Return the tables that the available data allow; `clips` with `clips_overall`."""
    wanted = set(names)
    made: dict[str, Any] = {}
    for name in [name for name in TABLES if name in wanted]:
        started_s = time.perf_counter()
        table = TABLES[name](bench)
        if table is None:
            continue
        made |= {"clips": table["each"], "clips_overall": table["overall"]} if name == "clips" else {name: table}
        log.info("%s: %.0f s", name, time.perf_counter() - started_s)
    return made
