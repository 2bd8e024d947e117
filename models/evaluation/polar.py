"""True error by camera azimuth and elevation on rendered people: ours and the detector's own 3D.

Azimuth 0 is in front of the person, 90 at their left; a positive elevation looks down on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.evaluation.frames import landmark_joints, limb_error_mm
from models.evaluation.picture import PictureError
from models.evaluation.predict import F64
from models.evaluation.viewpoints import camera_yaw_pitch, mean_or_none, worst_over_best
from models.rotations import rotation_6d_to_matrix
from models.skeleton import LIMBS
from models.training.validate import HEIGHT_M

if TYPE_CHECKING:
    from models.evaluation.rendered import Shown

AZIMUTHS = 12
ELEVATION_EDGES_DEG = (-90.0, 0.0, 20.0, 90.0)
_NOTHING = "#e4e4e4"


def polar_table(shown: Sequence[Shown]) -> dict[str, Any]:
    """Return the MPJPE over the 12 limb joints, mm at 1.70 m, in every cell of azimuth and elevation with enough
    frames.

    Only frames on which the detector has all limb joints in 3D count, for both. Empty without any.
    """
    found = [_errors(one) for one in shown]
    if not found or not sum(len(rows) for rows in found):
        return {}
    ours, theirs, azimuth, elevation = np.concatenate(found).T
    clip = np.repeat(np.arange(len(found)), [len(rows) for rows in found])
    sector = np.round(azimuth / (360 / AZIMUTHS)).astype(int) % AZIMUTHS
    ring = np.digitize(elevation, ELEVATION_EDGES_DEG) - 1
    table: dict[str, Any] = {
        "azimuth_deg": [index * 360 // AZIMUTHS for index in range(AZIMUTHS)],
        "elevation_edges_deg": list(ELEVATION_EDGES_DEG),
        "frames": len(ours),
        "clips": [len(np.unique(clip[sector == index])) for index in range(AZIMUTHS)],
    }
    for name, error in (("vtm", ours), ("detector", theirs)):
        by_azimuth = [mean_or_none(error[sector == index]) for index in range(AZIMUTHS)]
        table[name] = {
            "cells": [
                [mean_or_none(error[(ring == row) & (sector == index)]) for index in range(AZIMUTHS)]
                for row in range(len(ELEVATION_EDGES_DEG) - 1)
            ],
            "by_azimuth": by_azimuth,
            "by_elevation": [mean_or_none(error[ring == row]) for row in range(len(ELEVATION_EDGES_DEG) - 1)],
            "mean": mean_or_none(error),
            "worst_over_best": worst_over_best(by_azimuth),
        }
    return table


def _errors(one: Shown) -> F64:
    """Return (F, 4): our error and the detector's in mm, azimuth and elevation of the camera in degrees."""
    windows, seen = one.windows, one.windows.seen.numpy()
    truth = windows.joints[:, -1].double().numpy() * HEIGHT_M
    landmarks = windows.evidence[:, -1].double().numpy()
    own = landmark_joints(np.where(landmarks[..., 3:] > 0, landmarks[..., :3], np.nan))
    good = seen & np.isfinite(own[:, list(LIMBS)]).all((1, 2))
    if not good.any():
        return np.zeros((0, 4))
    hips = rotation_6d_to_matrix(windows.rotations_6d[:, -1, 0].double().numpy())[good]
    up = windows.up.double().numpy()[good]
    azimuth, elevation = camera_yaw_pitch(hips[:, :, 2], up, np.broadcast_to([0.0, 0.0, -1.0], up.shape))
    ours = limb_error_mm(one.found.joints[good] * HEIGHT_M, truth[good])
    return np.stack([ours, limb_error_mm(own[good], truth[good]), azimuth, elevation], axis=1)


def draw_polar(tables: dict[str, dict[str, Any]], title: str, out: Path) -> None:
    """Write a .png with one row per detector's table: ours on the left, the detector's own 3D on the right.

    Raises PictureError.
    """
    from matplotlib.figure import Figure  # without pyplot: no window, no global state

    figure = Figure(figsize=(12, 0.6 + 6.2 * len(tables)), layout="constrained")
    edges = next(iter(tables.values()))["elevation_edges_deg"]
    rings = ", ".join(f"{low:+.0f} to {high:+.0f}°" for low, high in pairwise(edges))
    figure.suptitle(f"{title}\nrings from inside: the camera looks down by {rings}", fontsize=13)
    axes = figure.subplots(len(tables), 2, subplot_kw={"projection": "polar"}, squeeze=False)
    largest = max(
        value
        for table in tables.values()
        for name in ("vtm", "detector")
        for row in table[name]["cells"]
        for value in row
        if value is not None
    )
    mesh: Any = None
    for row, (detector, table) in zip(axes, tables.items(), strict=True):
        for place, name, words in zip(
            row, ("vtm", "detector"), (f"VTM, detector {detector}", f"{detector}'s own 3D"), strict=True
        ):
            mesh = _wheel(place, table, table[name], words, largest)
    figure.colorbar(mesh, ax=axes, label="MPJPE over 12 limb joints, mm", shrink=0.6)
    try:
        figure.savefig(out, dpi=100)
    except (OSError, ValueError) as error:
        raise PictureError(f"{out}: cannot be written ({error}); pass another FILE.png") from error


def _wheel(axes: Any, table: dict[str, Any], own: dict[str, Any], words: str, largest: float) -> Any:
    """Draw one wheel: cells of azimuth and elevation, lowest ring innermost."""
    step = 2 * np.pi / AZIMUTHS
    rings = len(table["elevation_edges_deg"]) - 1
    cells = np.array([[np.nan if value is None else value for value in row] for row in own["cells"]])
    edges = np.arange(AZIMUTHS + 1) * step - step / 2
    axes.set_theta_zero_location("S")
    axes.set_facecolor(_NOTHING)
    mesh = axes.pcolormesh(
        edges,
        np.arange(rings + 1) + 1,
        np.ma.masked_invalid(cells),
        cmap="cividis_r",
        vmin=0,
        vmax=largest,
        edgecolors="white",
    )
    axes.set_rorigin(0)
    axes.grid(False)
    for (ring, index), value in np.ndenumerate(cells):
        if np.isfinite(value):
            dark = mesh.norm(value) > 0.55
            axes.text(
                index * step, ring + 1.5, f"{value:.0f}", ha="center", va="center", color="white" if dark else "black"
            )
    sides = {0: "front", 90: "their left", 180: "behind", 270: "their right"}
    axes.set_xticks(np.arange(AZIMUTHS) * step, [sides.get(angle, f"{angle}°") for angle in table["azimuth_deg"]])
    axes.set_yticks([])
    ratio = "" if own["worst_over_best"] is None else f", worst / best azimuth {own['worst_over_best']:.2f}"
    axes.set_title(f"{words}: {own['mean']:.0f} mm{ratio}", fontsize=12)
    return mesh
