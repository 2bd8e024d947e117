"""Kinds of files, recognised by name and a quick look, and a helpful line when one is used as another kind.

Quick to import, because the command line needs it.
"""

from __future__ import annotations

from pathlib import Path

VIDEO_SUFFIXES = (
    ".mp4",
    ".mov",
    ".avi",
    ".mkv",
    ".webm",
    ".m4v",
    ".mpg",
    ".mpeg",
    ".wmv",
    ".mts",
    ".m2ts",
    ".ts",
    ".gif",
)
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
TAKE_SUFFIX, LOG_SUFFIX = ".npz", ".jsonl"
RECORDED_VIDEO_SUFFIX = ".mkv"
"""Suffix of the video beside a take: a Matroska file can be played even when it was cut off."""
_UNFINISHED = ".partial"
_MOTION = {
    ".bvh": "a BVH file",
    ".glb": "a glTF file",
    ".gltf": "a glTF file",
    ".vrma": "a VRM animation",
    ".fbx": "an FBX file",
    ".csv": "a CSV table",
}


def is_picture(path: Path) -> bool:
    """Return whether the name is that of a picture; a .gif counts as a video."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def is_take(path: Path) -> bool:
    """Return whether the file is a .npz that claims to hold motion. Quick: nothing else is checked."""
    return _holds(path, "rotations_xyzw")


def is_keypoints(path: Path) -> bool:
    """Return whether the file is a .npz that claims to hold keypoints and no motion."""
    return _holds(path, "keypoints_px") and not is_take(path)


def not_a_video(path: Path) -> str | None:
    """Return why the file cannot be played as a video, and what to do with it; None when it may be one."""
    suffix = path.suffix.lower()
    if suffix in _MOTION:
        return _only_written(path)
    if suffix == LOG_SUFFIX:
        return f"{path} is an OSC log, not a video: vtm {_quoted(path)} replays it"
    if suffix == _UNFINISHED:
        return f"{path} is an unfinished take, not a video: vtm recover {_quoted(path)} finishes it"
    if suffix == ".vrm":
        return f"{path} is an avatar, not a video: --osc vmc://127.0.0.1:39539?avatar=FILE.vrm fits the stream to it"
    if suffix == ".json":
        return f"{path} is a JSON file, not a video: a camera's intrinsics go after --intrinsics"
    if suffix != TAKE_SUFFIX:
        return None
    if is_keypoints(path):
        return f"{path} holds keypoints, not a video: vtm convert {_quoted(path)} take.npz makes a take of them"
    if not is_take(path):
        return f"{path} is a .npz file that holds no take, not a video"
    take = _quoted(path)
    return f"{path} is a take, not a video: vtm {take} replays it, vtm convert {take} take.glb converts it"


def not_a_recording(path: Path) -> str | None:
    """Return why the file cannot be replayed, and what to do with it; None when it may be a take or an OSC log."""
    suffix = path.suffix.lower()
    if suffix in _MOTION:
        return _only_written(path)
    if suffix in VIDEO_SUFFIXES:
        video = _quoted(path)
        return f"{path} is a video, not a take: vtm {video} plays it, vtm convert {video} take.npz makes a take of it"
    if suffix == _UNFINISHED:
        return f"{path} is an unfinished take: vtm recover {_quoted(path)} finishes it"
    if suffix == TAKE_SUFFIX and is_keypoints(path):
        return f"{path} holds keypoints, not a take: vtm convert {_quoted(path)} take.npz makes a take of them"
    if suffix not in (TAKE_SUFFIX, LOG_SUFFIX):
        return f"cannot replay {path}: give a take (.npz) or an OSC log (.jsonl)"
    return None


def not_convertible(path: Path) -> str | None:
    """Return why `vtm convert` cannot read the file; None when it may."""
    suffix = path.suffix.lower()
    if suffix in _MOTION:
        return _only_written(path)
    if suffix == LOG_SUFFIX:
        return f"{path} is an OSC log, which vtm {_quoted(path)} replays; only takes (.npz) can be converted"
    return not_a_video(path) if suffix in (_UNFINISHED, ".json") else None


def _only_written(path: Path) -> str:
    what = _MOTION[path.suffix.lower()]
    return f"{path} is {what}, which cannot be read here: give the video, or the take (.npz) that it was made from"


def _holds(path: Path, name: str) -> bool:
    from models.npz import NpzError, array_names

    try:
        return name in array_names(path)
    except NpzError:
        return False


def _quoted(path: Path) -> str:
    """Quote a path for a shell where it needs it."""
    text = str(path)
    return f'"{text}"' if any(not (letter.isalnum() or letter in "_-./\\:") for letter in text) else text
