"""The two manifolds: do the video's latents match those of the true motion? And TPMAE's reconstruction."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.evaluation.checkpoint import CheckpointLifter
from models.evaluation.predict import F64
from models.mocap.library import MotionLibrary
from models.synth.windows import WindowBatch
from models.training.losses import truth_motion
from models.training.validate import autoencoder_error, validation_windows
from models.vtm.vtm import VTM

_CHUNK = 128


def evaluate_latents(lifter: CheckpointLifter, library: MotionLibrary, count: int) -> dict[str, Any] | None:
    """Return alignment error, retrieval among `count` windows for upper, lower and both, and TPMAE's reconstruction
    error.

    None for a network without latents.
    """
    if not isinstance(lifter.model, VTM):
        return None
    batch = validation_windows(library, lifter.config, count)
    table: dict[str, Any] = {"tpmae_reconstruction_mm": autoencoder_error(lifter.model, batch)}
    seen = batch.seen.numpy()
    video, motion = latents(lifter.model, batch)
    pairs = {name: (video[name][seen], motion[name][seen]) for name in video}
    table["windows"] = int(seen.sum())
    for name, (ours, true) in pairs.items():
        table[name] = alignment(ours, true) | retrieval(_standard(ours, true), _standard(true, true))
    table["both"] = retrieval(
        np.concatenate([_standard(ours, true) for ours, true in pairs.values()], axis=1),
        np.concatenate([_standard(true, true) for _, true in pairs.values()], axis=1),
    )
    return table


@torch.no_grad()
def latents(model: VTM, batch: WindowBatch) -> tuple[dict[str, F64], dict[str, F64]]:
    """Return Z~ of the video and Z of the motion, each {upper, lower: (N, tokens, latent)}."""
    truth = truth_motion(batch, model.config.rate_hz)
    z_upper, z_lower = model.tpmae.encode(truth)
    parts: list[tuple[Tensor, Tensor]] = []
    for start in range(0, len(batch.keypoints), _CHUNK):
        rows = slice(start, start + _CHUNK)
        lifted = model(batch.keypoints[rows], batch.evidence[rows], batch.box[rows])
        parts.append((lifted.z_upper, lifted.z_lower))
    ours = [torch.cat(column) for column in zip(*parts, strict=True)]

    names = ("upper", "lower")
    return (
        {name: z.double().numpy() for name, z in zip(names, ours, strict=True)},
        {name: z.double().numpy() for name, z in zip(names, (z_upper, z_lower), strict=True)},
    )


def alignment(ours: F64, true: F64) -> dict[str, float]:
    """Return mean distance relative to Z's spread (RMS distance from its mean), and mean cosine about it."""
    mean = true.mean((0, 1))
    spread = float(np.sqrt(((true - mean) ** 2).sum(-1).mean()))
    a, b = ours - mean, true - mean
    lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return {
        "distance_over_spread": float(np.linalg.norm(ours - true, axis=-1).mean() / max(spread, 1e-12)),
        "cosine": float(((a * b).sum(-1) / np.maximum(lengths, 1e-12)).mean()),
    }


def retrieval(queries: F64, keys: F64) -> dict[str, float]:
    """Return the rank of the true key i for query i among all keys (1 is best), and top-1 and top-10 in %; (N, D)
    each."""
    ranks = ranks_of_truth(queries, keys)
    return {
        "median_rank": float(np.median(ranks)),
        "top_1_percent": float((ranks <= 1).mean() * 100),
        "top_10_percent": float((ranks <= 10).mean() * 100),
        "among": len(keys),
    }


def ranks_of_truth(queries: F64, keys: F64) -> F64:
    """Return (N,) 1 + the number of keys nearer to query i than key i."""
    square = (queries**2).sum(1)[:, None] - 2 * queries @ keys.T + (keys**2).sum(1)
    own = np.diagonal(square)[:, None]
    return np.asarray((square < own - 1e-9).sum(1) + 1.0)


def _standard(z: F64, true: F64) -> F64:
    """Standardise (N, tokens, C) by Z's mean and spread to (N, tokens x C), so that upper and lower have equal
    weight."""
    mean = true.mean((0, 1))
    spread = np.sqrt(((true - mean) ** 2).sum(-1).mean())
    return np.asarray(((z - mean) / max(float(spread), 1e-12)).reshape(len(z), -1))
