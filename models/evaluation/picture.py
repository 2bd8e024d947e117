"""The viewpoint table as a heat map with its numbers, and the error of every joint as bars."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from models.parts import PART_NAMES
from models.skeleton import JOINT_NAMES, mirrored_name

_LUMINANCE = np.array([0.299, 0.587, 0.114])
_NOTHING = "#e4e4e4"


class PictureError(ValueError):
    """The picture cannot be made; the message says what to do."""


def check_picture(out: Path) -> None:
    """Check the output before minutes of work. Raises PictureError."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise PictureError("the picture needs matplotlib; install it with pip install matplotlib") from error
    if out.suffix.lower() != ".png" or not out.parent.is_dir():
        raise PictureError(f"{out}: expected FILE.png in a folder that is there")


def draw(row: dict[str, Any], title: str, out: Path) -> None:
    """Write a .png of one row of the mocap table (`viewpoints_mm`, `per_joint_mm`). Raises PictureError."""
    from matplotlib.figure import Figure  # without pyplot: no window, no global state

    figure = Figure(figsize=(12, 8.5), layout="constrained")
    figure.suptitle(title, fontsize=13)
    above, below = figure.subplots(2, 1, height_ratios=(1.1, 1))
    _heat_map(figure, above, row["viewpoints_mm"])
    _bars(below, row["per_joint_mm"])
    try:
        figure.savefig(out, dpi=110)
    except (OSError, ValueError) as error:
        raise PictureError(f"{out}: cannot be written ({error}); pass --picture FILE.png") from error


def pitch_labels(edges: list[float]) -> list[str]:
    """Return one label per row of the table for edges in degrees."""
    labels = [f"{low:+.0f}° to {high:+.0f}°" for low, high in pairwise(edges)]
    labels[0] = f"under {edges[1]:+.0f}°"
    labels[-1] = f"over {edges[-2]:+.0f}°"
    return labels


def _heat_map(figure: Any, axes: Any, views: dict[str, Any]) -> None:
    """Draw the heat map: high pitch at the top; means over all pitches below, over all yaws on the right."""
    labels = [*reversed(pitch_labels(views["pitch_edges_deg"])), "all pitches"]
    cells = [[*row, mean] for row, mean in zip(views["table"], views["by_pitch"], strict=True)][::-1]
    cells.append([*views["by_yaw"], views["mean"]])
    table = np.array([[np.nan if value is None else value for value in row] for row in cells])
    image = axes.imshow(np.ma.masked_invalid(table), cmap="viridis_r", aspect="auto")
    axes.set_facecolor(_NOTHING)
    side = {0: "front", 90: "left side", 180: "behind", 270: "right side"}
    columns = [f"{yaw}°\n{side.get(yaw, '')}" for yaw in views["yaw_deg"]]
    axes.set_xticks(range(len(columns) + 1), [*columns, "all yaws"])
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("camera direction around the person")
    axes.set_ylabel("camera pitch (looking down)")
    axes.axvline(len(columns) - 0.5, color="white", linewidth=4)
    axes.axhline(len(labels) - 1.5, color="white", linewidth=4)
    for (y, x), value in np.ndenumerate(table):
        if np.isfinite(value):
            dark = np.array(image.cmap(image.norm(value))[:3]) @ _LUMINANCE < 0.5
            axes.text(x, y, f"{value:.0f}", ha="center", va="center", color="white" if dark else "black")
    ratio = views["worst_over_best"]
    worst = f"; worst over best yaw {ratio:.2f}" if ratio is not None else ""
    axes.set_title(f"MPJPE over 12 limb joints by viewpoint, mm{worst}", fontsize=11)
    figure.colorbar(image, ax=axes, label="mm")


def _bars(axes: Any, errors: dict[str, float]) -> None:
    """Draw one bar per joint; left and right side by side."""
    names = [name for name in JOINT_NAMES if not name.startswith("Right")]
    place = np.arange(len(names))
    sided = np.array([mirrored_name(name) != name for name in names])
    left = [errors[name] for name in names]
    right = [errors[mirrored_name(name)] for name in names]
    axes.bar(place[~sided], np.array(left)[~sided], 0.5, color="#7a7a7a", label="middle")
    axes.bar(place[sided] - 0.2, np.array(left)[sided], 0.38, color="#2a788e", label="left")
    axes.bar(place[sided] + 0.2, np.array(right)[sided], 0.38, color="#d08a2e", label="right")
    for x, (name, a, b) in enumerate(zip(names, left, right, strict=True)):
        for at, value in ((x - 0.2, a), (x + 0.2, b)) if mirrored_name(name) != name else ((x, a),):
            axes.text(at, value, f"{value:.0f}", ha="center", va="bottom", fontsize=8)
    axes.set_xticks(place, [name.removeprefix("Left") for name in names], rotation=30, ha="right")
    axes.set_ylabel("mm")
    axes.margins(x=0.01, y=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, ncols=3, loc="upper left", fontsize=9)
    axes.set_title("Error of every joint, mid-hip aligned, mm", fontsize=11)


def draw_confidence(tables: dict[str, dict[str, Any]], title: str, out: Path) -> None:
    """Write a .png of predicted against true error of each part (`confidence` of models.evaluation.rendered).

    tables  name of a curve, for instance of a detector -> its table. Raises PictureError.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7.5), layout="constrained")
    figure.suptitle(title, fontsize=13)
    for axes, part in zip(figure.subplots(2, 3).flat, PART_NAMES, strict=True):
        largest = 1.0
        for name, table in tables.items():
            declared, real = table[part]["declared_mm"], table[part]["real_mm"]
            axes.plot(declared, real, "o-", label=name, markersize=4)
            largest = max(largest, *declared, *real)
        axes.plot([0, largest], [0, largest], color="#999999", linewidth=1)
        axes.set(title=part.replace("_", " "), xlabel="predicted error, mm", ylabel="true error, mm")
        axes.legend()
    try:
        figure.savefig(out, dpi=110)
    except (OSError, ValueError) as error:
        raise PictureError(f"{out}: cannot be written ({error}); pass another FILE.png") from error
