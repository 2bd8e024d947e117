"""Materials and pictures of an avatar file, as far as plain shading can show them.

Source: glTF 2.0 specification, sections 3.8 and 3.9; KHR_texture_transform, KHR_materials_unlit, EXT_texture_webp.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.avatar.accessors import Accessors, MeshError, data_uri, entries, index
from engine.avatar.mesh import Material
from models.json_text import finite_number

_ALPHA = {"OPAQUE": "opaque", "MASK": "mask", "BLEND": "blend"}
_MTOON = "VRMC_materials_mtoon"
_UNLIT, _REGION, _WEBP = "KHR_materials_unlit", "KHR_texture_transform", "EXT_texture_webp"


class _Layer(NamedTuple):
    hides: bool
    order: int


class Materials:
    """Materials of one document; `pictures` and `left_out` are complete from the start."""

    def __init__(self, document: dict[str, Any], accessors: Accessors) -> None:
        """Find all pictures in the file. External ones are skipped and reported."""
        self._materials, self._textures = entries(document, "materials"), entries(document, "textures")
        self._properties = _properties(document)
        found = [_picture(image, accessors) for image in entries(document, "images")]
        self.pictures = tuple(data or b"" for data in found)
        outside, damaged = sum(data is None for data in found), sum(data == b"" for data in found)
        self.left_out = tuple(
            f"{number} of its {len(found)} textures {why}"
            for number, why in ((outside, "lie in other files, which are not opened"), (damaged, "are damaged"))
            if number
        )

    def material(self, number: Any) -> Material:
        """Return a material of the file; damaged parts get glTF's defaults."""
        if number is None:
            return Material()
        given = self._materials[index(number, len(self._materials), "material")]
        base = given.get("pbrMetallicRoughness")
        base = base if isinstance(base, dict) else {}
        colour = _numbers(base.get("baseColorFactor"), (1.0, 1.0, 1.0, 1.0))
        texture = base.get("baseColorTexture")
        texture = texture if isinstance(texture, dict) else {}
        mtoon, alpha = self._mtoon(number), _ALPHA.get(str(given.get("alphaMode", "OPAQUE")), "opaque")
        return Material(
            (colour[0], colour[1], colour[2], colour[3]),
            self._image_of(texture),
            _region(texture),
            alpha,
            _numbers([given.get("alphaCutoff")], (0.5,))[0],
            alpha != "blend" or mtoon.hides,
            mtoon.order,
            given.get("doubleSided") is True,
            _UNLIT not in _extensions(given) or _MTOON in _extensions(given),
        )

    def _mtoon(self, number: int) -> _Layer:
        """Return how a blended material is drawn: VRM 1.0 stores it in the material, VRM 0.x in a separate list."""
        own = _extensions(self._materials[number]).get(_MTOON)
        if isinstance(own, dict):
            return _Layer(own.get("transparentWithZWrite") is True, _whole(own.get("renderQueueOffsetNumber")))
        if number < len(self._properties) and isinstance(properties := self._properties[number], dict):
            floats = properties.get("floatProperties")
            return _Layer(
                isinstance(floats, dict) and floats.get("_ZWrite") == 1, _whole(properties.get("renderQueue"))
            )
        return _Layer(False, 0)

    def _image_of(self, texture: dict[str, Any]) -> int | None:
        if "index" not in texture:
            return None
        given = self._textures[index(texture["index"], len(self._textures), "texture")]
        other = _extensions(given).get(_WEBP)
        source = other.get("source") if isinstance(other, dict) else given.get("source")
        if source is None:
            return None
        return index(source, len(self.pictures), "picture")


def _properties(document: dict[str, Any]) -> list[Any]:
    """Return VRM 0.x's list of materials, by index."""
    vrm = _extensions(document).get("VRM")
    found = vrm.get("materialProperties") if isinstance(vrm, dict) else None
    return found if isinstance(found, list) else []


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _picture(image: dict[str, Any], accessors: Accessors) -> bytes | None:
    """Return the bytes of a picture, b"" for a damaged one, None for an external one."""
    try:
        if "bufferView" in image:
            return accessors.view(image["bufferView"])[0]
        uri = image.get("uri")
        return data_uri(uri) if isinstance(uri, str) and uri.startswith("data:") else None
    except MeshError:
        return b""


def _region(texture: dict[str, Any]) -> tuple[float, float, float, float]:
    given = _extensions(texture).get(_REGION)
    given = given if isinstance(given, dict) else {}
    return (*_numbers(given.get("scale"), (1.0, 1.0))[:2], *_numbers(given.get("offset"), (0.0, 0.0))[:2])  # type: ignore[return-value]  # two and two


def _extensions(given: dict[str, Any]) -> dict[str, Any]:
    found = given.get("extensions")
    return found if isinstance(found, dict) else {}


def _numbers(value: Any, default: tuple[float, ...]) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != len(default):
        return default
    numbers = tuple(finite_number(item) for item in value)
    return default if None in numbers else tuple(float(number) for number in numbers if number is not None)
