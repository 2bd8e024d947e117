"""The two chunks of a binary glTF file (.glb, .vrm): its JSON and, on request, the binary data behind it.

Source: glTF 2.0 specification, section 4 (GLB file format), Khronos.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO, Any

from engine.errors import InputError
from models.json_text import JsonError, parse_json

MAX_FILE_BYTES = 256 << 20
MAX_JSON_BYTES = 16 << 20
_MAGIC, _VERSION, _JSON_CHUNK, _BINARY_CHUNK = 0x46546C67, 2, 0x4E4F534A, 0x004E4942
_HEADERS = struct.Struct("<5I")  # of the file: magic, version, length; of the first chunk: length, type
_CHUNK = struct.Struct("<2I")


def read_glb_json(path: Path) -> dict[str, Any]:
    """Return the glTF document in the file. Raises InputError, one line."""
    return _read(path, with_binary=False)[0]


def read_glb(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return the glTF document in the file and its binary chunk, b"" where it has none. Raises InputError, one line."""
    return _read(path, with_binary=True)


def _read(path: Path, *, with_binary: bool) -> tuple[dict[str, Any], bytes]:
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a file: give an avatar (.vrm)")  # reading a pipe would block
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InputError(
                f"{path} has {size >> 20} MB, an avatar may have {MAX_FILE_BYTES >> 20}: reduce its textures"
            )
        with path.open("rb") as file:
            data = _json_chunk(path, file, size)
            binary = _binary_chunk(path, file) if with_binary else b""
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read the avatar {path}: {reason}; check the path") from error
    return _parsed(path, data), binary


def _parsed(path: Path, data: bytes) -> dict[str, Any]:
    try:
        document = parse_json(data)
    except JsonError as error:
        raise InputError(f"{path} is a damaged avatar: in its JSON, {error}; export it again") from error
    if not isinstance(document, dict):
        raise InputError(f"{path} is a damaged avatar: its JSON is not an object; export it again")
    return document


def _binary_chunk(path: Path, file: IO[bytes]) -> bytes:
    """Read the chunk after the JSON. The file's size has been checked."""
    header = file.read(_CHUNK.size)
    if len(header) < _CHUNK.size:
        return b""
    length, kind = _CHUNK.unpack(header)
    if kind != _BINARY_CHUNK:
        return b""
    data = file.read(min(length, MAX_FILE_BYTES))
    if len(data) < length:
        raise InputError(f"{path} is cut off: {length - len(data)} bytes are missing; copy or export it again")
    return data


def _json_chunk(path: Path, file: IO[bytes], size: int) -> bytes:
    header = file.read(_HEADERS.size)
    if header[:4] != _MAGIC.to_bytes(4, "little"):
        raise InputError(f"{path} is not an avatar: expected a .vrm file (binary glTF), which begins with 'glTF'")
    if len(header) < _HEADERS.size:
        raise InputError(f"{path} is cut off: it has {size} bytes; copy or export it again")
    _, version, length, chunk, kind = _HEADERS.unpack(header)
    if version != _VERSION:
        raise InputError(f"{path} is glTF version {version}, expected {_VERSION}: export it again")
    if length > size:
        raise InputError(f"{path} is cut off: it has {size} of its {length} bytes; copy or export it again")
    if kind != _JSON_CHUNK or chunk > length - _HEADERS.size:
        raise InputError(f"{path} is a damaged avatar: its first part is not JSON within the file; export it again")
    if chunk > MAX_JSON_BYTES:
        raise InputError(f"{path} has {chunk >> 20} MB of JSON, the maximum is {MAX_JSON_BYTES >> 20}")
    return file.read(chunk)
