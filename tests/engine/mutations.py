"""Files as they go wrong: bytes, zip members, arrays and JSON of a good file, changed at random but by seed."""

from __future__ import annotations

import copy
import io
import json
import os
import random
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

Mutation = Callable[[bytes, random.Random], bytes]
Result = TypeVar("Result")

CASES = int(os.environ.get("VTM_FUZZ", "40"))
"""Mutated files per reader; VTM_FUZZ=1000 for the long run."""
MOST_BYTES = 64 << 20
"""What reading one of these small files may take."""


def measured(call: Callable[[], Result]) -> tuple[Result | Exception, int]:
    """What `call` returns or raises, and the memory it took at most."""
    tracemalloc.start()
    try:
        try:
            return call(), tracemalloc.get_traced_memory()[1]
        except Exception as error:  # noqa: BLE001 - judged by the test
            return error, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    """Flipped, cut, doubled, blanked or inserted bytes."""
    changed = bytearray(data)
    at, length = rng.randrange(len(data)), rng.choice((1, 4, 64, 1024))
    kind = rng.randrange(6)
    if kind == 0:
        for _ in range(rng.choice((1, 3, 20))):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    elif kind == 1:
        del changed[at:]
    elif kind == 2:
        del changed[at : at + length]
    elif kind == 3:
        changed[at:at] = changed[at : at + length]
    elif kind == 4:
        changed[at : at + length] = bytes(len(changed[at : at + length]))
    else:
        changed[at:at] = rng.randbytes(length)
    return bytes(changed)


def arrays_of(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data)) as file:
        return {name: file[name] for name in file.files}


def npy(array: np.ndarray) -> bytes:
    """The array as a member of a .npz."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.lib.format.write_array(file, array)
    return file.getvalue()


def packed(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that comes twice
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def mutate_arrays(data: bytes, rng: random.Random) -> bytes:
    """One to three arrays of another shape, kind or with other values; whole again as a .npz."""
    arrays = arrays_of(data)
    for name in rng.sample(sorted(arrays), rng.choice((1, 1, 2, 3))):
        arrays[name] = _changed(arrays[name], rng)
    return packed([(f"{name}.npy", npy(array)) for name, array in arrays.items()])


def _changed(array: np.ndarray, rng: random.Random) -> np.ndarray:
    values: list[Any] = [0, 1, -1, 1e-9, 1e20, 1e308, np.nan, np.inf, -np.inf, True, "text", "", b"x", 1 + 2j, None]
    value = rng.choice(values)
    some = np.array(array)
    if array.dtype.kind in "fiub" and array.size and rng.random() < 0.5:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flat = some.reshape(-1)
            numbers = (0, 1, -1, 1e20, -1e5, np.nan, np.inf, 0.5) if array.dtype.kind == "f" else (0, 1)
            for _ in range(rng.choice((1, 5, 100))):
                flat[rng.randrange(flat.size)] = rng.choice(numbers)
        return some
    shapes: list[Callable[[], np.ndarray]] = [
        lambda: some[None],
        lambda: some[..., None],
        lambda: some.T,
        lambda: some.reshape(-1),
        lambda: some[:0],
        lambda: some[: len(some) // 2] if some.ndim else some,
        lambda: np.concatenate([some, some]) if some.ndim else some,
        lambda: np.full(array.shape, value),
        lambda: np.array(value),
        lambda: some.astype(rng.choice(["U8", "S4", "O", "c16", "f2", "i1", ">f8", "?"])),
        lambda: np.zeros(array.shape, "M8[s]"),
        lambda: np.zeros(3, [("a", "f4"), ("b", "O")]),
        lambda: np.asfortranarray(some),
    ]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(rng.choice(shapes)())
    except (ValueError, TypeError, OverflowError, IndexError):  # this array has no such kind
        return np.array(value)


def mutate_members(data: bytes, rng: random.Random) -> bytes:
    """Members that are missing, doubled, renamed, damaged or whose header lies; valid as a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    at = rng.randrange(len(members))
    name, content = members[at]
    kind = rng.randrange(8)
    if kind == 0:
        del members[at]
    elif kind == 1:
        members.append((name, members[rng.randrange(len(members))][1]))
    elif kind == 2:
        members[at] = (rng.choice(["../x.npy", "a/b.npy", ".npy", "x", "\u00e9.npy", f"{name}.npy"]), content)
    elif kind == 3:
        members[at] = (name, mutate_bytes(content, rng))
    elif kind == 4:
        members[at] = (name, content[:8] + _header(rng))
    elif kind == 5:
        members += [(f"extra{number}.npy", content) for number in range(rng.choice((1, 300)))]
    elif kind == 6:
        return packed(members, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))
    else:
        members[at] = (name, content[:10] + mutate_bytes(content[10:138], rng) + content[138:])
    return mutate_bytes(packed(members), rng) if rng.random() < 0.1 else packed(members)


def _header(rng: random.Random) -> bytes:
    """A header that claims much, nests deeply or is no header."""
    text = rng.choice(
        [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (True, 2), }",
            "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
            "{'descr': '<U100000000', 'fortran_order': False, 'shape': (), }",
            "{'descr': [('a', '<f4', (9, 9))], 'fortran_order': False, 'shape': (2,), }",
            "(" * 5000,
            "-" * 9000,
            "{'descr': '<f4'",
            "__import__('os').abort()",
            "'\\N{x}'",
        ]
    )
    return len(text).to_bytes(2, "little") + text.encode() + bytes(rng.choice((0, 100)))


_WILD: list[Any] = [None, True, False, 0, -1, 2, 0.5, -1e308, 1e308, 10**30, "", "x", "a\0b", "\ud800", "../x", ".."]
_WILD += [[], {}, [[]], [1, 2], {"a": 1}, ["x"], "9" * 5000, "x" * 100_000, "\u202e\u00e9"]
_RAW = ["NaN", "-Infinity", "1e999", "9" * 6000, "[" * 100_000, '{"a":' * 3000, '{"a":1,"a":2}', "\\", '"', ""]


def mutate_json(data: bytes, rng: random.Random) -> bytes:
    """Another value, a missing, renamed or doubled key, raw text that is no JSON."""
    tree = json.loads(data)
    for _ in range(rng.choice((1, 1, 3))):
        places = [
            (node, key) for node in _nodes(tree) for key in (node if isinstance(node, dict) else range(len(node)))
        ]
        if not places:
            break
        node, key = rng.choice(places)
        kind = rng.randrange(5)
        if kind == 0:
            del node[key]
        elif kind == 1 and isinstance(node, dict):
            node[f"zz_{key}"] = node.pop(key)
        elif kind == 2:
            node[key] = "@@"
            return json.dumps(tree).encode().replace(b'"@@"', rng.choice(_RAW).encode())
        else:
            node[key] = copy.deepcopy(rng.choice(_WILD))
    if rng.random() < 0.1:
        return rng.choice([*_RAW, "[]", "3", "null", '"x"', "\ufeff{}"]).encode()
    return mutate_bytes(json.dumps(tree).encode(), rng) if rng.random() < 0.15 else json.dumps(tree).encode()


def _nodes(tree: Any) -> list[Any]:
    found, left = [], [tree]
    while left:
        node = left.pop()
        if isinstance(node, dict | list):
            found.append(node)
            left += node.values() if isinstance(node, dict) else node
    return found


def mutate_json_lines(data: bytes, rng: random.Random) -> bytes:
    """Some lines changed as JSON, some lost, or the whole as bytes."""
    if rng.random() < 0.3:
        return mutate_bytes(data, rng)
    lines = data.splitlines()
    for _ in range(rng.choice((1, 2, 5))):
        at = rng.choice((0, rng.randrange(len(lines))))
        try:
            lines[at] = mutate_json(lines[at], rng).replace(b"\n", b" ")
        except (ValueError, RecursionError):  # changed before
            lines[at] = b""
    return b"\n".join(lines)
