"""The paper's experiment: unseen dancers, from views used in training and from unseen views."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.aist.cameras import SEEN_VIEWS, UNSEEN_VIEWS
from models.aist.folder import genre_of
from models.aist.library import AistLibrary
from models.aist.pickles import F64
from models.aist.windows import AistWindows
from models.evaluation.predict import Predictor
from models.kinematics import ratio_offsets
from models.metrics import mpjpe, position_errors, root_aligned
from models.rotations import geodesic_angle, rotation_6d_to_matrix
from models.skeleton import JOINT, LIMBS, NUM_JOINTS
from models.synth.windows import WindowBatch

_HIPS = (JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"])
GROUPS = {"seen_views": SEEN_VIEWS, "unseen_views": UNSEEN_VIEWS}


def evaluate_aist(predictor: Predictor, library: AistLibrary, count: int) -> dict[str, Any]:
    """Return error tables of `count` windows for each group of views: shown frame, metres at each dancer's own height.

    Uses the dances of the splits "val" and "test". Raises AistError when nobody is visible.
    """
    dances = library.of_split("val", "test")
    tables: dict[str, Any] = {"dances": len(dances)}
    for group, views in GROUPS.items():
        batch, owner = AistWindows(library, dances, views, predictor.config).fixed(count)
        genres = np.array([genre_of(library.names[dance]) for dance in owner])
        tables[group] = {
            "views": list(views),
            **_table(predictor, batch, library.stature_m[owner], genres),
        }
    return tables


def _table(predictor: Predictor, batch: WindowBatch, stature_m: F64, genres: NDArray[np.str_]) -> dict[str, Any]:
    shown = -1 - predictor.config.latency_frames
    keypoints, evidence, box = (array.numpy() for array in (batch.keypoints, batch.evidence, batch.box))
    found = predictor.predict(keypoints, evidence, box)
    joints = found.joints * stature_m[:, None, None]
    truth = batch.joints[:, shown].double().numpy() * stature_m[:, None, None]
    turned = rotation_6d_to_matrix(batch.rotations_6d[:, shown].double().numpy())
    angles = np.rad2deg(geodesic_angle(found.rotations, turned))
    lengths, true_lengths = (
        np.linalg.norm(ratio_offsets(ratio), axis=-1)[:, 1:]
        for ratio in (found.ratio, batch.bone_ratio.double().numpy())
    )
    limbs = list(LIMBS)
    each = mpjpe(root_aligned(joints, _HIPS)[:, limbs], root_aligned(truth, _HIPS)[:, limbs]) * 1000
    return {
        "windows": len(keypoints),
        "limbs": position_errors(joints, truth, _HIPS, LIMBS),
        "all_joints": position_errors(joints, truth, _HIPS, tuple(range(NUM_JOINTS))),
        "angle_deg": float(angles[:, 1:].mean()),
        "hips_deg": float(angles[:, 0].mean()),
        "bone_length_percent": float(np.abs(lengths / true_lengths - 1).mean() * 100),
        "per_genre_mm": {str(genre): round(float(each[genres == genre].mean()), 1) for genre in np.unique(genres)},
    }


def report_aist(tables: dict[str, Any]) -> list[str]:
    """Return the tables as lines of text."""
    lines = [
        f"AIST++, {tables['dances']} dances never trained on, keypoints alone, last frame",
        f"  {'12 limb joints, mm':28s}   MPJPE      N-     PA-  angle°   hips° bones %",
    ]
    for group in GROUPS:
        table = tables[group]
        values = [*table["limbs"].values(), *(table[key] for key in ("angle_deg", "hips_deg", "bone_length_percent"))]
        lines.append(f"  {group.replace('_', ' '):28s}" + "".join(f"{value:8.1f}" for value in values))
    return lines
