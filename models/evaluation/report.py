"""The tables as text, one function each, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable

from models.aist.evaluate import report_aist
from models.evaluation.lines import Lines, Table, line
from models.evaluation.report_rendered import report_rendered
from models.threedpw.evaluate import report_threedpw

_MANY = 4
"""Up to this many clips get a line each; the rest is in --json."""


def report(tables: Table) -> str:
    """Return all available tables as text."""
    lines: Lines = []
    for name, section in SECTIONS.items():
        if name in tables:
            lines += [*section(tables[name]), ""]
    return "\n".join(lines).rstrip()


def _positions(values: Table, joints: str = "limbs") -> list[float | str | None]:
    known = values.get(joints, {})
    return [known.get(key) for key in ("mpjpe_mm", "n_mpjpe_mm", "pa_mpjpe_mm")]


_POSITIONS: list[float | str | None] = ["MPJPE", "N-", "PA-"]


def _mocap(table: Table) -> Lines:
    rows = {name: row for name, row in table.items() if name != "windows"}
    names: list[float | str | None] = ["angle°", "hips°", "bones%", "depth%", "22 MPJPE", "22 N-", "22 PA-"]
    lines = [f"Validation split, {table['windows']} windows, newest frame, mm at 1.70 m"]
    lines.append(line("12 limb joints", _POSITIONS + names))
    for name, row in rows.items():
        more = [row[key] for key in ("angle_deg", "hips_deg", "bone_length_percent", "depth_percent")]
        lines.append(line(name, [*_positions(row), *more, *_positions(row, "all_joints")]))
    if "with_evidence" in rows:
        lines += ["", *_viewpoints(rows["with_evidence"]["viewpoints_mm"])]
        lines += ["", *_joints(rows["with_evidence"]["per_joint_mm"])]
    return lines


def _viewpoints(views: Table) -> Lines:
    lines = ["MPJPE by viewpoint, mm: pitch (looking down) x yaw around the person (0 front, 90 their left)"]
    lines.append(line("", [*(f"{yaw}°" for yaw in views["yaw_deg"]), "all"]))
    edges = views["pitch_edges_deg"]
    for row, low in reversed(list(enumerate(edges[:-1]))):
        name = f"{low:+.0f}° to {edges[row + 1]:+.0f}°"
        lines.append(line(name, [*views["table"][row], views["by_pitch"][row]]))
    lines.append(line("all", views["by_yaw"]))
    lines.append(f"  worst over best: yaw {views['worst_over_best']}, yaw and pitch {views['worst_over_best_cell']}")
    return lines


def _joints(errors: Table) -> Lines:
    names = list(errors)
    lines = ["Every joint, mm"]
    for begin in range(0, len(names), 6):
        lines.append("  " + "  ".join(f"{name} {errors[name]:.0f}" for name in names[begin : begin + 6]))
    return lines


def _peers(table: Table) -> Lines:
    lines = [
        "Other networks on the same windows, mm",
        line("12 limb joints", [*_POSITIONS, "angle°", "hips°", "bones%"]),
    ]
    for name, row in table.items():
        rows = (
            {name: row} if "limbs" in row else {f"{name}, {way}": own for way, own in row.items() if way != "windows"}
        )
        for label, own in rows.items():
            more = [own.get(key) for key in ("angle_deg", "hips_deg", "bone_length_percent")]
            lines.append(line(label, [*_positions(own), *more]))
    return lines


def _actions(table: Table) -> Lines:
    lines = [f"By action, {table['windows_each']} windows each, mm", line("12 limb joints", _POSITIONS)]
    for action, networks in table["actions"].items():
        for name, errors in networks.items():
            label = action if len(networks) == 1 else f"{action}, {name}"
            lines.append(line(label, _positions({"limbs": errors})))
    return lines


_MOTION = ("root_trajectory_percent", "root_trajectory_mm", "jitter", "true_jitter", "acceleration_error")
_SLIDING = ("foot_sliding_mm", "true_foot_sliding_mm")
_MOTION_HEAD: list[float | str | None] = ["root %", "root mm", "jitter", "(true)", "accel", "sliding", "(true)"]


def _motion(row: Table) -> list[float | str | None]:
    return [row.get(key) for key in (*_MOTION, *_SLIDING)]


def _sequences(table: Table) -> Lines:
    rows = {name: row for name, row in table.items() if isinstance(row, dict)}
    lines = [
        f"Over time: {table['sequences']} segments of validation clips, {table['frames']} frames, one fixed camera,"
        " height and lens given, before the solver",
        line("", _MOTION_HEAD),
    ]
    return lines + [line(name, _motion(row)) for name, row in rows.items()]


def _missing(table: Table) -> Lines:
    lines = [f"Parts hidden for the whole window, {table['windows']} windows, MPJPE mm"]
    lines.append(line("", ["when seen", "hidden", "others", "hidden*", "others*"]))
    for part, networks in table["parts"].items():
        for name, row in networks.items():
            values = [row["hidden_joints_when_seen_mm"], row["hidden_joints_mm"], row["other_joints_mm"]]
            values += [row["hidden_joints_mm_keypoints_alone"], row["other_joints_mm_keypoints_alone"]]
            lines.append(line(f"{part}, {name}", values))
        lines.append(line(f"{part}, mean pose on the true Hips", [None, table["mean_pose_mm"][part]]))
    walking = table.get("walking_legs_mm", {})
    lines += [line(f"legs of people who walk, {name}", [None, value]) for name, value in walking.items()]
    return [*lines, "  * keypoints alone"]


def _injected(table: Table) -> Lines:
    lines: Lines = []
    for name, own in table.items():
        lines.append(
            f"Errors injected into the last frames of clean windows, {name}, {own['windows']} windows, MPJPE mm"
        )
        lines.append(line("", ["none", *(f"{frames} fr." for frames in own["frames"])]))
        for kind, rows in own["errors"].items():
            lines += [line(f"{kind}, {row}", [own["none"][row], *values]) for row, values in rows.items()]
    return lines


def _look_ahead(table: Table) -> Lines:
    lines = ["Look-ahead: the same windows evaluated n frames before the newest, with evidence, mm"]
    lines.append(line("12 limb joints", [*_POSITIONS, "angle°", "hips°", "+ ms"]))
    for name, own in table.items():
        for frames, row in own["frames"].items():
            more = [row[key] for key in ("angle_deg", "hips_deg", "added_latency_ms")]
            lines.append(line(f"{name}, {frames} frames", [*_positions(row), *more]))
    return lines


def _mirrored(table: Table) -> Lines:
    lines = ["Test-time flip augmentation: without it, and with it, mm"]
    lines.append(line("12 limb joints", [*_POSITIONS, "angle°", "hips°"]))
    for name, own in table.items():
        for kind in ("one_pass", "mirrored"):
            for reading, row in own[kind].items():
                label = f"{name}, {kind.replace('_', ' ')}, {reading.replace('_', ' ')}"
                lines.append(line(label, [*_positions(row), row["angle_deg"], row["hips_deg"]]))
    return lines


def _latents(table: Table) -> Lines:
    keys = ("distance_over_spread", "cosine", "median_rank", "top_1_percent", "top_10_percent")
    lines = ["Latents of the video compared with those of the motion; distance relative to the motion's spread"]
    lines.append(line("", ["distance", "cosine", "rank", "top 1 %", "top 10 %"]))
    for name, own in table.items():
        for part in ("upper", "lower", "both"):
            lines.append(line(f"{name}, {part}", [own[part].get(key) for key in keys], 2))
        lines.append(
            f"  {name}: among {own['windows']} windows; its TPMAE reconstructs them within"
            f" {own['tpmae_reconstruction_mm']:.1f} mm"
        )
    return lines


def _agreement(table: Table) -> Lines:
    lines = [f"Checkpoint and weights, {table['windows']} windows: distance between their joints, mm"]
    lines.append(line("", ["mean", "p99", "max"]))
    for name in ("network", "refined"):
        lines.append(line(name, [table[name][key] for key in ("mean_mm", "p99_mm", "max_mm")], 4))
    return lines


def _clips(table: Table) -> Lines:
    lines: Lines = []
    if len(table) > _MANY:
        lines = [
            f"{len(table)} clips: MPJPE / PA-MPJPE of the limbs, mm",
            line("", ["frames", "vtm", "PA", "det.", "PA"]),
        ]
        for name, own in table.items():
            values = [_positions(own.get(row, {}))[i] for row in ("vtm", "detector") for i in (0, 2)]
            lines.append(line(name, [str(own["seen"]), *values]))
        return lines
    head = [*_POSITIONS, *_MOTION_HEAD, "bones%"]
    for name, own in table.items():
        lines += [f"{name}: {own['seen']} of {own['frames']} frames seen by the detector, mm", line("", head)]
        for peer, row in own.items():
            if isinstance(row, dict):
                lines.append(line(peer, [*_positions(row), *_motion(row), row.get("bone_length_percent")]))
    return lines


def _clips_overall(table: Table) -> Lines:
    lines = [f"All {table['clips']} clips, {table['frames']} frames, mm"]
    lines.append(line("12 limb joints", [*_POSITIONS, "/detector", "PA /det.", "worst/b.", "by chance"]))
    over = table.get("over_detector", {})
    for name, row in table["rows"].items():
        ratios = [over.get(name, {}).get(key) for key in ("mpjpe_mm", "pa_mpjpe_mm")]
        cells = ["" if value is None else f"{value:.3f}" for value in ratios]
        worst = table["by_view"]["worst_over_best"].get(name)
        chance = (table["by_view"]["by_chance"].get(name) or {}).get("mean")
        cells += ["" if value is None else f"{value:.2f}" for value in (worst, chance)]
        lines.append(line(name, [*_positions(row), *cells]))
    lines += ["", "Over time", line("", _MOTION_HEAD)]
    lines += [line(name, _motion(row)) for name, row in table["rows"].items() if "jitter" in row]
    for title, key, unit in (("camera direction around the person", "by_view", "°"), ("action", "by_action", "")):
        if len(table[key]["groups"]) > 1:
            lines += ["", *_groups(table[key], f"MPJPE / PA-MPJPE by {title}", unit)]
    return lines


def _groups(table: Table, title: str, unit: str) -> Lines:
    names = list(table["mpjpe_mm"])
    lines = [title]
    for index, name in enumerate(names):
        lines.append(f"  {chr(ord('a') + index)}: {name.replace('_', ' ')}")
    head: list[float | str | None] = [
        f"{chr(ord('a') + index)}{pa}" for index in range(len(names)) for pa in ("", " PA")
    ]
    lines.append(line("", ["frames", *head]))
    for row, group in enumerate(table["groups"]):
        values = [table[m][name][row] for name in names for m in ("mpjpe_mm", "pa_mpjpe_mm")]
        lines.append(line(f"{group}{unit}", [str(table["frames"][row]), *values]))
    return lines


def _errors(table: Table) -> Lines:
    lines = ["The detector's errors as measured on the pairs | as simulated, mm at 1.70 m"]
    names: list[float | str | None] = ["median", "90 %", "stays", "varies", "3D median", "3D 90 %"]
    lines.append(line("", names * 2))
    kinds = [table["measured"], table["simulated"]]
    for joint in [name for name, values in kinds[0].items() if isinstance(values, dict)]:
        both = [
            size for kind in kinds for part in ("keypoint", "stays", "varies", "landmark") for size in kind[joint][part]
        ]
        lines.append(line(joint, both, 0))
    flips, windows = ([kind[name] for kind in kinds] for name in ("flipped_percent", "windows"))
    lines.append(f"  whole body flipped: {flips[0]:.1f} % | {flips[1]:.1f} %; windows: {windows[0]} | {windows[1]}")
    return lines


SECTIONS: dict[str, Callable[[Table], Lines]] = {
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
    "rendered": report_rendered,
    "aist": report_aist,
    "threedpw": report_threedpw,
    "clips": _clips,
    "clips_overall": _clips_overall,
}
