"""An avatar file dropped on the window: checked, then used for every VMC target."""

from __future__ import annotations

from pathlib import Path

from app.window.widgets.target_url import with_avatar
from engine.avatar.avatar import Avatar
from engine.errors import UsageError
from engine.osc.avatar_bones import known_avatar
from models.skeleton import NUM_JOINTS

AVATAR_SUFFIX = ".vrm"


def is_avatar(path: str) -> bool:
    """Return whether a file name is that of an avatar."""
    return Path(path).suffix.lower() == AVATAR_SUFFIX


def described(avatar: Avatar) -> str:
    """Describe an avatar in one line: name, version, bones, licence."""
    bones = f"{len(avatar.bones)} of {NUM_JOINTS} body bones"
    return f"{avatar.name} (VRM {avatar.version}, {bones}; licence: {avatar.licence})"


def given_to_all(path: str, targets: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the targets with this avatar in each VMC target, and a message for the user.

    Raises InputError for a file that is not an avatar, UsageError without a VMC target.
    """
    avatar = known_avatar(path)
    number = sum(target.startswith("vmc://") for target in targets)
    if not number:
        raise UsageError(f"{path} is not used: there is no VMC target; add one under Send to, then drop it again")
    where = "the VMC target" if number == 1 else f"{number} VMC targets"
    return tuple(with_avatar(target, path) for target in targets), f"Fitted to {described(avatar)}, for {where}"
