"""Texts and numbers of the rings, from a measured turn or from true errors. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from engine.viewpoints.facing import wrapped_deg
from engine.viewpoints.turn import FEWEST_SECTORS, TURN_DEG, TurnReport


@dataclass(frozen=True, slots=True)
class Words:
    """Text in the middle of a ring, and the sentence beside it."""

    title: str
    big: str
    small: str
    sentence: str = ""


def ratio(value: float | None) -> str:
    """Format 1.93 as 1.9×."""
    return "–" if value is None else f"{value:.1f}×"


def mm(value: float | None) -> str:
    """41.7 -> 42."""
    return "–" if value is None else f"{value:.0f}"


def turn_words(report: TurnReport) -> Words:
    """Return the texts on the progress of a turn."""
    ours, theirs = report.ours, report.detector
    small = f"ours {mm(ours.mean_mm)} mm"
    if theirs.mean_mm is not None:
        small += f"\ndetector {mm(theirs.mean_mm)} mm\n({ratio(theirs.worst_over_best)})"
    return Words("worst / best", ratio(ours.worst_over_best), small, _sentence(report))


def _sentence(report: TurnReport) -> str:
    if report.turns and report.filled < FEWEST_SECTORS:
        return "Too few poses in most sectors for any figure: start again and turn more slowly."
    if report.turns >= 2:
        return (
            f"Done. Noise floor: the same side differs by {mm(report.ours.floor_mean_mm)} mm between both turns;"
            " smaller differences mean nothing. This is agreement, not accuracy."
        )
    if report.turns == 1:
        return "One turn done. Keep turning: a second turn gives the noise floor. This is agreement, not accuracy."
    travelled = abs(report.travelled_deg)
    if travelled < 10:
        return "Hold a pose (T, hands on hips, any) and turn once on the spot, in 15 to 30 s."
    return f"Turning: {travelled:.0f}° of {TURN_DEG:.0f}°, {report.filled} of 12 sectors."


def place_words(angle_deg: float) -> str:
    """Describe a camera's direction: 90 -> "from their left (90°)"."""
    angle = wrapped_deg(angle_deg)
    side = "left" if angle > 0 else "right"
    if abs(angle) <= 15:
        words = "from the front"
    elif abs(angle) >= 165:
        words = "from behind"
    elif 75 <= abs(angle) <= 105:
        words = f"from their {side}"
    else:
        words = f"from {'the front' if abs(angle) < 90 else 'behind'}, their {side}"
    return f"{words} ({angle_deg:.0f}°)"
