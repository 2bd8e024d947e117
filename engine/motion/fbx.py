"""FBX (binary 7.4): the skeleton in its T-pose and one animation stack, for Unity, Unreal, Maya, Blender.

Centimetres, Y up, the person faces +Z. A joint's rotation is Euler XYZ: R = Rz @ Ry @ Rx. Every frame is a key at the
take's even rate. Fingers and eyes are joints if the take has them. Source: the records expected by FBX readers (ufbx,
Blender's importer); the format itself is not published.
"""

from __future__ import annotations

import json
from typing import IO

import numpy as np
from numpy.typing import NDArray

from engine.motion.bvh_styles import BVH_STYLES, BvhStyle
from engine.motion.euler import continuous_deg, euler_deg
from engine.motion.fbx_binary import FILE_ID, VERSION, Bool, Int32, Property, Record, write_records
from engine.motion.resample import EvenMotion, even_motion, gaps_json
from engine.motion.take import MotionTake, Progress, no_progress
from engine.types import F32, F64
from models.detail_skeleton import Skeleton
from models.skeleton import ROOT

TICKS_PER_S = 46_186_158_000
_CM = 100.0
_CREATED = "1970-01-01 10:00:00:000"
_CREATOR = "VTM Live"
_TIME_MODES = {120: 1, 100: 2, 60: 3, 50: 4, 48: 5, 30: 6, 25: 10, 24: 11}  # frames per second -> FbxTime::EMode
_CUSTOM_RATE = 14
_LINEAR = 4  # interpolation between keys
_KEY_VERSION = 4008
_SEPARATOR = "\x00\x01"  # between the name of an object and its class
_AXES = "XYZ"


def write_fbx(
    file: IO[bytes], take: MotionTake, progress: Progress = no_progress, style: BvhStyle | None = None
) -> None:
    """Write at a constant rate (see even_motion), with the style's joint names. Raises OutputError."""
    style = BVH_STYLES["default"] if style is None else style
    motion = even_motion(take)
    scene = _Scene(motion, style)
    scene.add_joints()
    scene.add_animation(*_channels(motion, progress))
    write_records(file, scene.records())
    progress(1.0)


def key_times(frames: int, fps: float) -> NDArray[np.int64]:
    """(frames,) of FBX ticks; each is rounded by itself, so an hour does not drift."""
    ticks: NDArray[np.int64] = np.round(np.arange(frames) * (TICKS_PER_S / fps)).astype("<i8")
    return ticks


def _channels(motion: EvenMotion, progress: Progress) -> tuple[F64, F32]:
    """Return hips positions (M, 3) in centimetres and angles x, y, z (M, J, 3) in degrees without jumps."""
    places, angles = [], []
    last: F64 | None = None
    for block in motion.blocks():
        turns = euler_deg(np.concatenate([block.rotations_xyzw, block.details_xyzw], axis=1), "ZYX")[..., ::-1]
        turns = continuous_deg(turns) if last is None else continuous_deg(np.concatenate([last, turns]))[1:]
        last = turns[-1:]
        places.append(block.root_m * _CM)
        angles.append(turns.astype(np.float32))
        progress(0.8 * (block.start + len(turns)) / len(motion))
    return np.concatenate(places), np.concatenate(angles)


class _Scene:
    """Objects by number, and their connections."""

    def __init__(self, motion: EvenMotion, style: BvhStyle) -> None:
        self._motion = motion
        self._skeleton: Skeleton = motion.held.skeleton
        self._names = [style.names.get(name, name) for name in self._skeleton.names]
        self._objects = Record("Objects")
        self._connections = Record("Connections")
        self._newest = 1_000_000
        self._models: list[int] = []
        self._ticks = key_times(len(motion), motion.fps)

    def _object(self, kind: str, name: str, kind_in_name: str, sub: str) -> tuple[int, Record]:
        self._newest += 1
        return self._newest, self._objects.add(kind, self._newest, f"{name}{_SEPARATOR}{kind_in_name}", sub)

    def _connect(self, child: int, parent: int, prop: str = "") -> None:
        how: tuple[Property, ...] = ("OP", child, parent, prop) if prop else ("OO", child, parent)
        self._connections.add("C", *how)

    def add_joints(self) -> None:
        """Add every joint as a bone at its T-pose position, with zero rotation."""
        for joint, name in enumerate(self._names):
            attribute, record = self._object("NodeAttribute", name, "NodeAttribute", "LimbNode")
            _properties(record, ("Size", "double", "Number", "", 10.0))
            record.add("TypeFlags", "Skeleton")
            model, record = self._object("Model", name, "Model", "LimbNode")
            record.add("Version", Int32(232))
            place = [float(value) * _CM for value in self._skeleton.offsets_m[joint]]
            extra = []
            if joint == ROOT and self._motion.gaps:
                extra = [("gaps", "KString", "", "U", json.dumps(gaps_json(self._motion.gaps)))]
            _properties(
                record,
                ("RotationActive", "bool", "", "", Int32(1)),
                ("InheritType", "enum", "", "", Int32(1)),
                ("DefaultAttributeIndex", "int", "Integer", "", Int32(0)),
                ("Lcl Translation", "Lcl Translation", "", "A", *place),
                ("Lcl Rotation", "Lcl Rotation", "", "A", 0.0, 0.0, 0.0),
                *extra,
            )
            record.add("Shading", Bool(1))
            record.add("Culling", "CullingOff")
            self._models.append(model)
            self._connect(attribute, model)
            self._connect(model, 0 if joint == ROOT else self._models[self._skeleton.parents[joint]])

    def add_animation(self, places: F64, angles: F32) -> None:
        """Add one stack with one layer: translation of the hips, rotation of every joint."""
        end = int(self._ticks[-1])
        stack, record = self._object("AnimationStack", "take", "AnimStack", "")
        spans = (("LocalStart", 0), ("LocalStop", end), ("ReferenceStart", 0), ("ReferenceStop", end))
        _properties(record, *((name, "KTime", "Time", "", ticks) for name, ticks in spans))
        layer, _ = self._object("AnimationLayer", "take", "AnimLayer", "")
        self._connect(layer, stack)
        self._add_curves(layer, ROOT, "T", "Lcl Translation", places)
        for joint in range(len(self._names)):
            self._add_curves(layer, joint, "R", "Lcl Rotation", angles[:, joint])

    def _add_curves(self, layer: int, joint: int, short: str, prop: str, values: F64 | F32) -> None:
        node, record = self._object("AnimationCurveNode", short, "AnimCurveNode", "")
        first = [float(value) for value in values[0]]
        _properties(record, *((f"d|{axis}", "Number", "", "A", first[n]) for n, axis in enumerate(_AXES)))
        self._connect(node, layer)
        self._connect(node, self._models[joint], prop)
        for n, axis in enumerate(_AXES):
            curve, record = self._object("AnimationCurve", "", "AnimCurve", "")
            record.add("Default", first[n])
            record.add("KeyVer", Int32(_KEY_VERSION))
            record.add("KeyTime", self._ticks)
            record.add("KeyValueFloat", np.ascontiguousarray(values[:, n]).astype("<f4"))
            record.add("KeyAttrFlags", np.array([_LINEAR], "<i4"))
            record.add("KeyAttrDataFloat", np.zeros(4, "<f4"))
            record.add("KeyAttrRefCount", np.array([len(values)], "<i4"))
            self._connect(curve, node, f"d|{axis}")

    def records(self) -> list[Record]:
        """Return all records, in file order."""
        head = Record("FBXHeaderExtension")
        head.add("FBXHeaderVersion", Int32(1003))
        head.add("FBXVersion", Int32(VERSION))
        head.add("Creator", _CREATOR)
        return [
            head,
            Record("FileId", (FILE_ID,)),
            Record("CreationTime", (_CREATED,)),
            Record("Creator", (_CREATOR,)),
            self._settings(),
            _documents(),
            Record("References"),
            self._definitions(),
            self._objects,
            self._connections,
        ]

    def _settings(self) -> Record:
        """Return axes, unit and rate."""
        rate = self._motion.fps
        mode = next((mode for fps, mode in _TIME_MODES.items() if abs(fps - rate) < 1e-3), _CUSTOM_RATE)
        axes = (("Up", 1), ("Front", 2), ("Coord", 0))
        record = Record("GlobalSettings")
        record.add("Version", Int32(1000))
        _properties(
            record,
            *((f"{axis}Axis", "int", "Integer", "", Int32(value)) for axis, value in axes),
            *((f"{axis}AxisSign", "int", "Integer", "", Int32(1)) for axis, _ in axes),
            ("UnitScaleFactor", "double", "Number", "", 1.0),
            ("OriginalUnitScaleFactor", "double", "Number", "", 1.0),
            ("TimeMode", "enum", "", "", Int32(mode)),
            ("CustomFrameRate", "double", "Number", "", float(rate)),
            ("TimeSpanStart", "KTime", "Time", "", 0),
            ("TimeSpanStop", "KTime", "Time", "", int(self._ticks[-1])),
        )
        return record

    def _definitions(self) -> Record:
        """Return the number of objects of each kind."""
        counts: dict[str, int] = {"GlobalSettings": 1}
        for record in self._objects.children:
            counts[record.name] = counts.get(record.name, 0) + 1
        definitions = Record("Definitions")
        definitions.add("Version", Int32(100))
        definitions.add("Count", Int32(sum(counts.values())))
        for name, count in counts.items():
            definitions.add("ObjectType", name).add("Count", Int32(count))
        return definitions


def _documents() -> Record:
    documents = Record("Documents")
    documents.add("Count", Int32(1))
    document = documents.add("Document", 1, "", "Scene")
    _properties(document, ("ActiveAnimStackName", "KString", "", "", "take"))
    document.add("RootNode", 0)
    return documents


def _properties(record: Record, *rows: tuple[Property, ...]) -> None:
    """Each row: name, type, label, flags, values."""
    table = record.add("Properties70")
    for row in rows:
        table.add("P", *row)
