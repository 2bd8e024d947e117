"""Eyes and face for VRChat: its eye tracking addresses, and face tracking parameters of the avatar.

Eyes        /tracking/eye/CenterPitchYaw (degrees, + down, + right) and /tracking/eye/EyesClosedAmount
Parameters  /avatar/parameters/[prefix/]v2/JawOpen and so on: the "unified expressions" of avatars with face tracking;
            VRChat ignores those that the current avatar does not have

Sources: docs.vrchat.com/docs/osc-eye-tracking; docs.vrcft.io, unified expressions and their names for ARKit's.
"""

from __future__ import annotations

import math

from engine.osc.options import Options
from engine.osc.packing import OscMessage, PacketSet, grouped
from engine.types import F32, Pose
from models.face import EXPRESSION

MAX_BUNDLE_BYTES = 1200
_OPEN = 0.75  # EyeLid of an eye at rest; 1 is wide open, for which there is no score
_SIDES = ("Left", "Right")
_LIPS = ("UpperLeft", "UpperRight", "LowerLeft", "LowerRight")


def _unified() -> dict[str, str]:
    """Return the ARKit score of each parameter that equals a single score."""
    found = {"JawOpen": "jawOpen", "JawLeft": "jawLeft", "JawRight": "jawRight", "MouthClosed": "mouthClose"}
    found |= {"MouthRaiserUpper": "mouthShrugUpper", "MouthRaiserLower": "mouthShrugLower"}
    for side in _SIDES:
        found |= {f"BrowPinch{side}": f"browDown{side}", f"BrowLowerer{side}": f"browDown{side}"}
        found |= {f"BrowInnerUp{side}": "browInnerUp", f"BrowOuterUp{side}": f"browOuterUp{side}"}
        found |= {f"EyeSquint{side}": f"eyeSquint{side}", f"CheekSquint{side}": f"cheekSquint{side}"}
        found |= {f"MouthCornerPull{side}": f"mouthSmile{side}", f"MouthCornerSlant{side}": f"mouthSmile{side}"}
        found |= {f"Mouth{row}{side}": f"mouth{side}" for row in ("Upper", "Lower")}
        found |= {f"LipSuckUpper{side}": "mouthRollUpper", f"LipSuckLower{side}": "mouthRollLower"}
        for name in ("Frown", "Stretch", "Dimple", "Press", "UpperUp", "LowerDown"):
            found[f"Mouth{name}{side}"] = f"mouth{name}{side}"
    for lip in _LIPS:
        found |= {f"LipFunnel{lip}": "mouthFunnel", f"LipPucker{lip}": "mouthPucker"}
    return found


UNIFIED: dict[str, str] = _unified()
_EYES = ("EyeLeftX", "EyeLeftY", "EyeRightX", "EyeRightY", "EyeLidLeft", "EyeLidRight")
PARAMETERS: tuple[str, ...] = (*_EYES, *UNIFIED)


def read_prefix(options: Options) -> str:
    """Return the prefix of the parameters as in an address: "" or "FT/". Raises ValueError, one line."""
    prefix = options.text("prefix", "").strip("/")
    if not prefix.isascii() or not prefix.isprintable() or set(prefix) & set(" #*,?[]{}"):
        raise ValueError(f"prefix={prefix} cannot be part of an OSC address: write it like FT")
    return prefix + "/" if prefix else ""


def gaze_deg(eyes_xyzw: F32) -> tuple[float, float]:
    """Return the gaze direction of eyes (2, 4) relative to the head, degrees: down, to the performer's right."""
    x, y, z, w = eyes_xyzw[0].tolist()
    left, up, ahead = 2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)
    return -math.degrees(math.asin(min(max(up, -1.0), 1.0))), -math.degrees(math.atan2(left, ahead))


class VrchatFace:
    """Converts poses to datagrams of eyes and face; none while the face is not tracked. One per encoder, one thread."""

    def __init__(self, *, eyes: bool = True, face: bool = True, prefix: str = "") -> None:
        """eyes, face: which of the two are sent; prefix: of the parameters, as in the avatar: "" or "FT/"."""
        eye = [OscMessage("/tracking/eye/CenterPitchYaw", "ff"), OscMessage("/tracking/eye/EyesClosedAmount", "f")]
        names = [OscMessage(f"/avatar/parameters/{prefix}v2/{name}", "f") for name in PARAMETERS]
        self._eyes = PacketSet([eye]) if eyes else None
        self._face = PacketSet(grouped(names, MAX_BUNDLE_BYTES)) if face else None
        self._rows = [EXPRESSION[name] for name in UNIFIED.values()]

    def encode(self, pose: Pose) -> list[bytes]:
        """Return the datagrams of one frame."""
        if pose.expression is None or pose.eyes_xyzw is None:
            return []
        scores: list[float] = pose.expression.tolist()
        down, right = gaze_deg(pose.eyes_xyzw)
        left_lid, right_lid = scores[EXPRESSION["eyeBlinkLeft"]], scores[EXPRESSION["eyeBlinkRight"]]
        if not math.isfinite(sum(scores) + down + right):
            return []
        datagrams: list[bytes] = []
        if self._eyes is not None:
            datagrams += self._eyes.pack([down, right, (left_lid + right_lid) / 2])
        if self._face is not None:
            look = [math.sin(math.radians(right)), -math.sin(math.radians(down))]
            lids = [_OPEN * (1 - left_lid), _OPEN * (1 - right_lid)]
            datagrams += self._face.pack([*look, *look, *lids, *(scores[row] for row in self._rows)])
        return datagrams
