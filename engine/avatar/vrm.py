"""Parse a .vrm of version 0.x or 1.0. The file is untrusted: each value is checked, each error is one line.

Sources: vrm-specification, VRM 0.0 (extensions.VRM) and VRMC_vrm-1.0 (humanoid, expressions, meta).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.avatar.avatar import PARENT_OF, REQUIRED, Avatar, Bone
from engine.avatar.glb import read_glb_json
from engine.avatar.nodes import NodeError, NodeTree
from engine.errors import InputError, one_line
from models.detail_skeleton import DETAIL_NAMES
from models.skeleton import JOINT_NAMES

_LOWEST_HIPS_M, _HIGHEST_HIPS_M = 0.05, 10.0
_SHORTEST_M = 0.002  # least length of bones that need one
_LONGEST_NAME = 80
_MOST_EXPRESSIONS = 1000
_CLIPS = {"a": "A", "i": "I", "u": "U", "e": "E", "o": "O", "blink_l": "Blink_L", "blink_r": "Blink_R"}
_CLIPS |= {f"look{way}": f"Look{way.title()}" for way in ("up", "down", "left", "right")}
_THUMB = {"ThumbMetacarpal": "ThumbProximal", "ThumbProximal": "ThumbIntermediate"}  # VRM 1.0 -> Unity


def read_avatar(path: Path) -> Avatar:
    """Return the file's description of its model. Raises InputError, one line, for any invalid file."""
    document = read_glb_json(path)
    extensions = document.get("extensions")
    extensions = extensions if isinstance(extensions, dict) else {}
    try:
        if "VRMC_vrm" in extensions:
            return _version_1(document, _table(extensions["VRMC_vrm"], "extension VRMC_vrm"))
        if "VRM" in extensions:
            return _version_0(document, _table(extensions["VRM"], "extension VRM"))
    except NodeError as error:
        raise InputError(f"{path} cannot be used as an avatar: {error}") from error
    raise InputError(f"{path} is glTF without a VRM humanoid: export the model as VRM 0.x or 1.0")


def _version_1(document: dict[str, Any], vrm: dict[str, Any]) -> Avatar:
    version = vrm.get("specVersion")
    if not isinstance(version, str) or version.partition("-")[0] != "1.0":
        raise NodeError(f"its VRM version is {str(version)[:20]!r}, expected 0.x or 1.0")
    given = _table(_table(vrm.get("humanoid"), "humanoid").get("humanBones"), "list of bones")
    nodes = {unity_name(name, 1): _table(bone, f"bone {name[:30]!r}").get("node") for name, bone in given.items()}
    expressions = vrm.get("expressions")
    groups = expressions.values() if isinstance(expressions, dict) else ()
    names = [name for group in groups if isinstance(group, dict) for name in group]
    meta = vrm.get("meta")
    return _avatar(NodeTree(document, faces_back=False), "1.0", nodes, names, meta, "name", "licenseUrl")


def _version_0(document: dict[str, Any], vrm: dict[str, Any]) -> Avatar:
    given = _table(vrm.get("humanoid"), "humanoid").get("humanBones")
    if not isinstance(given, list):
        raise NodeError("its list of bones is missing or damaged")
    nodes: dict[str, Any] = {}
    for bone in given:
        name = _table(bone, "bone").get("bone")
        if not isinstance(name, str):
            raise NodeError("one of its bones has no name")
        if unity_name(name, 0) in nodes:
            raise NodeError(f"it has the bone {name[:30]!r} twice")
        nodes[unity_name(name, 0)] = bone.get("node")
    nodes = {name: node for name, node in nodes.items() if node != -1}  # old exporters list missing bones
    master = vrm.get("blendShapeMaster")
    groups = master.get("blendShapeGroups") if isinstance(master, dict) else None
    groups = [group for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    names = [clip_name(group) for group in groups]
    return _avatar(NodeTree(document, faces_back=True), "0.x", nodes, names, vrm.get("meta"), "title", "licenseName")


def _avatar(
    tree: NodeTree, version: str, nodes: dict[str, Any], expressions: list[Any], meta: Any, title: str, licence: str
) -> Avatar:
    missing = [name for name in REQUIRED if name not in nodes]
    if missing:
        raise NodeError(f"its humanoid has no {missing[0]}: assign the bones and export it again")
    numbers = {name: tree.checked(node) for name, node in nodes.items()}
    if len(set(numbers.values())) != len(numbers):
        raise NodeError("two of its bones are the same node")
    ours = {name: numbers[name] for name in JOINT_NAMES if name in numbers}
    _check_order(tree, ours)
    avatar = Avatar(
        version,
        _text(meta, title) or "unnamed",
        _text(meta, licence) or "unknown",
        {name: _bone(tree, number) for name, number in ours.items()},
        frozenset(numbers),
        tuple(dict.fromkeys(name for name in expressions[:_MOST_EXPRESSIONS] if isinstance(name, str) and name)),
        {name: _bone(tree, numbers[name]) for name in DETAIL_NAMES if name in numbers},
    )
    _check_size(avatar)
    return avatar


def _check_order(tree: NodeTree, ours: dict[str, int]) -> None:
    """Check that each bone is a descendant of the nearest ancestor bone that the avatar has."""
    bones = {number: name for name, number in ours.items()}
    for name, number in ours.items():
        above = next((bones[node] for node in tree.ancestors(number) if node in bones), None)
        expected = PARENT_OF.get(name)
        while expected is not None and expected not in ours:
            expected = PARENT_OF[expected]
        if above != expected:
            raise NodeError(f"its {name} hangs on {above or 'no bone'}, expected {expected or 'no bone'}")


def _bone(tree: NodeTree, number: int) -> Bone:
    rest, above = tree.at_rest(number), tree.parent(number)
    return Bone(rest.position, rest.rotation, rest.offset, above.position, above.rotation, above.scale)


def _check_size(avatar: Avatar) -> None:
    height = avatar.hips_height_m
    if not _LOWEST_HIPS_M <= height <= _HIGHEST_HIPS_M:
        span = f"{_LOWEST_HIPS_M:g} to {_HIGHEST_HIPS_M:g} m"
        raise NodeError(f"its hips are {height:.4g} m above the floor, expected {span}: scale it to metres")
    for side in ("Left", "Right"):
        hip, knee, ankle = (avatar.bones[side + name].position for name in ("UpperLeg", "LowerLeg", "Foot"))
        if min(hip[1] - knee[1], knee[1] - ankle[1]) < _SHORTEST_M:
            raise NodeError(f"its {side.lower()} leg does not reach down from hip over knee to ankle in the T-pose")


def unity_name(name: str, version: int) -> str:
    """Convert leftUpperArm to LeftUpperArm; VRM 1.0's leftThumbMetacarpal to LeftThumbProximal."""
    name = name[:1].upper() + name[1:]
    for side in ("Left", "Right"):
        part = name.removeprefix(side)
        if version == 1 and part != name and part in _THUMB:
            return side + _THUMB[part]
    return name


def clip_name(group: dict[str, Any]) -> Any:
    """Return the name of a VRM 0.x expression for receivers: that of its preset, else its own."""
    preset = group.get("presetName")
    if not isinstance(preset, str) or preset.lower() in ("", "unknown"):
        return group.get("name")
    return _CLIPS.get(preset.lower(), preset[:1].upper() + preset[1:])


def _table(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NodeError(f"its {what} is missing or damaged")
    return value


def _text(meta: Any, key: str) -> str:
    value = meta.get(key) if isinstance(meta, dict) else None
    return one_line(value)[:_LONGEST_NAME] if isinstance(value, str) else ""
