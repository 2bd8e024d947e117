"""Reads a binary FBX with none of the writer's code: records, then skeleton and curves by what hangs on what."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

TICKS = 46186158000
_SCALARS = {"Y": "<h", "C": "<B", "I": "<i", "F": "<f", "D": "<d", "L": "<q"}
_ARRAYS = {"i": "<i4", "l": "<i8", "f": "<f4", "d": "<f8"}


def _value(data: bytes, at: int) -> tuple[Any, int]:
    kind = chr(data[at])
    at += 1
    if kind in _SCALARS:
        size = struct.calcsize(_SCALARS[kind])
        return struct.unpack_from(_SCALARS[kind], data, at)[0], at + size
    if kind in "SR":
        (length,) = struct.unpack_from("<I", data, at)
        raw = data[at + 4 : at + 4 + length]
        return raw.decode() if kind == "S" else raw, at + 4 + length
    count, packed, length = struct.unpack_from("<III", data, at)
    raw = data[at + 12 : at + 12 + length]
    values = np.frombuffer(zlib.decompress(raw) if packed else raw, _ARRAYS[kind])
    assert len(values) == count
    return values, at + 12 + length


def records(data: bytes, at: int, end: int) -> tuple[list[tuple[str, list[Any], list]], int]:
    """(name, properties, records in it) of each record up to the empty one."""
    found = []
    while at < end:
        stop, count, length, name_length = struct.unpack_from("<IIIB", data, at)
        at += 13
        if stop == 0:
            return found, at
        name = data[at : at + name_length].decode()
        at += name_length
        properties_end, values = at + length, []
        for _ in range(count):
            value, at = _value(data, at)
            values.append(value)
        assert at == properties_end
        inner: list = []
        if at < stop:
            inner, at = records(data, at, stop)
        assert at == stop, name
        found.append((name, values, inner))
    return found, at


class FbxReader:
    """Skeleton and animation of a file."""

    def __init__(self, data: bytes) -> None:
        assert data[:23] == b"Kaydara FBX Binary  \x00\x1a\x00"
        assert struct.unpack_from("<I", data, 23) == (7400,)
        top, at = records(data, 27, len(data))
        assert data[at : at + 16].hex() == "fabcab09d0c8d466b176fb831cf7267e"
        assert (len(data) - 140) % 16 == 0
        self.top = {name: inner for name, _, inner in top}
        self.settings = self._table(self.top["GlobalSettings"])
        self._objects = {values[0]: (name, values, inner) for name, values, inner in self.top["Objects"]}
        links = [values for name, values, _ in self.top["Connections"] if name == "C"]
        self._parents = {(child, kind): (parent, *rest) for kind, child, parent, *rest in links}
        models = [number for number, (name, _, _) in self._objects.items() if name == "Model"]
        self.names = [self._objects[number][1][1].partition("\0\1")[0] for number in models]
        parents = [self._parents[number, "OO"][0] for number in models]
        self.parents = [models.index(parent) if parent else -1 for parent in parents]
        tables = [self._table(self._objects[number][2]) for number in models]
        self.rest_cm = np.array([table["Lcl Translation"] for table in tables])
        self._read_curves(models)

    @staticmethod
    def _table(inner: list) -> dict[str, Any]:
        rows = next(rows for name, _, rows in inner if name == "Properties70")
        table = {}
        for _, (name, _kind, _label, _flags, *values), _ in rows:
            table[name] = values[0] if len(values) == 1 else values
        return table

    def _read_curves(self, models: list[int]) -> None:
        curves: dict[tuple[int, str, str], np.ndarray] = {}
        for number, (name, _, inner) in self._objects.items():
            if name != "AnimationCurve":
                continue
            node, axis = self._parents[number, "OP"]
            model, prop = self._parents[node, "OP"]
            fields = {key: values[0] for key, values, _ in inner}
            self.times_s = fields["KeyTime"] / TICKS
            assert fields["KeyAttrRefCount"].sum() == len(fields["KeyTime"]) == len(fields["KeyValueFloat"])
            curves[models.index(model), prop, axis] = fields["KeyValueFloat"].astype(np.float64)
        axes = ("d|X", "d|Y", "d|Z")
        self.root_cm = np.stack([curves[0, "Lcl Translation", axis] for axis in axes], axis=1)
        self.angles_deg = np.stack(
            [np.stack([curves[joint, "Lcl Rotation", axis] for axis in axes], axis=1) for joint in range(len(models))],
            axis=1,
        )

    def joints_m(self) -> np.ndarray:
        """(N, J, 3) in the world."""
        frames, count = self.angles_deg.shape[:2]
        places = np.zeros((frames, count, 3))
        turns: list[Rotation] = []
        for joint, parent in enumerate(self.parents):
            own = Rotation.from_euler("xyz", self.angles_deg[:, joint], degrees=True)  # about fixed axes: x first
            if parent < 0:
                places[:, joint] = self.root_cm
                turns.append(own)
                continue
            places[:, joint] = places[:, parent] + turns[parent].apply(np.tile(self.rest_cm[joint], (frames, 1)))
            turns.append(turns[parent] * own)
        return places / 100
