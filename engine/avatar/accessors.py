"""Numbers in a binary glTF file: accessors and buffer views as arrays, each checked against the available bytes.

Source: glTF 2.0 specification, section 3.6 (binary data storage), Khronos.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.types import F32

MOST_ELEMENTS = 4_000_000
"""Elements of one accessor: more cannot be drawn."""
LARGEST = 1e6
"""Largest number, in metres or any unit."""
_TYPES: dict[int, type[np.generic]] = {
    5120: np.int8,
    5121: np.uint8,
    5122: np.int16,
    5123: np.uint16,
    5125: np.uint32,
    5126: np.float32,
}
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_DATA_URI = "data:"


class MeshError(ValueError):
    """The meshes cannot be drawn; a one-line message without the file name."""


class Accessors:
    """Accessors of one document. Every method raises MeshError for errors in the file."""

    def __init__(self, document: dict[str, Any], binary: bytes) -> None:
        """Use the binary chunk as buffer 0; a buffer in a data URI is decoded, other files are never opened."""
        self._accessors, self._views = entries(document, "accessors"), entries(document, "bufferViews")
        self._buffers = entries(document, "buffers")
        self._binary = binary
        self._data: dict[int, bytes] = {}
        self._floats: dict[tuple[int, int], F32] = {}

    def floats(self, number: Any, components: int) -> F32:
        """Return (N, components) float32; normalised integers become 0..1 or -1..1. Shared, read-only."""
        accessor = self._accessor(number)
        key = (int(number), components)
        if key not in self._floats:
            values = self._read(accessor, components)
            if values.dtype != np.float32:
                values = _normalised(values) if accessor.get("normalized") is True else values.astype(np.float32)
            if values.size and not np.abs(values).max() <= LARGEST:  # NaN is not, either
                raise MeshError(f"accessor {number} has unreasonably large numbers")
            self._floats[key] = values.astype(np.float32, copy=False)
        return self._floats[key]

    def integers(self, number: Any, components: int, limit: int, what: str) -> NDArray[np.int64]:
        """Return (N, components), each of them 0 to limit - 1."""
        values = self._read(self._accessor(number), components)
        if values.dtype == np.float32:
            raise MeshError(f"{what} are not whole numbers")
        whole = values.astype(np.int64)
        if whole.size and not (whole.min() >= 0 and whole.max() < limit):
            raise MeshError(f"{what} go up to {whole.max()}, expected 0 to {limit - 1}")
        return whole

    def view(self, number: Any) -> tuple[bytes, int]:
        """Return the bytes of a buffer view and its stride, 0 if its elements are contiguous."""
        view = self._views[index(number, len(self._views), "buffer view")]
        data = self._buffer(view.get("buffer"))
        start, length = _size(view.get("byteOffset", 0)), _size(view.get("byteLength"))
        if start + length > len(data):
            raise MeshError(f"buffer view {number} ends at byte {start + length} of {len(data)}")
        return data[start : start + length], _size(view.get("byteStride", 0))

    def _accessor(self, number: Any) -> dict[str, Any]:
        return self._accessors[index(number, len(self._accessors), "accessor")]

    def _buffer(self, number: Any) -> bytes:
        number = index(number, len(self._buffers), "buffer")
        if number not in self._data:
            uri = self._buffers[number].get("uri")
            if uri is None:
                if number:
                    raise MeshError(f"buffer {number} has no data")
                self._data[number] = self._binary
            else:
                self._data[number] = data_uri(uri)
        return self._data[number]

    def _read(self, accessor: dict[str, Any], components: int) -> NDArray[Any]:
        """Return (N, components) in the file's data type."""
        kind = accessor.get("componentType")
        if not isinstance(kind, int) or kind not in _TYPES or _COMPONENTS.get(accessor.get("type", "")) != components:
            raise MeshError(f"an accessor has another type than its use:  {accessor.get('type')} of {kind}")
        count = _size(accessor.get("count"))
        if count > MOST_ELEMENTS:
            raise MeshError(f"an accessor has {count} elements, at most {MOST_ELEMENTS} are read")
        dtype = np.dtype(_TYPES[kind])
        if "bufferView" in accessor:
            start = _size(accessor.get("byteOffset", 0))
            values = self._elements(accessor["bufferView"], start, count, components, dtype)
        else:
            values = np.zeros((count, components), dtype)
        if isinstance(sparse := accessor.get("sparse"), dict):
            values = self._with_sparse(values, sparse, dtype)
        return values

    def _elements(self, view: Any, start: int, count: int, components: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        data, stride = self.view(view)
        step = stride or components * dtype.itemsize
        if step < components * dtype.itemsize:
            raise MeshError(f"elements of {components * dtype.itemsize} bytes lie {step} bytes apart")
        end = start + step * (count - 1) + components * dtype.itemsize if count else start
        if end > len(data):
            raise MeshError(f"an accessor ends at byte {end} of {len(data)}")
        strides = (step, dtype.itemsize)
        return np.ndarray((count, components), dtype, data, start, strides).copy()

    def _with_sparse(self, values: NDArray[Any], sparse: dict[str, Any], dtype: np.dtype[Any]) -> NDArray[Any]:
        where, what = table(sparse.get("indices"), "sparse indices"), table(sparse.get("values"), "sparse values")
        count = _size(sparse.get("count"))
        kind = where.get("componentType")
        if count > len(values) or not isinstance(kind, int) or kind not in _TYPES or kind == 5126:
            raise MeshError("a sparse accessor is damaged")
        offset = _size(where.get("byteOffset", 0))
        rows = self._elements(where.get("bufferView"), offset, count, 1, np.dtype(_TYPES[kind]))[:, 0].astype(np.int64)
        if count and not 0 <= rows.min() <= rows.max() < len(values):
            raise MeshError("a sparse accessor names an element that does not exist")
        offset = _size(what.get("byteOffset", 0))
        values[rows] = self._elements(what.get("bufferView"), offset, count, values.shape[1], dtype)
        return values


def entries(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a top-level list of objects, empty where there is none."""
    given = document.get(name, [])
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise MeshError(f"its list of {name} is damaged")
    return given


def table(value: Any, what: str) -> dict[str, Any]:
    """Return an object."""
    if not isinstance(value, dict):
        raise MeshError(f"its {what} is missing or damaged")
    return value


def index(number: Any, count: int, what: str) -> int:
    """Return an existing index."""
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < count:
        raise MeshError(f"it names the {what} {str(number)[:20]}, expected 0 to {count - 1}")
    return number


def data_uri(uri: Any) -> bytes:
    """Return the bytes in a data URI. Any other URI names an external file, which is not opened."""
    if not isinstance(uri, str) or not uri.startswith(_DATA_URI):
        raise MeshError("some of its data lies in another file, which is not opened: export it as one .vrm")
    head, _, text = uri.partition(",")
    try:
        return base64.b64decode(text, validate=True) if head.endswith(";base64") else b""
    except binascii.Error as error:
        raise MeshError("some of its data is damaged") from error


def _size(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 40:
        raise MeshError(f"it gives the size {str(value)[:20]}, expected a number of bytes")
    return value


def _normalised(values: NDArray[Any]) -> F32:
    largest = np.iinfo(values.dtype).max
    scaled: F32 = np.maximum(values.astype(np.float32) / np.float32(largest), np.float32(-1.0))
    return scaled
