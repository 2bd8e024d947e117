"""The tables of hands and face, and their text: `python -m models.evaluate --hands --face`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from models.evaluation.details_files import DetailsClip, read_details_clips
from models.evaluation.faces import EXPRESSION_PX, LARGE_PX, MIN_PX, TURNS, evaluate_faces
from models.evaluation.hands import evaluate_hands

Table = dict[str, Any]
Target = tuple[str, float, Callable[[float, float], bool], str]


def _at_least(value: float, target: float) -> bool:
    return value >= target


def _at_most(value: float, target: float) -> bool:
    return value <= target


HAND_TARGETS: dict[str, Target] = {
    "found_percent": ("hand found, % of frames", 0.0, _at_least, ""),
    "right_of_found_percent": ("of those in the right place, %", 95.0, _at_least, ">= 95"),
    "palm_normal_deg": ("palm, median °", 15.0, _at_most, "<= 15"),
    "palm_deg": ("whole hand's rotation, median °", 0.0, _at_least, ""),
    "palm_believed_percent": ("palm believed, % of views", 0.0, _at_least, ""),
    "flipped_percent": ("palm flipped, %", 1.0, _at_most, "< 1"),
    "flexion_deg": ("finger flexion, median °", 20.0, _at_most, "<= 20"),
    "straight_percent": ("straight fingers told, %", 98.0, _at_least, ">= 98"),
    "closed_percent": ("closed fingers told, %", 90.0, _at_least, ">= 90"),
    "false_percent": ("false hands, % of frames without one", 1.0, _at_most, "< 1"),
}
"""Text of each row, and its target."""


def details_tables(
    folders: Sequence[Path], cache: Path, *, hands: bool, face: bool, options: tuple[str, ...] = ()
) -> Table:
    """Return the requested tables. Raises ClipError.

    options  of app.commands.detect_details
    """
    clips: list[DetailsClip] = [clip for folder in folders for clip in read_details_clips(folder, cache, options)]
    tables: Table = {"options": list(options), "frames": sum(clip.frames for clip in clips)}
    if hands:
        tables["hands"] = evaluate_hands(clips)
        tables["small_hands"] = evaluate_hands(clips, min_px=25.0)["groups"]
    if face:
        tables["face"] = evaluate_faces(clips)
    return tables


def report_details(tables: Table) -> str:
    """Return the tables as text, each number with its target and whether it is reached."""
    lines = [f"Rendered hands and faces, {tables['frames']} frames {' '.join(tables['options'])}".rstrip()]
    if "hands" in tables:
        lines += ["", *_hands(tables["hands"], tables["small_hands"])]
    if "face" in tables:
        lines += ["", *_face(tables["face"])]
    return "\n".join(lines)


def _line(name: str, value: float | None, target: Target | None = None, digits: int = 1) -> str:
    shown = "-" if value is None else f"{value:.{digits}f}"
    text = f"  {name:44s}{shown:>10s}"
    if target is None or not target[3] or value is None:
        return text
    return f"{text}   {target[3]:8s}{'met' if target[2](value, target[1]) else 'MISSED'}"


def _hands(table: Table, small: Table) -> list[str]:
    lines = [f"Hands of {table['min_px']:.0f} px and more: {table['hands']}, frames without one: {table['gone']}"]
    lines += [_line(target[0], table.get(key), target) for key, target in HAND_TARGETS.items()]
    joints = table["flexion_by_joint_deg"]
    lines += [_line(f"  {name} joint, °", joints[i]) for i, name in enumerate(("first", "second", "third"))]
    lines += [_line("closed fingers, sum of three joints, true °", table["true_closed_deg"])]
    lines += [_line("  measured °", table["measured_closed_deg"])]
    lines.append(f"  {'by distance, hands of 25 px and more':40s}{'hands':>8s}{'found':>8s}{'place':>8s}{'palm':>8s}")
    for name, row in small.items():
        values = [row[key] for key in ("found_percent", "right_of_found_percent", "palm_normal_deg", "flexion_deg")]
        cells = "".join("       -" if value is None else f"{value:8.1f}" for value in values[:3])
        lines.append(f"    {name:38s}{row['hands']:8d}{cells}")
    return lines


def _face(table: Table) -> list[str]:
    lines = [f"Faces of {MIN_PX:.0f} px and more: {table['faces']}", _line("found, %", table["found_percent"])]
    if "head_deg" not in table:
        return lines
    yaw: Target = ("", 2.0, _at_most, "<= 2")
    slope: Target = ("", 0.9, _at_least, ">= 0.9")
    for name in TURNS:
        lines.append(_line(f"head {name}, median °", table["head_deg"][name], yaw if name == "yaw" else None))
        lines.append(_line("  less the clip's own mean", table["head_rested_deg"][name]))
        lines.append(_line("  slope", table["head_slope"][name], slope if name == "roll" else None, 2))
    lines.append(f"  Of {EXPRESSION_PX:.0f} px and more: {table['large']}")
    lines.append(_line("jaw, correlation", table["jaw_r"], slope, 3))
    lines.append(_line("lids that the camera sees, correlation", table["lids_r"], slope, 3))
    lines.append(_line("  of every eye", table["all_lids_r"], None, 3))
    lines.append(_line(f"  that it sees, faces of {LARGE_PX:.0f} px and more", table["large_lids_r"], None, 3))
    lines.append(_line("winks: difference of the lids, true", table["winks"][0], None, 2))
    lines.append(_line("  measured", table["winks"][1], None, 2))
    lines.append(_line("  blink score of open lids", table["open_lids_shut"], None, 2))
    lines.append(_line("  of shut lids", table["shut_lids_shut"], None, 2))
    for i, way in enumerate(("across", "up and down")):
        lines.append(_line(f"gaze {way}, median °", None if table["gaze_deg"] is None else table["gaze_deg"][i]))
        lines.append(_line("  correlation", table["gaze_r"][i], None, 2))
        lines.append(_line("  slope", table["gaze_slope"][i], None, 2))
    return lines
