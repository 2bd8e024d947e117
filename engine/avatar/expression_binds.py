"""What a model's expressions move, and its gaze settings. Damaged entries are skipped: the rest still works.

Sources: vrm-specification, VRM 0.0 (blendShapeMaster, firstPerson) and VRMC_vrm-1.0 (expressions, lookAt).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.avatar.humanoid import vrm_extension
from engine.avatar.mesh import Bind, Expression, Gaze
from engine.avatar.vrm import clip_name
from models.json_text import finite_number

_MOST_BINDS = 10_000


def read_expressions(document: dict[str, Any], targets: Mapping[int, int]) -> dict[str, Expression]:
    """Return the expressions by the model's names; `targets`: number of morph targets of each mesh."""
    version, vrm = vrm_extension(document)
    found: dict[str, Expression] = {}
    for name, given, raw in _version_1(document, vrm) if version else _version_0(vrm):
        binds = [Bind(mesh, target, weight) for mesh, target, weight in raw if 0 <= target < targets.get(mesh, 0)]
        found.setdefault(name, Expression(tuple(binds[:_MOST_BINDS]), given.get("isBinary") is True))
    return found


_Raw = tuple[str, dict[str, Any], list[tuple[int, int, float]]]


def _version_1(document: dict[str, Any], vrm: dict[str, Any]) -> Iterator[_Raw]:
    nodes = document["nodes"]
    for group in _tables(_table(vrm.get("expressions")).values()):
        for name, given in group.items():
            given, binds = _table(given), []
            for bind in _tables(given.get("morphTargetBinds")):
                node = _whole(bind.get("node"))
                mesh = nodes[node].get("mesh") if 0 <= node < len(nodes) else None
                binds.append((_whole(mesh), _whole(bind.get("index")), finite_number(bind.get("weight")) or 0.0))
            yield name, given, binds


def _version_0(vrm: dict[str, Any]) -> Iterator[_Raw]:
    for given in _tables(_table(vrm.get("blendShapeMaster")).get("blendShapeGroups")):
        name = clip_name(given)
        if isinstance(name, str) and name:
            binds = [
                (_whole(bind.get("mesh")), _whole(bind.get("index")), (finite_number(bind.get("weight")) or 0.0) / 100)
                for bind in _tables(given.get("binds"))
            ]
            yield name, given, binds


def read_gaze(document: dict[str, Any]) -> Gaze:
    """Return the gaze settings of the model."""
    version, vrm = vrm_extension(document)
    if version:
        look = _table(vrm.get("lookAt"))
        ranges = [
            _range(look.get(f"rangeMap{way}"), "inputMaxValue", "outputScale")
            for way in ("HorizontalInner", "HorizontalOuter", "VerticalDown", "VerticalUp")
        ]
        return Gaze(look.get("type", "bone") == "bone", *ranges)
    look = _table(vrm.get("firstPerson"))
    ways = ("HorizontalInner", "HorizontalOuter", "VerticalDown", "VerticalUp")
    ranges = [_range(look.get(f"lookAt{way}"), "xRange", "yRange") for way in ways]
    return Gaze(look.get("lookAtTypeName", "Bone") == "Bone", *ranges)


def _range(given: Any, largest: str, out: str) -> tuple[float, float]:
    given = _table(given)
    most, scale = finite_number(given.get(largest)), finite_number(given.get(out))
    if most is None or scale is None or not 0 < most <= 180 or not 0 <= scale <= 180:
        return 90.0, 10.0
    return most, scale


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(values: Any) -> list[dict[str, Any]]:
    try:
        return [value for value in values if isinstance(value, dict)]
    except TypeError:
        return []


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
