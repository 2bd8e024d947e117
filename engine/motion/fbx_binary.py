"""Binary FBX 7.4 container: a tree of named records with typed properties, written as it is traversed.

Source: readers of the format (Blender's notes on the binary format, ufbx). Each record begins with the offset of its
end, the number and size of its properties and its name; a record with children ends with 13 zero bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.errors import OutputError

VERSION = 7400
Property: TypeAlias = "int | float | str | bytes | Int32 | Bool | NDArray[np.generic]"
_MAGIC = b"Kaydara FBX Binary  \x00\x1a\x00"
_RECORD = struct.Struct("<IIIB")
_END = bytes(_RECORD.size)
_LONGEST_BYTES = 2**32 - 1
_ARRAYS = {np.dtype("<i4"): b"i", np.dtype("<i8"): b"l", np.dtype("<f4"): b"f", np.dtype("<f8"): b"d"}
_RAW, _DEFLATED = 0, 1
_SMALL_BYTES = 128  # an array below this is not compressed
FILE_ID = bytes.fromhex("28b32aebb624ccc2bfc8b02aa92bfcf1")
"""Required for the creation time 1970-01-01 10:00:00:000; every reader accepts this pair."""
_FOOTER_ID = bytes.fromhex("fabcab09d0c8d466b176fb831cf7267e")
_FOOTER_MAGIC = bytes.fromhex("f85a8c6adef5d97eece90ce3758f290b")


class Int32(int):
    """An integer of 32 bits; a plain int has 64."""


class Bool(int):
    """A truth value."""


@dataclass(slots=True)
class Record:
    """A record: its name, properties and children."""

    name: str
    properties: tuple[Property, ...] = ()
    children: list[Record] = field(default_factory=list)

    def add(self, name: str, *properties: Property) -> Record:
        """Append a record and return it."""
        self.children.append(Record(name, properties))
        return self.children[-1]


def write_records(file: IO[bytes], records: Iterable[Record]) -> None:
    """Write the whole file. Raises OutputError if it is longer than the format allows."""
    file.write(_MAGIC + struct.pack("<I", VERSION))
    for record in records:
        _write_record(file, record)
    file.write(_END + _FOOTER_ID + bytes(4))
    file.write(bytes(-file.tell() % 16 or 16))
    file.write(struct.pack("<I", VERSION) + bytes(120) + _FOOTER_MAGIC)


def _write_record(file: IO[bytes], record: Record) -> None:
    start = file.tell()
    name = record.name.encode()
    packed = b"".join(_packed(value) for value in record.properties)
    file.write(_END + name + packed)
    for child in record.children:
        _write_record(file, child)
    if record.children:
        file.write(_END)
    end = file.tell()
    if end > _LONGEST_BYTES:
        raise OutputError("the take is longer than an .fbx can hold (4 GiB): use .bvh or .npz")
    file.seek(start)
    file.write(_RECORD.pack(end, len(record.properties), len(packed), len(name)))
    file.seek(end)


def _packed(value: Property) -> bytes:
    if isinstance(value, Bool):
        return b"C" + struct.pack("<B", value)
    if isinstance(value, Int32):
        return b"I" + struct.pack("<i", value)
    if isinstance(value, int):
        return b"L" + struct.pack("<q", value)
    if isinstance(value, float):
        return b"D" + struct.pack("<d", value)
    if isinstance(value, str):
        text = value.encode()
        return b"S" + struct.pack("<I", len(text)) + text
    if isinstance(value, bytes):
        return b"R" + struct.pack("<I", len(value)) + value
    data = value.tobytes()
    kind = _ARRAYS[value.dtype]
    if len(data) <= _SMALL_BYTES:
        return kind + struct.pack("<III", value.size, _RAW, len(data)) + data
    small = zlib.compress(data, 1)
    return kind + struct.pack("<III", value.size, _DEFLATED, len(small)) + small
