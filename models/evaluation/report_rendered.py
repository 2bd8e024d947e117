"""The tables of rendered people as text."""

from __future__ import annotations

from models.evaluation.heads import WAYS
from models.evaluation.lines import Lines, Table, line

_CUT = ("arms_to_hips_mm", "detector_arms_to_hips_mm", "arms_to_neck_mm", "lean_deg", "head_deg", "root_depth_percent")
_HIDDEN = ("hidden_legs_mm", "leg_seen_confidence", "leg_unseen_confidence")


_BODY = ("mpjpe_mm", "pa_mpjpe_mm", "detector_mpjpe_mm", "detector_pa_mpjpe_mm")


def report_rendered(table: Table) -> Lines:
    """Return whole bodies, cut views, proportions and confidence, for each network and detector."""
    lines: Lines = []
    for name, detectors in table.items():
        for detector, own in detectors.items():
            lines.append(f"Rendered people, {name}, detector {detector}, {own['clips']} clips, means over clips")
            lines.append(line("whole bodies", ["MPJPE", "PA", "(det.)", "(PA)"]))
            lines += [
                line(f"{kind}, {row['clips']:.0f}", [row.get(key) for key in _BODY])
                for kind, row in own["bodies"].items()
            ]
            lines += _polar(own.get("polar") or {})
            lines.append(line("", ["arms-hips", "(det.)", "arms-neck", "lean°", "head°", "depth%", "legs hid."]))
            for cut, row in own["cuts"].items():
                lines.append(line(cut, [row.get(key) for key in (*_CUT, _HIDDEN[0])]))
            if own.get("confidence"):
                lines.append(line("confidence of legs", ["seen", "unseen"]))
                lines += [line(cut, [row.get(key) for key in _HIDDEN[1:]], 2) for cut, row in own["cuts"].items()]
            lines += _heads(own.get("heads") or {})
            lines += [*_proportions(own["proportions"]), *_confidence(own["confidence"])]
    return lines


def _polar(table: Table) -> Lines:
    if not table:
        return []
    lines = [line(f"by azimuth, {table['frames']} frames", [f"{angle}°" for angle in table["azimuth_deg"]])]
    for name in ("vtm", "detector"):
        own = table[name]
        lines.append(line(f"  {name}, worst / best {own['worst_over_best'] or 0:.2f}", own["by_azimuth"], 0))
    return [*lines, line("  clips", table["clips"])]


def _heads(table: Table) -> Lines:
    """Return the head's error by the angle between face and camera."""
    if not table:
        return []
    lines = [line("heads, faces with landmarks, °", ["frames", *(name.replace("_", " ") for name in WAYS)])]
    for name, row in table.items():
        label = f"  {name.replace('_', ' ')}° of the camera"
        lines.append(line(label, [int(row["frames"]), *(row[way] for way in WAYS)]))
    return lines


def _proportions(table: Table) -> Lines:
    lines = [f"Proportions over {table['people']} people: correlation with the truth, mean length error %"]
    bones = {name: row for name, row in table.items() if isinstance(row, dict)}
    return lines + [line(name, [row["correlation"], row["mean_percent"]], 2) for name, row in bones.items()]


def _confidence(table: Table) -> Lines:
    parts = {name: row for name, row in table.items() if isinstance(row, dict)}
    if not parts:
        return []
    lines = [
        f"Predicted error in ten bins, true error below, mm; confident: a confidence of {table['sure_above']} or more"
    ]
    for name, row in parts.items():
        lines.append(
            f"  {name.replace('_', ' ')}: declared " + " ".join(f"{value:.0f}" for value in row["declared_mm"])
        )
        lines.append(f"  {'':{len(name)}}      real " + " ".join(f"{value:.0f}" for value in row["real_mm"]))
        sure = "" if row["sure_mm"] is None else f", error {row['sure_mm']:.0f} mm"
        others = "" if row["others_mm"] is None else f", of the others {row['others_mm']:.0f} mm"
        lines.append(f"  {'':{len(name)}}      sure {row['sure_percent']:.0f} %{sure}{others}")
    return lines
